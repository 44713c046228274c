//! What holds for whatever profile and whatever wish.

use super::*;
use proptest::prelude::*;

fn any_term(limit: u32) -> impl Strategy<Value = Term<u32>> {
    (1..limit, 1..limit, any::<bool>(), any::<bool>()).prop_map(|(default, maximum, developers_may_change, clamp)| {
        let above = if clamp { AboveMaximum::Clamp } else { AboveMaximum::Reject };
        Term { default, maximum, developers_may_change, above }
    })
}

fn wide(term: Term<u32>) -> Term<u64> {
    let Term { default, maximum, developers_may_change, above } = term;
    Term { default: default.into(), maximum: maximum.into(), developers_may_change, above }
}

fn any_patterns() -> impl Strategy<Value = Vec<ModelPattern>> {
    let one = prop_oneof![Just("*"), Just("small-*"), Just("small-1"), Just("large-1"), Just("l*"), Just("other")];
    prop::collection::vec(one.prop_map(|text| text.parse().unwrap()), 0..4)
}

fn any_networks() -> impl Strategy<Value = Vec<IpNet>> {
    let one =
        prop_oneof![Just("10.0.0.0/8"), Just("10.1.0.0/16"), Just("10.1.2.3/32"), Just("0.0.0.0/0"), Just("::/0")];
    prop::collection::vec(one.prop_map(|text| text.parse().unwrap()), 0..4)
}

fn any_profile() -> impl Strategy<Value = AccessProfile> {
    let caps = prop::collection::vec((0usize..5, any_term(200)), 0..4);
    let traffic = (prop::option::of(any_term(200)), prop::collection::vec((0usize..2, 0usize..3, any_term(200)), 0..4));
    let numbers = (any_term(200), any_term(40), any_term(400), prop::option::of(1..9_000u64));
    (any_patterns(), any_networks(), caps, numbers, traffic).prop_map(
        |(models, networks, caps, numbers, (tokens_per_minute, wished_quotas))| {
            let (requests_per_minute, concurrency, lifetime_days, max_output_tokens) = numbers;
            let mut quotas: Vec<QuotaTerm> = Vec::new();
            for (counted, window, amount) in wished_quotas {
                let (counted, window) = (Counted::ALL[counted], QUOTA_WINDOWS[window]);
                if quotas.iter().all(|quota| (quota.counted, quota.window) != (counted, window)) {
                    quotas.push(QuotaTerm { counted, window, amount: wide(amount) });
                }
            }
            let money = |units: u32| dollars(i64::from(units));
            let mut terms: Vec<CapTerm> = Vec::new();
            for (which, Term { default, maximum, developers_may_change, above }) in caps {
                let window = Window::ALL[which];
                let amount = Term { default: money(default), maximum: money(maximum), developers_may_change, above };
                if terms.iter().all(|cap| cap.window != window) {
                    terms.push(CapTerm { window, amount });
                }
            }
            let terms = ProfileTerms {
                models,
                networks,
                caps: terms,
                requests_per_minute,
                concurrency,
                tokens_per_minute: tokens_per_minute.map(wide),
                quotas,
                lifetime_days,
                max_output_tokens,
                ..profile().terms
            };
            AccessProfile { terms, ..profile() }
        },
    )
}

fn any_request() -> impl Strategy<Value = MintRequest> {
    let caps = prop::collection::vec((0usize..5, 0i64..250), 0..4);
    let wish = || prop::option::of(0..250u32);
    let models = prop::option::of(any_patterns());
    let networks = prop::option::of(any_networks());
    let quotas = prop::collection::vec((0usize..2, 0usize..3, 0u64..250), 0..4);
    let traffic = (prop::option::of(0..250u64), quotas);
    (models, networks, caps, wish(), wish(), wish(), prop::option::of(0..9_000u64), traffic).prop_map(
        |(models, networks, caps, requests_per_minute, concurrency, lifetime_days, max_output_tokens, traffic)| {
            MintRequest {
                tokens_per_minute: traffic.0,
                quotas: (traffic.1.into_iter())
                    .map(|(counted, window, limit)| Quota {
                        counted: Counted::ALL[counted],
                        window: QUOTA_WINDOWS[window],
                        limit,
                    })
                    .collect(),
                models,
                networks,
                caps: caps.into_iter().map(|(which, amount)| cap(Window::ALL[which], amount)).collect(),
                requests_per_minute,
                concurrency,
                lifetime_days,
                max_output_tokens,
                policy_read: None,
                ..request()
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn granted_terms_never_exceed_the_profile(profile in any_profile(), request in any_request()) {
        let case = Case { profile: Some(profile.clone()), request, ..Case::default() };
        match case.decide() {
            Err(refusals) => prop_assert!(!refusals.is_empty(), "refused without a reason"),
            Ok(granted) => {
                let (terms, bounds) = (&granted.terms, &profile.terms);
                prop_assert!(terms.requests_per_minute >= 1 && terms.requests_per_minute <= bounds.requests_per_minute.maximum);
                prop_assert!(terms.concurrency >= 1 && terms.concurrency <= bounds.concurrency.maximum);
                if let Some(bound) = bounds.tokens_per_minute {
                    prop_assert!(terms.tokens_per_minute.is_some_and(|granted| granted <= bound.maximum));
                }
                prop_assert!(terms.tokens_per_minute != Some(0) && terms.quotas.iter().all(|quota| quota.limit > 0));
                for bound in &bounds.quotas {
                    let same = |quota: &&Quota| (quota.counted, quota.window) == (bound.counted, bound.window);
                    prop_assert!(terms.quotas.iter().find(same).is_some_and(|quota| quota.limit <= bound.amount.maximum));
                }
                prop_assert!(granted.lifetime_days >= 1 && granted.lifetime_days <= bounds.lifetime_days.maximum);
                for cap in &bounds.caps {
                    let limit = terms.caps.iter().find(|granted| granted.window == cap.window).map(|cap| cap.limit);
                    prop_assert!(limit.is_some_and(|limit| limit <= cap.amount.maximum));
                }
                prop_assert!(!terms.caps.is_empty() && terms.caps.iter().all(|cap| cap.limit >= SMALLEST_CAP));
                prop_assert!(!terms.models.is_empty());
                for model in &terms.models {
                    prop_assert!(bounds.models.iter().any(|allowed| allowed.covers(model)));
                }
                prop_assert!(terms.max_output_tokens.unwrap_or(u64::MAX) <= bounds.max_output_tokens.unwrap_or(u64::MAX));
            }
        }
    }

    /// What the gateway will apply is exactly what was granted: minting promises nothing that the profile takes back.
    #[test]
    fn the_gateway_grants_what_was_minted(profile in any_profile(), request in any_request()) {
        let case = Case { profile: Some(profile.clone()), request, ..Case::default() };
        if let Ok(granted) = case.decide() {
            let applied = effective(&profile.terms, &granted.terms);
            prop_assert_eq!(applied.requests_per_minute, granted.terms.requests_per_minute);
            prop_assert_eq!(applied.concurrency, granted.terms.concurrency);
            prop_assert_eq!(applied.max_output_tokens, granted.terms.max_output_tokens);
            prop_assert_eq!(applied.tokens_per_minute, granted.terms.tokens_per_minute);
            let in_order = |mut quotas: Vec<Quota>| {
                quotas.sort_by_key(|quota| (quota.counted, quota.window));
                quotas
            };
            prop_assert_eq!(in_order(applied.quotas), in_order(granted.terms.quotas.clone()));
            let by_window = |mut caps: Vec<Cap>| { caps.sort_by_key(|cap| cap.window); caps };
            prop_assert_eq!(by_window(applied.caps), by_window(granted.terms.caps.clone()));
            for pattern in &granted.terms.models {
                prop_assert!(applied.models.iter().any(|kept| kept.covers(pattern)));
            }
            for network in &granted.terms.networks {
                prop_assert!(applied.networks.iter().any(|kept| kept.contains(network)));
            }
        }
    }
}
