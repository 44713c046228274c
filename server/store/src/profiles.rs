//! Access profiles. Every version that was ever in force is kept, so that the terms of an old decision can be shown.

use crate::column::{count, folded, from_json, parsed, to_json};
use crate::dialect::locked;
use crate::row::{one, row, rows, run};
use crate::{Result, Store, Tx};
use domain::access_profile::AccessProfile;
use domain::id::ProfileId;
use domain::time::Timestamp;

row! { ProfileRow {
    id: String, name: String, description: String, version: i64, terms: String, audience: String, consumers: String,
    keys_per_person: i64, enabled: bool,
} }

impl ProfileRow {
    pub(crate) fn into_profile(self) -> Result<AccessProfile> {
        Ok(AccessProfile {
            id: parsed(&self.id, "profile id")?,
            name: self.name,
            description: self.description,
            version: self.version,
            terms: from_json(&self.terms, "profile terms")?,
            audience: from_json(&self.audience, "profile audience")?,
            consumers: from_json(&self.consumers, "profile consumers")?,
            keys_per_person: count(self.keys_per_person, "profile key limit")?,
            enabled: self.enabled,
        })
    }
}

macro_rules! select_profile {
    ($rest:literal) => {
        concat!(
            "select id, name, description, version, terms, audience, consumers, keys_per_person, enabled
            from access_profile ",
            $rest
        )
    };
}

const KEEP_VERSION: &str =
    "insert into access_profile_version (profile_id, version, name, description, terms, audience,
        consumers, keys_per_person, enabled, created_at)
    select id, version, name, description, terms, audience, consumers, keys_per_person, enabled, updated_at
    from access_profile where id = $1";

impl Store {
    /// By name.
    pub async fn profiles(&self) -> Result<Vec<AccessProfile>> {
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), ProfileRow, select_profile!("order by name_folded"))?;
        found.into_iter().map(ProfileRow::into_profile).collect()
    }

    pub async fn profile(&self, id: ProfileId) -> Result<Option<AccessProfile>> {
        let mut reader = self.engine.reader().await?;
        let found = one!(reader.on(), ProfileRow, select_profile!("where id = $1"), id.to_string())?;
        found.map(ProfileRow::into_profile).transpose()
    }
}

impl Tx {
    /// Nobody else changes it until this transaction ends.
    pub async fn profile_for_update(&mut self, id: ProfileId) -> Result<Option<AccessProfile>> {
        let found = one!(self.on(), ProfileRow, locked!(select_profile!("where id = $1")), id.to_string())?;
        found.map(ProfileRow::into_profile).transpose()
    }

    pub async fn insert_profile(&mut self, profile: &AccessProfile, now: Timestamp) -> Result<()> {
        const INSERT: &str = "insert into access_profile (id, name, name_folded, description, version, terms, audience,
                consumers, keys_per_person, enabled, created_at, updated_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)";
        run!(
            self.on(),
            INSERT,
            profile.id.to_string(),
            &profile.name,
            folded(&profile.name),
            &profile.description,
            profile.version,
            to_json(&profile.terms)?,
            to_json(&profile.audience)?,
            to_json(&profile.consumers)?,
            i64::from(profile.keys_per_person),
            profile.enabled,
            now.as_ms(),
        )?;
        run!(self.on(), KEEP_VERSION, profile.id.to_string()).map(|_| ())
    }

    /// False if the profile is no longer at the version that the edit started from. `profile.version` is the new one.
    pub async fn update_profile(
        &mut self,
        profile: &AccessProfile,
        expected_version: i64,
        now: Timestamp,
    ) -> Result<bool> {
        const UPDATE: &str = "update access_profile set name = $3, name_folded = $4, description = $5, version = $6,
                terms = $7, audience = $8, consumers = $9, keys_per_person = $10, enabled = $11, updated_at = $12
            where id = $1 and version = $2";
        let met = run!(
            self.on(),
            UPDATE,
            profile.id.to_string(),
            expected_version,
            &profile.name,
            folded(&profile.name),
            &profile.description,
            profile.version,
            to_json(&profile.terms)?,
            to_json(&profile.audience)?,
            to_json(&profile.consumers)?,
            i64::from(profile.keys_per_person),
            profile.enabled,
            now.as_ms(),
        )?;
        if met == 0 {
            return Ok(false);
        }
        run!(self.on(), KEEP_VERSION, profile.id.to_string())?;
        Ok(true)
    }
}
