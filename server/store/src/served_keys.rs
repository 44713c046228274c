//! Every key as the gateway serves it, read whole before the process is ready.
//!
//! One row for a key and its secret, without what only people look at: of a start with a hundred thousand keys, handing
//! rows over from the database takes the most.

use crate::column::{from_json, hash, parsed};
use crate::keys::{StateRow, owner};
use crate::row::{row, rows};
use crate::{KeyWithSecrets, Result, Store, StoreError};
use domain::id::KeyId;
use domain::served_key::ServedKey;
use domain::time::Timestamp;
use domain::virtual_key::{KeySecret, KeyTerms};
use std::collections::HashMap;
use std::sync::Arc;

/// A key with what it was granted and at most the two newest of its secrets, newest first. Keys that were granted the same
/// may share it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyToServe {
    pub key: ServedKey,
    /// The version of the profile whose terms it keeps; `None` follows the newest.
    pub profile_version: Option<i64>,
    pub terms: Arc<KeyTerms>,
    pub secrets: Vec<KeySecret>,
}

impl From<KeyWithSecrets> for KeyToServe {
    fn from(KeyWithSecrets { key, secrets }: KeyWithSecrets) -> Self {
        Self { key: ServedKey::from(&key), profile_version: key.profile_version, terms: Arc::new(key.terms), secrets }
    }
}

row! { ServedRow {
    id: String, name: String, owner_id: String, profile_id: String, profile_version: Option<i64>,
    application: Option<String>, environment: String, cost_centre: Option<String>, terms: String, expires_at: i64,
    version: Option<i64>, tag: Option<Vec<u8>>, pepper_version: Option<i64>, made_at: Option<i64>,
    valid_until: Option<i64>,
} + { state: StateRow } }

impl ServedRow {
    /// `None` for a key that has no secret.
    fn take_secret(&mut self) -> Result<Option<KeySecret>> {
        let Some(version) = self.version else { return Ok(None) };
        let (Some(tag), Some(pepper_version), Some(made_at)) = (self.tag.take(), self.pepper_version, self.made_at)
        else {
            return Err(StoreError::Corrupt("key verifier"));
        };
        Ok(Some(KeySecret {
            version,
            tag: hash(&tag, "key verifier")?,
            pepper_version,
            created_at: Timestamp::from_ms(made_at),
            valid_until: self.valid_until.map(Timestamp::from_ms),
        }))
    }

    fn into_key(self, terms: Arc<KeyTerms>) -> Result<KeyToServe> {
        let key = ServedKey {
            id: parsed(&self.id, "key id")?,
            name: self.name.into(),
            owner: owner(&self.owner_id)?,
            profile: parsed(&self.profile_id, "profile id")?,
            application: self.application.map(Into::into),
            environment: self.environment.into(),
            cost_centre: self.cost_centre.map(Into::into),
            state: self.state.into_state()?,
            expires_at: Timestamp::from_ms(self.expires_at),
        };
        Ok(KeyToServe { key, profile_version: self.profile_version, terms, secrets: Vec::with_capacity(1) })
    }
}

impl Store {
    /// Every key in the order of ids, page by page.
    pub async fn served_keys(&self, after: Option<KeyId>, limit: u32) -> Result<Vec<KeyToServe>> {
        const SCAN: &str = "with page as (select * from virtual_key where id > $1 order by id limit $2)
            select page.id, name, owner_id, profile_id, profile_version, application, environment, cost_centre, terms,
                   state, state_at, state_by, state_reason, disabled_unused_days, expires_at,
                   version, tag, pepper_version, secret.created_at as made_at, valid_until
            from page left join key_secret secret on secret.key_id = page.id
                and version >= (select max(newest.version) - 1 from key_secret newest where newest.key_id = page.id)
            order by page.id, version desc";
        let after = after.map(|id| id.to_string()).unwrap_or_default();
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), ServedRow, SCAN, after, i64::from(limit))?;
        let mut known: HashMap<String, Arc<KeyTerms>> = HashMap::new();
        let mut keys: Vec<KeyToServe> = Vec::with_capacity(found.len());
        let mut last = String::new();
        for mut row in found {
            let secret = row.take_secret()?;
            if row.id != last {
                last.clone_from(&row.id);
                let terms = match known.get(&row.terms) {
                    Some(terms) => terms.clone(),
                    None => {
                        let terms = Arc::new(from_json(&row.terms, "key terms")?);
                        known.insert(std::mem::take(&mut row.terms), Arc::clone(&terms));
                        terms
                    }
                };
                keys.push(row.into_key(terms)?);
            }
            if let Some(key) = keys.last_mut() {
                key.secrets.extend(secret);
            }
        }
        Ok(keys)
    }
}
