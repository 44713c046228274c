//! Narrowing keys to their use: which endpoints they call, and what they had before.

use crate::codes;
use crate::column::{count, from_json, parsed, to_json};
use crate::row::{one, row, rows, run};
use crate::{Result, Store, StoreError, Tx};
use domain::id::KeyId;
use domain::model::Endpoint;
use domain::right_size::Narrowing;
use domain::time::{MS_PER_DAY, Timestamp};

row! { EndpointRow { endpoint: i64, calls: i64 } }

row! { NarrowingRow { terms_before: String, terms_after: String, narrowed_at: i64, narrowed_by: String } }

impl NarrowingRow {
    fn into_narrowing(self) -> Result<Narrowing> {
        Ok(Narrowing {
            before: from_json(&self.terms_before, "terms of a key")?,
            after: from_json(&self.terms_after, "terms of a key")?,
            at: Timestamp::from_ms(self.narrowed_at),
            by: parsed(&self.narrowed_by, "person id")?,
        })
    }
}

const FIND: &str = "select terms_before, terms_after, narrowed_at, narrowed_by from key_narrowing where key_id = $1";

impl Store {
    /// How often each endpoint was called since the UTC day of that moment; refused calls and those whose endpoint is not
    /// known are not among them.
    pub async fn endpoint_calls(&self, key: KeyId, since: Timestamp) -> Result<Vec<(Endpoint, u64)>> {
        const LIST: &str = "select endpoint, cast(sum(calls) as bigint) as calls from key_endpoint
            join label key_label on key_label.num = key_num
            where key_label.kind = 'key' and key_label.text = $1 and day >= $2
            group by endpoint order by endpoint";
        let mut reader = self.engine.reader().await?;
        let day = since.as_ms().div_euclid(MS_PER_DAY);
        let found = rows!(reader.on(), EndpointRow, LIST, key.to_string(), day)?;
        let called = |row: EndpointRow| {
            let endpoint = codes::endpoint(row.endpoint).ok_or(StoreError::Corrupt("usage code"))?;
            Ok((endpoint, count(row.calls, "count of calls")?))
        };
        found.into_iter().map(called).collect()
    }

    /// The last one of the key.
    pub async fn narrowing(&self, key: KeyId) -> Result<Option<Narrowing>> {
        let mut reader = self.engine.reader().await?;
        one!(reader.on(), NarrowingRow, FIND, key.to_string())?.map(NarrowingRow::into_narrowing).transpose()
    }
}

impl Tx {
    /// As [`Store::narrowing`], in this transaction.
    pub async fn narrowing_of(&mut self, key: KeyId) -> Result<Option<Narrowing>> {
        one!(self.on(), NarrowingRow, FIND, key.to_string())?.map(NarrowingRow::into_narrowing).transpose()
    }

    /// Takes the place of an earlier one.
    pub async fn put_narrowing(&mut self, key: KeyId, narrowing: &Narrowing) -> Result<()> {
        const PUT: &str = "insert into key_narrowing (key_id, terms_before, terms_after, narrowed_at, narrowed_by)
            values ($1, $2, $3, $4, $5)
            on conflict (key_id) do update set terms_before = excluded.terms_before,
                terms_after = excluded.terms_after, narrowed_at = excluded.narrowed_at,
                narrowed_by = excluded.narrowed_by";
        let Narrowing { before, after, at, by } = narrowing;
        let (before, after) = (to_json(before)?, to_json(after)?);
        run!(self.on(), PUT, key.to_string(), before, after, at.as_ms(), by.to_string()).map(|_| ())
    }

    pub async fn delete_narrowing(&mut self, key: KeyId) -> Result<()> {
        run!(self.on(), "delete from key_narrowing where key_id = $1", key.to_string()).map(|_| ())
    }

    /// Answers how many rows there were of days that had ended at this moment.
    pub async fn delete_endpoint_calls_before(&mut self, moment: Timestamp) -> Result<u64> {
        run!(self.on(), "delete from key_endpoint where day < $1", moment.as_ms().div_euclid(MS_PER_DAY))
    }
}
