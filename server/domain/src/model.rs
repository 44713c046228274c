//! Models that callers may name, the deployments behind them, and the patterns that allow them.

use crate::id::{CredentialId, DeploymentId, ModelId, ProviderId};
use crate::pricing::PriceList;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A wire format: how the bodies look that a client or a provider speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WireFormat {
    OpenAi,
    Anthropic,
    Gemini,
}

impl WireFormat {
    pub const ALL: [Self; 3] = [Self::OpenAi, Self::Anthropic, Self::Gemini];
}

/// How an upstream is addressed and shown its credential. Several kinds can share one wire format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProviderKind {
    OpenAi,
    AzureOpenAi,
    Anthropic,
    Gemini,
}

impl ProviderKind {
    pub const ALL: [Self; 4] = [Self::OpenAi, Self::AzureOpenAi, Self::Anthropic, Self::Gemini];

    pub const fn format(self) -> WireFormat {
        match self {
            Self::OpenAi | Self::AzureOpenAi => WireFormat::OpenAi,
            Self::Anthropic => WireFormat::Anthropic,
            Self::Gemini => WireFormat::Gemini,
        }
    }
    /// Stored: a word never changes its meaning.
    pub const fn word(self) -> &'static str {
        match self {
            Self::OpenAi => "open_ai",
            Self::AzureOpenAi => "azure_open_ai",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
        }
    }
}

/// A surface of the gateway that a key may be allowed to call; each is one path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    ChatCompletions,
    Responses,
    Embeddings,
    Messages,
    CountTokens,
    /// Gemini's `generateContent` and `streamGenerateContent`.
    GenerateContent,
    /// Gemini's `embedContent` and `batchEmbedContents`.
    EmbedContent,
    GeminiCountTokens,
    Completions,
    ImageGenerations,
    ImageEdits,
    ImageVariations,
    Speech,
    Transcriptions,
    Translations,
    Moderations,
    Rerank,
}

impl Endpoint {
    /// In the order in which people are shown them: what most callers need comes first.
    pub const ALL: [Self; 17] = [
        Self::ChatCompletions,
        Self::Responses,
        Self::Embeddings,
        Self::Messages,
        Self::CountTokens,
        Self::GenerateContent,
        Self::EmbedContent,
        Self::GeminiCountTokens,
        Self::Completions,
        Self::ImageGenerations,
        Self::ImageEdits,
        Self::ImageVariations,
        Self::Speech,
        Self::Transcriptions,
        Self::Translations,
        Self::Moderations,
        Self::Rerank,
    ];

    pub const fn format(self) -> WireFormat {
        match self {
            Self::Messages | Self::CountTokens => WireFormat::Anthropic,
            Self::GenerateContent | Self::EmbedContent | Self::GeminiCountTokens => WireFormat::Gemini,
            Self::ChatCompletions
            | Self::Responses
            | Self::Embeddings
            | Self::Completions
            | Self::ImageGenerations
            | Self::ImageEdits
            | Self::ImageVariations
            | Self::Speech
            | Self::Transcriptions
            | Self::Translations
            | Self::Moderations
            | Self::Rerank => WireFormat::OpenAi,
        }
    }
    /// The gateway's own path. Gemini's names the model.
    pub const fn gateway_path(self) -> &'static str {
        match self {
            Self::ChatCompletions => "/v1/chat/completions",
            Self::Responses => "/v1/responses",
            Self::Embeddings => "/v1/embeddings",
            Self::Messages => "/v1/messages",
            Self::CountTokens => "/v1/messages/count_tokens",
            Self::GenerateContent => "/v1beta/models/{model}:generateContent",
            Self::EmbedContent => "/v1beta/models/{model}:embedContent",
            Self::GeminiCountTokens => "/v1beta/models/{model}:countTokens",
            Self::Completions => "/v1/completions",
            Self::ImageGenerations => "/v1/images/generations",
            Self::ImageEdits => "/v1/images/edits",
            Self::ImageVariations => "/v1/images/variations",
            Self::Speech => "/v1/audio/speech",
            Self::Transcriptions => "/v1/audio/transcriptions",
            Self::Translations => "/v1/audio/translations",
            Self::Moderations => "/v1/moderations",
            Self::Rerank => "/v1/rerank",
        }
    }
    /// The path behind the version segment, which a provider's base URL ends in.
    pub fn path(self) -> &'static str {
        let whole = self.gateway_path();
        whole.strip_prefix("/v1beta").or_else(|| whole.strip_prefix("/v1")).unwrap_or(whole)
    }
    pub const fn word(self) -> &'static str {
        match self {
            Self::ChatCompletions => "chat_completions",
            Self::Responses => "responses",
            Self::Embeddings => "embeddings",
            Self::Messages => "messages",
            Self::CountTokens => "count_tokens",
            Self::GenerateContent => "generate_content",
            Self::EmbedContent => "embed_content",
            Self::GeminiCountTokens => "gemini_count_tokens",
            Self::Completions => "completions",
            Self::ImageGenerations => "image_generations",
            Self::ImageEdits => "image_edits",
            Self::ImageVariations => "image_variations",
            Self::Speech => "speech",
            Self::Transcriptions => "transcriptions",
            Self::Translations => "translations",
            Self::Moderations => "moderations",
            Self::Rerank => "rerank",
        }
    }
    /// For calls that only count tokens, and are free: whose permission and models they share.
    pub const fn counts_for(self) -> Option<Self> {
        match self {
            Self::CountTokens => Some(Self::Messages),
            Self::GeminiCountTokens => Some(Self::GenerateContent),
            _ => None,
        }
    }
}

/// Why a text cannot be a model name that goes into a URL or a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a model name has 1 to 128 of A–Z a–z 0–9 . _ : / -, and starts with a letter or digit")]
pub struct InvalidModelName;

/// The name by which callers ask for a model. Slashes are allowed since providers use them (`meta/llama-4`); a name is
/// put into bodies, never concatenated into an upstream path.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ModelName(String);

impl ModelName {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl FromStr for ModelName {
    type Err = InvalidModelName;
    fn from_str(text: &str) -> Result<Self, InvalidModelName> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._:/-".contains(&byte);
        let starts = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
        if starts && text.len() <= 128 && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidModelName)
        }
    }
}
impl TryFrom<String> for ModelName {
    type Error = InvalidModelName;
    fn try_from(text: String) -> Result<Self, InvalidModelName> {
        text.parse()
    }
}
impl From<ModelName> for String {
    fn from(name: ModelName) -> String {
        name.0
    }
}
impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `claude-*`, `*` or an exact name. One star, at the end.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ModelPattern(String);

impl ModelPattern {
    /// Matches every name.
    pub fn any() -> Self {
        Self("*".to_owned())
    }
    pub fn matches(&self, model: &str) -> bool {
        self.0.strip_suffix('*').map_or(self.0 == model, |prefix| model.starts_with(prefix))
    }
    /// True if everything that `other` matches is matched here too.
    pub fn covers(&self, other: &Self) -> bool {
        match (self.0.strip_suffix('*'), other.0.strip_suffix('*')) {
            (Some(ours), Some(theirs)) => theirs.starts_with(ours),
            (Some(ours), None) => other.0.starts_with(ours),
            (None, Some(_)) => false,
            (None, None) => self.0 == other.0,
        }
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl FromStr for ModelPattern {
    type Err = InvalidModelName;
    fn from_str(text: &str) -> Result<Self, InvalidModelName> {
        let prefix = text.strip_suffix('*').unwrap_or(text);
        if text != "*" {
            prefix.parse::<ModelName>()?;
        }
        Ok(Self(text.to_owned()))
    }
}
impl TryFrom<String> for ModelPattern {
    type Error = InvalidModelName;
    fn try_from(text: String) -> Result<Self, InvalidModelName> {
        text.parse()
    }
}
impl From<ModelPattern> for String {
    fn from(pattern: ModelPattern) -> String {
        pattern.0
    }
}
impl fmt::Display for ModelPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a model's calls can go. The base URL and wire format are the provider's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployment {
    pub id: DeploymentId,
    pub provider: ProviderId,
    pub credential: CredentialId,
    /// What the provider calls the model.
    pub upstream_model: String,
    pub weight: u32,
    /// Lower goes first.
    pub priority: u32,
}

/// A model as the gateway serves it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    pub id: ModelId,
    pub name: ModelName,
    /// `None`: refused under a budget until an administrator sets a price.
    pub price: Option<PriceList>,
    /// Stored with each usage record, so that a price change never rewrites history.
    pub price_version: i64,
    pub max_input_tokens: Option<u64>,
    pub max_output_tokens: Option<u64>,
    pub capabilities: Vec<String>,
    /// ISO date after which the provider stops serving it.
    pub sunset: Option<String>,
    pub endpoints: Vec<Endpoint>,
    pub deployments: Vec<Deployment>,
    pub enabled: bool,
    /// Another name for this model, with its deployments, price and bounds. See [`crate::alias`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias_of: Option<ModelName>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_word_of_a_kind_or_endpoint_is_the_one_it_is_serialised_as() {
        for kind in ProviderKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.word());
        }
        for endpoint in Endpoint::ALL {
            assert_eq!(serde_json::to_value(endpoint).unwrap(), endpoint.word());
        }
        assert!(Endpoint::ALL.is_sorted(), "lists are shown in the order that they are sorted in");
    }

    #[test]
    fn a_path_begins_behind_the_version() {
        assert_eq!(Endpoint::CountTokens.path(), "/messages/count_tokens");
        assert_eq!(Endpoint::GenerateContent.path(), "/models/{model}:generateContent");
    }

    #[test]
    fn patterns_match_exactly_or_by_prefix() {
        let pattern = |text: &str| text.parse::<ModelPattern>();
        assert!(pattern("claude-*").unwrap().matches("claude-sonnet-5"));
        assert!(!pattern("claude-*").unwrap().matches("Claude-sonnet-5"));
        assert!(!pattern("gpt-5").unwrap().matches("gpt-5-mini"));
        assert!(pattern("*").unwrap().matches("anything"));
        for broken in ["", "*x", "a*b", "**", "a b", "-x", "ü*", "../x"] {
            assert!(pattern(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn a_pattern_covers_what_it_would_match() {
        let pattern = |text: &str| text.parse::<ModelPattern>().unwrap();
        assert!(pattern("claude-*").covers(&pattern("claude-opus-*")));
        assert!(pattern("*").covers(&pattern("*")));
        assert!(!pattern("claude-opus-*").covers(&pattern("claude-*")));
        assert!(!pattern("gpt-5").covers(&pattern("gpt-*")));
    }
}
