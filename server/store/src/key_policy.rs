//! The key policy's versions, and who said to have read which.

use crate::column::parsed;
use crate::row::{one, row, rows, run};
use crate::{Result, Store, Tx};
use domain::id::{KeyId, PersonId};
use domain::key_policy::KeyPolicy;
use domain::time::Timestamp;

/// A version of the policy with who saved it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedPolicy {
    pub policy: KeyPolicy,
    pub saved_at: Timestamp,
    pub saved_by: PersonId,
}

/// Somebody read a version, and minted this key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledgement {
    pub key: KeyId,
    pub version: i64,
    pub person: PersonId,
    pub at: Timestamp,
}

row! { PolicyRow { version: i64, text: String, saved_at: i64, saved_by: String } }
row! { AcknowledgementRow { key_id: String, version: i64, person_id: String, at: i64 } }

impl PolicyRow {
    fn into_saved(self) -> Result<SavedPolicy> {
        Ok(SavedPolicy {
            policy: KeyPolicy { version: self.version, text: self.text },
            saved_at: Timestamp::from_ms(self.saved_at),
            saved_by: parsed(&self.saved_by, "person id")?,
        })
    }
}

impl AcknowledgementRow {
    fn into_acknowledgement(self) -> Result<Acknowledgement> {
        Ok(Acknowledgement {
            key: parsed(&self.key_id, "key id")?,
            version: self.version,
            person: parsed(&self.person_id, "person id")?,
            at: Timestamp::from_ms(self.at),
        })
    }
}

impl Store {
    /// Newest first.
    pub async fn key_policies(&self, limit: u32) -> Result<Vec<SavedPolicy>> {
        const LIST: &str = "select version, text, saved_at, saved_by from key_policy order by version desc limit $1";
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), PolicyRow, LIST, i64::from(limit))?;
        found.into_iter().map(PolicyRow::into_saved).collect()
    }

    /// Newest first; `before` is the last one seen.
    pub async fn acknowledgements(
        &self,
        before: Option<(Timestamp, KeyId)>,
        limit: u32,
    ) -> Result<Vec<Acknowledgement>> {
        const LIST: &str = "select key_id, version, person_id, at from key_policy_acknowledgement
            where $1 is null or (at, key_id) < ($1, $2) order by at desc, key_id desc limit $3";
        let (at, key) = before.map_or((None, None), |(at, key)| (Some(at.as_ms()), Some(key.to_string())));
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), AcknowledgementRow, LIST, at, key, i64::from(limit))?;
        found.into_iter().map(AcknowledgementRow::into_acknowledgement).collect()
    }
}

impl Tx {
    /// The one that holds, as of this transaction.
    pub async fn key_policy(&mut self) -> Result<Option<KeyPolicy>> {
        const NEWEST: &str = "select version, text, saved_at, saved_by from key_policy order by version desc limit 1";
        let found = one!(self.on(), PolicyRow, NEWEST)?;
        found.map(|row| row.into_saved().map(|saved| saved.policy)).transpose()
    }

    /// A version that is there already is a conflict: somebody was faster.
    pub async fn insert_key_policy(&mut self, saved: &SavedPolicy) -> Result<()> {
        const INSERT: &str = "insert into key_policy (version, text, saved_at, saved_by) values ($1, $2, $3, $4)";
        let SavedPolicy { policy, saved_at, saved_by } = saved;
        run!(self.on(), INSERT, policy.version, &policy.text, saved_at.as_ms(), saved_by.to_string()).map(|_| ())
    }

    pub async fn insert_acknowledgement(&mut self, said: &Acknowledgement) -> Result<()> {
        const INSERT: &str =
            "insert into key_policy_acknowledgement (key_id, version, person_id, at) values ($1, $2, $3, $4)";
        let Acknowledgement { key, version, person, at } = said;
        run!(self.on(), INSERT, key.to_string(), *version, person.to_string(), at.as_ms()).map(|_| ())
    }
}
