//! The history of an access profile: every version with who saved it, and two of them side by side.

use super::demand;
use super::profile_rollouts::Coming;
use crate::{Portal, PortalError};
use domain::access_profile::AccessProfile;
use domain::id::{PersonId, ProfileId, TeamId};
use domain::permission::Permission;
use domain::person::Caller;
use domain::profile_rollout::version_at;
use domain::time::Timestamp;
use std::collections::HashMap;
use store::ProfileVersion;

/// Versions on a page.
const VERSIONS_PAGE: u32 = 20;

#[derive(Debug, Clone)]
pub struct VersionLine {
    /// As this version has it, name and all.
    pub profile: AccessProfile,
    pub saved_at: Timestamp,
    /// `None`: Keywright itself, or before this was written down.
    pub saved_by: Option<String>,
    /// What it was saved over; `None` for the first.
    pub before: Option<AccessProfile>,
    /// Live keys that go by it.
    pub live_keys: i64,
}

#[derive(Debug, Clone)]
pub struct VersionPage {
    pub newest: AccessProfile,
    /// What keys that keep to older ones have yet to come to.
    pub coming: Option<Coming>,
    /// Newest first.
    pub lines: Vec<VersionLine>,
    /// The cursor of the next page.
    pub next: Option<i64>,
    /// For the names of teams in an audience.
    pub teams: Vec<(TeamId, String)>,
}

/// Two versions, the older one first.
#[derive(Debug, Clone)]
pub struct Comparison {
    pub newest: AccessProfile,
    pub older: VersionLine,
    pub newer: VersionLine,
    pub teams: Vec<(TeamId, String)>,
}

impl Portal {
    pub async fn profile_versions(
        &self,
        caller: &Caller,
        profile: ProfileId,
        before: Option<i64>,
    ) -> Result<VersionPage, PortalError> {
        demand(caller, Permission::SeeAdministration)?;
        let newest = self.store.profile(profile).await?.ok_or(PortalError::NotFound)?;
        // One more than is shown: what the last one was saved over, and whether there is a next page.
        let mut found = self.store.profile_versions(profile, before, VERSIONS_PAGE + 1).await?;
        let previous: Vec<_> = found.iter().skip(1).map(|version| version.profile.clone()).collect();
        let more = found.len() > VERSIONS_PAGE as usize;
        found.truncate(VERSIONS_PAGE as usize);
        let next = found.last().filter(|_| more).map(|version| version.profile.version);
        let mut lines = self.version_lines(caller, &newest, found).await?;
        for (line, previous) in lines.iter_mut().zip(previous) {
            line.before = Some(previous);
        }
        let coming = self.coming(profile).await?;
        Ok(VersionPage { newest, coming, lines, next, teams: self.team_names().await? })
    }

    /// In the order of their numbers, however they are asked for.
    pub async fn compare_versions(
        &self,
        caller: &Caller,
        profile: ProfileId,
        versions: (i64, i64),
    ) -> Result<Comparison, PortalError> {
        demand(caller, Permission::SeeAdministration)?;
        let newest = self.store.profile(profile).await?.ok_or(PortalError::NotFound)?;
        let find = async |version| self.store.profile_version(profile, version).await?.ok_or(PortalError::NotFound);
        let found = vec![find(versions.0.min(versions.1)).await?, find(versions.0.max(versions.1)).await?];
        let mut lines = self.version_lines(caller, &newest, found).await?.into_iter();
        match (lines.next(), lines.next()) {
            (Some(older), Some(newer)) => Ok(Comparison { newest, older, newer, teams: self.team_names().await? }),
            _ => Err(PortalError::NotFound),
        }
    }

    /// An older version, for the form that makes it the newest again.
    pub async fn profile_version(
        &self,
        caller: &Caller,
        profile: ProfileId,
        version: i64,
    ) -> Result<AccessProfile, PortalError> {
        demand(caller, Permission::SeeAdministration)?;
        let found = self.store.profile_version(profile, version).await?.ok_or(PortalError::NotFound)?;
        Ok(found.profile)
    }

    async fn version_lines(
        &self,
        caller: &Caller,
        newest: &AccessProfile,
        found: Vec<ProfileVersion>,
    ) -> Result<Vec<VersionLine>, PortalError> {
        let savers: Vec<PersonId> = found.iter().filter_map(|version| version.saved_by).collect();
        let names: HashMap<PersonId, String> = self.names_for(caller, &savers).await?;
        let (now, rollout) = (self.clock.now(), self.store.rollout(newest.id).await?);
        let mut live: HashMap<Option<i64>, i64> = HashMap::new();
        for (version, count) in self.store.live_keys_by_version(newest.id, now).await? {
            *live.entry(version_at(version, rollout.as_ref(), now)).or_default() += count;
        }
        let line = |version: ProfileVersion| {
            let number = version.profile.version;
            let followers = if number == newest.version { live.get(&None) } else { None };
            let keepers = live.get(&Some(number));
            VersionLine {
                profile: version.profile,
                saved_at: version.saved_at,
                saved_by: version.saved_by.map(|by| names.get(&by).cloned().unwrap_or_else(|| by.to_string())),
                before: None,
                live_keys: followers.copied().unwrap_or(0) + keepers.copied().unwrap_or(0),
            }
        };
        Ok(found.into_iter().map(line).collect())
    }
}
