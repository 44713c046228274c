//! Virtual keys and their secrets' verifiers, and every change of them.
//!
//! A key outside the scope does not exist here: the statement says so, not the code after it.

use crate::column::{Scoped, count, folded, from_json, hash, parsed, parsed_if, to_json};
use crate::dialect::locked;
use crate::engine::On;
use crate::error::exactly_one;
use crate::row::{one, row, rows, run};
use crate::{Result, Store, StoreError, Tx};
use domain::id::{KeyId, PersonId, ProfileId};
use domain::permission::Scope;
use domain::time::Timestamp;
use domain::virtual_key::{ConsumerKind, KeySecret, KeyState, Owner, RevocationReason, VirtualKey};
use serde::Deserialize;
use std::collections::HashMap;

/// A key with at most the two newest of its secrets, newest first. Ended ones are among them: the clock is the caller's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyWithSecrets {
    pub key: VirtualKey,
    pub secrets: Vec<KeySecret>,
}

row! { KeyRow {
    id: String, name: String, owner_id: String, created_by: String, profile_id: String,
    profile_version: Option<i64>, consumer: String,
    application: Option<String>, environment: String, cost_centre: Option<String>, tags: String, terms: String,
    created_at: i64, expires_at: i64,
} + { state: StateRow } }

row! {
    /// In this order where it stands in an array.
    #[derive(Deserialize)]
    StateRow {
        state: String, state_at: Option<i64>, state_by: Option<String>, state_reason: Option<String>,
        disabled_unused_days: Option<i64>,
    }
}

macro_rules! key_columns {
    () => {
        "virtual_key.id, virtual_key.name, owner_id, created_by, profile_id, profile_version, consumer, application, \
         environment, cost_centre, tags, virtual_key.terms, state, state_at, state_by, state_reason, virtual_key.created_at, \
         expires_at, disabled_unused_days"
    };
}
pub(crate) use key_columns;

impl KeyRow {
    pub(crate) fn into_key(self) -> Result<VirtualKey> {
        Ok(VirtualKey {
            id: parsed(&self.id, "key id")?,
            name: self.name,
            owner: owner(&self.owner_id)?,
            created_by: parsed(&self.created_by, "person id")?,
            profile: parsed(&self.profile_id, "profile id")?,
            profile_version: self.profile_version,
            consumer: ConsumerKind::from_word(&self.consumer).ok_or(StoreError::Corrupt("consumer"))?,
            application: self.application,
            environment: self.environment,
            cost_centre: self.cost_centre,
            tags: from_json(&self.tags, "key tags")?,
            terms: from_json(&self.terms, "key terms")?,
            state: self.state.into_state()?,
            created_at: Timestamp::from_ms(self.created_at),
            expires_at: Timestamp::from_ms(self.expires_at),
        })
    }
}

impl StateRow {
    pub(crate) fn into_state(self) -> Result<KeyState> {
        let at = self.state_at.map(Timestamp::from_ms);
        let by = parsed_if::<PersonId>(self.state_by.as_deref(), "person id")?;
        let reason = self.state_reason.as_deref().and_then(RevocationReason::from_word);
        match (self.state.as_str(), at, by, reason) {
            ("active", None, None, None) => Ok(KeyState::Active),
            ("disabled", Some(at), Some(by), None) => Ok(match self.disabled_unused_days {
                Some(days) => KeyState::DisabledUnused { at, days: count(days, "days without use")? },
                None => KeyState::Disabled { at, by },
            }),
            ("revoked", Some(at), Some(by), Some(reason)) => Ok(KeyState::Revoked { at, by, reason }),
            _ => Err(StoreError::Corrupt("key state")),
        }
    }
}

/// The prefix of the id says which kind of owner it is.
pub(crate) fn owner(id: &str) -> Result<Owner> {
    let person = id.parse().map(Owner::Person);
    person.or_else(|_| id.parse().map(Owner::Team)).map_err(|_| StoreError::Corrupt("owner"))
}

pub(crate) fn owner_id(owner: Owner) -> String {
    match owner {
        Owner::Person(id) => id.to_string(),
        Owner::Team(id) => id.to_string(),
    }
}

/// A state as its four columns.
struct StateColumns {
    state: &'static str,
    at: Option<i64>,
    by: Option<String>,
    reason: Option<&'static str>,
    unused_days: Option<i64>,
}

impl StateColumns {
    fn of(key: &VirtualKey) -> Self {
        let none = Self { state: "active", at: None, by: None, reason: None, unused_days: None };
        match key.state {
            KeyState::Active => none,
            KeyState::Disabled { at, by } => {
                Self { state: "disabled", at: Some(at.as_ms()), by: Some(by.to_string()), ..none }
            }
            // The column wants somebody; nobody did it, and the days say so.
            KeyState::DisabledUnused { at, days } => {
                let (by, unused_days) = (Some(key.created_by.to_string()), Some(i64::from(days)));
                Self { state: "disabled", at: Some(at.as_ms()), by, unused_days, ..none }
            }
            KeyState::Revoked { at, by, reason } => {
                let (by, reason) = (Some(by.to_string()), Some(reason.word()));
                Self { state: "revoked", at: Some(at.as_ms()), by, reason, ..none }
            }
        }
    }
}

/// What the search box of the key list looks through: the name, the id and the application.
pub(crate) fn search_text(key: &VirtualKey) -> String {
    folded(&format!("{}\n{}\n{}", key.name, key.id, key.application.as_deref().unwrap_or_default()))
}

row! { SecretRow {
    key_id: String, version: i64, tag: Vec<u8>, pepper_version: i64, created_at: i64, valid_until: Option<i64>,
} }

impl SecretRow {
    fn into_secret(self) -> Result<KeySecret> {
        Ok(KeySecret {
            version: self.version,
            tag: hash(&self.tag, "key verifier")?,
            pepper_version: self.pepper_version,
            created_at: Timestamp::from_ms(self.created_at),
            valid_until: self.valid_until.map(Timestamp::from_ms),
        })
    }
}

async fn with_secrets(on: On<'_>, found: Vec<KeyRow>) -> Result<Vec<KeyWithSecrets>> {
    const TWO_NEWEST: &str = "select key_id, version, tag, pepper_version, created_at, valid_until from key_secret
        where key_id in (select value from json_each($1))
          and version >= (select max(newest.version) - 1 from key_secret newest where newest.key_id = key_secret.key_id)
        order by key_id, version desc";
    let ids: Vec<&str> = found.iter().map(|row| row.id.as_str()).collect();
    let mut secrets: HashMap<String, Vec<KeySecret>> = HashMap::with_capacity(found.len());
    for row in rows!(on, SecretRow, TWO_NEWEST, to_json(&ids)?)? {
        secrets.entry(row.key_id.clone()).or_default().push(row.into_secret()?);
    }
    let join = |row: KeyRow| {
        let secrets = secrets.remove(&row.id).unwrap_or_default();
        Ok(KeyWithSecrets { key: row.into_key()?, secrets })
    };
    found.into_iter().map(join).collect()
}

impl Store {
    /// Every key in the order of ids, page by page.
    pub async fn all_keys(&self, after: Option<KeyId>, limit: u32) -> Result<Vec<KeyWithSecrets>> {
        const SCAN: &str =
            concat!("select ", key_columns!(), " from virtual_key where id > $1 order by virtual_key.id limit $2");
        let after = after.map(|id| id.to_string()).unwrap_or_default();
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), KeyRow, SCAN, after, i64::from(limit))?;
        with_secrets(reader.on(), found).await
    }

    pub async fn key_with_secrets(&self, id: KeyId) -> Result<Option<KeyWithSecrets>> {
        const FIND: &str = concat!("select ", key_columns!(), " from virtual_key where id = $1");
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), KeyRow, FIND, id.to_string())?;
        Ok(with_secrets(reader.on(), found).await?.pop())
    }
}

impl Tx {
    /// Nobody else changes the key until this transaction ends.
    pub async fn key_for_update(&mut self, id: KeyId, scope: &Scope) -> Result<Option<KeyWithSecrets>> {
        const FIND: crate::dialect::Dialect = locked!(concat!(
            "select ",
            key_columns!(),
            " from virtual_key where id = $1 and ($2 or owner_id in (select value from json_each($3)))"
        ));
        let scoped = Scoped::new(scope)?;
        let found = rows!(self.on(), KeyRow, FIND, id.to_string(), scoped.everyone, &scoped.owners)?;
        Ok(with_secrets(self.on(), found).await?.pop())
    }

    /// Keys that the person holds under the profile, neither revoked nor expired. Until this transaction ends, others
    /// who count the same person's keys wait: two mints cannot both find room for the last one.
    pub async fn live_keys_of(&mut self, person: PersonId, profile: ProfileId, now: Timestamp) -> Result<i64> {
        const COUNT: &str = "select count(*) from virtual_key
            where profile_id = $2 and owner_id = $1 and state <> 'revoked' and expires_at > $3";
        let person = person.to_string();
        rows!(self.on(), (String,), locked!("select id from person where id = $1"), &person)?;
        let counted = one!(self.on(), (i64,), COUNT, &person, profile.to_string(), now.as_ms())?;
        Ok(counted.map_or(0, |(count,)| count))
    }

    /// A name that the owner uses for another key that is not revoked is [`crate::Constraint::KeyName`].
    pub async fn insert_key(&mut self, key: &VirtualKey, secret: &KeySecret) -> Result<()> {
        self.insert_key_without_secret(key).await?;
        self.insert_secret(key.id, secret).await
    }

    /// A key that nobody can call with until its owner takes a secret; otherwise as [`Self::insert_key`].
    pub async fn insert_key_without_secret(&mut self, key: &VirtualKey) -> Result<()> {
        const INSERT: &str = "insert into virtual_key (id, name, name_folded, search_folded, owner_id, created_by,
                profile_id, consumer, application, environment, cost_centre, tags, terms, state, state_at, state_by,
                state_reason, created_at, expires_at, profile_version, disabled_unused_days)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)";
        let state = StateColumns::of(key);
        run!(
            self.on(),
            INSERT,
            key.id.to_string(),
            &key.name,
            folded(&key.name),
            search_text(key),
            owner_id(key.owner),
            key.created_by.to_string(),
            key.profile.to_string(),
            key.consumer.word(),
            &key.application,
            &key.environment,
            &key.cost_centre,
            to_json(&key.tags)?,
            to_json(&key.terms)?,
            state.state,
            state.at,
            &state.by,
            state.reason,
            key.created_at.as_ms(),
            key.expires_at.as_ms(),
            key.profile_version,
            state.unused_days,
        )
        .map(|_| ())
    }

    /// Everything but the id, who created it and when.
    pub async fn update_key(&mut self, key: &VirtualKey) -> Result<()> {
        const UPDATE: &str = "update virtual_key set name = $2, name_folded = $3, search_folded = $4, owner_id = $5,
                profile_id = $6, consumer = $7, application = $8, environment = $9, cost_centre = $10, tags = $11,
                terms = $12, state = $13, state_at = $14, state_by = $15, state_reason = $16, expires_at = $17,
                profile_version = $18, disabled_unused_days = $19
            where id = $1";
        self.moves_keys = true;
        let state = StateColumns::of(key);
        let met = run!(
            self.on(),
            UPDATE,
            key.id.to_string(),
            &key.name,
            folded(&key.name),
            search_text(key),
            owner_id(key.owner),
            key.profile.to_string(),
            key.consumer.word(),
            &key.application,
            &key.environment,
            &key.cost_centre,
            to_json(&key.tags)?,
            to_json(&key.terms)?,
            state.state,
            state.at,
            &state.by,
            state.reason,
            key.expires_at.as_ms(),
            key.profile_version,
            state.unused_days,
        )?;
        exactly_one(met)
    }

    pub async fn insert_secret(&mut self, key: KeyId, secret: &KeySecret) -> Result<()> {
        const INSERT: &str = "insert into key_secret (key_id, version, tag, pepper_version, created_at, valid_until)
            values ($1, $2, $3, $4, $5, $6)";
        run!(
            self.on(),
            INSERT,
            key.to_string(),
            secret.version,
            secret.tag.as_slice(),
            secret.pepper_version,
            secret.created_at.as_ms(),
            secret.valid_until.map(Timestamp::as_ms),
        )
        .map(|_| ())
    }

    pub async fn end_secret(&mut self, key: KeyId, version: i64, valid_until: Timestamp) -> Result<()> {
        const END: &str = "update key_secret set valid_until = $3 where key_id = $1 and version = $2";
        exactly_one(run!(self.on(), END, key.to_string(), version, valid_until.as_ms())?)
    }

    /// Answers how many there were.
    pub async fn delete_secrets_below(&mut self, key: KeyId, version: i64) -> Result<u64> {
        const DELETE: &str = "delete from key_secret where key_id = $1 and version < $2";
        run!(self.on(), DELETE, key.to_string(), version)
    }
}
