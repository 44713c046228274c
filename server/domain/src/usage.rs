//! What a call used, as the ledger remembers it.

use crate::budget::{BudgetLine, Consumed};
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
    /// Input that was neither read from nor written to a cache.
    pub input: u64,
    pub cache_read: u64,
    pub cache_write: u64,
    pub cache_write_1h: u64,
    pub output: u64,
    pub reasoning: u64,
}

impl TokenUsage {
    /// Class by class.
    pub const fn plus(&self, other: &Self) -> Self {
        Self {
            input: self.input.saturating_add(other.input),
            cache_read: self.cache_read.saturating_add(other.cache_read),
            cache_write: self.cache_write.saturating_add(other.cache_write),
            cache_write_1h: self.cache_write_1h.saturating_add(other.cache_write_1h),
            output: self.output.saturating_add(other.output),
            reasoning: self.reasoning.saturating_add(other.reasoning),
        }
    }

    pub const fn all_input(&self) -> u64 {
        self.input.saturating_add(self.cache_read).saturating_add(self.cache_write).saturating_add(self.cache_write_1h)
    }
    /// Input and output, as limits on tokens count them.
    pub const fn all(&self) -> u64 {
        self.all_input().saturating_add(self.output)
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
    /// Which secret of the key was presented.
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
    /// How many more refusals of the same kind this one stands for, of the same minute.
    #[serde(default)]
    pub repeated: u32,
}

impl UsageRecord {
    /// What the call counts in each of its accounts.
    pub const fn consumed(&self) -> Consumed {
        Consumed { spent: self.cost, requests: 1, tokens: self.tokens.all() }
    }
}
