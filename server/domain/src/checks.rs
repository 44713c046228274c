//! What a recognised call is asked, in the order of the gateway, and how far one call came.
//!
//! A call is refused for the first reason: whatever stands after it was never asked, which is not the same as passed.

use crate::usage::{Outcome, UsageRecord};

/// One question. `ALL` is the order in which the gateway asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Check {
    /// Not revoked, disabled, expired, and its owner not suspended.
    Standing,
    Network,
    Endpoint,
    /// The key's own calls at once: asked before the body is read, so that waiting bodies are bounded too.
    AtOnce,
    /// The body was read and understood.
    Request,
    /// Exists, is allowed with what the call asks of it, and answers on this endpoint.
    Model,
    /// Has a price, without which no budget can be kept.
    Price,
    /// Requests and tokens a minute, quotas, and the calls at once of the levels above the key.
    Limits,
    Budgets,
    /// Keywright could write down what the call used.
    Metering,
    /// The provider took the call and answered it.
    Provider,
}

impl Check {
    pub const ALL: [Self; 11] = [
        Self::Standing,
        Self::Network,
        Self::Endpoint,
        Self::AtOnce,
        Self::Request,
        Self::Model,
        Self::Price,
        Self::Limits,
        Self::Budgets,
        Self::Metering,
        Self::Provider,
    ];

    /// The check that answered this call with this code; `None` for what is asked before a key is recognised.
    /// `model` is what the call named: nothing before its body is read.
    pub fn refusing(code: &str, model: &str) -> Option<Self> {
        Some(match code {
            "concurrency_limited" if model.is_empty() => Self::AtOnce,
            "key_revoked" | "key_disabled" | "key_expired" | "owner_suspended" => Self::Standing,
            "network_not_allowed" => Self::Network,
            "endpoint_not_allowed" | "not_found" | "method_not_allowed" => Self::Endpoint,
            "invalid_request" | "body_too_large" | "unsupported_media_type" | "overloaded" => Self::Request,
            "model_not_found"
            | "model_not_allowed"
            | "model_unsupported"
            | "provider_not_allowed"
            | "tool_not_allowed"
            | "parameter_not_allowed" => Self::Model,
            "model_unpriced" => Self::Price,
            "rate_limited" | "tokens_limited" | "concurrency_limited" | "quota_exhausted" => Self::Limits,
            "budget_exhausted" | "budget_insufficient" | "budget_reserved" => Self::Budgets,
            "metering_unavailable" => Self::Metering,
            "provider_auth" | "provider_timeout" | "provider_error" | "upstream_protocol" | "sealed" => Self::Provider,
            _ => return None,
        })
    }
}

/// How a check of one call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    Passed,
    /// It was not allowed, by a rule that is only watched.
    Watched,
    /// Here the call ended.
    Refused,
    /// Another check had refused before.
    NotAsked,
}

/// Every check with its finding, in the order in which they are asked. A call that a budget ended in the middle passed
/// the provider as far as it came; one with a code that this version does not know shows what is certain: nothing.
pub fn chain(call: &UsageRecord) -> Vec<(Check, Finding)> {
    let stopped = call.denial.as_deref().map(|code| Check::refusing(code, &call.model));
    let broke = |check| call.watched.iter().any(|rule| Check::refusing(rule.denial_code(), &call.model) == Some(check));
    let finding = |check: Check| match stopped {
        None | Some(Some(_)) if call.outcome != Outcome::Denied && broke(check) => Finding::Watched,
        None => Finding::Passed,
        Some(None) => Finding::NotAsked,
        Some(Some(at)) if check == at => Finding::Refused,
        // Admitted, and cut later: what stands behind the check that cut it had been passed.
        Some(Some(at)) if check < at || call.outcome != Outcome::Denied => Finding::Passed,
        Some(Some(_)) => Finding::NotAsked,
    };
    Check::ALL.into_iter().map(|check| (check, finding(check))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{EventId, KeyId};
    use crate::money::NanoUsd;
    use crate::time::Timestamp;
    use crate::usage::{TokenUsage, UsageSource};

    fn call(outcome: Outcome, denial: Option<&str>) -> UsageRecord {
        UsageRecord {
            id: EventId::first_at(Timestamp::from_ms(1_800_000_000_000)),
            key: KeyId::from_random(&[1; 12]),
            model: "m".into(),
            deployment: None,
            endpoint: None,
            network: String::new(),
            agent: String::new(),
            secret_version: 1,
            status: 200,
            outcome,
            denial: denial.map(str::to_owned),
            streamed: false,
            tokens: TokenUsage::ZERO,
            cost: NanoUsd::ZERO,
            source: UsageSource::Nothing,
            price_version: 1,
            duration_ms: 0,
            first_byte_ms: None,
            charged: vec![],
            attempts: 0,
            repeated: 0,
            watched: crate::call_rule::RuleSet::NONE,
        }
    }
    fn findings(outcome: Outcome, denial: Option<&str>) -> Vec<Finding> {
        chain(&call(outcome, denial)).into_iter().map(|(_, finding)| finding).collect()
    }

    #[test]
    fn what_stands_after_the_refusal_was_not_asked() {
        use Finding::{NotAsked, Passed, Refused};
        let found = findings(Outcome::Denied, Some("model_not_allowed"));
        assert_eq!(
            found,
            [Passed, Passed, Passed, Passed, Passed, Refused, NotAsked, NotAsked, NotAsked, NotAsked, NotAsked]
        );
        assert!(findings(Outcome::Answered, None).iter().all(|&finding| finding == Passed));
    }

    #[test]
    fn a_stream_cut_at_the_budget_had_reached_its_provider() {
        let found = chain(&call(Outcome::Interrupted, Some("budget_exhausted")));
        assert!(found.contains(&(Check::Budgets, Finding::Refused)));
        assert!(found.contains(&(Check::Provider, Finding::Passed)));
    }

    #[test]
    fn a_code_of_a_later_version_is_not_explained_away() {
        assert!(findings(Outcome::Denied, Some("from_later")).iter().all(|&finding| finding == Finding::NotAsked));
    }

    #[test]
    fn too_many_calls_at_once_are_found_where_they_were_counted() {
        let early = UsageRecord { model: String::new(), ..call(Outcome::Denied, Some("concurrency_limited")) };
        assert!(chain(&early).contains(&(Check::AtOnce, Finding::Refused)));
        assert!(chain(&early).contains(&(Check::Request, Finding::NotAsked)));
        assert!(
            chain(&call(Outcome::Denied, Some("concurrency_limited"))).contains(&(Check::Limits, Finding::Refused))
        );
    }

    #[test]
    fn the_order_is_that_of_the_comparison() {
        assert!(Check::ALL.is_sorted());
    }
}
