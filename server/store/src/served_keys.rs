//! Every key as the gateway serves it, read whole before the process is ready.
//!
//! A page of them is one value, without what only people look at: of a start with a hundred thousand keys, handing over row
//! after row from the database took the most.

use crate::column::{from_json, parsed};
use crate::dialect::{Dialect, gathered};
use crate::keys::{StateRow, owner};
use crate::row::gather;
use crate::{KeyWithSecrets, Result, Store, StoreError};
use domain::id::KeyId;
use domain::served_key::ServedKey;
use domain::time::Timestamp;
use domain::virtual_key::{KeySecret, KeyTerms};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
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

/// One of a page's keys with one of its secrets: an array of values in this order.
#[derive(Deserialize)]
struct Served<'a> {
    id: &'a str,
    name: String,
    owner_id: &'a str,
    profile_id: &'a str,
    profile_version: Option<i64>,
    application: Option<String>,
    environment: String,
    cost_centre: Option<String>,
    /// As it stands there, which is enough to see that two are alike.
    #[serde(borrow)]
    terms: &'a RawValue,
    state: StateRow,
    expires_at: i64,
    #[serde(borrow)]
    secret: SecretRow<'a>,
}

/// Nothing of it is there for a key without a secret.
#[derive(Deserialize)]
struct SecretRow<'a> {
    version: Option<i64>,
    #[serde(borrow)]
    tag: Option<&'a str>,
    pepper_version: Option<i64>,
    created_at: Option<i64>,
    valid_until: Option<i64>,
}

impl SecretRow<'_> {
    fn read(&self) -> Result<Option<KeySecret>> {
        let Some(version) = self.version else { return Ok(None) };
        let (Some(hex), Some(pepper_version), Some(created_at)) = (self.tag, self.pepper_version, self.created_at)
        else {
            return Err(StoreError::Corrupt("key verifier"));
        };
        let mut tag = [0; 32];
        hex::decode_to_slice(hex, &mut tag).map_err(|_| StoreError::Corrupt("key verifier"))?;
        Ok(Some(KeySecret {
            version,
            tag,
            pepper_version,
            created_at: Timestamp::from_ms(created_at),
            valid_until: self.valid_until.map(Timestamp::from_ms),
        }))
    }
}

impl Served<'_> {
    fn into_key(self, terms: Arc<KeyTerms>) -> Result<KeyToServe> {
        let key = ServedKey {
            id: parsed(self.id, "key id")?,
            name: self.name.into(),
            owner: owner(self.owner_id)?,
            profile: parsed(self.profile_id, "profile id")?,
            application: self.application.map(Into::into),
            environment: self.environment.into(),
            cost_centre: self.cost_centre.map(Into::into),
            state: self.state.into_state()?,
            expires_at: Timestamp::from_ms(self.expires_at),
        };
        Ok(KeyToServe { key, profile_version: self.profile_version, terms, secrets: Vec::with_capacity(1) })
    }
}

/// The values of [`Served`] with the verifier as hexadecimal digits, which each engine writes in its own way.
macro_rules! served {
    ($array:literal, $tag:literal) => {
        concat!(
            "page.id, name, owner_id, profile_id, profile_version, application, environment, cost_centre, terms, ",
            $array,
            "(state, state_at, state_by, state_reason, disabled_unused_days), expires_at, ",
            $array,
            "(version, ",
            $tag,
            ", pepper_version, secret.created_at, valid_until)"
        )
    };
}

const PAGE: Dialect = gathered!(
    "with page as (select * from virtual_key where id > $1 order by id limit $2)",
    served!("json_array", "hex(tag)"),
    served!("json_build_array", "encode(tag, 'hex')"),
    // As the page is: where the next one begins is the database's order, which is not everywhere that of bytes.
    "order by page.id, version desc",
    "from page left join key_secret secret on secret.key_id = page.id
        and version >= (select max(newest.version) - 1 from key_secret newest where newest.key_id = page.id)"
);

impl Store {
    /// Every key in the order of ids, page by page.
    pub async fn served_keys(&self, after: Option<KeyId>, limit: u32) -> Result<Vec<KeyToServe>> {
        let after = after.map(|id| id.to_string()).unwrap_or_default();
        let mut reader = self.engine.reader().await?;
        let page = gather!(reader.on(), PAGE, after, i64::from(limit))?;
        drop(reader);
        let found: Vec<Served<'_>> = from_json(&page, "a page of keys")?;
        let mut known: HashMap<&str, Arc<KeyTerms>> = HashMap::new();
        let mut keys: Vec<KeyToServe> = Vec::with_capacity(found.len());
        let mut last = "";
        for row in found {
            let secret = row.secret.read()?;
            if row.id != last {
                last = row.id;
                let terms = match known.entry(row.terms.get()) {
                    Entry::Occupied(known) => Arc::clone(known.get()),
                    Entry::Vacant(new) => {
                        let text: String = from_json(row.terms.get(), "key terms")?;
                        Arc::clone(new.insert(Arc::new(from_json(&text, "key terms")?)))
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
