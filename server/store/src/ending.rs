//! What ends between two moments: later than the first, up to the second.

use crate::column::parsed;
use crate::keys::owner;
use crate::row::{row, rows};
use crate::{Result, Store};
use domain::id::KeyId;
use domain::time::Timestamp;
use domain::virtual_key::Owner;

/// A key, or its old secret, with its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndingKey {
    pub key: KeyId,
    pub name: String,
    pub owner: Owner,
    pub ends_at: Timestamp,
}

row! { Row { id: String, name: String, owner_id: String, ends_at: i64 } }

impl Row {
    fn into_ending(self) -> Result<EndingKey> {
        Ok(EndingKey {
            key: parsed(&self.id, "key id")?,
            name: self.name,
            owner: owner(&self.owner_id)?,
            ends_at: Timestamp::from_ms(self.ends_at),
        })
    }
}

impl Store {
    /// Keys that nobody revoked, first to end first.
    pub async fn keys_ending(&self, after: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<EndingKey>> {
        const LIST: &str = "select id, name, owner_id, expires_at as ends_at from virtual_key
            where state <> 'revoked' and expires_at > $1 and expires_at <= $2 order by expires_at, id limit $3";
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), Row, LIST, after.as_ms(), until.as_ms(), i64::from(limit))?;
        found.into_iter().map(Row::into_ending).collect()
    }

    /// Old secrets of keys that nobody revoked.
    pub async fn old_secrets_ending(&self, after: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<EndingKey>> {
        const LIST: &str = "select id, name, owner_id, valid_until as ends_at from key_secret
            join virtual_key on id = key_id
            where valid_until is not null and valid_until > $1 and valid_until <= $2 and state <> 'revoked'
            order by valid_until, id limit $3";
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), Row, LIST, after.as_ms(), until.as_ms(), i64::from(limit))?;
        found.into_iter().map(Row::into_ending).collect()
    }
}
