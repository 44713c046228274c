//! Rotations that owners were asked for: at most one for each key, gone as soon as the secret is rotated.

use crate::column::{Scoped, owned_or_booked, parsed, to_json};
use crate::row::{one, row, rows, run};
use crate::{Result, Store, Tx};
use domain::id::{KeyId, PersonId};
use domain::permission::Scope;
use domain::time::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RotationAsk {
    pub key: KeyId,
    pub due_at: Timestamp,
    pub asked_at: Timestamp,
    pub asked_by: PersonId,
}

row! { AskRow { key_id: String, due_at: i64, asked_at: i64, asked_by: String } }

impl AskRow {
    fn into_ask(self) -> Result<RotationAsk> {
        Ok(RotationAsk {
            key: parsed(&self.key_id, "key id")?,
            due_at: Timestamp::from_ms(self.due_at),
            asked_at: Timestamp::from_ms(self.asked_at),
            asked_by: parsed(&self.asked_by, "person id")?,
        })
    }
}

impl Store {
    /// Of keys in the scope that still work, the most urgent first. A cross join keeps SQLite from going through all keys
    /// for the few that somebody asks about (<https://sqlite.org/optoverview.html#crossjoin>).
    pub async fn rotation_asks(&self, scope: &Scope, now: Timestamp, limit: u32) -> Result<Vec<RotationAsk>> {
        const LIST: &str = concat!(
            "select key_id, due_at, asked_at, asked_by from key_rotation_ask
            cross join virtual_key
            where virtual_key.id = key_id and ($1 or ",
            owned_or_booked!("$2"),
            ") and state <> 'revoked' and expires_at > $3
            order by due_at, key_id limit $4"
        );
        let scoped = Scoped::new(scope)?;
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), AskRow, LIST, scoped.everyone, &scoped.owners, now.as_ms(), i64::from(limit))?;
        found.into_iter().map(AskRow::into_ask).collect()
    }

    /// Of these keys, in no order.
    pub async fn rotation_asks_of(&self, keys: &[KeyId]) -> Result<Vec<RotationAsk>> {
        const OF: &str = "select key_id, due_at, asked_at, asked_by from key_rotation_ask
            where key_id in (select value from json_each($1))";
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), AskRow, OF, to_json(keys)?)?;
        found.into_iter().map(AskRow::into_ask).collect()
    }
}

impl Tx {
    pub async fn rotation_ask(&mut self, key: KeyId) -> Result<Option<RotationAsk>> {
        const OF: &str = "select key_id, due_at, asked_at, asked_by from key_rotation_ask where key_id = $1";
        one!(self.on(), AskRow, OF, key.to_string())?.map(AskRow::into_ask).transpose()
    }

    /// Takes the place of an earlier one.
    pub async fn put_rotation_ask(&mut self, ask: &RotationAsk) -> Result<()> {
        const PUT: &str = "insert into key_rotation_ask (key_id, due_at, asked_at, asked_by) values ($1, $2, $3, $4)
            on conflict (key_id) do update set due_at = excluded.due_at, asked_at = excluded.asked_at,
                asked_by = excluded.asked_by";
        let (due, asked) = (ask.due_at.as_ms(), ask.asked_at.as_ms());
        run!(self.on(), PUT, ask.key.to_string(), due, asked, ask.asked_by.to_string()).map(|_| ())
    }

    /// Answers whether there was one.
    pub async fn delete_rotation_ask(&mut self, key: KeyId) -> Result<bool> {
        Ok(run!(self.on(), "delete from key_rotation_ask where key_id = $1", key.to_string())? > 0)
    }
}
