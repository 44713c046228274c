//! Providers and their credentials: where calls can go, and with which upstream secret.

use crate::{FormId, Portal, PortalError};
use domain::id::{CredentialId, DeploymentId, ModelId, PersonId, ProviderId};
use domain::key_secret::SecretText;
use domain::model::{ModelName, WireFormat};
use domain::permission::Administrator;
use domain::person::Caller;
use domain::time::Timestamp;

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
    pub format: WireFormat,
    pub base_url: String,
    pub enabled: bool,
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
    pub format: WireFormat,
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
}

impl Portal {
    pub async fn providers(&self, caller: &Caller) -> Result<Vec<ProviderRow>, PortalError> {
        let _ = caller;
        todo!()
    }

    pub async fn provider(&self, caller: &Caller, provider: ProviderId) -> Result<ProviderDetail, PortalError> {
        let _ = (caller, provider);
        todo!()
    }

    pub async fn add_provider(
        &self,
        administrator: Administrator<'_>,
        form: &FormId,
        new: NewProvider,
    ) -> Result<ProviderId, PortalError> {
        let _ = (administrator, form, new);
        todo!()
    }

    pub async fn change_provider(
        &self,
        administrator: Administrator<'_>,
        provider: ProviderId,
        change: ProviderChange,
    ) -> Result<(), PortalError> {
        let _ = (administrator, provider, change);
        todo!()
    }

    pub async fn replace_credential(
        &self,
        administrator: Administrator<'_>,
        provider: ProviderId,
        credential: SecretText,
    ) -> Result<CredentialFacts, PortalError> {
        let _ = (administrator, provider, credential);
        todo!()
    }

    pub async fn set_provider_enabled(
        &self,
        administrator: Administrator<'_>,
        provider: ProviderId,
        enabled: bool,
    ) -> Result<(), PortalError> {
        let _ = (administrator, provider, enabled);
        todo!()
    }
}
