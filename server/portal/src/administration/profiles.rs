//! Access profiles: the limits under which keys are minted.

use crate::{FormId, Portal, PortalError};
use domain::access_profile::{AccessProfile, Audience, ProfileTerms};
use domain::id::{ProfileId, TeamId};
use domain::permission::Administrator;
use domain::person::Caller;
use domain::virtual_key::ConsumerKind;

#[derive(Debug, Clone)]
pub struct ProfileRow {
    pub profile: AccessProfile,
    pub live_keys: i64,
    /// How many of the served models it allows, and how many are served.
    pub models_allowed: usize,
    pub models_served: usize,
}

#[derive(Debug, Clone)]
pub struct ProfileDetail {
    pub row: ProfileRow,
    /// Teams to choose from, and the names of those in the audience.
    pub teams: Vec<(TeamId, String)>,
    /// Names of served models, to try patterns against.
    pub models: Vec<String>,
}

/// A profile as the form holds it.
#[derive(Debug, Clone)]
pub struct ProfileDraft {
    pub name: String,
    pub description: String,
    pub terms: ProfileTerms,
    pub audience: Audience,
    pub consumers: Vec<ConsumerKind>,
    pub keys_per_person: u32,
    pub enabled: bool,
}

impl Portal {
    pub async fn profiles(&self, caller: &Caller) -> Result<Vec<ProfileRow>, PortalError> {
        let _ = caller;
        todo!()
    }

    pub async fn profile(&self, caller: &Caller, profile: ProfileId) -> Result<ProfileDetail, PortalError> {
        let _ = (caller, profile);
        todo!()
    }

    /// What the form for a new profile starts from: the starter profile's terms, and teams to choose from.
    pub async fn profile_template(&self, caller: &Caller) -> Result<(ProfileDraft, ProfileFormFacts), PortalError> {
        let _ = caller;
        todo!()
    }

    pub async fn create_profile(
        &self,
        administrator: Administrator<'_>,
        form: &FormId,
        draft: ProfileDraft,
    ) -> Result<ProfileId, PortalError> {
        let _ = (administrator, form, draft);
        todo!()
    }

    /// Saves as the version after `expected_version`; existing keys follow at once. `Stale` if somebody saved between.
    pub async fn change_profile(
        &self,
        administrator: Administrator<'_>,
        profile: ProfileId,
        expected_version: i64,
        draft: ProfileDraft,
    ) -> Result<i64, PortalError> {
        let _ = (administrator, profile, expected_version, draft);
        todo!()
    }
}

/// What the form for a new profile offers.
#[derive(Debug, Clone)]
pub struct ProfileFormFacts {
    pub form: FormId,
    pub teams: Vec<(TeamId, String)>,
    pub models: Vec<String>,
}
