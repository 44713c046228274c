//! Why the gateway says no to a call: one vocabulary, rendered by the proxy in the skin of each wire format.
//!
//! A denial carries the first reason in the order of the checks. Codes are a public interface: clients match on them.

use crate::budget::{BudgetScope, Window};
use crate::limits::Counted;
use crate::money::NanoUsd;
use crate::time::Timestamp;

/// A limit that stopped a call: the figures that a client needs to decide what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitReached {
    pub scope: BudgetScope,
    pub window: Window,
    pub limit: NanoUsd,
    pub spent: NanoUsd,
    pub reserved: NanoUsd,
    /// Guaranteed to others, and not used by them yet.
    pub kept_for_others: NanoUsd,
    pub resets_at: Option<Timestamp>,
}

impl LimitReached {
    /// What the call could have had; never negative.
    pub fn left(&self) -> NanoUsd {
        self.limit.minus(self.spent).minus(self.reserved).minus(self.kept_for_others).max(NanoUsd::ZERO)
    }
}

/// A limit on the traffic of the moment: it frees itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrafficLimit {
    pub scope: BudgetScope,
    /// Requests or tokens a minute, or calls at once, as the denial says.
    pub limit: u64,
    pub retry_after_ms: u64,
}

/// A quota that is used up for its window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotaReached {
    pub scope: BudgetScope,
    pub counted: Counted,
    pub window: Window,
    pub limit: u64,
    pub used: u64,
    pub resets_at: Option<Timestamp>,
    /// Until the window ends; a day where it never does.
    pub retry_after_ms: u64,
}

/// The gateway's no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denial {
    /// Missing, malformed, unknown or wrong: one identical answer for all four.
    InvalidKey,
    /// The text presented is shaped like a provider's own key.
    ProviderKey,
    AmbiguousCredentials,
    KeyRevoked,
    KeyDisabled,
    KeyExpired,
    OwnerSuspended,
    NetworkNotAllowed,
    EndpointNotAllowed {
        endpoint: &'static str,
    },
    ModelNotAllowed {
        model: String,
    },
    /// A tool that the provider would run.
    ToolNotAllowed {
        tool: &'static str,
    },
    /// A parameter asks for more than the profile allows; the sentence names the field and what is allowed.
    ParameterNotAllowed {
        reason: String,
    },
    ModelNotFound {
        model: String,
    },
    ModelUnpriced {
        model: String,
    },
    /// The model exists, but not for this endpoint or wire format; `endpoint` is the path that serves it.
    ModelUnsupported {
        model: String,
        endpoint: &'static str,
    },
    RateLimited(TrafficLimit),
    TokensLimited(TrafficLimit),
    ConcurrencyLimited(TrafficLimit),
    QuotaExhausted(QuotaReached),
    BudgetExhausted(LimitReached),
    /// The call's bound exceeds what is left and nothing is in flight.
    BudgetInsufficient {
        limit: LimitReached,
        largest_max_tokens: u64,
    },
    /// What is left is held by calls in flight.
    BudgetReserved {
        limit: LimitReached,
        retry_after_ms: u64,
    },
    /// Too many keys that nobody has came from this address.
    TooManyBadKeys {
        retry_after_ms: u64,
    },
    /// As much is being worked on as this process can hold.
    Overloaded {
        retry_after_ms: u64,
    },
    /// The request cannot be understood; the sentence names the field.
    InvalidRequest {
        reason: String,
    },
    NotFound,
    MethodNotAllowed,
    BodyTooLarge {
        limit_bytes: u64,
    },
    UnsupportedMediaType {
        reason: &'static str,
    },
    /// The provider refused our credential.
    ProviderAuth,
    ProviderTimeout,
    ProviderError,
    UpstreamProtocol,
    Starting,
    Sealed,
    PolicyStale,
    /// Usage cannot be recorded (spool or disk full), so nothing is forwarded.
    MeteringUnavailable,
}

impl Denial {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::InvalidKey => "invalid_key",
            Self::ProviderKey => "provider_key",
            Self::AmbiguousCredentials => "ambiguous_credentials",
            Self::KeyRevoked => "key_revoked",
            Self::KeyDisabled => "key_disabled",
            Self::KeyExpired => "key_expired",
            Self::OwnerSuspended => "owner_suspended",
            Self::NetworkNotAllowed => "network_not_allowed",
            Self::EndpointNotAllowed { .. } => "endpoint_not_allowed",
            Self::ModelNotAllowed { .. } => "model_not_allowed",
            Self::ToolNotAllowed { .. } => "tool_not_allowed",
            Self::ParameterNotAllowed { .. } => "parameter_not_allowed",
            Self::ModelNotFound { .. } => "model_not_found",
            Self::ModelUnpriced { .. } => "model_unpriced",
            Self::ModelUnsupported { .. } => "model_unsupported",
            Self::RateLimited(_) => "rate_limited",
            Self::TokensLimited(_) => "tokens_limited",
            Self::ConcurrencyLimited(_) => "concurrency_limited",
            Self::QuotaExhausted(_) => "quota_exhausted",
            Self::BudgetExhausted(_) => "budget_exhausted",
            Self::BudgetInsufficient { .. } => "budget_insufficient",
            Self::BudgetReserved { .. } => "budget_reserved",
            Self::TooManyBadKeys { .. } => "too_many_bad_keys",
            Self::Overloaded { .. } => "overloaded",
            Self::InvalidRequest { .. } => "invalid_request",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::BodyTooLarge { .. } => "body_too_large",
            Self::UnsupportedMediaType { .. } => "unsupported_media_type",
            Self::ProviderAuth => "provider_auth",
            Self::ProviderTimeout => "provider_timeout",
            Self::ProviderError => "provider_error",
            Self::UpstreamProtocol => "upstream_protocol",
            Self::Starting => "starting",
            Self::Sealed => "sealed",
            Self::PolicyStale => "policy_stale",
            Self::MeteringUnavailable => "metering_unavailable",
        }
    }

    /// The HTTP status.
    pub const fn status(&self) -> u16 {
        match self {
            Self::AmbiguousCredentials | Self::InvalidRequest { .. } | Self::ModelUnsupported { .. } => 400,
            Self::InvalidKey | Self::ProviderKey => 401,
            Self::BudgetExhausted(_) | Self::BudgetInsufficient { .. } => 402,
            Self::KeyRevoked
            | Self::KeyDisabled
            | Self::KeyExpired
            | Self::OwnerSuspended
            | Self::NetworkNotAllowed
            | Self::EndpointNotAllowed { .. }
            | Self::ModelNotAllowed { .. }
            | Self::ToolNotAllowed { .. }
            | Self::ParameterNotAllowed { .. }
            | Self::ModelUnpriced { .. } => 403,
            Self::ModelNotFound { .. } | Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::BodyTooLarge { .. } => 413,
            Self::UnsupportedMediaType { .. } => 415,
            Self::RateLimited(_)
            | Self::TokensLimited(_)
            | Self::ConcurrencyLimited(_)
            | Self::QuotaExhausted(_)
            | Self::BudgetReserved { .. }
            | Self::TooManyBadKeys { .. } => 429,
            Self::ProviderAuth | Self::ProviderError | Self::UpstreamProtocol => 502,
            Self::Overloaded { .. } | Self::Starting | Self::Sealed | Self::PolicyStale | Self::MeteringUnavailable => {
                503
            }
            Self::ProviderTimeout => 504,
        }
    }
}
