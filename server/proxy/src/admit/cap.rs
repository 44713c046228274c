//! How long an answer may be: the cap that a call is sent with, and what is assumed where nobody named one.

use super::Caller;
use crate::gateway::Gateway;
use crate::head::Head;
use domain::denial::Denial;
use domain::model::{Endpoint, Model};
use domain::pricing::Bound;
use http::HeaderName;

/// Output tokens that a quarter of the headroom has to allow at least, before a call without a cap is refused.
const LEAST_OUTPUT: u64 = 16;
/// By which a client says that it would rather have a shorter answer than none.
const ALLOW_CLAMP: HeaderName = HeaderName::from_static("x-keywright-allow-clamp");
/// Tokens of an answer that is rather long.
const TYPICAL_OUTPUT: u64 = 1_024;

/// Endpoints at which the gateway caps what an answer may have.
pub(super) const fn takes_a_cap(endpoint: Endpoint) -> bool {
    matches!(
        endpoint,
        Endpoint::ChatCompletions
            | Endpoint::Responses
            | Endpoint::Messages
            | Endpoint::Completions
            | Endpoint::GenerateContent
    )
}

/// The cap that the call is sent with: the least of the client's, the key's and the model's. Where the client and the
/// model name none, what the profile assumes; where the client names none, also what a quarter of the headroom buys,
/// so that one unbounded call does not hold a whole budget.
pub(super) fn output_cap(gateway: &Gateway, caller: &Caller, head: &Head, model: &Model, silent: Bound) -> u64 {
    let terms = &caller.record.effective;
    let policy = terms.max_output_tokens.unwrap_or(u64::MAX).min(model.max_output_tokens.unwrap_or(u64::MAX));
    // A chat may carry a cap in either of two fields; which one its provider reads is not known here.
    let named = head.caps.iter().flatten().filter_map(|sent| sent.cap.value).max();
    if let Some(named) = named {
        return named.min(policy);
    }
    let assumed = policy.min(caller.record.profile.terms.assumed_output_tokens);
    let token = silent.output_token.as_nano();
    if token <= 0 {
        return assumed;
    }
    let left =
        gateway.ledger.figures(&caller.record, caller.arrived_at).iter().map(domain::budget::BudgetFigures::left).min();
    let Some(left) = left else { return assumed };
    let quarter = left.minus(silent.prompt).as_nano().max(0) / 4 / token;
    let affordable = quarter.unsigned_abs() / head.choices;
    assumed.min(affordable.max(LEAST_OUTPUT))
}

/// True if the caller, or its profile, would rather have a shorter answer than none.
pub(super) fn may_shrink(caller: &Caller) -> bool {
    let wish = caller.headers.get(ALLOW_CLAMP).is_some_and(|wish| wish.as_bytes().eq_ignore_ascii_case(b"true"));
    wish || caller.record.profile.terms.shrink_to_fit
}

/// The largest cap that fits into the budget which refused the call; `None` if that is hardly an answer.
pub(super) fn fitting_cap(denial: &Denial, silent: &Bound, head: &Head, cap: u64) -> Option<u64> {
    let (Denial::BudgetInsufficient { limit, .. } | Denial::BudgetReserved { limit, .. }) = denial else { return None };
    let left = limit.left().minus(silent.prompt).as_nano();
    // Each answer may round up once.
    let token = silent.output_token.as_nano().max(1).saturating_mul(head.choices.cast_signed());
    let fitting = u64::try_from(left / token).ok()?;
    (fitting >= LEAST_OUTPUT).then(|| fitting.min(cap))
}

/// What is assumed of an answer for limits on tokens until it is known: callers name caps far above what they use.
pub(super) fn expected_output(most: u64) -> u64 {
    most.min(TYPICAL_OUTPUT)
}
