//! Environments: the list that keys are minted from, with who may use which.

use super::demand;
use crate::act::{By, Change, Subject, append};
use crate::{Portal, PortalError};
use domain::access_profile::AccessProfile;
use domain::environment::{Environment, check_environment};
use domain::id::{ProfileId, TeamId};
use domain::permission::{Administrator, Permission};
use domain::person::{Caller, Role};
use domain::refusal::{Reason, Refusal};
use serde_json::{Value, json};

/// An environment as its form holds it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EnvironmentDraft {
    pub profiles: Vec<ProfileId>,
    pub roles: Vec<Role>,
    pub teams: Vec<TeamId>,
    pub archived: bool,
}

/// What the form can choose from.
#[derive(Debug, Clone, Default)]
pub struct EnvironmentChoices {
    pub profiles: Vec<(ProfileId, String)>,
    pub teams: Vec<(TeamId, String)>,
}

impl Portal {
    /// Archived ones too.
    pub async fn environments(&self, caller: &Caller) -> Result<(Vec<Environment>, EnvironmentChoices), PortalError> {
        demand(caller, Permission::SeeAdministration)?;
        Ok((self.store.environments().await?, self.environment_choices().await?))
    }

    pub async fn environment(
        &self,
        caller: &Caller,
        name: &str,
    ) -> Result<(Environment, EnvironmentChoices), PortalError> {
        demand(caller, Permission::SeeAdministration)?;
        let found = self.store.environment(name).await?.ok_or(PortalError::NotFound)?;
        Ok((found, self.environment_choices().await?))
    }

    /// Every name that a key may have, for a filter.
    pub async fn environment_names(&self) -> Result<Vec<String>, PortalError> {
        Ok(self.store.environments().await?.into_iter().map(|environment| environment.name).collect())
    }

    /// A form that is sent twice finds what it made, and changes nothing.
    pub async fn create_environment(
        &self,
        administrator: Administrator<'_>,
        name: &str,
        draft: EnvironmentDraft,
    ) -> Result<(), PortalError> {
        let now = self.clock.now();
        let environment = draft.into_environment(name.trim(), 1);
        self.check_environment(&environment).await?;
        if self.store.environment(&environment.name).await?.as_ref() == Some(&environment) {
            return Ok(());
        }
        let mut tx = self.store.begin().await?;
        tx.insert_environment(&environment, now).await?;
        let subject = Subject { kind: "environment", id: &environment.name, name: &environment.name };
        let after = Some(facts(&environment));
        let change = Change { action: "environment.created", subject, before: None, after };
        append(&mut tx, By::Person(administrator.caller()), now, change).await?;
        tx.commit().await?;
        Ok(())
    }

    /// For keys that are minted from now on; those that exist stay where they are. `Stale` if somebody saved between.
    pub async fn change_environment(
        &self,
        administrator: Administrator<'_>,
        name: &str,
        expected_version: i64,
        draft: EnvironmentDraft,
    ) -> Result<(), PortalError> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let kept = tx.environment_for_update(name).await?.ok_or(PortalError::NotFound)?;
        let changed = draft.into_environment(name, expected_version + 1);
        // What is so already, or was made so by this form when it was sent before.
        let same = Environment { version: kept.version, ..changed.clone() } == kept;
        if same && (kept.version == expected_version || kept.version == changed.version) {
            return Ok(());
        }
        if kept.version != expected_version {
            return Err(PortalError::Stale { current: kept.version });
        }
        self.check_environment(&changed).await?;
        if !tx.update_environment(&changed, expected_version).await? {
            return Err(PortalError::Stale { current: kept.version });
        }
        let subject = Subject { kind: "environment", id: name, name };
        let (before, after) = (Some(facts(&kept)), Some(facts(&changed)));
        let change = Change { action: "environment.changed", subject, before, after };
        append(&mut tx, By::Person(administrator.caller()), now, change).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn check_environment(&self, environment: &Environment) -> Result<(), PortalError> {
        let mut refusals = check_environment(environment);
        let EnvironmentChoices { profiles, teams } = self.environment_choices().await?;
        if environment.profiles.iter().any(|id| profiles.iter().all(|(known, _)| known != id)) {
            refusals.push(Refusal::new("profiles", Reason::UnknownChoice));
        }
        if environment.teams.iter().any(|id| teams.iter().all(|(known, _)| known != id)) {
            refusals.push(Refusal::new("teams", Reason::UnknownChoice));
        }
        if refusals.is_empty() { Ok(()) } else { Err(PortalError::Refused(refusals)) }
    }

    /// What the form for an environment can choose from.
    pub async fn environment_choices(&self) -> Result<EnvironmentChoices, PortalError> {
        let name = |profile: AccessProfile| (profile.id, profile.name);
        let profiles = self.store.profiles().await?.into_iter().map(name).collect();
        Ok(EnvironmentChoices { profiles, teams: self.team_names().await? })
    }
}

impl EnvironmentDraft {
    fn into_environment(self, name: &str, version: i64) -> Environment {
        let Self { profiles, roles, teams, archived } = self;
        Environment { name: name.to_owned(), profiles, roles, teams, archived, version }
    }
}

fn facts(environment: &Environment) -> Value {
    let Environment { name: _, profiles, roles, teams, archived, version } = environment;
    json!({ "profiles": profiles, "roles": roles, "teams": teams, "archived": archived, "version": version })
}
