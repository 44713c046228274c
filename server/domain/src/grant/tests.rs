use super::*;
use crate::access_profile::{AboveMaximum, Approval, CapTerm, PromptBound, QuotaTerm, Term};
use crate::budget::Window;
use crate::effective_terms::effective;
use crate::id::PersonId;
use crate::limits::Counted;
use crate::model::Endpoint;
use crate::money::NanoUsd;
use proptest::prelude::*;

const NOW: Timestamp = Timestamp::from_ms(1_000_000);

fn term<T: Copy>(maximum: T) -> Term<T> {
    Term { default: maximum, maximum, developers_may_change: true, above: AboveMaximum::Ask }
}
fn cap(window: Window, dollars: i64) -> Cap {
    Cap { window, limit: NanoUsd::from_dollars(dollars) }
}
fn quota(limit: u64) -> Quota {
    Quota { counted: Counted::Tokens, window: Window::Day, limit }
}
fn patterns(list: &[&str]) -> Vec<ModelPattern> {
    list.iter().map(|text| text.parse().unwrap()).collect()
}
fn profile() -> ProfileTerms {
    ProfileTerms {
        models: patterns(&["small-*"]),
        endpoints: vec![Endpoint::Messages],
        caps: vec![CapTerm { window: Window::Month, amount: term(NanoUsd::from_dollars(100)) }],
        requests_per_minute: term(60),
        concurrency: term(8),
        tokens_per_minute: None,
        quotas: vec![QuotaTerm { counted: Counted::Tokens, window: Window::Day, amount: term(5_000) }],
        prompt_bound: PromptBound::Strict,
        shrink_to_fit: false,
        idle: None,
        watched: crate::call_rule::RuleSet::NONE,
        lifetime_days: term(90),
        networks: vec![],
        max_output_tokens: Some(4_000),
        assumed_output_tokens: 1_000,
        required: vec![],
        parameters: crate::parameter_rules::ParameterRules::NONE,
        approval: Approval::default(),
    }
}
fn key() -> KeyTerms {
    KeyTerms {
        models: patterns(&["small-1"]),
        endpoints: vec![Endpoint::Messages],
        caps: vec![cap(Window::Month, 50)],
        requests_per_minute: 30,
        concurrency: 4,
        tokens_per_minute: None,
        quotas: vec![quota(5_000)],
        networks: vec![],
        max_output_tokens: None,
    }
}
fn grant(more: More, until: Option<Timestamp>) -> Grant {
    Grant {
        id: GrantId::from_random(&[1; 12]),
        key: KeyId::from_random(&[1; 12]),
        request: RequestId::from_random(&[1; 12]),
        more,
        until,
        granted_by: Decider::Person(PersonId::from_random(&[2; 12])),
        granted_at: NOW,
    }
}
fn limits(limits: Limits) -> More {
    More { limits, models: vec![] }
}

#[test]
fn a_grant_goes_above_the_profile_and_the_key_and_says_so() {
    let until = Some(NOW.plus_days(30));
    let more = More {
        limits: Limits {
            caps: vec![cap(Window::Month, 350), cap(Window::Day, 1)],
            requests_per_minute: Some(90),
            tokens_per_minute: Some(1),
            concurrency: Some(2),
            quotas: vec![quota(9_000)],
            ..Limits::default()
        },
        models: patterns(&["small-1", "large-2"]),
    };
    let terms = raised(explain(&profile(), &key()), [&grant(more, until)]);
    let granted = Origin::Grant { until };
    assert_eq!(
        terms.caps,
        [Explained { value: cap(Window::Month, 350), origin: granted }],
        "no cap where there is none"
    );
    assert_eq!(terms.requests_per_minute, Explained { value: 90, origin: granted });
    assert_eq!(terms.concurrency, Explained { value: 4, origin: Origin::Key }, "a grant never lowers");
    assert_eq!(terms.tokens_per_minute.value, None, "nor limits what had no limit");
    assert_eq!(terms.quotas, [Explained { value: quota(9_000), origin: granted }]);
    let models: Vec<_> = terms.models.iter().map(|one| (one.value.as_str(), one.origin)).collect();
    assert_eq!(models, [("small-1", Origin::Key), ("large-2", granted)]);
}

#[test]
fn the_wider_of_two_grants_counts_and_a_wider_pattern_takes_in_a_narrower_one() {
    let first = grant(limits(Limits { caps: vec![cap(Window::Month, 80)], ..Limits::default() }), None);
    let second = grant(limits(Limits { caps: vec![cap(Window::Month, 70)], ..Limits::default() }), None);
    let models = grant(More { models: patterns(&["small-*", "*"]), ..More::default() }, None);
    let terms = KeyTerms::from(raised(explain(&profile(), &key()), [&first, &second, &models]));
    assert_eq!(terms.caps, [cap(Window::Month, 80)]);
    assert_eq!(terms.models, patterns(&["*"]));
}

#[test]
fn grants_end_one_by_one() {
    let money = |dollars| limits(Limits { caps: vec![cap(Window::Month, dollars)], ..Limits::default() });
    let (soon, later) = (NOW.plus_days(1), NOW.plus_days(2));
    let grants = [
        grant(money(300), Some(soon)),
        grant(money(200), Some(later)),
        grant(money(60), None),
        grant(money(900), Some(NOW)),
    ];
    let OverTime { before, last } = over_time(&profile(), &key(), &grants, NOW);
    let month = |dollars| vec![cap(Window::Month, dollars)];
    let before: Vec<_> = before.into_iter().map(|(until, terms)| (until, terms.terms.caps)).collect();
    assert_eq!(before, [(soon, month(300)), (later, month(200))]);
    assert_eq!(last.terms.caps, month(60), "for good");
    let without = OverTime { before: vec![], last: Holds { terms: effective(&profile(), &key()), if_enforced: None } };
    assert_eq!(over_time(&profile(), &key(), &[], NOW), without);
}

#[test]
fn figures_become_limits_and_nothing_else() {
    let money = Amount::Money { amount: NanoUsd::from_dollars(150), window: Window::Month };
    let more = More::of([money, Amount::Days(300), Amount::AtOnce(9)].into_iter());
    let expected = Limits { caps: vec![cap(Window::Month, 150)], concurrency: Some(9), ..Limits::default() };
    assert_eq!(more, limits(expected));
    assert!(More::of([Amount::Days(1)].into_iter()).is_empty());
}

proptest! {
    /// Whatever is granted, whenever: no term is ever below what the key has without it, and it is back there at the end.
    #[test]
    fn a_grant_never_takes_away(
        given in prop::collection::vec((0_i64..500, 0_u32..200, 0_u64..20_000, 0_i64..5), 0..5),
        day in 0_i64..6,
    ) {
        let grants: Vec<Grant> = given.iter().map(|&(dollars, requests, tokens, days)| grant(limits(Limits {
            caps: vec![cap(Window::Month, dollars)],
            requests_per_minute: Some(requests),
            quotas: vec![quota(tokens)],
            ..Limits::default()
        }), Some(NOW.plus_days(days)))).collect();
        let without = effective(&profile(), &key());
        let moment = NOW.plus_days(day);
        let OverTime { before, last } = over_time(&profile(), &key(), &grants, NOW);
        let with = before.iter().find(|(end, _)| moment < *end).map_or(&last, |(_, holds)| holds);
        let with = &with.terms;
        prop_assert!(with.caps[0].limit >= without.caps[0].limit);
        prop_assert!(with.requests_per_minute >= without.requests_per_minute);
        prop_assert!(with.quotas[0].limit >= without.quotas[0].limit);
        let live: Vec<&Grant> = grants.iter().filter(|grant| grant.is_live(moment)).collect();
        let at_that_moment = KeyTerms::from(raised(explain(&profile(), &key()), live));
        prop_assert_eq!(with, &at_that_moment);
        prop_assert_eq!(&last.terms, &without);
    }
}
