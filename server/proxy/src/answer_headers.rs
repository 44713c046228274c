//! What an answer says beside its content: who answered, at which attempt, what it cost, and what is left.

use crate::digits::{self, push_number};
use crate::error::dollars;
use crate::forward::Exchange;
use crate::headers::for_client;
use crate::limit_headers;
use crate::ports::ProviderRecord;
use domain::budget::BudgetFigures;
use domain::money::NanoUsd;
use http::{HeaderMap, HeaderName, HeaderValue};

const MODEL: HeaderName = HeaderName::from_static("x-keywright-model");
const PROVIDER: HeaderName = HeaderName::from_static("x-keywright-provider");
const ATTEMPTS: HeaderName = HeaderName::from_static("x-keywright-attempts");
const COST: HeaderName = HeaderName::from_static("x-keywright-cost-usd");
const LEFT: HeaderName = HeaderName::from_static("x-keywright-budget-left-usd");
/// The cap to which a request was shrunk so that it fits into a budget.
const CLAMPED: HeaderName = HeaderName::from_static("x-keywright-clamped-max-tokens");
const TIGHTEST: HeaderName = HeaderName::from_static("x-keywright-budget");

impl Exchange {
    /// The headers of the client's answer, as far as they are known when it begins.
    pub(crate) fn answer_headers(&self, from_provider: &HeaderMap, provider: &ProviderRecord) -> HeaderMap {
        let mut headers = for_client(from_provider, self.admitted.caller().event);
        insert(&mut headers, &MODEL, self.admitted.model().name.as_str());
        insert(&mut headers, &PROVIDER, &provider.name);
        if let Some(cap) = self.admitted.clamped() {
            headers.insert(CLAMPED, HeaderValue::from(cap));
        }
        announce_attempts(&mut headers, self.attempts);
        let caller = self.admitted.caller();
        limit_headers::announce(&mut headers, caller.skin, self.admitted.reservation().traffic(), caller.arrived_at);
        headers
    }
}

/// What is left in the tightest budget, and which it is.
pub(crate) fn announce_budget(headers: &mut HeaderMap, left: Option<(BudgetFigures, NanoUsd)>) {
    if let Some((tightest, left)) = left {
        insert(headers, &LEFT, &dollars(left));
        insert(headers, &TIGHTEST, &[tightest.scope.word(), tightest.window.word()].join("/"));
    }
}

/// How many attempts it took, if any was made.
pub(crate) fn announce_attempts(headers: &mut HeaderMap, attempts: u32) {
    if attempts > 0 {
        insert(headers, &ATTEMPTS, &digits::text(|text| push_number(text, u64::from(attempts))));
    }
}

/// What the call cost.
pub(crate) fn announce_cost(headers: &mut HeaderMap, cost: NanoUsd) {
    insert(headers, &COST, &dollars(cost));
}

/// A name that cannot be a header's value is left out.
fn insert(headers: &mut HeaderMap, name: &HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
