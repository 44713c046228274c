//! What a call used, as the ledger remembers it.

use crate::budget::{BudgetLine, Consumed};
use crate::call_rule::RuleSet;
use crate::id::{DeploymentId, EventId, KeyId};
use crate::model::Endpoint;
use crate::money::NanoUsd;
use serde::{Deserialize, Serialize};

/// Tokens by billing class; the classes do not overlap, except that `reasoning` is a part of `output`.
///
/// OpenAI reports cached tokens inside its prompt tokens, Anthropic beside its input tokens: whoever reads a provider's
/// usage subtracts accordingly.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenUsage {
    /// Text that was neither read from nor written to a cache; audio and images too where they have no price of their
    /// own or are not told apart.
    pub input: u64,
    pub cache_read: u64,
    pub cache_write: u64,
    pub cache_write_1h: u64,
    pub output: u64,
    pub reasoning: u64,
    #[serde(default, skip_serializing_if = "Beside::is_nothing")]
    pub beside: Beside,
}

/// What few calls are billed for beside text: tokens of other media, and things that are not tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Beside {
    #[serde(skip_serializing_if = "is_zero")]
    pub audio_input: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub audio_output: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub image_input: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub image_output: u64,
    /// Images made.
    #[serde(skip_serializing_if = "is_zero")]
    pub images: u64,
    /// Audio heard or spoken.
    #[serde(skip_serializing_if = "is_zero")]
    pub audio_ms: u64,
    /// Characters spoken.
    #[serde(skip_serializing_if = "is_zero")]
    pub characters: u64,
    /// Searches that the provider ran while it answered.
    #[serde(skip_serializing_if = "is_zero")]
    pub searches: u64,
    /// Rankings, in the provider's units.
    #[serde(skip_serializing_if = "is_zero")]
    pub queries: u64,
    /// The tier in which the provider served the call.
    #[serde(skip_serializing_if = "ServiceTier::is_standard")]
    pub tier: ServiceTier,
}

/// How soon a provider serves a call, which some price differently.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceTier {
    #[default]
    Standard,
    Flex,
    Priority,
    Batch,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl ServiceTier {
    pub const ALL: [Self; 4] = [Self::Standard, Self::Flex, Self::Priority, Self::Batch];

    /// By the word that providers use; an unknown one is none.
    pub fn from_word(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "default" | "standard" | "on_demand" => Some(Self::Standard),
            "flex" => Some(Self::Flex),
            "priority" | "fast" => Some(Self::Priority),
            "batch" => Some(Self::Batch),
            _ => None,
        }
    }
    pub const fn is_standard(&self) -> bool {
        matches!(self, Self::Standard)
    }
}

impl Beside {
    pub const NOTHING: Self = Self {
        audio_input: 0,
        audio_output: 0,
        image_input: 0,
        image_output: 0,
        images: 0,
        audio_ms: 0,
        characters: 0,
        searches: 0,
        queries: 0,
        tier: ServiceTier::Standard,
    };

    pub fn is_nothing(&self) -> bool {
        *self == Self::NOTHING
    }

    /// Count by count; the tier is the first one's.
    pub const fn plus(&self, other: &Self) -> Self {
        Self {
            audio_input: self.audio_input.saturating_add(other.audio_input),
            audio_output: self.audio_output.saturating_add(other.audio_output),
            image_input: self.image_input.saturating_add(other.image_input),
            image_output: self.image_output.saturating_add(other.image_output),
            images: self.images.saturating_add(other.images),
            audio_ms: self.audio_ms.saturating_add(other.audio_ms),
            characters: self.characters.saturating_add(other.characters),
            searches: self.searches.saturating_add(other.searches),
            queries: self.queries.saturating_add(other.queries),
            tier: self.tier,
        }
    }
}

impl TokenUsage {
    pub const ZERO: Self = Self {
        input: 0,
        cache_read: 0,
        cache_write: 0,
        cache_write_1h: 0,
        output: 0,
        reasoning: 0,
        beside: Beside::NOTHING,
    };

    /// Class by class.
    pub const fn plus(&self, other: &Self) -> Self {
        Self {
            input: self.input.saturating_add(other.input),
            cache_read: self.cache_read.saturating_add(other.cache_read),
            cache_write: self.cache_write.saturating_add(other.cache_write),
            cache_write_1h: self.cache_write_1h.saturating_add(other.cache_write_1h),
            output: self.output.saturating_add(other.output),
            reasoning: self.reasoning.saturating_add(other.reasoning),
            beside: self.beside.plus(&other.beside),
        }
    }

    pub const fn all_input(&self) -> u64 {
        self.input
            .saturating_add(self.cache_read)
            .saturating_add(self.cache_write)
            .saturating_add(self.cache_write_1h)
            .saturating_add(self.beside.audio_input)
            .saturating_add(self.beside.image_input)
    }

    pub const fn all_output(&self) -> u64 {
        self.output.saturating_add(self.beside.audio_output).saturating_add(self.beside.image_output)
    }

    /// Input and output, as limits on tokens count them.
    pub const fn all(&self) -> u64 {
        self.all_input().saturating_add(self.all_output())
    }
}

/// Where the figures come from; shown to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UsageSource {
    /// The provider said so.
    Provider,
    /// Counted from what was relayed.
    Estimated,
    /// Nothing was known: what had been reserved.
    Reservation,
    /// Nothing was used: refused, or never sent.
    Nothing,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The provider's answer was relayed whole, whatever its status.
    Answered,
    /// The client hung up first.
    ClientGone,
    /// The provider broke off, timed out or could not be reached.
    ProviderFailed,
    /// Keywright ended it in the middle: no budget could pay on, its key was compromised, or the process stopped. After a
    /// crash it is settled at the next start.
    Interrupted,
    /// Refused before it was sent; the record's `denial` says why.
    Denied,
}

impl Outcome {
    pub const ALL: [Self; 5] =
        [Self::Answered, Self::ClientGone, Self::ProviderFailed, Self::Interrupted, Self::Denied];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::ClientGone => "client_gone",
            Self::ProviderFailed => "provider_failed",
            Self::Interrupted => "interrupted",
            Self::Denied => "denied",
        }
    }
}

impl UsageSource {
    pub const ALL: [Self; 4] = [Self::Provider, Self::Estimated, Self::Reservation, Self::Nothing];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Estimated => "estimated",
            Self::Reservation => "reservation",
            Self::Nothing => "nothing",
        }
    }
}

/// In place of the version where no secret was presented, or none is known: calls from the playground, and calls that a
/// killed process left behind.
pub const NO_SECRET: i64 = 0;
/// What stands in place of the user agent of a call from the playground. A client may send the same words, but not
/// without a secret.
pub const PLAYGROUND: &str = "keywright-playground";

/// One finished call of a recognised key: one entry of the ledger and of the access record. No content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageRecord {
    pub id: EventId,
    pub key: KeyId,
    /// The name the caller asked for; at most 128 characters.
    pub model: String,
    pub deployment: Option<DeploymentId>,
    pub endpoint: Option<Endpoint>,
    /// The client's address.
    pub network: String,
    /// The client's user agent, at most 64 printable characters.
    pub agent: String,
    /// Which secret of the key was presented, or [`NO_SECRET`].
    pub secret_version: i64,
    /// The HTTP status that the client was sent.
    pub status: u16,
    pub outcome: Outcome,
    /// The code of the denial or gateway error, if any: `model_not_allowed`, `provider_timeout`.
    pub denial: Option<String>,
    pub streamed: bool,
    pub tokens: TokenUsage,
    pub cost: NanoUsd,
    pub source: UsageSource,
    pub price_version: i64,
    pub duration_ms: u32,
    /// Until the first byte of the answer's body reached the client.
    pub first_byte_ms: Option<u32>,
    /// The accounts that the cost was charged to.
    pub charged: Vec<BudgetLine>,
    /// How often a provider was asked. 0: not at all, or not known.
    #[serde(default)]
    pub attempts: u32,
    /// How many more refusals of the same kind this one stands for, of the same minute.
    #[serde(default)]
    pub repeated: u32,
    /// Rules that the call broke and that are only watched: what it would have been refused for. None for a call that a
    /// killed process left behind.
    #[serde(default, skip_serializing_if = "RuleSet::is_empty")]
    pub watched: RuleSet,
}

impl UsageRecord {
    /// What the call counts in each of its accounts.
    pub const fn consumed(&self) -> Consumed {
        Consumed { spent: self.cost, requests: 1, tokens: self.tokens.all() }
    }

    /// True if a person made it on a page of the portal, without the key's secret.
    pub fn is_from_playground(&self) -> bool {
        self.secret_version == NO_SECRET && self.agent == PLAYGROUND
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_before_there_were_other_media_is_read_as_text_alone() {
        let before = r#"{"input":1,"cache_read":2,"cache_write":3,"cache_write_1h":4,"output":6,"reasoning":5}"#;
        let tokens: TokenUsage = serde_json::from_str(before).unwrap();
        assert_eq!((tokens.beside, tokens.all_input(), tokens.all_output()), (Beside::NOTHING, 10, 6));
        assert_eq!(serde_json::to_string(&tokens).unwrap(), before);
    }

    #[test]
    fn a_record_from_before_rules_were_watched_is_read_and_one_that_broke_none_is_written_as_then() {
        let before = r#"{"id":0,"key":"kwr_000000000000","model":"m","deployment":null,"endpoint":null,"network":"","agent":"","secret_version":1,"status":200,"outcome":"answered","denial":null,"streamed":false,"tokens":{"input":0,"cache_read":0,"cache_write":0,"cache_write_1h":0,"output":0,"reasoning":0},"cost":0,"source":"provider","price_version":1,"duration_ms":1,"first_byte_ms":null,"charged":[],"attempts":1,"repeated":0}"#;
        let record: UsageRecord = serde_json::from_str(before).unwrap();
        assert!(record.watched.is_empty());
        let written = serde_json::to_value(&record).unwrap();
        assert_eq!(written, serde_json::from_str::<serde_json::Value>(before).unwrap());
        let broke = UsageRecord { watched: RuleSet::NONE.with(crate::call_rule::CallRule::Models), ..record };
        let text = serde_json::to_string(&broke).unwrap();
        assert!(text.contains(r#""watched":["models"]"#), "{text}");
        assert_eq!(serde_json::from_str::<UsageRecord>(&text).unwrap(), broke);
    }

    #[test]
    fn only_what_there_was_is_written() {
        let beside = Beside { searches: 2, tier: ServiceTier::Flex, ..Beside::NOTHING };
        assert_eq!(serde_json::to_string(&beside).unwrap(), r#"{"searches":2,"tier":"flex"}"#);
        assert_eq!(serde_json::from_str::<Beside>(r#"{"searches":2,"tier":"flex"}"#).unwrap(), beside);
    }
}
