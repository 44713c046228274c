//! How much room the database takes, and how far back its calls go.

use crate::dialect::Dialect;
use crate::row::{one, rows};
use crate::{Result, Store};
use domain::id::EventId;
use domain::time::Timestamp;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Storage {
    /// On disk.
    pub bytes: i64,
    /// Of these, what is in use: room that was given back is written to again before the database grows.
    pub in_use: i64,
    /// When the oldest call that is kept was made.
    pub oldest_call: Option<Timestamp>,
}

impl Store {
    pub async fn storage(&self) -> Result<Storage> {
        const BYTES: Dialect = Dialect {
            sqlite: "select page_count * page_size, (page_count - freelist_count) * page_size
                from pragma_page_count, pragma_page_size, pragma_freelist_count",
            // PostgreSQL counts rows, and not the room between them: calls are taken for as large as the newest are,
            // with their line pointer and their place in the index.
            postgres:
                "select database.bytes, least(database.bytes, database.bytes - pg_total_relation_size('usage_event')
                    + cast(coalesce(kept.calls * newest.bytes, 0) as bigint))
                from (select pg_database_size(current_database()) as bytes) database,
                    (select max(n_live_tup) as calls from pg_stat_user_tables
                        where relid = 'usage_event'::regclass) kept,
                    (select avg(pg_column_size(call.*)) + 28 as bytes
                        from (select * from usage_event order by id desc limit 1000) call) newest",
        };
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), (i64, i64), BYTES)?;
        let (bytes, in_use) = found.first().copied().unwrap_or_default();
        let oldest = one!(reader.on(), (i64,), "select id from usage_event order by id limit 1")?;
        Ok(Storage { bytes, in_use, oldest_call: oldest.map(|(id,)| EventId::from_i64(id).made_at()) })
    }
}
