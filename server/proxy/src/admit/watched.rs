//! What a call that was let in would have been refused for, had its guardrails enforced what they only watch.
//!
//! A key whose guardrails watch nothing is asked for one pointer.

use super::Caller;
use domain::call_rule::RuleSet;
use domain::call_terms::{Call, watched_rules_broken};
use domain::model::Endpoint;
use domain::parameter_rules::Asked;

pub(crate) fn broken(caller: &Caller, endpoint: Endpoint, model: Option<&str>, asked: Option<&Asked>) -> RuleSet {
    let Some(enforced) = caller.record.if_enforced.as_deref() else { return RuleSet::NONE };
    let call = Call { from: caller.peer, endpoint, model, asked };
    watched_rules_broken(&caller.record.profile.terms, enforced, call)
}
