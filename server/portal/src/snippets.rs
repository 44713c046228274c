//! The facts that a ready-to-paste snippet needs: addresses, and a model that this key may use for each way to call.

use crate::{Portal, PortalError};
use domain::id::KeyId;
use domain::model::{Endpoint, ModelName};
use domain::person::Caller;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnippetFacts {
    /// `https://llm.example.com/v1`: what OpenAI SDKs take.
    pub openai_base_url: String,
    /// `https://llm.example.com`: what Anthropic SDKs take; they add `/v1` themselves.
    pub anthropic_base_url: String,
    pub chat_model: Option<ModelName>,
    pub responses_model: Option<ModelName>,
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
        }
    }
}

impl Portal {
    pub async fn snippet_facts(&self, caller: &Caller, key: KeyId) -> Result<SnippetFacts, PortalError> {
        let _ = (caller, key);
        todo!()
    }
}
