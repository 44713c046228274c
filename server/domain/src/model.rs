//! Models that callers may name, the deployments behind them, and the patterns that allow them.

use crate::id::{CredentialId, DeploymentId, ModelId, ProviderId};
use crate::pricing::PriceList;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A wire format: which paths and bodies a provider (or a client) speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WireFormat {
    OpenAi,
    Anthropic,
}

/// A surface of the gateway that a key may be allowed to call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    ChatCompletions,
    Responses,
    Embeddings,
    Messages,
    CountTokens,
}

impl Endpoint {
    pub const ALL: [Self; 5] =
        [Self::ChatCompletions, Self::Responses, Self::Embeddings, Self::Messages, Self::CountTokens];

    pub const fn format(self) -> WireFormat {
        match self {
            Self::ChatCompletions | Self::Responses | Self::Embeddings => WireFormat::OpenAi,
            Self::Messages | Self::CountTokens => WireFormat::Anthropic,
        }
    }
    /// The path behind the provider's base URL, which for both formats ends in `/v1`.
    pub const fn path(self) -> &'static str {
        match self {
            Self::ChatCompletions => "/chat/completions",
            Self::Responses => "/responses",
            Self::Embeddings => "/embeddings",
            Self::Messages => "/messages",
            Self::CountTokens => "/messages/count_tokens",
        }
    }
    pub const fn word(self) -> &'static str {
        match self {
            Self::ChatCompletions => "chat_completions",
            Self::Responses => "responses",
            Self::Embeddings => "embeddings",
            Self::Messages => "messages",
            Self::CountTokens => "count_tokens",
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
