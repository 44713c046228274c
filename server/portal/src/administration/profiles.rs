//! Access profiles: the limits under which keys are minted.

use super::profile_rollouts::{Coming, announce, move_keys, refuse_past, said_of};
use super::watched_rules::WatchedRule;
use crate::act::{By, Change, News, Subject, append, spend};
use crate::keys::allows;
use crate::{FormId, Made, Portal, PortalError};
use domain::access_profile::{AccessProfile, Audience, ProfileTerms};
use domain::id::{ProfileId, TeamId};
use domain::model::Model;
use domain::permission::{Administrator, Permission};
use domain::person::Caller;
use domain::profile_rules::check_profile;
use domain::profile_versions::Reach;
use domain::refusal::{Reason, Refusal};
use domain::virtual_key::ConsumerKind;
use serde_json::json;
use std::collections::HashMap;
use store::Tx;

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
    /// What its keys have yet to come to.
    pub coming: Option<Coming>,
    /// What its watched rules would have refused of late.
    pub watched: Vec<WatchedRule>,
    /// Teams to choose from, and the names of those in the audience.
    pub teams: Vec<(TeamId, String)>,
    /// Names of served models, to try patterns against.
    pub models: Vec<String>,
}

/// A profile as the form holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileDraft {
    pub name: String,
    pub description: String,
    pub terms: ProfileTerms,
    pub audience: Audience,
    pub consumers: Vec<ConsumerKind>,
    pub keys_per_person: u32,
    pub enabled: bool,
}

/// What the form for a new profile offers.
#[derive(Debug, Clone)]
pub struct ProfileFormFacts {
    pub form: FormId,
    pub teams: Vec<(TeamId, String)>,
    pub models: Vec<String>,
}

impl Portal {
    pub async fn profiles(&self, caller: &Caller) -> Result<Vec<ProfileRow>, PortalError> {
        super::demand(caller, Permission::SeeAdministration)?;
        let live = self.store.live_keys_by_profile(self.clock.now()).await?;
        let models = self.store.models().await?;
        let profiles = self.store.profiles().await?.into_iter();
        Ok(profiles.map(|profile| row(profile, &live, &models)).collect())
    }

    pub async fn profile(&self, caller: &Caller, profile: ProfileId) -> Result<ProfileDetail, PortalError> {
        super::demand(caller, Permission::SeeAdministration)?;
        let profile = self.store.profile(profile).await?.ok_or(PortalError::NotFound)?;
        let live = self.store.live_keys_by_profile(self.clock.now()).await?;
        let models = self.store.models().await?;
        let (coming, teams) = (self.coming(profile.id).await?, self.team_names().await?);
        let watched = self.watched_of(profile.id).await?;
        Ok(ProfileDetail { row: row(profile, &live, &models), coming, watched, teams, models: names(models) })
    }

    /// What the form for a new profile offers.
    pub async fn profile_form(&self, caller: &Caller) -> Result<ProfileFormFacts, PortalError> {
        super::demand(caller, Permission::Administer)?;
        let models = names(self.store.models().await?);
        Ok(ProfileFormFacts { form: self.new_form(), teams: self.team_names().await?, models })
    }

    /// Whether the draft could be saved, with every reason why not; saves nothing. `None` for a new profile.
    pub async fn check_profile_draft(
        &self,
        administrator: Administrator<'_>,
        profile: Option<ProfileId>,
        draft: ProfileDraft,
    ) -> Result<(), PortalError> {
        super::demand(administrator.caller(), Permission::Administer)?;
        let id = profile.unwrap_or_else(|| ProfileId::from_random(&[]));
        self.check(&draft.into_profile(id, 1)).await
    }

    pub async fn create_profile(
        &self,
        administrator: Administrator<'_>,
        form: &FormId,
        draft: ProfileDraft,
    ) -> Result<ProfileId, PortalError> {
        let (caller, now) = (administrator.caller(), self.clock.now());
        let profile = draft.into_profile(ProfileId::from_random(&self.id_bytes()), 1);
        let mut tx = self.store.begin().await?;
        spend(&mut tx, form, caller, now, Made::Profile(profile.id)).await?;
        self.check(&profile).await?;
        tx.insert_profile(&profile, now).await?;
        tx.sign_profile_version(profile.id, profile.version, caller.person).await?;
        let id = profile.id.to_string();
        let subject = Subject { kind: "profile", id: &id, name: &profile.name };
        let created = Change { action: "profile.created", subject, before: None, after: Some(facts(&profile)) };
        append(&mut tx, By::Person(caller), now, created).await?;
        self.commit_and_tell(tx, News::Policy).await?;
        Ok(profile.id)
    }

    /// Saves as the version after `expected_version`. `Stale` if somebody saved between. A change of anything but terms
    /// reaches no key, so that `reach` then moves none. What an earlier change had yet to bring to keys that exist, this
    /// one's `reach` takes the place of.
    pub async fn change_profile(
        &self,
        administrator: Administrator<'_>,
        profile: ProfileId,
        expected_version: i64,
        draft: ProfileDraft,
        reach: Reach,
    ) -> Result<i64, PortalError> {
        let now = self.clock.now();
        refuse_past(reach, now)?;
        let mut tx = self.store.begin().await?;
        let kept = tx.profile_for_update(profile).await?.ok_or(PortalError::NotFound)?;
        if kept.version != expected_version {
            return Err(PortalError::Stale { current: kept.version });
        }
        let changed = draft.into_profile(profile, expected_version);
        if changed == kept {
            return self.let_follow(tx, administrator, &kept, reach).await;
        }
        let changed = AccessProfile { version: expected_version + 1, ..changed };
        self.check(&changed).await?;
        if !tx.update_profile(&changed, expected_version, now).await? {
            return Err(PortalError::Stale { current: kept.version });
        }
        tx.sign_profile_version(profile, changed.version, administrator.caller().person).await?;
        let (mut before, mut after) = (facts(&kept), facts(&changed));
        if changed.terms != kept.terms {
            let moved = move_keys(&mut tx, &changed, Some(kept.version), reach, now).await?;
            let by = administrator.caller().person;
            announce(&mut tx, &changed, moved.replaced, reach, by, now).await?;
            before = moved.replaced.into_iter().fold(before, said_of);
            after = said_of(after, reach);
        }
        let id = profile.to_string();
        let subject = Subject { kind: "profile", id: &id, name: &changed.name };
        let change = Change { action: "profile.changed", subject, before: Some(before), after: Some(after) };
        append(&mut tx, By::Person(administrator.caller()), now, change).await?;
        self.commit_and_tell(tx, News::Policy).await?;
        Ok(changed.version)
    }

    /// Nothing is to be changed but, maybe, when keys that keep to an older version come to this one.
    async fn let_follow(
        &self,
        mut tx: Tx,
        administrator: Administrator<'_>,
        kept: &AccessProfile,
        reach: Reach,
    ) -> Result<i64, PortalError> {
        let now = self.clock.now();
        let moved = move_keys(&mut tx, kept, None, reach, now).await?;
        if !moved.any {
            return Ok(kept.version);
        }
        announce(&mut tx, kept, moved.replaced, reach, administrator.caller().person, now).await?;
        let id = kept.id.to_string();
        let subject = Subject { kind: "profile", id: &id, name: &kept.name };
        let before = moved.replaced.map(|replaced| said_of(json!({ "version": kept.version }), replaced));
        let after = Some(said_of(json!({ "version": kept.version }), reach));
        append(
            &mut tx,
            By::Person(administrator.caller()),
            now,
            Change { action: "profile.changed", subject, before, after },
        )
        .await?;
        self.commit_and_tell(tx, News::Policy).await?;
        Ok(kept.version)
    }

    pub(super) async fn check(&self, profile: &AccessProfile) -> Result<(), PortalError> {
        let mut refusals = check_profile(profile);
        let teams = self.team_names().await?;
        if profile.audience.teams.iter().any(|team| teams.iter().all(|(known, _)| known != team)) {
            refusals.push(Refusal::new("teams", Reason::UnknownChoice));
        }
        if refusals.is_empty() { Ok(()) } else { Err(PortalError::Refused(refusals)) }
    }

    pub(super) async fn team_names(&self) -> Result<Vec<(TeamId, String)>, PortalError> {
        Ok(self.store.teams().await?.into_iter().map(|team| (team.id, team.name)).collect())
    }
}

impl From<AccessProfile> for ProfileDraft {
    fn from(profile: AccessProfile) -> Self {
        let AccessProfile { name, description, terms, audience, consumers, keys_per_person, enabled, .. } = profile;
        Self { name, description, terms, audience, consumers, keys_per_person, enabled }
    }
}

impl ProfileDraft {
    /// The profile as it would be saved.
    pub fn into_profile(self, id: ProfileId, version: i64) -> AccessProfile {
        AccessProfile {
            id,
            name: self.name.trim().to_owned(),
            description: self.description.trim().to_owned(),
            version,
            terms: self.terms,
            audience: self.audience,
            consumers: self.consumers,
            keys_per_person: self.keys_per_person,
            enabled: self.enabled,
        }
    }
}

fn row(profile: AccessProfile, live: &HashMap<ProfileId, i64>, models: &[Model]) -> ProfileRow {
    let served = || models.iter().filter(|model| model.enabled && model.price.is_some());
    ProfileRow {
        live_keys: live.get(&profile.id).copied().unwrap_or(0),
        models_allowed: served().filter(|model| allows(&profile.terms.models, model)).count(),
        models_served: served().count(),
        profile,
    }
}

fn names(models: Vec<Model>) -> Vec<String> {
    models.into_iter().filter(|model| model.enabled).map(|model| model.name.into()).collect()
}

/// What the audit log says about a profile.
pub(crate) fn facts(profile: &AccessProfile) -> serde_json::Value {
    json!({
        "name": profile.name,
        "description": profile.description,
        "version": profile.version,
        "terms": profile.terms,
        "audience": profile.audience,
        "consumers": profile.consumers,
        "keys_per_person": profile.keys_per_person,
        "enabled": profile.enabled,
    })
}
