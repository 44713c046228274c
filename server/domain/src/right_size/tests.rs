use super::*;
use crate::access_profile::{AboveMaximum, Approval, CapTerm, PromptBound, Term};
use crate::budget::Window;
use crate::effective_terms::{NOWHERE, effective, explain};
use crate::parameter_rules::ParameterRules;
use proptest::prelude::*;

const NOW: Timestamp = Timestamp::from_ms(1_795_248_000_000);

fn term<T: Copy>(maximum: T) -> Term<T> {
    Term { default: maximum, maximum, developers_may_change: true, above: AboveMaximum::Reject }
}
fn guardrails() -> ProfileTerms {
    let cap = |window, dollars| CapTerm { window, amount: term(NanoUsd::from_dollars(dollars)) };
    ProfileTerms {
        models: vec!["*".parse().unwrap()],
        endpoints: Endpoint::ALL.to_vec(),
        caps: vec![cap(Window::Day, 20), cap(Window::Month, 500)],
        requests_per_minute: term(600),
        concurrency: term(40),
        tokens_per_minute: None,
        quotas: vec![],
        prompt_bound: PromptBound::Strict,
        shrink_to_fit: false,
        idle: None,
        watched: crate::call_rule::RuleSet::NONE,
        required: vec![],
        parameters: ParameterRules::NONE,
        lifetime_days: term(90),
        networks: vec![],
        max_output_tokens: None,
        assumed_output_tokens: 1_000,
        approval: Approval::default(),
    }
}
fn cap(window: Window, dollars: i64) -> Cap {
    Cap { window, limit: NanoUsd::from_dollars(dollars) }
}
fn quota(counted: Counted, limit: u64) -> Quota {
    Quota { counted, window: Window::Day, limit }
}
fn terms() -> KeyTerms {
    KeyTerms {
        models: vec!["claude-*".parse().unwrap(), "gpt-*".parse().unwrap()],
        endpoints: vec![Endpoint::ChatCompletions, Endpoint::Messages, Endpoint::CountTokens],
        caps: vec![cap(Window::Day, 20), cap(Window::Month, 100), cap(Window::Total, 900)],
        requests_per_minute: 120,
        concurrency: 40,
        tokens_per_minute: Some(1_000_000),
        quotas: vec![quota(Counted::Requests, 90), quota(Counted::Tokens, 900_000)],
        networks: vec![],
        max_output_tokens: None,
    }
}
fn hour(hour: i64, calls: u64, tokens: u64, cents: i64) -> UsedHour {
    UsedHour { hour, calls, tokens, cost: NanoUsd::from_nano(cents * 10_000_000) }
}
fn observed() -> Observed {
    Observed {
        calls: 400,
        models: vec!["gpt-5".into(), "gpt-5-mini".into()],
        endpoints: Some(vec![Endpoint::Messages]),
        addresses: Some(addresses(&["10.1.2.3", "10.1.2.77", "2001:db8::5"])),
        hours: vec![hour(0, 9, 150_000, 150), hour(1, 3, 20_000, 150), hour(100, 12, 90_000, 220), hour(400, 1, 5, 1)],
    }
}
fn addresses(list: &[&str]) -> Vec<IpAddr> {
    list.iter().map(|text| text.parse().unwrap()).collect()
}
fn networks_of(list: &[&str]) -> Vec<IpNet> {
    list.iter().map(|text| text.parse().unwrap()).collect()
}
fn proposed(terms: &KeyTerms, guardrails: &ProfileTerms, observed: &Observed) -> Vec<Part> {
    propose(NOW.plus_days(-DAYS), NOW, &explain(guardrails, terms), guardrails, observed).unwrap()
}

#[test]
fn what_was_not_used_is_proposed_to_go_and_limits_come_down_to_twice_the_most() {
    let parts = proposed(&terms(), &guardrails(), &observed());
    let expected = [
        Part::Models(vec!["gpt-5".parse().unwrap(), "gpt-5-mini".parse().unwrap()]),
        Part::Endpoints(vec![Endpoint::Messages, Endpoint::CountTokens]),
        Part::Networks(networks_of(&["10.1.2.0/24", "2001:db8::/64"])),
        Part::Cap(cap(Window::Day, 6)),
        Part::Cap(cap(Window::Month, 11)),
        Part::RequestsPerMinute(24),
        Part::Concurrency(24),
        Part::TokensPerMinute(300_000),
        Part::Quota(quota(Counted::Requests, 24)),
        Part::Quota(quota(Counted::Tokens, 340_000)),
    ];
    assert_eq!(parts, expected, "and nothing about ever");
    let narrowed = applied(&terms(), &parts);
    assert_eq!(proposed(&narrowed, &guardrails(), &observed()), [], "as narrow as its use");
}

#[test]
fn too_short_a_time_and_too_few_calls_say_nothing() {
    let of = |days: i64, calls| {
        let (guardrails, observed) = (guardrails(), Observed { calls, ..observed() });
        propose(NOW.plus_days(-days), NOW, &explain(&guardrails, &terms()), &guardrails, &observed)
    };
    assert_eq!(of(DAYS - 1, 400), Err(Unproposed::TooYoung { until: NOW.plus_days(1) }));
    assert_eq!(of(DAYS, FEWEST_CALLS - 1), Err(Unproposed::TooLittleUse { calls: FEWEST_CALLS - 1 }));
    assert!(of(DAYS, FEWEST_CALLS).is_ok());
}

#[test]
fn a_key_that_hardly_does_anything_keeps_room_for_a_call() {
    let little = Observed { hours: vec![hour(0, 1, 1, 0)], ..observed() };
    let parts = proposed(&terms(), &guardrails(), &little);
    let limits = &parts[3..];
    let expected = [
        Part::Cap(Cap { window: Window::Day, limit: LEAST_CAP }),
        Part::Cap(Cap { window: Window::Month, limit: LEAST_CAP }),
        Part::RequestsPerMinute(10),
        Part::Concurrency(2),
        Part::TokensPerMinute(LEAST_TOKENS),
        Part::Quota(quota(Counted::Requests, LEAST_REQUESTS)),
        Part::Quota(quota(Counted::Tokens, LEAST_TOKENS)),
    ];
    assert_eq!(limits, expected);
}

#[test]
fn what_the_guardrails_fix_and_what_was_granted_is_left_alone() {
    let mut fixed = guardrails();
    fixed.requests_per_minute.developers_may_change = false;
    fixed.concurrency.developers_may_change = false;
    fixed.caps[0].amount.developers_may_change = false;
    let fields = |terms: &ExplainedTerms, guardrails: &ProfileTerms| -> Vec<&'static str> {
        let parts = propose(NOW.plus_days(-DAYS), NOW, terms, guardrails, &observed()).unwrap();
        parts.iter().map(Part::field).collect()
    };
    let left = ["models", "endpoints", "networks", "cap_month", "tokens_per_minute", "requests_day", "tokens_day"];
    assert_eq!(fields(&explain(&fixed, &terms()), &fixed), left);

    let origin = Origin::Grant { until: None };
    let mut granted = explain(&guardrails(), &terms());
    granted.requests_per_minute.origin = origin;
    granted.concurrency.origin = origin;
    granted.tokens_per_minute.origin = origin;
    granted.caps[0].origin = origin;
    granted.quotas[0].origin = origin;
    assert_eq!(fields(&granted, &guardrails()), ["models", "endpoints", "networks", "cap_month", "tokens_day"]);
}

#[test]
fn a_model_that_a_grant_gives_stays_with_the_grant() {
    let mut terms = explain(&guardrails(), &KeyTerms { models: vec!["claude-*".parse().unwrap()], ..terms() });
    let origin = Origin::Grant { until: None };
    terms.models.push(Explained { value: "gpt-5".parse().unwrap(), origin });
    let of = |called: &[&str]| models(&terms.models, &called.iter().map(|&name| name.to_owned()).collect::<Vec<_>>());
    assert_eq!(of(&["gpt-5", "claude-opus"]), Some(vec!["claude-opus".parse().unwrap()]));
    assert_eq!(of(&["gpt-5"]), None, "none at all would allow nothing");
    assert_eq!(of(&["claude-opus", "llama"]), Some(vec!["claude-opus".parse().unwrap()]), "refused already");
    assert_eq!(of(&["claude-opus", "not a name"]), None);
}

#[test]
fn endpoints_are_narrowed_only_where_those_of_every_call_are_known() {
    let of = |called: Option<&[Endpoint]>| endpoints(&[Endpoint::ChatCompletions, Endpoint::Messages], called);
    assert_eq!(of(None), None);
    assert_eq!(of(Some(&[Endpoint::CountTokens])), Some(vec![Endpoint::Messages]), "it counts for messages");
    assert_eq!(of(Some(&[Endpoint::Messages, Endpoint::ChatCompletions])), None);
    assert_eq!(of(Some(&[Endpoint::Rerank])), None);
}

#[test]
fn networks_stay_within_those_of_now() {
    let of = |now: &[&str], seen: Option<&[&str]>| {
        let now: Vec<_> = networks_of(now).into_iter().map(|value| Explained { value, origin: Origin::Key }).collect();
        networks(&now, seen.map(addresses).as_deref())
    };
    assert_eq!(of(&["10.0.0.0/8"], Some(&["10.1.2.3"])), Some(networks_of(&["10.1.2.0/24"])));
    assert_eq!(of(&["10.1.2.3/32", "10.9.0.0/16"], Some(&["10.1.2.3"])), Some(networks_of(&["10.1.2.3/32"])));
    assert_eq!(of(&["10.1.2.0/24"], Some(&["10.1.2.3"])), None, "as narrow already");
    assert_eq!(of(&["10.1.0.0/16"], Some(&["192.0.2.1"])), None, "refused already");
    assert_eq!(of(&[], Some(&["::ffff:192.0.2.1"])), Some(networks_of(&["192.0.2.0/24"])));
    assert_eq!(of(&[], None), None);
    assert_eq!(of(&[&NOWHERE.to_string()], Some(&["0.0.0.0"])), None);
    let many: Vec<String> = (0..=MOST_NETWORKS).map(|nth| format!("10.0.{nth}.1")).collect();
    assert_eq!(of(&[], Some(&many.iter().map(String::as_str).collect::<Vec<_>>())), None);
}

#[test]
fn a_week_is_of_hours_that_follow_each_other_wherever_they_begin() {
    let cost = |window| observed().peak(window).map(|peak| peak.cost);
    assert_eq!(cost(Window::Hour), Some(NanoUsd::from_nano(2_200_000_000)));
    assert_eq!(cost(Window::Day), Some(NanoUsd::from_dollars(3)));
    assert_eq!(cost(Window::Week), Some(NanoUsd::from_nano(5_200_000_000)));
    assert_eq!(cost(Window::Month), Some(NanoUsd::from_nano(5_210_000_000)));
    assert_eq!((cost(Window::Quarter), cost(Window::Total)), (None, None));
}

#[test]
fn applying_never_widens() {
    let own = KeyTerms { networks: networks_of(&["10.0.0.0/8"]), ..terms() };
    let wider = [
        Part::Models(vec!["llama".parse().unwrap(), "gpt-5".parse().unwrap()]),
        Part::Endpoints(Endpoint::ALL.to_vec()),
        Part::Networks(networks_of(&["192.0.2.0/24"])),
        Part::Cap(cap(Window::Day, 50)),
        Part::Cap(cap(Window::Week, 70)),
        Part::RequestsPerMinute(500),
        Part::Concurrency(500),
        Part::TokensPerMinute(u64::MAX),
        Part::Quota(quota(Counted::Requests, 91)),
    ];
    let narrowed = applied(&own, &wider);
    let mut caps = own.caps.clone();
    caps.push(cap(Window::Week, 70));
    assert_eq!(narrowed, KeyTerms { models: vec!["gpt-5".parse().unwrap()], caps, ..own });
}

#[test]
fn a_narrowing_is_taken_back_within_a_week_unless_something_else_came_between() {
    let narrowing = Narrowing {
        before: terms(),
        after: KeyTerms { concurrency: 2, ..terms() },
        at: NOW,
        by: PersonId::from_random(&[1; 12]),
    };
    let until = NOW.plus_days(UNDO_DAYS);
    assert_eq!(undo(&narrowing, &narrowing.after, until.plus_ms(-1)), Some(Undo::Possible { until }));
    assert_eq!(undo(&narrowing, &narrowing.after, until), None);
    let changed = KeyTerms { concurrency: 3, ..terms() };
    assert_eq!(undo(&narrowing, &changed, NOW), Some(Undo::ChangedSince));
}

proptest! {
    /// Whatever was used: no call of those days would have been refused, and nothing is wider than before.
    #[test]
    fn a_proposal_is_narrower_and_refuses_nothing_of_what_happened(
        hours in prop::collection::btree_map(0_i64..720, (1_u64..400, 0_u64..900_000, 0_i64..900), 1..40),
        per_minute in 1_u32..600, day in 1_i64..40, requests in 1_u64..900,
    ) {
        let hours: Vec<UsedHour> = hours.into_iter().map(|(at, (calls, tokens, cents))| hour(at, calls, tokens, cents)).collect();
        let observed = Observed { hours, ..observed() };
        let now = KeyTerms {
            caps: vec![cap(Window::Day, day), cap(Window::Month, 400)],
            requests_per_minute: per_minute,
            quotas: vec![quota(Counted::Requests, requests)],
            ..terms()
        };
        let held = effective(&guardrails(), &now);
        let parts = proposed(&now, &guardrails(), &observed);
        for part in &parts {
            prop_assert!(part.of(&held).is_some_and(|held| &held != part));
            match *part {
                Part::Cap(cap) => {
                    let most = observed.peak(cap.window).unwrap().cost;
                    let now = held.caps.iter().find(|now| now.window == cap.window).unwrap();
                    prop_assert!(cap.limit >= most && cap.limit < now.limit);
                }
                Part::RequestsPerMinute(most) | Part::Concurrency(most) => {
                    prop_assert!(u64::from(most) >= observed.busiest_hour().calls);
                    prop_assert!(most < held.requests_per_minute.max(held.concurrency));
                }
                Part::Quota(quota) => {
                    let peak = observed.peak(quota.window).unwrap();
                    let most = if quota.counted == Counted::Tokens { peak.tokens } else { peak.calls };
                    prop_assert!(quota.limit >= most);
                }
                _ => {}
            }
        }
        let narrowed = effective(&guardrails(), &applied(&now, &parts));
        prop_assert!(narrowed.requests_per_minute <= held.requests_per_minute);
        prop_assert!(narrowed.models.iter().all(|model| held.models.iter().any(|one| one.covers(model))));
    }
}
