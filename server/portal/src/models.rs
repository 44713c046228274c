//! The models that developers can call, and which of their profiles allow them.

use crate::keys::allows;
use crate::{Portal, PortalError};
use domain::alias::resolved;
use domain::id::{ModelId, ProfileId};
use domain::markup::Markup;
use domain::model::{Endpoint, Model, ModelName};
use domain::person::Caller;
use domain::pricing::PriceList;

#[derive(Debug, Clone)]
pub struct ModelRow {
    pub id: ModelId,
    pub name: ModelName,
    /// `None`: refused until an administrator sets one.
    pub price: Option<PriceList>,
    /// Of the provider that calls go to first.
    pub markup: Markup,
    pub max_input_tokens: Option<u64>,
    pub max_output_tokens: Option<u64>,
    pub capabilities: Vec<String>,
    pub endpoints: Vec<Endpoint>,
    /// ISO date.
    pub sunset: Option<String>,
    /// The caller's profiles that allow it; none: ask an administrator.
    pub profiles: Vec<(ProfileId, String)>,
}

impl Portal {
    /// All enabled models, by name.
    pub async fn models(&self, caller: &Caller) -> Result<Vec<ModelRow>, PortalError> {
        let profiles = self.usable_profiles(caller).await?;
        let enabled = resolved(self.store.models().await?).into_iter().filter(|model| model.enabled);
        let providers = self.store.providers().await?;
        let markup = |model: &Model| {
            let mut places: Vec<_> = model.deployments.iter().collect();
            places.sort_by_key(|place| place.priority);
            let mut serving = places.into_iter().filter_map(|place| {
                providers.iter().find(|provider| provider.id == place.provider && provider.enabled)
            });
            serving.next().map(|provider| provider.markup).unwrap_or_default()
        };
        let row = |model: Model| ModelRow {
            markup: markup(&model),
            profiles: profiles
                .iter()
                .filter(|profile| allows(&profile.terms.models, &model))
                .map(|profile| (profile.id, profile.name.clone()))
                .collect(),
            id: model.id,
            name: model.name,
            price: model.price,
            max_input_tokens: model.max_input_tokens,
            max_output_tokens: model.max_output_tokens,
            capabilities: model.capabilities,
            endpoints: model.endpoints,
            sunset: model.sunset,
        };
        Ok(enabled.map(row).collect())
    }
}
