use super::*;
use proptest::prelude::*;

const NOW: Timestamp = Timestamp::from_ms(1_800_000_000_000);

fn terms() -> KeyTerms {
    KeyTerms {
        models: vec!["claude-*".parse().unwrap(), "gpt-5".parse().unwrap()],
        endpoints: vec![Endpoint::Messages, Endpoint::ChatCompletions],
        caps: vec![Cap { window: Window::Month, limit: NanoUsd::from_dollars(50) }],
        requests_per_minute: 60,
        concurrency: 8,
        tokens_per_minute: None,
        quotas: vec![],
        networks: vec![],
        max_output_tokens: None,
    }
}

fn key() -> KeyId {
    KeyId::from_random(&[1; 12])
}

fn call(seconds: i64) -> PastCall {
    PastCall {
        at: NOW.plus_ms(seconds * 1_000),
        key: key(),
        model: "gpt-5".to_owned(),
        endpoint: Some(Endpoint::Messages),
        network: Some("10.1.2.3".parse().unwrap()),
        tokens: 1_000,
        output_tokens: 100,
        cost: NanoUsd::from_dollars(1),
        duration_ms: 500,
        broke: RuleSet::NONE,
    }
}

fn replayed(after: KeyTerms, calls: &[PastCall]) -> KeyReplay {
    let mut replay = Replay::new([(key(), terms(), after)], TimeZone::UTC);
    calls.iter().for_each(|call| replay.take(call));
    replay.finish().next().map(|(_, found)| found).unwrap_or_default()
}

#[test]
fn each_rule_refuses_what_it_would_not_have_let_pass() {
    let one = |after: KeyTerms| replayed(after, &[call(0)]).by_rule.into_keys().collect::<Vec<_>>();
    assert_eq!(one(terms()), []);
    assert_eq!(one(KeyTerms { models: vec!["claude-*".parse().unwrap()], ..terms() }), [Rule::Model]);
    assert_eq!(one(KeyTerms { endpoints: vec![Endpoint::ChatCompletions], ..terms() }), [Rule::Endpoint]);
    assert_eq!(one(KeyTerms { networks: vec!["192.168.0.0/16".parse().unwrap()], ..terms() }), [Rule::Network]);
    assert_eq!(one(KeyTerms { networks: vec!["10.0.0.0/8".parse().unwrap()], ..terms() }), []);
    let cap = Cap { window: Window::Day, limit: NanoUsd::from_nano(999_999_999) };
    assert_eq!(one(KeyTerms { caps: vec![cap], ..terms() }), [Rule::Cap(Window::Day)]);
    let quota = Quota { counted: Counted::Tokens, window: Window::Hour, limit: 999 };
    assert_eq!(one(KeyTerms { quotas: vec![quota], ..terms() }), [Rule::Quota(Counted::Tokens, Window::Hour)]);
    assert_eq!(one(KeyTerms { requests_per_minute: 0, ..terms() }), [Rule::RequestsPerMinute]);
}

#[test]
fn rates_drain_and_what_was_refused_fills_nothing() {
    let after = KeyTerms { requests_per_minute: 2, ..terms() };
    // Two pass at once; a third half a minute later, since one has drained by then.
    let found = replayed(after, &[call(0), call(0), call(0), call(0), call(30), call(31)]);
    assert_eq!((found.calls, found.refused), (6, 3));
    let after = KeyTerms { concurrency: 1, ..terms() };
    let long = PastCall { duration_ms: 10_000, ..call(0) };
    let found = replayed(after, &[long, call(9), call(10)]);
    assert_eq!(found.by_rule, BTreeMap::from([(Rule::Concurrency, 1)]));
}

#[test]
fn a_budget_lasts_until_it_is_spent_and_begins_anew_with_its_window() {
    let cap = Cap { window: Window::Hour, limit: NanoUsd::from_dollars(2) };
    let after = KeyTerms { caps: vec![cap], ..terms() };
    let found = replayed(after, &[call(0), call(1), call(2), call(3_600), call(3_601), call(3_602)]);
    assert_eq!((found.refused, found.by_rule), (2, BTreeMap::from([(Rule::Cap(Window::Hour), 2)])));
}

#[test]
fn a_long_answer_is_shortened_and_not_refused() {
    let found = replayed(KeyTerms { max_output_tokens: Some(99), ..terms() }, &[call(0)]);
    assert_eq!((found.shortened, found.refused), (1, 0));
}

#[test]
fn the_worst_month_is_what_the_tightest_cap_leaves() {
    let cap = |window, dollars| Cap { window, limit: NanoUsd::from_dollars(dollars) };
    assert_eq!(worst_month(&[]), None);
    assert_eq!(worst_month(&[cap(Window::Month, 50), cap(Window::Day, 5)]), Some(NanoUsd::from_dollars(50)));
    assert_eq!(worst_month(&[cap(Window::Month, 50), cap(Window::Day, 1)]), Some(NanoUsd::from_dollars(31)));
    assert_eq!(worst_month(&[cap(Window::Week, 1), cap(Window::Hour, 9)]), Some(NanoUsd::from_dollars(6)));
}

/// Terms that may be tight enough to refuse something themselves.
fn some_terms() -> impl Strategy<Value = KeyTerms> {
    (0..4u32, 1..3u32, proptest::option::of(500..3_000u64), 1..5i64, 1..5_000u64, 0..3usize).prop_map(
        |(per_minute, concurrency, tokens_per_minute, dollars, tokens, models)| KeyTerms {
            models: ["gpt-5", "claude-*"].iter().take(models).map(|text| text.parse().unwrap()).collect(),
            requests_per_minute: per_minute,
            concurrency,
            tokens_per_minute,
            caps: vec![Cap { window: Window::Hour, limit: NanoUsd::from_dollars(dollars) }],
            quotas: vec![Quota { counted: Counted::Tokens, window: Window::Hour, limit: tokens }],
            ..terms()
        },
    )
}

fn some_calls() -> impl Strategy<Value = Vec<PastCall>> {
    let one = (0..120i64, 0..3_000u64, 0..20_000u32);
    proptest::collection::vec(one, 0..60).prop_map(|calls| {
        let mut second = 0;
        let later = |(pause, tokens, duration_ms)| {
            second += pause;
            PastCall { tokens, duration_ms, ..call(second) }
        };
        calls.into_iter().map(later).collect()
    })
}

proptest! {
    #[test]
    fn terms_that_do_not_change_refuse_nothing(terms in some_terms(), calls in some_calls()) {
        let mut replay = Replay::new([(key(), terms.clone(), terms)], TimeZone::UTC);
        calls.iter().for_each(|call| replay.take(call));
        prop_assert!(replay.finish().all(|(_, found)| found.refused == 0 && found.shortened == 0));
    }
}
