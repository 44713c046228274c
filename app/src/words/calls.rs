//! Words for calls: how they ended, why the gateway said no, and what a provider answered to a test.

use crate::components::Tone;
use domain::usage::{Outcome, UsageSource};
use portal::ports::ConnectionTest;

pub const fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Answered => "Answered",
        Outcome::ClientGone => "The client hung up first",
        Outcome::ProviderFailed => "The provider broke off",
        Outcome::Interrupted => "Keywright ended it in the middle",
        Outcome::Denied => "Refused",
    }
}

/// Where the figures of a call come from.
pub const fn usage_source(source: UsageSource) -> &'static str {
    match source {
        UsageSource::Provider => "as the provider reported",
        UsageSource::Estimated => "counted from what was relayed",
        UsageSource::Reservation => "nothing was reported: what had been reserved",
        UsageSource::Nothing => "nothing was used",
    }
}

/// The reason behind a denial's code, with what to do. A code that this version does not know is said as it is.
pub fn denial(code: &str) -> String {
    let sentence = match code {
        "invalid_key" => "The key is not known. Check that it was copied whole.",
        "provider_key" => "A provider's own key was sent. Send a key from here instead, and replace the other one.",
        "ambiguous_credentials" => "Two different keys were sent in one call. Send one.",
        "too_many_bad_keys" => {
            "Too many keys that nobody has came from this address. Send a known one, after the wait."
        }
        "key_revoked" => "The key is revoked. Mint a new one.",
        "key_disabled" => "The key is disabled. Enable it to go on.",
        "key_expired" => "The key has expired. Mint a new one.",
        "owner_suspended" => "The owner's account is switched off. Ask an administrator.",
        "network_not_allowed" => "The call came from a network that this key does not allow.",
        "tool_not_allowed" => "The key does not allow this tool of the provider.",
        "parameter_not_allowed" => "The call asked for more than the guardrails of its key allow.",
        "endpoint_not_allowed" => "The key does not allow this endpoint.",
        "model_not_allowed" => "The key does not allow this model. Use one that it allows, or mint a key that does.",
        "model_not_found" => "No model here has this name. Look it up on the models page.",
        "model_unpriced" => "The model has no price yet. Ask an administrator to set one.",
        "model_unsupported" => "The model does not answer on this endpoint. Use another endpoint or model.",
        "tokens_limited" => "Too many tokens in this minute. Wait as long as retry-after says.",
        "quota_exhausted" => "A quota of requests or tokens is used up until its window ends.",
        "rate_limited" => "Too many calls in this minute. Wait as long as retry-after says.",
        "concurrency_limited" => "Too many calls at once. Wait until one has ended.",
        "budget_exhausted" => "The budget is used up until it resets.",
        "budget_insufficient" => "The call could cost more than is left. Lower max_tokens, or wait for the reset.",
        "budget_reserved" => "What is left is held by calls in flight. Try again when they have ended.",
        "overloaded" => "The gateway was as full as it may be. Try again.",
        "invalid_request" => "The request could not be understood. The answer names the field.",
        "not_found" => "There is nothing at this path. Check the base URL.",
        "method_not_allowed" => "This path does not take that method.",
        "body_too_large" => "The request is too large.",
        "unsupported_media_type" => "The request is not JSON, or packed in a way that is not read here.",
        "provider_auth" => "The provider refused our credential. Administrators have to replace it.",
        "provider_timeout" => "The provider did not answer in time. Try again.",
        "provider_error" => "The provider could not be reached or failed. Try again.",
        "upstream_protocol" => "The provider's answer could not be understood.",
        "starting" => "Keywright was still starting. Try again.",
        "sealed" => "The provider's credential cannot be opened with the root secret in use.",
        "policy_stale" => {
            "The rules could not be read afresh, so that nothing is admitted. Administrators: check the database."
        }
        "metering_unavailable" => {
            "Usage could not be recorded, so that nothing was forwarded. Administrators: check the disk."
        }
        unknown => return format!("Refused: {unknown}."),
    };
    sentence.to_owned()
}

/// What "Test connection" found, with the next step.
pub fn connection(test: ConnectionTest) -> String {
    let sentence = match test {
        ConnectionTest::Accepted => "The provider was reached and accepted the credential.",
        ConnectionTest::CredentialRefused => "The provider refused the credential. Replace it.",
        ConnectionTest::Unexpected { status } => {
            return format!(
                "The provider was reached but answered {status}, which says nothing about the credential. Check the \
                 path of the address."
            );
        }
        ConnectionTest::NameNotFound => "No server has the name in this address. Check the address for typing errors.",
        ConnectionTest::AddressNotAllowed => {
            "The rules for outgoing connections do not allow this address. Change the address, or the rules in the \
             configuration."
        }
        ConnectionTest::Unreachable => {
            "Nothing answered at this address. Check the port, and whether a firewall or proxy is in the way."
        }
        ConnectionTest::TlsFailed => {
            "No trusted encrypted connection came about. Check the provider's certificate, or add its authority to the \
             configuration."
        }
        ConnectionTest::TimedOut => "The provider did not answer in time. Try again, or check the address.",
        ConnectionTest::Sealed => {
            "The credential cannot be opened with the root secret in use. Replace the credential, or start with the \
             root secret that sealed it."
        }
        ConnectionTest::NoCredential => "There is no credential to test. Add one.",
    };
    sentence.to_owned()
}

pub const fn connection_tone(test: ConnectionTest) -> Tone {
    match test {
        ConnectionTest::Accepted => Tone::Ok,
        ConnectionTest::Unexpected { .. } | ConnectionTest::NoCredential => Tone::Warn,
        _ => Tone::Bad,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::denial::Denial;

    fn every_denial() -> Vec<Denial> {
        let limit = || domain::denial::LimitReached {
            scope: domain::budget::BudgetScope::Organisation,
            window: domain::budget::Window::Day,
            limit: domain::money::NanoUsd::ZERO,
            spent: domain::money::NanoUsd::ZERO,
            reserved: domain::money::NanoUsd::ZERO,
            kept_for_others: domain::money::NanoUsd::ZERO,
            resets_at: None,
        };
        let (scope, window) = (domain::budget::BudgetScope::Organisation, domain::budget::Window::Day);
        let traffic = domain::denial::TrafficLimit { scope, limit: 1, retry_after_ms: 1 };
        let quota = domain::denial::QuotaReached {
            scope,
            window,
            counted: domain::limits::Counted::Tokens,
            limit: 1,
            used: 1,
            resets_at: None,
            retry_after_ms: 1,
        };
        let model = || "m".to_owned();
        vec![
            Denial::InvalidKey,
            Denial::ProviderKey,
            Denial::AmbiguousCredentials,
            Denial::KeyRevoked,
            Denial::KeyDisabled,
            Denial::KeyExpired,
            Denial::OwnerSuspended,
            Denial::NetworkNotAllowed,
            Denial::EndpointNotAllowed { endpoint: "messages" },
            Denial::ToolNotAllowed { tool: "web search" },
            Denial::ParameterNotAllowed { reason: String::new() },
            Denial::ModelNotAllowed { model: model() },
            Denial::ModelNotFound { model: model() },
            Denial::ModelUnpriced { model: model() },
            Denial::ModelUnsupported { model: model(), endpoint: "messages" },
            Denial::RateLimited(traffic),
            Denial::TokensLimited(traffic),
            Denial::ConcurrencyLimited(traffic),
            Denial::QuotaExhausted(quota),
            Denial::BudgetExhausted(limit()),
            Denial::BudgetInsufficient { limit: limit(), largest_max_tokens: 1 },
            Denial::BudgetReserved { limit: limit(), retry_after_ms: 1 },
            Denial::InvalidRequest { reason: String::new() },
            Denial::NotFound,
            Denial::MethodNotAllowed,
            Denial::BodyTooLarge { limit_bytes: 1 },
            Denial::UnsupportedMediaType { reason: "x" },
            Denial::ProviderAuth,
            Denial::ProviderTimeout,
            Denial::ProviderError,
            Denial::UpstreamProtocol,
            Denial::Starting,
            Denial::Sealed,
            Denial::PolicyStale,
            Denial::MeteringUnavailable,
            Denial::Overloaded { retry_after_ms: 1 },
            Denial::TooManyBadKeys { retry_after_ms: 1 },
        ]
    }

    #[test]
    fn every_denial_of_a_recognised_key_was_the_answer_of_a_check() {
        for known in every_denial() {
            let before_the_key = matches!(
                known,
                Denial::InvalidKey
                    | Denial::ProviderKey
                    | Denial::AmbiguousCredentials
                    | Denial::TooManyBadKeys { .. }
                    | Denial::Starting
                    | Denial::PolicyStale
            );
            let check = domain::checks::Check::refusing(known.code(), "m");
            assert_eq!(check.is_none(), before_the_key, "{}: {check:?}", known.code());
        }
    }

    #[test]
    fn every_denial_reads_as_a_sentence() {
        for known in every_denial() {
            let code = known.code();
            assert_ne!(denial(code), format!("Refused: {code}."), "{code} has no sentence of its own");
        }
        assert_eq!(denial("from_a_later_version"), "Refused: from_a_later_version.");
    }
}
