//! The administrators' first page: how much of everything there is, and what is missing.

use crate::{Portal, PortalError};
use domain::id::ProviderId;
use domain::model::{Model, ModelName};
use domain::permission::Permission;
use domain::person::Caller;
use std::collections::HashSet;

#[derive(Debug, Clone)]
pub struct Overview {
    pub people: i64,
    pub live_keys: i64,
    pub providers: usize,
    /// Enabled models.
    pub models: usize,
    pub profiles: usize,
    pub teams: usize,
    /// Enabled, but refused under every budget.
    pub unpriced: Vec<ModelName>,
    /// Enabled, but with no deployment at an enabled provider.
    pub unreachable: Vec<ModelName>,
    /// Providers whose credential is older than 90 days.
    pub old_credentials: Vec<String>,
}

/// A credential of this age is worth a reminder.
pub const OLD_CREDENTIAL_DAYS: i64 = 90;

impl Portal {
    pub async fn overview(&self, caller: &Caller) -> Result<Overview, PortalError> {
        super::demand(caller, Permission::SeeAdministration)?;
        let now = self.clock.now();
        let providers = self.store.providers().await?;
        let on: HashSet<ProviderId> = providers.iter().filter(|one| one.enabled).map(|one| one.id).collect();
        let models: Vec<Model> = self.store.models().await?.into_iter().filter(|model| model.enabled).collect();
        let names = |which: &dyn Fn(&Model) -> bool| -> Vec<ModelName> {
            models.iter().filter(|model| which(model)).map(|model| model.name.clone()).collect()
        };
        let long_ago = now.plus_days(-OLD_CREDENTIAL_DAYS);
        let old: HashSet<ProviderId> = (self.store.credentials().await?.into_iter())
            .filter(|credential| credential.created_at < long_ago && !credential.fingerprint.is_empty())
            .map(|credential| credential.provider)
            .collect();
        Ok(Overview {
            people: self.store.people_count().await?,
            live_keys: self.store.live_keys_by_profile(now).await?.values().sum(),
            providers: providers.len(),
            models: models.len(),
            profiles: self.store.profiles().await?.len(),
            teams: self.store.teams().await?.len(),
            unpriced: names(&|model| model.price.is_none()),
            unreachable: names(&|model| model.deployments.iter().all(|one| !on.contains(&one.provider))),
            old_credentials: providers.into_iter().filter(|one| old.contains(&one.id)).map(|one| one.name).collect(),
        })
    }
}
