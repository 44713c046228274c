//! The facts that a ready-to-paste snippet needs: addresses, and a model that this key may use for each way to call.

use crate::keys::{KeyDetail, SeenKey, allows};
use crate::{Portal, PortalError};
use domain::alias::resolved;
use domain::id::{KeyId, ProviderId};
use domain::markup::Markup;
use domain::model::{Endpoint, Model, ModelName};
use domain::money::NanoUsd;
use domain::person::Caller;
use domain::pricing::PriceList;
use domain::usage::TokenUsage;
use domain::virtual_key::KeyTerms;
use std::collections::HashSet;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnippetFacts {
    /// `https://llm.example.com/v1`: what OpenAI SDKs take.
    pub openai_base_url: String,
    /// `https://llm.example.com`: what Anthropic SDKs take; they add `/v1` themselves.
    pub anthropic_base_url: String,
    pub chat_model: Option<ModelName>,
    pub responses_model: Option<ModelName>,
    /// True if searches that its provider runs have a price: without one they are refused.
    pub responses_model_searches: bool,
    pub messages_model: Option<ModelName>,
    /// The cheapest for messages: coding agents use a small model in the background.
    pub small_messages_model: Option<ModelName>,
    pub embeddings_model: Option<ModelName>,
}

impl SnippetFacts {
    pub fn model_for(&self, endpoint: Endpoint) -> Option<&ModelName> {
        match endpoint {
            Endpoint::ChatCompletions => self.chat_model.as_ref(),
            Endpoint::Responses => self.responses_model.as_ref(),
            Endpoint::Messages | Endpoint::CountTokens => self.messages_model.as_ref(),
            Endpoint::Embeddings => self.embeddings_model.as_ref(),
            _ => None,
        }
    }
}

impl SeenKey<'_> {
    /// Of a page that has the key's terms already.
    pub async fn snippets(&self, detail: &KeyDetail) -> Result<SnippetFacts, PortalError> {
        self.portal.snippets_of(KeyTerms::from(detail.effective.terms.clone())).await
    }
}

impl Portal {
    pub async fn snippet_facts(&self, caller: &Caller, key: KeyId) -> Result<SnippetFacts, PortalError> {
        let key = self.visible_key(caller, key).await?.key;
        let profile = self.profile_of(&key).await?;
        self.snippets_of(KeyTerms::from(self.terms_now(&key, &profile).await?)).await
    }

    async fn snippets_of(&self, terms: KeyTerms) -> Result<SnippetFacts, PortalError> {
        let enabled: HashSet<ProviderId> =
            self.store.providers().await?.into_iter().filter(|provider| provider.enabled).map(|one| one.id).collect();
        let today = self.clock.now().to_jiff().to_zoned(self.settings.zone.clone()).date().to_string();
        let models = resolved(self.store.models().await?);
        let callable = |model: &&Model| {
            let reachable = model.deployments.iter().any(|deployment| enabled.contains(&deployment.provider));
            let serves = model.sunset.as_ref().is_none_or(|sunset| *sunset > today);
            model.enabled && model.price.is_some() && reachable && serves && allows(&terms.models, model)
        };
        let models: Vec<&Model> = models.iter().filter(callable).collect();
        let for_endpoint = |endpoint: Endpoint| {
            let allowed = terms.endpoints.contains(&endpoint);
            let mut found: Vec<&Model> =
                models.iter().copied().filter(|model| allowed && model.endpoints.contains(&endpoint)).collect();
            found.sort_by_key(|model| dearness(model));
            found
        };
        let for_responses = for_endpoint(Endpoint::Responses);
        let searches = |model: &Model| model.price.as_ref().is_some_and(PriceList::prices_searches);
        let origin = self.settings.gateway_origin.trim_end_matches('/');
        Ok(SnippetFacts {
            openai_base_url: format!("{origin}/v1"),
            anthropic_base_url: origin.to_owned(),
            chat_model: name(cheapest(&for_endpoint(Endpoint::ChatCompletions))),
            responses_model: name(middle(&for_responses)),
            responses_model_searches: middle(&for_responses).is_some_and(searches),
            messages_model: name(middle(&for_endpoint(Endpoint::Messages))),
            small_messages_model: name(cheapest(&for_endpoint(Endpoint::Messages))),
            embeddings_model: name(cheapest(&for_endpoint(Endpoint::Embeddings))),
        })
    }
}

/// Models that call tools before those that do not, then by what a typical call costs: what a first call or an agent
/// can use comes first.
fn dearness(model: &Model) -> (bool, Option<NanoUsd>, String) {
    const TYPICAL_CALL: TokenUsage = TokenUsage { input: 2_000, output: 500, ..TokenUsage::ZERO };
    let tools = model.capabilities.iter().any(|capability| capability == "function_calling");
    let price = model.price.as_ref().and_then(|list| list.cost(&TYPICAL_CALL, Markup::NONE));
    (!tools, price, model.name.to_string())
}

fn name(model: Option<&Model>) -> Option<ModelName> {
    model.map(|model| model.name.clone())
}

fn cheapest<'a>(models: &[&'a Model]) -> Option<&'a Model> {
    models.first().copied()
}

/// Neither the smallest, which disappoints, nor the dearest, which surprises.
fn middle<'a>(models: &[&'a Model]) -> Option<&'a Model> {
    models.get(models.len() / 2).copied()
}
