//! Versions of access profiles: every one that was ever in force, and which of them keys keep to.
//!
//! A key without a version follows the newest. Keys are told to keep to the version that they have when a change is
//! meant for new keys only, and released from it when a change is meant for all.

use crate::column::parsed_if;
use crate::profiles::ProfileRow;
use crate::row::{one, row, rows, run};
use crate::{Result, Store, Tx};
use domain::access_profile::AccessProfile;
use domain::id::{PersonId, ProfileId};
use domain::time::Timestamp;
use std::collections::BTreeMap;

/// A profile as it was saved once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileVersion {
    /// As this version has it, name and all.
    pub profile: AccessProfile,
    pub saved_at: Timestamp,
    /// `None`: by Keywright itself, or before this was written down.
    pub saved_by: Option<PersonId>,
}

row! { VersionRow { saved_at: i64, saved_by: Option<String> } + { profile: ProfileRow } }

impl VersionRow {
    fn into_version(self) -> Result<ProfileVersion> {
        Ok(ProfileVersion {
            profile: self.profile.into_profile()?,
            saved_at: Timestamp::from_ms(self.saved_at),
            saved_by: parsed_if(self.saved_by.as_deref(), "person id")?,
        })
    }
}

macro_rules! select_version {
    ($rest:literal) => {
        concat!(
            "select profile_id as id, name, description, version, terms, audience, consumers, keys_per_person, enabled,
                created_at as saved_at, saved_by
            from access_profile_version ",
            $rest
        )
    };
}

impl Store {
    /// Newest first; `before` is the last one seen.
    pub async fn profile_versions(
        &self,
        profile: ProfileId,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<ProfileVersion>> {
        const LIST: &str = select_version!(
            "where profile_id = $1 and ($2 is null or version < $2)
            order by version desc limit $3"
        );
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), VersionRow, LIST, profile.to_string(), before, i64::from(limit))?;
        found.into_iter().map(VersionRow::into_version).collect()
    }

    pub async fn profile_version(&self, profile: ProfileId, version: i64) -> Result<Option<ProfileVersion>> {
        const FIND: &str = select_version!("where profile_id = $1 and version = $2");
        let mut reader = self.engine.reader().await?;
        let found = one!(reader.on(), VersionRow, FIND, profile.to_string(), version)?;
        found.map(VersionRow::into_version).transpose()
    }

    /// Every older version that some key keeps to.
    pub async fn kept_versions(&self) -> Result<Vec<ProfileVersion>> {
        const LIST: &str = select_version!(
            "where exists (select 1 from virtual_key
                where virtual_key.profile_id = access_profile_version.profile_id
                  and profile_version = access_profile_version.version)
            order by profile_id, version"
        );
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), VersionRow, LIST)?;
        found.into_iter().map(VersionRow::into_version).collect()
    }

    /// How many keys that are neither revoked nor expired follow which version; `None` is whatever is the newest.
    pub async fn live_keys_by_version(&self, profile: ProfileId, now: Timestamp) -> Result<BTreeMap<Option<i64>, i64>> {
        const COUNT: &str = "select profile_version, count(*) from virtual_key
            where profile_id = $1 and state <> 'revoked' and expires_at > $2 group by profile_version";
        let mut reader = self.engine.reader().await?;
        Ok(rows!(reader.on(), (Option<i64>, i64), COUNT, profile.to_string(), now.as_ms())?.into_iter().collect())
    }
}

impl Tx {
    /// Says who saved this version; in the transaction that saves it.
    pub async fn sign_profile_version(&mut self, profile: ProfileId, version: i64, by: PersonId) -> Result<()> {
        const SIGN: &str = "update access_profile_version set saved_by = $3 where profile_id = $1 and version = $2";
        crate::error::exactly_one(run!(self.on(), SIGN, profile.to_string(), version, by.to_string())?)
    }

    /// Keys that follow the newest version keep to this one from now on. Answers how many there are.
    pub async fn keep_keys_at(&mut self, profile: ProfileId, version: i64) -> Result<u64> {
        const KEEP: &str = "update virtual_key set profile_version = $2
            where profile_id = $1 and profile_version is null and state <> 'revoked'";
        run!(self.on(), KEEP, profile.to_string(), version)
    }

    /// All keys follow the newest version again. Answers how many kept to an older one.
    pub async fn release_keys(&mut self, profile: ProfileId) -> Result<u64> {
        const RELEASE: &str =
            "update virtual_key set profile_version = null where profile_id = $1 and profile_version is not null";
        run!(self.on(), RELEASE, profile.to_string())
    }
}
