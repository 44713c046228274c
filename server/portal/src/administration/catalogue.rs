//! Models from the built-in catalogue: what a provider could serve, and adding them.

use crate::{Portal, PortalError};
use domain::id::ProviderId;
use domain::model::{Endpoint, ModelName};
use domain::permission::Administrator;
use domain::person::Caller;
use domain::pricing::PriceList;

/// A model that the catalogue knows at this provider.
#[derive(Debug, Clone)]
pub struct CatalogueCandidate {
    /// The name that callers would use.
    pub name: ModelName,
    /// What the provider calls it.
    pub upstream_model: String,
    pub price: Option<PriceList>,
    pub max_input_tokens: Option<u64>,
    pub max_output_tokens: Option<u64>,
    pub capabilities: Vec<String>,
    pub endpoints: Vec<Endpoint>,
    pub sunset: Option<String>,
    /// Already served by this provider.
    pub added: bool,
}

#[derive(Debug, Clone)]
pub enum CatalogueChoice {
    All,
    Names(Vec<ModelName>),
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CatalogueAdded {
    /// New models.
    pub added: Vec<ModelName>,
    /// Models that existed and gained a deployment.
    pub extended: Vec<ModelName>,
    /// Already served by this provider.
    pub unchanged: usize,
}

impl Portal {
    pub async fn catalogue_models(
        &self,
        caller: &Caller,
        provider: ProviderId,
    ) -> Result<Vec<CatalogueCandidate>, PortalError> {
        let _ = (caller, provider);
        todo!()
    }

    /// One deployment each. Doing it twice adds nothing.
    pub async fn add_catalogue_models(
        &self,
        administrator: Administrator<'_>,
        provider: ProviderId,
        choice: &CatalogueChoice,
    ) -> Result<CatalogueAdded, PortalError> {
        let _ = (administrator, provider, choice);
        todo!()
    }
}
