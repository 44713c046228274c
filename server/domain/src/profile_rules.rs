//! Whether an access profile makes sense as a whole: what an administrator may save.

use crate::access_profile::{AccessProfile, QuotaTerm, Term};
use crate::idle::{FEWEST_DAYS, MOST_DAYS};
use crate::limits::{Quota, check_quota};
use crate::minting::{LONGEST_NAME, SMALLEST_CAP};
use crate::plain_text::{optional_text, plain_text};
use crate::refusal::{Amount, Reason, Refusal, cap_field, quota_field};

/// Ten years: beyond it a date is a typing error.
const LONGEST_LIFETIME_DAYS: u32 = 3_660;
const LONGEST_DESCRIPTION: u32 = 500;
/// A request lapses after thirty days; a promise beyond that is none.
const LONGEST_PROMISE_HOURS: u32 = 720;
const MOST_PATTERNS: u32 = 500;

/// Every reason why this profile cannot be saved; none if it can. An empty model list and an empty audience are
/// allowed: they allow nothing and nobody.
pub fn check_profile(profile: &AccessProfile) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    let mut refuse = |field, reason| refusals.push(Refusal::new(field, reason));
    if let Err(reason) = plain_text(&profile.name, LONGEST_NAME) {
        refuse("name", reason);
    }
    if let Err(reason) = optional_text(Some(&profile.description), LONGEST_DESCRIPTION) {
        refuse("description", reason);
    }
    let terms = &profile.terms;
    if terms.models.len() > MOST_PATTERNS as usize {
        refuse("models", Reason::TooMany { at_most: MOST_PATTERNS });
    }
    if terms.endpoints.is_empty() {
        refuse("endpoints", Reason::NothingAllowed);
    }
    if profile.consumers.is_empty() {
        refuse("consumers", Reason::NothingAllowed);
    }
    if terms.caps.is_empty() {
        refuse("caps", Reason::Missing);
    }
    for (nth, cap) in terms.caps.iter().enumerate() {
        let window = cap.window;
        let field = cap_field(window);
        if terms.caps[..nth].iter().any(|earlier| earlier.window == window) {
            refuse(field, Reason::Twice { value: window.word().to_owned() });
        }
        if let Some(reason) = check_term(&cap.amount, SMALLEST_CAP, |amount| Amount::Money { amount, window }) {
            refuse(field, reason);
        }
    }
    if let Some(reason) = check_term(&terms.requests_per_minute, 1, Amount::PerMinute) {
        refuse("requests_per_minute", reason);
    }
    if let Some(reason) = terms.tokens_per_minute.and_then(|term| check_term(&term, 1, Amount::TokensPerMinute)) {
        refuse("tokens_per_minute", reason);
    }
    let quotas: Vec<Quota> = terms.quotas.iter().map(QuotaTerm::granted).collect();
    for (nth, (term, quota)) in terms.quotas.iter().zip(&quotas).enumerate() {
        let field = quota_field(term.counted, term.window);
        let wrong = check_quota(quota, &quotas[..nth]);
        let contradicts = term.amount.maximum < term.amount.default && wrong.is_empty();
        wrong.into_iter().for_each(|reason| refuse(field, reason));
        if contradicts {
            refuse(field, Reason::MaximumBelowDefault);
        }
    }
    if let Some(reason) = check_term(&terms.concurrency, 1, Amount::AtOnce) {
        refuse("concurrency", reason);
    }
    if let Some(reason) = check_term(&terms.lifetime_days, 1, Amount::Days) {
        refuse("lifetime_days", reason);
    } else if terms.lifetime_days.maximum > LONGEST_LIFETIME_DAYS {
        let (wanted, maximum) = (Amount::Days(terms.lifetime_days.maximum), Amount::Days(LONGEST_LIFETIME_DAYS));
        refuse("lifetime_days", Reason::AboveMaximum { wanted, maximum });
    }
    let zero = |minimum: fn(u64) -> Amount| Reason::BelowMinimum { wanted: minimum(0), minimum: minimum(1) };
    if terms.max_output_tokens == Some(0) {
        refuse("max_output_tokens", zero(Amount::Tokens));
    }
    if terms.assumed_output_tokens == 0 {
        refuse("assumed_output_tokens", zero(Amount::Tokens));
    }
    let promised = terms.approval.promised_hours;
    if promised == 0 {
        refuse("promised_hours", zero(Amount::Count));
    } else if promised > LONGEST_PROMISE_HOURS {
        let (wanted, maximum) = (Amount::Count(promised.into()), Amount::Count(LONGEST_PROMISE_HOURS.into()));
        refuse("promised_hours", Reason::AboveMaximum { wanted, maximum });
    }
    if let Some(idle) = terms.idle {
        let (wanted, days) = (Amount::Days(idle.days), Amount::Days);
        if idle.days < FEWEST_DAYS {
            refuse("idle_days", Reason::BelowMinimum { wanted, minimum: days(FEWEST_DAYS) });
        } else if idle.days > MOST_DAYS {
            refuse("idle_days", Reason::AboveMaximum { wanted, maximum: days(MOST_DAYS) });
        }
    }
    if terms.parameters.most_choices == Some(0) {
        refuse("most_choices", zero(Amount::Count));
    }
    if profile.keys_per_person == 0 {
        refuse("keys_per_person", zero(Amount::Count));
    }
    refusals
}

fn check_term<T: Copy + Ord>(term: &Term<T>, minimum: T, amount: impl Fn(T) -> Amount) -> Option<Reason> {
    let lowest = term.default.min(term.maximum);
    if lowest < minimum {
        return Some(Reason::BelowMinimum { wanted: amount(lowest), minimum: amount(minimum) });
    }
    (term.maximum < term.default).then_some(Reason::MaximumBelowDefault)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access_profile::{AboveMaximum, Audience, CapTerm, ProfileTerms};
    use crate::budget::Window;
    use crate::id::ProfileId;
    use crate::limits::Counted;
    use crate::model::Endpoint;
    use crate::money::NanoUsd;
    use crate::virtual_key::ConsumerKind;

    fn term<T>(default: T, maximum: T) -> Term<T> {
        Term { default, maximum, developers_may_change: true, above: AboveMaximum::Reject }
    }

    fn idle(days: u32) -> Option<crate::idle::IdleRule> {
        Some(crate::idle::IdleRule { days, services_too: false })
    }

    fn profile() -> AccessProfile {
        let dollars = NanoUsd::from_dollars;
        AccessProfile {
            id: ProfileId::from_random(&[1; 12]),
            name: "Standard".into(),
            description: String::new(),
            version: 1,
            terms: ProfileTerms {
                models: vec![],
                endpoints: vec![Endpoint::Messages],
                caps: vec![CapTerm { window: Window::Month, amount: term(dollars(50), dollars(100)) }],
                requests_per_minute: term(60, 120),
                concurrency: term(8, 8),
                tokens_per_minute: Some(term(10_000, 20_000)),
                quotas: vec![QuotaTerm { counted: Counted::Requests, window: Window::Day, amount: term(100, 200) }],
                prompt_bound: crate::access_profile::PromptBound::Strict,
                shrink_to_fit: false,
                idle: None,
                watched: crate::call_rule::RuleSet::NONE,
                required: vec![],
                parameters: crate::parameter_rules::ParameterRules::NONE,
                lifetime_days: term(90, 180),
                networks: vec![],
                max_output_tokens: None,
                assumed_output_tokens: 1_000,
                approval: crate::access_profile::Approval::default(),
            },
            audience: Audience::default(),
            consumers: vec![ConsumerKind::Person],
            keys_per_person: 5,
            enabled: true,
        }
    }

    #[test]
    fn a_profile_that_makes_sense_is_saved() {
        assert_eq!(check_profile(&profile()), vec![]);
    }

    #[test]
    fn each_contradiction_is_refused_at_its_field() {
        type Change = fn(&mut AccessProfile);
        let rows: [(Change, (&str, &str)); 21] = [
            (|p| p.name.clear(), ("name", "missing")),
            (|p| p.description = "x".repeat(501), ("description", "too_long")),
            (|p| p.terms.endpoints.clear(), ("endpoints", "nothing_allowed")),
            (|p| p.consumers.clear(), ("consumers", "nothing_allowed")),
            (|p| p.terms.caps.clear(), ("caps", "missing")),
            (|p| p.terms.caps.push(p.terms.caps[0].clone()), ("cap_month", "twice")),
            (|p| p.terms.caps[0].amount.default = NanoUsd::from_dollars(101), ("cap_month", "maximum_below_default")),
            (|p| p.terms.caps[0].amount.default = NanoUsd::ZERO, ("cap_month", "below_minimum")),
            (|p| p.terms.requests_per_minute.maximum = 59, ("requests_per_minute", "maximum_below_default")),
            (|p| p.terms.tokens_per_minute = Some(term(0, 9)), ("tokens_per_minute", "below_minimum")),
            (|p| p.terms.tokens_per_minute = Some(term(9, 8)), ("tokens_per_minute", "maximum_below_default")),
            (|p| p.terms.quotas.push(p.terms.quotas[0].clone()), ("requests_day", "twice")),
            (|p| p.terms.quotas[0].amount.default = 0, ("requests_day", "below_minimum")),
            (|p| p.terms.quotas[0].amount.maximum = 99, ("requests_day", "maximum_below_default")),
            (|p| p.terms.quotas[0].window = Window::Total, ("requests_total", "unknown_choice")),
            (|p| p.terms.lifetime_days.maximum = 5_000, ("lifetime_days", "above_maximum")),
            (|p| p.terms.max_output_tokens = Some(0), ("max_output_tokens", "below_minimum")),
            (|p| p.terms.assumed_output_tokens = 0, ("assumed_output_tokens", "below_minimum")),
            (|p| p.keys_per_person = 0, ("keys_per_person", "below_minimum")),
            (|p| p.terms.idle = idle(13), ("idle_days", "below_minimum")),
            (|p| p.terms.idle = idle(367), ("idle_days", "above_maximum")),
        ];
        for (change, expected) in rows {
            let mut profile = profile();
            change(&mut profile);
            let refusals = check_profile(&profile);
            let found: Vec<_> = refusals.iter().map(|refusal| (refusal.field, refusal.code())).collect();
            assert_eq!(found, [expected]);
        }
    }
}
