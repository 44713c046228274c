//! Rotations that owners were asked for: at most one for each key, gone as soon as the secret is rotated, and told of once.

use crate::column::{Scoped, owned_or_booked, parsed, to_json};
use crate::keys::owner;
use crate::row::{one, row, rows, run};
use crate::{Result, Store, Tx};
use domain::id::{KeyId, PersonId};
use domain::permission::Scope;
use domain::time::Timestamp;
use domain::virtual_key::Owner;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RotationAsk {
    pub key: KeyId,
    pub due_at: Timestamp,
    pub asked_at: Timestamp,
    pub asked_by: PersonId,
}

/// An ask that nobody was told of yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UntoldAsk {
    pub ask: RotationAsk,
    pub owner: Owner,
    /// Of the key.
    pub name: String,
}

row! { UntoldRow { owner_id: String, name: String } + { ask: AskRow } }
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

    /// Of keys that still work and whose owners are to be told yet: one owner after the other, each asker's together.
    pub async fn untold_rotation_asks(&self, now: Timestamp, limit: u32) -> Result<Vec<UntoldAsk>> {
        const LIST: &str = "select key_id, due_at, asked_at, asked_by, owner_id, name from key_rotation_ask
            cross join virtual_key
            where told_at is null and virtual_key.id = key_id and state <> 'revoked' and expires_at > $1
            order by owner_id, asked_by, due_at, name_folded, key_id limit $2";
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), UntoldRow, LIST, now.as_ms(), i64::from(limit))?;
        let untold =
            |row: UntoldRow| Ok(UntoldAsk { ask: row.ask.into_ask()?, owner: owner(&row.owner_id)?, name: row.name });
        found.into_iter().map(untold).collect()
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

    /// Takes the place of an earlier one, and is told of anew.
    pub async fn put_rotation_ask(&mut self, ask: &RotationAsk) -> Result<()> {
        const PUT: &str = "insert into key_rotation_ask (key_id, due_at, asked_at, asked_by) values ($1, $2, $3, $4)
            on conflict (key_id) do update set due_at = excluded.due_at, asked_at = excluded.asked_at,
                asked_by = excluded.asked_by, told_at = null";
        let (due, asked) = (ask.due_at.as_ms(), ask.asked_at.as_ms());
        run!(self.on(), PUT, ask.key.to_string(), due, asked, ask.asked_by.to_string()).map(|_| ())
    }

    /// Those of these asks that stood as they were and were told to nobody: whoever marks them tells of them.
    pub async fn mark_rotation_asks_told(&mut self, asks: &[RotationAsk], now: Timestamp) -> Result<Vec<KeyId>> {
        const MARK: &str = "update key_rotation_ask set told_at = $3
            where key_id = $1 and asked_at = $2 and told_at is null";
        let mut marked = Vec::with_capacity(asks.len());
        for ask in asks {
            if run!(self.on(), MARK, ask.key.to_string(), ask.asked_at.as_ms(), now.as_ms())? == 1 {
                marked.push(ask.key);
            }
        }
        Ok(marked)
    }

    /// Answers whether there was one.
    pub async fn delete_rotation_ask(&mut self, key: KeyId) -> Result<bool> {
        Ok(run!(self.on(), "delete from key_rotation_ask where key_id = $1", key.to_string())? > 0)
    }
}
