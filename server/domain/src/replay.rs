//! What a change of guardrails would have done to calls that happened: each is put before the terms that its key has and
//! before those that it would have.
//!
//! Always true: terms that do not change refuse nothing. A call counts as newly refused only if the terms that hold let
//! it pass in the same replay, so that what the replay cannot know (reservations, levels above the key, terms that have
//! changed since) is laid to nobody's charge. What it does not look at: parameters of the call, of which the books have
//! nothing but the watched rules that they broke; and what happened before the replay began, so that longer windows begin
//! empty.

mod gate;

use crate::access_profile::{ProfileTerms, QuotaTerm};
use crate::budget::{Cap, Window};
use crate::call_rule::{CallRule, RuleSet};
use crate::id::KeyId;
use crate::limits::{Counted, Quota};
use crate::model::Endpoint;
use crate::money::NanoUsd;
use crate::parameter_rules::{LongAnswer, ParameterRules};
use crate::time::Timestamp;
use crate::virtual_key::KeyTerms;
use gate::Gate;
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

/// A call that was let in, as the books have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastCall {
    pub at: Timestamp,
    pub key: KeyId,
    pub model: String,
    pub endpoint: Option<Endpoint>,
    /// `None` where the books hold no address.
    pub network: Option<IpAddr>,
    /// Input and output together.
    pub tokens: u64,
    pub output_tokens: u64,
    pub cost: NanoUsd,
    pub duration_ms: u32,
    /// Rules that were only watched, and that it broke.
    pub broke: RuleSet,
}

/// The term that refuses a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rule {
    Network,
    Endpoint,
    Model,
    /// One that was watched, and would be enforced.
    Parameter(CallRule),
    RequestsPerMinute,
    TokensPerMinute,
    Concurrency,
    Quota(Counted, Window),
    Cap(Window),
}

/// What became of one key's calls.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyReplay {
    pub calls: u64,
    pub refused: u64,
    /// Answers that would have been cut at the new longest answer. Those calls are not refused.
    pub shortened: u64,
    pub by_rule: BTreeMap<Rule, u64>,
}

struct Key {
    before: Gate,
    after: Gate,
    newly_enforced: RuleSet,
    found: KeyReplay,
}

/// Takes the calls one after the other, oldest first. Keys that lose nothing need not be in it.
pub struct Replay {
    keys: HashMap<KeyId, Key>,
    calendar: gate::Calendar,
}

impl Replay {
    /// Each key with the terms that hold for it and those that would.
    pub fn new(keys: impl IntoIterator<Item = (KeyId, KeyTerms, KeyTerms)>, zone: TimeZone) -> Self {
        let key = |before, after| Key {
            before: Gate::new(before),
            after: Gate::new(after),
            newly_enforced: RuleSet::NONE,
            found: KeyReplay::default(),
        };
        Self {
            keys: keys.into_iter().map(|(id, before, after)| (id, key(before, after))).collect(),
            calendar: gate::Calendar::new(zone),
        }
    }

    /// Rules of parameters that the key's calls would no longer be let break: [`newly_enforced`].
    pub fn enforce(&mut self, key: KeyId, rules: RuleSet) {
        self.keys.entry(key).and_modify(|key| key.newly_enforced = rules);
    }

    pub fn take(&mut self, call: &PastCall) {
        let Some(Key { before, after, newly_enforced, found }) = self.keys.get_mut(&call.key) else { return };
        self.calendar.turn_to(call.at);
        found.calls += 1;
        let passed = before.check(call, &self.calendar);
        before.count(call, &self.calendar);
        let parameter = newly_enforced.and(call.broke).iter().next().map_or(Ok(()), |rule| Err(Rule::Parameter(rule)));
        match (passed, after.check(call, &self.calendar).and(parameter)) {
            (Ok(()), Err(rule)) => {
                found.refused += 1;
                *found.by_rule.entry(rule).or_default() += 1;
            }
            // It happened, whatever the replay thinks of it.
            (Err(_), _) | (Ok(()), Ok(())) => {
                found.shortened += u64::from(after.cuts(call) && !before.cuts(call));
                after.count(call, &self.calendar);
            }
        }
    }

    /// Keys whose calls were seen.
    pub fn finish(self) -> impl Iterator<Item = (KeyId, KeyReplay)> {
        self.keys.into_iter().map(|(id, key)| (id, key.found)).filter(|(_, found)| found.calls > 0)
    }
}

/// Rules of parameters that are watched now and that the change enforces, as strict as they are or stricter: a call that
/// broke one of them then would be refused.
pub fn newly_enforced(before: &ProfileTerms, after: &ProfileTerms) -> RuleSet {
    let ParameterRules { long_answers, most_choices, highest_effort, banned } = &after.parameters;
    let is_still_broken = |rule: &CallRule| match rule {
        CallRule::Networks | CallRule::Endpoints | CallRule::Models => false,
        CallRule::Choices => at_most(*most_choices, before.parameters.most_choices),
        CallRule::Effort => at_most(*highest_effort, before.parameters.highest_effort),
        CallRule::LongAnswers => {
            *long_answers == LongAnswer::Reject && at_most(after.max_output_tokens, before.max_output_tokens)
        }
        rule => banned.iter().any(|&feature| CallRule::of_feature(feature) == *rule),
    };
    before.watched.without(after.watched).iter().filter(is_still_broken).collect()
}

fn at_most<T: Ord>(after: Option<T>, before: Option<T>) -> bool {
    after.zip(before).is_some_and(|(after, before)| after <= before)
}

/// True if the key was granted more of something than this profile would let it have.
pub fn is_above(profile: &ProfileTerms, granted: &KeyTerms) -> bool {
    let cap = |cap: &Cap| profile.caps.iter().any(|one| one.window == cap.window && cap.limit > one.amount.maximum);
    let same = |term: &QuotaTerm, quota: &Quota| (term.counted, term.window) == (quota.counted, quota.window);
    let quota = |quota: &Quota| profile.quotas.iter().any(|one| same(one, quota) && quota.limit > one.amount.maximum);
    let tokens = profile.tokens_per_minute.zip(granted.tokens_per_minute);
    granted.caps.iter().any(cap)
        || granted.quotas.iter().any(quota)
        || granted.requests_per_minute > profile.requests_per_minute.maximum
        || granted.concurrency > profile.concurrency.maximum
        || tokens.is_some_and(|(term, granted)| granted > term.maximum)
}

/// The most that these caps let a key spend in a month of 31 days, which touches six weeks; `None` without any cap.
pub fn worst_month(caps: &[Cap]) -> Option<NanoUsd> {
    let times = |window| match window {
        Window::Hour => 31 * 24,
        Window::Day => 31,
        Window::Week => 6,
        Window::Month | Window::Quarter | Window::Total => 1,
    };
    let month = |cap: &Cap| NanoUsd::from_nano(cap.limit.as_nano().saturating_mul(times(cap.window)));
    caps.iter().map(month).min()
}

#[cfg(test)]
mod tests;
