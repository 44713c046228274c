//! How much room the database takes, and how far back its calls go.

use crate::dialect::Dialect;
use crate::row::{one, rows};
use crate::{Result, Store};
use domain::id::EventId;
use domain::time::Timestamp;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Storage {
    pub bytes: i64,
    /// When the oldest call that is kept was made.
    pub oldest_call: Option<Timestamp>,
}

impl Store {
    pub async fn storage(&self) -> Result<Storage> {
        const BYTES: Dialect = Dialect {
            sqlite: "select page_count * page_size from pragma_page_count, pragma_page_size",
            postgres: "select pg_database_size(current_database())",
        };
        let mut reader = self.engine.reader().await?;
        let bytes = rows!(reader.on(), (i64,), BYTES)?.first().map_or(0, |(bytes,)| *bytes);
        let oldest = one!(reader.on(), (i64,), "select id from usage_event order by id limit 1")?;
        Ok(Storage { bytes, oldest_call: oldest.map(|(id,)| EventId::from_i64(id).made_at()) })
    }
}
