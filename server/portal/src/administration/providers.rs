//! Providers and their credentials: where calls can go, and with which upstream secret.

use super::credentials::{Checked, append_provider, check, check_credential, check_fields, facts, has_secret, shown};
use crate::act::{By, News, spend};
use crate::keys::allows;
use crate::ports::DeploymentHealth;
use crate::sealing::origin_of;
use crate::{FormId, Made, Portal, PortalError};
use domain::access_profile::AccessProfile;
use domain::id::{CredentialId, DeploymentId, ModelId, PersonId, ProfileId, ProviderId};
use domain::key_secret::SecretText;
use domain::markup::Markup;
use domain::model::{Model, ModelName, ProviderKind};
use domain::permission::{Administrator, Permission};
use domain::person::Caller;
use domain::provider_timeouts::ProviderTimeouts;
use domain::refusal::Reason;
use domain::time::Timestamp;
use domain::virtual_key::{KeyState, VirtualKey};
use serde_json::json;
use std::collections::{HashMap, HashSet};
use store::Provider;

/// What may be shown of a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialFacts {
    pub id: CredentialId,
    pub version: i64,
    pub last_four: String,
    /// `3f·a1·7c`
    pub fingerprint: String,
    pub created_at: Timestamp,
    pub created_by: Option<PersonId>,
    pub created_by_name: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderRow {
    pub id: ProviderId,
    pub name: String,
    /// The id of the preset that it was made from.
    pub preset: String,
    pub kind: ProviderKind,
    pub base_url: String,
    pub enabled: bool,
    pub timeouts: ProviderTimeouts,
    pub markup: Markup,
    pub created_at: Timestamp,
    pub credential: Option<CredentialFacts>,
    pub models: usize,
}

/// One deployment at this provider, as its page lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderDeployment {
    pub model: ModelId,
    pub model_name: ModelName,
    pub model_enabled: bool,
    pub deployment: DeploymentId,
    pub upstream_model: String,
    pub weight: u32,
    pub priority: u32,
    /// No other deployment at an enabled provider: turning this provider off stops the model.
    pub only_one: bool,
    /// `None`: no call went there since the gateway started.
    pub health: Option<DeploymentHealth>,
}

#[derive(Debug, Clone)]
pub struct ProviderDetail {
    pub provider: ProviderRow,
    pub deployments: Vec<ProviderDeployment>,
    /// Live keys that may call at least one of its models, counted up to 10,000.
    pub dependent_keys: u64,
}

#[derive(Debug, Clone)]
pub struct NewProvider {
    pub name: String,
    pub preset: String,
    pub kind: ProviderKind,
    pub base_url: String,
    /// `None` for a server that wants none.
    pub credential: Option<SecretText>,
}

#[derive(Debug, Clone)]
pub struct ProviderChange {
    pub name: String,
    pub base_url: String,
    /// Needed when scheme, host or port of the address change.
    pub credential: Option<SecretText>,
    pub timeouts: ProviderTimeouts,
    pub markup: Markup,
}

/// Keys looked at to count the ones that depend on a provider.
const MOST_KEYS: u32 = 10_000;

impl Portal {
    pub async fn providers(&self, caller: &Caller) -> Result<Vec<ProviderRow>, PortalError> {
        super::demand(caller, Permission::SeeAdministration)?;
        let credentials = self.credential_facts(caller).await?;
        let models = self.store.models().await?;
        let providers = self.store.providers().await?.into_iter();
        Ok(providers.map(|provider| row(provider, &credentials, &models)).collect())
    }

    pub async fn provider(&self, caller: &Caller, provider: ProviderId) -> Result<ProviderDetail, PortalError> {
        super::demand(caller, Permission::SeeAdministration)?;
        let kept = self.store.provider(provider).await?.ok_or(PortalError::NotFound)?;
        let credentials = self.credential_facts(caller).await?;
        let models = self.store.models().await?;
        let on: HashSet<ProviderId> =
            self.store.providers().await?.into_iter().filter(|one| one.enabled).map(|one| one.id).collect();
        let elsewhere = |model: &Model| {
            model.deployments.iter().any(|other| other.provider != provider && on.contains(&other.provider))
        };
        let health = self.gateway.health(provider).await;
        let mut deployments = Vec::new();
        for model in &models {
            for deployment in model.deployments.iter().filter(|one| one.provider == provider) {
                deployments.push(ProviderDeployment {
                    model: model.id,
                    model_name: model.name.clone(),
                    model_enabled: model.enabled,
                    deployment: deployment.id,
                    upstream_model: deployment.upstream_model.clone(),
                    weight: deployment.weight,
                    priority: deployment.priority,
                    only_one: !elsewhere(model),
                    health: health.iter().find(|seen| seen.deployment == deployment.id).copied(),
                });
            }
        }
        let served: Vec<&Model> = models.iter().filter(|model| model.enabled && serves(provider, model)).collect();
        Ok(ProviderDetail {
            dependent_keys: self.dependent_keys(&served).await?,
            provider: row(kept, &credentials, &models),
            deployments,
        })
    }

    async fn dependent_keys(&self, served: &[&Model]) -> Result<u64, PortalError> {
        let now = self.clock.now();
        let profiles: HashMap<ProfileId, AccessProfile> =
            self.store.profiles().await?.into_iter().map(|profile| (profile.id, profile)).collect();
        let depends = |key: &VirtualKey| {
            let ended = matches!(key.state, KeyState::Revoked { .. }) || now >= key.expires_at;
            let Some(profile) = profiles.get(&key.profile).filter(|_| !ended) else { return false };
            served.iter().any(|model| allows(&key.terms.models, model) && allows(&profile.terms.models, model))
        };
        let keys = self.store.all_keys(None, MOST_KEYS).await?;
        let count = keys.iter().filter(|kept| depends(&kept.key)).count();
        Ok(u64::try_from(count).unwrap_or(u64::MAX))
    }

    pub async fn add_provider(
        &self,
        administrator: Administrator<'_>,
        form: &FormId,
        new: NewProvider,
    ) -> Result<ProviderId, PortalError> {
        let (caller, now) = (administrator.caller(), self.clock.now());
        let id = ProviderId::from_random(&self.id_bytes());
        let mut tx = self.store.begin().await?;
        spend(&mut tx, form, caller, now, Made::Provider(id)).await?;
        let Checked { name, base_url, credential } = check(&new)?;
        let provider = Provider {
            id,
            name,
            preset: new.preset,
            kind: new.kind,
            base_url,
            enabled: true,
            timeouts: ProviderTimeouts::default(),
            markup: Markup::NONE,
            created_at: now,
        };
        tx.insert_provider(&provider).await?;
        let sealed = self.seal(&provider, credential.as_ref(), None, now, Some(caller.person))?;
        tx.insert_credential(&sealed).await?;
        let change = ("provider.added", None, Some(facts(&provider, Some(&sealed))));
        append_provider(&mut tx, By::Person(caller), now, &provider, change).await?;
        self.commit_and_tell(tx, News::Policy).await?;
        Ok(id)
    }

    /// A changed scheme, host or port needs the credential again: the sealed one does not open for another place.
    pub async fn change_provider(
        &self,
        administrator: Administrator<'_>,
        provider: ProviderId,
        change: ProviderChange,
    ) -> Result<(), PortalError> {
        let (caller, now) = (administrator.caller(), self.clock.now());
        let mut tx = self.store.begin().await?;
        let kept = self.store.provider(provider).await?.ok_or(PortalError::NotFound)?;
        let current = self.current_credential(provider).await?;
        let Checked { name, base_url, credential } = check_fields(&change.name, &change.base_url, change.credential)?;
        if !change.timeouts.are_sound() {
            return Err(PortalError::refused("timeouts", Reason::Malformed));
        }
        let moved = origin_of(&base_url) != origin_of(&kept.base_url);
        if moved && credential.is_none() && has_secret(&current) {
            return Err(PortalError::refused("credential", Reason::CredentialNeeded));
        }
        let changed = Provider { name, base_url, timeouts: change.timeouts, markup: change.markup, ..kept.clone() };
        if changed == kept && credential.is_none() {
            return Ok(());
        }
        tx.update_provider(&changed).await?;
        let sealed = if moved || credential.is_some() {
            let sealed = self.seal(&changed, credential.as_ref(), Some(&current), now, Some(caller.person))?;
            tx.replace_credential(&sealed).await?;
            Some(sealed)
        } else {
            None
        };
        let (before, after) = (Some(facts(&kept, None)), Some(facts(&changed, sealed.as_ref())));
        append_provider(&mut tx, By::Person(caller), now, &changed, ("provider.changed", before, after)).await?;
        self.commit_and_tell(tx, News::Policy).await?;
        Ok(())
    }

    pub async fn replace_credential(
        &self,
        administrator: Administrator<'_>,
        provider: ProviderId,
        credential: SecretText,
    ) -> Result<CredentialFacts, PortalError> {
        let (caller, now) = (administrator.caller(), self.clock.now());
        let credential = check_credential(&credential).map_err(|reason| PortalError::refused("credential", reason))?;
        let mut tx = self.store.begin().await?;
        let kept = self.store.provider(provider).await?.ok_or(PortalError::NotFound)?;
        let current = self.current_credential(provider).await?;
        let sealed = self.seal(&kept, Some(&credential), Some(&current), now, Some(caller.person))?;
        tx.replace_credential(&sealed).await?;
        let (before, after) = (Some(shown(&current)), Some(shown(&sealed)));
        append_provider(&mut tx, By::Person(caller), now, &kept, ("credential.replaced", before, after)).await?;
        self.commit_and_tell(tx, News::Policy).await?;
        Ok(CredentialFacts::of(sealed, Some(caller.name.clone())))
    }

    pub async fn set_provider_enabled(
        &self,
        administrator: Administrator<'_>,
        provider: ProviderId,
        enabled: bool,
    ) -> Result<(), PortalError> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let kept = self.store.provider(provider).await?.ok_or(PortalError::NotFound)?;
        if kept.enabled == enabled {
            return Ok(());
        }
        let changed = Provider { enabled, ..kept };
        tx.update_provider(&changed).await?;
        let action = if enabled { "provider.enabled" } else { "provider.disabled" };
        let (before, after) = (Some(json!({ "enabled": !enabled })), Some(json!({ "enabled": enabled })));
        let by = By::Person(administrator.caller());
        append_provider(&mut tx, by, now, &changed, (action, before, after)).await?;
        self.commit_and_tell(tx, News::Policy).await?;
        Ok(())
    }

    async fn credential_facts(&self, caller: &Caller) -> Result<HashMap<ProviderId, CredentialFacts>, PortalError> {
        let credentials = self.store.credentials().await?;
        let people: Vec<PersonId> = credentials.iter().filter_map(|credential| credential.created_by).collect();
        let names = self.names_for(caller, &people).await?;
        let real = credentials.into_iter().filter(has_secret);
        Ok(real
            .map(|credential| {
                let by = credential.created_by.and_then(|person| names.get(&person).cloned());
                (credential.provider, CredentialFacts::of(credential, by))
            })
            .collect())
    }
}

fn row(provider: Provider, credentials: &HashMap<ProviderId, CredentialFacts>, models: &[Model]) -> ProviderRow {
    ProviderRow {
        id: provider.id,
        credential: credentials.get(&provider.id).cloned(),
        models: models.iter().filter(|model| serves(provider.id, model)).count(),
        name: provider.name,
        preset: provider.preset,
        kind: provider.kind,
        base_url: provider.base_url,
        enabled: provider.enabled,
        timeouts: provider.timeouts,
        markup: provider.markup,
        created_at: provider.created_at,
    }
}

fn serves(provider: ProviderId, model: &Model) -> bool {
    model.deployments.iter().any(|deployment| deployment.provider == provider)
}
