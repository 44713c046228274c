//! Models from the built-in catalogue: what a provider could serve, and adding them.

use super::credentials::append_provider;
use crate::act::{By, News};
use crate::presets::preset;
use crate::{Portal, PortalError};
use domain::catalogue::{Catalogue, Mode};
use domain::id::{DeploymentId, ModelId, ProviderId};
use domain::model::{Deployment, Endpoint, Model, ModelName, WireFormat};
use domain::permission::{Administrator, Permission};
use domain::person::Caller;
use domain::pricing::PriceList;
use domain::refusal::{Reason, Refusal};
use domain::time::Timestamp;
use serde_json::json;
use std::collections::BTreeMap;
use store::{Provider, Tx};

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
        super::demand(caller, Permission::SeeAdministration)?;
        let provider = self.store.provider(provider).await?.ok_or(PortalError::NotFound)?;
        let models = self.store.models().await?;
        Ok(candidates(&provider, &models))
    }

    /// One deployment each. Doing it twice adds nothing.
    pub async fn add_catalogue_models(
        &self,
        administrator: Administrator<'_>,
        provider: ProviderId,
        choice: &CatalogueChoice,
    ) -> Result<CatalogueAdded, PortalError> {
        let (caller, now) = (administrator.caller(), self.clock.now());
        let mut tx = self.store.begin().await?;
        let provider = self.store.provider(provider).await?.ok_or(PortalError::NotFound)?;
        let credential = self.current_credential(provider.id).await?.id;
        let models = self.store.models().await?;
        let candidates = chosen(candidates(&provider, &models), choice)?;

        let mut done = CatalogueAdded::default();
        for candidate in candidates {
            if candidate.added {
                done.unchanged += 1;
                continue;
            }
            let deployment = Deployment {
                id: DeploymentId::from_random(&self.id_bytes()),
                provider: provider.id,
                credential,
                upstream_model: candidate.upstream_model.clone(),
                weight: 1,
                priority: 0,
            };
            if let Some(model) = models.iter().find(|model| model.name == candidate.name) {
                extend(&mut tx, model.id, deployment, &candidate, now).await?;
                done.extended.push(candidate.name);
            } else {
                let id = ModelId::from_random(&self.id_bytes());
                let model = new_model(id, &candidate, deployment);
                tx.insert_model(&model, now).await?;
                tx.insert_price(id, 1, model.price.as_ref(), now, Some(caller.person)).await?;
                done.added.push(candidate.name);
            }
        }
        if done.added.is_empty() && done.extended.is_empty() {
            return Ok(done);
        }
        let after = Some(json!({ "added": done.added, "extended": done.extended }));
        let change = ("catalogue.added", None, after);
        append_provider(&mut tx, By::Person(caller), now, &provider, change).await?;
        self.commit_and_tell(tx, News::Policy).await?;
        Ok(done)
    }
}

/// What the catalogue lists at this provider and the gateway can serve, by name.
fn candidates(provider: &Provider, models: &[Model]) -> Vec<CatalogueCandidate> {
    let Some(preset) = preset(&provider.preset) else { return Vec::new() };
    let Some(listed) = preset.catalogue else { return Vec::new() };
    let mut found: BTreeMap<ModelName, CatalogueCandidate> = BTreeMap::new();
    for entry in Catalogue::load().of_provider(listed) {
        let endpoints = served_endpoints(provider.kind.format(), preset.speaks_responses, entry.mode);
        let Ok(name) = entry.upstream_name().parse::<ModelName>() else { continue };
        if endpoints.is_empty() {
            continue;
        }
        let at = |model: &&Model| model.name == name && model.deployments.iter().any(|one| one.provider == provider.id);
        let candidate = CatalogueCandidate {
            added: models.iter().any(|model| at(&model)),
            upstream_model: entry.upstream_name().to_owned(),
            price: entry.price.clone(),
            max_input_tokens: entry.max_input_tokens,
            max_output_tokens: entry.max_output_tokens,
            capabilities: entry.capabilities.clone(),
            endpoints,
            sunset: entry.sunset.clone(),
            name: name.clone(),
        };
        // A few models are listed twice, with and without the provider's prefix; the priced one tells more.
        let known = found.get(&name);
        if known.is_none_or(|known| known.price.is_none() && candidate.price.is_some()) {
            found.insert(name, candidate);
        }
    }
    found.into_values().collect()
}

/// Every name that was chosen, or which of them the catalogue does not list.
fn chosen(
    candidates: Vec<CatalogueCandidate>,
    choice: &CatalogueChoice,
) -> Result<Vec<CatalogueCandidate>, PortalError> {
    let CatalogueChoice::Names(names) = choice else { return Ok(candidates) };
    let unknown = names.iter().filter(|name| candidates.iter().all(|candidate| candidate.name != **name));
    let mut refusals: Vec<Refusal> =
        unknown.map(|name| Refusal::new("models", Reason::ModelUnknown { model: name.to_string() })).collect();
    if names.is_empty() {
        refusals.push(Refusal::new("models", Reason::Missing));
    }
    if !refusals.is_empty() {
        return Err(PortalError::Refused(refusals));
    }
    Ok(candidates.into_iter().filter(|candidate| names.contains(&candidate.name)).collect())
}

/// The paths of the gateway that lead to a model of this mode at a provider of this format.
pub(super) fn served_endpoints(format: WireFormat, speaks_responses: bool, mode: Mode) -> Vec<Endpoint> {
    match (format, mode) {
        (WireFormat::OpenAi, Mode::Chat) if speaks_responses => vec![Endpoint::ChatCompletions, Endpoint::Responses],
        (WireFormat::OpenAi, Mode::Chat) => vec![Endpoint::ChatCompletions],
        (WireFormat::OpenAi, Mode::Responses) if speaks_responses => vec![Endpoint::Responses],
        (WireFormat::OpenAi, Mode::Embedding) => vec![Endpoint::Embeddings],
        (WireFormat::OpenAi, Mode::Completion) => vec![Endpoint::Completions],
        (WireFormat::OpenAi, Mode::ImageGeneration) => vec![Endpoint::ImageGenerations, Endpoint::ImageEdits],
        (WireFormat::OpenAi, Mode::ImageEdit) => vec![Endpoint::ImageEdits],
        (WireFormat::OpenAi, Mode::AudioSpeech) => vec![Endpoint::Speech],
        (WireFormat::OpenAi, Mode::AudioTranscription) => vec![Endpoint::Transcriptions, Endpoint::Translations],
        (WireFormat::OpenAi, Mode::Moderation) => vec![Endpoint::Moderations],
        (WireFormat::OpenAi, Mode::Rerank) => vec![Endpoint::Rerank],
        (WireFormat::Anthropic, Mode::Chat) => vec![Endpoint::Messages, Endpoint::CountTokens],
        (WireFormat::Gemini, Mode::Chat) => vec![Endpoint::GenerateContent, Endpoint::GeminiCountTokens],
        (WireFormat::Gemini, Mode::Embedding) => vec![Endpoint::EmbedContent],
        _ => Vec::new(),
    }
}

async fn extend(
    tx: &mut Tx,
    model: ModelId,
    deployment: Deployment,
    candidate: &CatalogueCandidate,
    now: Timestamp,
) -> Result<(), PortalError> {
    let mut model = tx.model_for_update(model).await?.ok_or(PortalError::NotFound)?;
    model.deployments.push(deployment);
    for endpoint in &candidate.endpoints {
        if !model.endpoints.contains(endpoint) {
            model.endpoints.push(*endpoint);
        }
    }
    Ok(tx.update_model(&model, now).await?)
}

fn new_model(id: ModelId, candidate: &CatalogueCandidate, deployment: Deployment) -> Model {
    Model {
        id,
        name: candidate.name.clone(),
        price: candidate.price.clone(),
        price_version: 1,
        max_input_tokens: candidate.max_input_tokens,
        max_output_tokens: candidate.max_output_tokens,
        capabilities: candidate.capabilities.clone(),
        sunset: candidate.sunset.clone(),
        endpoints: candidate.endpoints.clone(),
        deployments: vec![deployment],
        enabled: true,
        alias_of: None,
    }
}
