//! Single calls: the recent ones of a key, one by its id, and the first one after minting.

use super::seen::SeenKey;
use crate::{Portal, PortalError};
use domain::id::{DeploymentId, EventId};
use domain::permission::Permission;
use domain::person::Caller;
use domain::time::Timestamp;
use domain::usage::UsageRecord;
use domain::virtual_key::KeyState;

#[derive(Debug, Clone)]
pub struct CallsPage {
    /// Newest first.
    pub calls: Vec<UsageRecord>,
    /// Pass as `before` for the page after.
    pub next: Option<EventId>,
}

#[derive(Debug, Clone)]
pub struct CallDetail {
    pub call: UsageRecord,
    pub key_name: String,
    /// The provider that served it and what it calls the model, if the deployment still exists.
    pub served_by: Option<(String, String)>,
    /// The caller can ask for more for the key.
    pub may_ask: bool,
}

const MOST_CALLS: u32 = 200;

impl SeenKey<'_> {
    pub async fn calls(&self, before: Option<EventId>, limit: u32) -> Result<CallsPage, PortalError> {
        self.portal.gateway.catch_up().await;
        let limit = limit.clamp(1, MOST_CALLS);
        let mut calls = self.portal.store.recent_calls(self.id(), before, limit + 1).await?;
        let more = calls.len() > limit as usize;
        calls.truncate(limit as usize);
        Ok(CallsPage { next: calls.last().filter(|_| more).map(|call| call.id), calls })
    }

    /// For the line that waits for the first call: the first one that finished after `since`, refusals included.
    pub async fn first_call_since(&self, since: Timestamp) -> Result<Option<UsageRecord>, PortalError> {
        if let Some(call) = self.portal.gateway.finished_since(self.id(), since).await {
            return Ok(Some(call));
        }
        // The gateway forgets at a restart; what was written down it does not have to remember.
        let recent = self.portal.store.recent_calls(self.id(), None, MOST_CALLS).await?;
        Ok(recent.into_iter().rfind(|call| call.id.made_at() >= since))
    }
}

impl Portal {
    pub async fn call(&self, caller: &Caller, call: EventId) -> Result<CallDetail, PortalError> {
        self.gateway.catch_up().await;
        let call = self.store.call(call).await?.ok_or(PortalError::NotFound)?;
        let key = self.visible_key(caller, call.key).await?.key;
        let served_by = match call.deployment {
            Some(deployment) => self.deployment_names(deployment).await?,
            None => None,
        };
        let ended = matches!(key.state, KeyState::Revoked { .. }) || self.clock.now() >= key.expires_at;
        let may_ask = !ended && Permission::ManageKeys.allows(Some(caller)) && self.may_ask_for(caller, key.owner);
        Ok(CallDetail { call, key_name: key.name, served_by, may_ask })
    }

    async fn deployment_names(&self, wanted: DeploymentId) -> Result<Option<(String, String)>, PortalError> {
        let models = self.store.models().await?;
        let mut deployments = models.iter().flat_map(|model| &model.deployments);
        let Some(deployment) = deployments.find(|deployment| deployment.id == wanted) else { return Ok(None) };
        let provider = self.store.provider(deployment.provider).await?;
        Ok(provider.map(|provider| (provider.name, deployment.upstream_model.clone())))
    }
}
