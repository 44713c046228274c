//! Models with their deployments and prices, as administrators see and change them.

use crate::{FormId, Portal, PortalError};
use domain::id::{DeploymentId, ModelId, ProviderId};
use domain::model::{Endpoint, Model};
use domain::permission::Administrator;
use domain::person::Caller;
use domain::pricing::PriceList;
use domain::time::Timestamp;

/// A deployment with the names that a page shows.
#[derive(Debug, Clone)]
pub struct DeploymentRow {
    pub id: DeploymentId,
    pub provider: ProviderId,
    pub provider_name: String,
    pub provider_enabled: bool,
    pub upstream_model: String,
    pub weight: u32,
    pub priority: u32,
}

#[derive(Debug, Clone)]
pub struct AdminModel {
    pub model: Model,
    pub deployments: Vec<DeploymentRow>,
    /// Names of the profiles that allow it.
    pub profiles: Vec<String>,
}

/// A price as it stood from a moment on.
#[derive(Debug, Clone)]
pub struct PriceRow {
    pub version: i64,
    pub price: Option<PriceList>,
    pub effective_from: Timestamp,
    pub set_by_name: Option<String>,
}

#[derive(Debug, Clone)]
pub struct AdminModelDetail {
    pub model: AdminModel,
    /// Newest first.
    pub prices: Vec<PriceRow>,
    /// What the built-in catalogue says, to compare with or return to.
    pub catalogue_price: Option<PriceList>,
}

#[derive(Debug, Clone)]
pub struct DeploymentDraft {
    /// `None` for a new one.
    pub id: Option<DeploymentId>,
    pub provider: ProviderId,
    pub upstream_model: String,
    pub weight: u32,
    pub priority: u32,
}

#[derive(Debug, Clone)]
pub enum PriceChoice {
    /// New model: the catalogue's price if it knows the name, else unpriced. Existing model: as it is.
    Keep,
    /// From now on.
    Set(PriceList),
    /// Refused under every budget.
    Unpriced,
}

/// A model as the form holds it. The name of an existing model can change; callers then use the new one.
#[derive(Debug, Clone)]
pub struct ModelDraft {
    pub name: String,
    pub deployments: Vec<DeploymentDraft>,
    pub price: PriceChoice,
    /// Empty: what the provider's format and the catalogue suggest.
    pub endpoints: Vec<Endpoint>,
    pub max_input_tokens: Option<u64>,
    pub max_output_tokens: Option<u64>,
    pub enabled: bool,
}

impl Portal {
    pub async fn admin_models(&self, caller: &Caller) -> Result<Vec<AdminModel>, PortalError> {
        let _ = caller;
        todo!()
    }

    pub async fn admin_model(&self, caller: &Caller, model: ModelId) -> Result<AdminModelDetail, PortalError> {
        let _ = (caller, model);
        todo!()
    }

    pub async fn add_model(
        &self,
        administrator: Administrator<'_>,
        form: &FormId,
        draft: ModelDraft,
    ) -> Result<ModelId, PortalError> {
        let _ = (administrator, form, draft);
        todo!()
    }

    pub async fn change_model(
        &self,
        administrator: Administrator<'_>,
        model: ModelId,
        draft: ModelDraft,
    ) -> Result<(), PortalError> {
        let _ = (administrator, model, draft);
        todo!()
    }
}
