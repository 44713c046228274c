use super::*;
use crate::access_profile::{AboveMaximum, Approval, CapTerm, PromptBound, Term};
use crate::budget::{Cap, Window};
use crate::effective_terms::{Origin, effective, enforced, explain};
use crate::money::NanoUsd;
use crate::parameter_rules::{Effort, Feature, LongAnswer, ParameterRules};
use proptest::prelude::*;

const OFFICE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 1, 2, 3));
const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 7));

fn patterns(list: &[&str]) -> Vec<ModelPattern> {
    list.iter().map(|text| text.parse().unwrap()).collect()
}

fn profile(watched: &[CallRule]) -> ProfileTerms {
    fn term<T: Copy>(maximum: T) -> Term<T> {
        Term { default: maximum, maximum, developers_may_change: true, above: AboveMaximum::Reject }
    }
    ProfileTerms {
        models: patterns(&["small-*"]),
        endpoints: vec![Endpoint::ChatCompletions, Endpoint::Messages],
        caps: vec![CapTerm { window: Window::Month, amount: term(NanoUsd::from_dollars(50)) }],
        requests_per_minute: term(60),
        concurrency: term(8),
        tokens_per_minute: None,
        quotas: vec![],
        prompt_bound: PromptBound::Strict,
        shrink_to_fit: false,
        idle: None,
        watched: watched.iter().copied().collect(),
        required: vec![],
        parameters: ParameterRules {
            long_answers: LongAnswer::Reject,
            most_choices: Some(1),
            highest_effort: Some(Effort::Low),
            banned: Feature::ALL.to_vec(),
        },
        lifetime_days: term(90),
        networks: vec!["10.0.0.0/8".parse().unwrap()],
        max_output_tokens: Some(1_000),
        assumed_output_tokens: 1_000,
        approval: Approval::default(),
    }
}

/// As it was minted under the profile, with no wish of its own.
fn key() -> KeyTerms {
    let ProfileTerms { models, endpoints, networks, max_output_tokens, .. } = profile(&[]);
    KeyTerms {
        models,
        endpoints,
        caps: vec![Cap { window: Window::Month, limit: NanoUsd::from_dollars(50) }],
        requests_per_minute: 60,
        concurrency: 8,
        tokens_per_minute: None,
        quotas: vec![],
        networks,
        max_output_tokens,
    }
}

fn harmless() -> Asked {
    Asked { choices: 1, ..Asked::default() }
}

/// One call that breaks this rule and no other.
fn breaking(rule: CallRule) -> (IpAddr, Endpoint, &'static str, Asked) {
    let feature = |feature| Asked { features: vec![feature], ..harmless() };
    let call = |asked| (OFFICE, Endpoint::Messages, "small-1", asked);
    match rule {
        CallRule::Networks => (HOME, Endpoint::Messages, "small-1", harmless()),
        CallRule::Endpoints => (OFFICE, Endpoint::Embeddings, "small-1", harmless()),
        CallRule::Models => (OFFICE, Endpoint::Messages, "large-1", harmless()),
        CallRule::Images => call(feature(Feature::Images)),
        CallRule::WebSearch => call(feature(Feature::WebSearch)),
        CallRule::CodeExecution => call(feature(Feature::CodeExecution)),
        CallRule::ServiceTier => call(feature(Feature::ServiceTier)),
        CallRule::Choices => call(Asked { choices: 2, ..harmless() }),
        CallRule::Effort => call(Asked { effort: Some(Effort::High), ..harmless() }),
        CallRule::LongAnswers => call(Asked { answer: Some(2_000), ..harmless() }),
    }
}

/// As the gateway decides.
fn is_let_in(profile: &ProfileTerms, key: &KeyTerms, call: &(IpAddr, Endpoint, &str, Asked)) -> bool {
    let (from, endpoint, model, asked) = call;
    let terms = effective(profile, key);
    may_come_from(&terms.networks, *from)
        && may_use_endpoint(&terms.endpoints, *endpoint)
        && may_use_model(&terms.models, model)
        && profile.parameters.check(asked, terms.max_output_tokens, profile.watched).is_ok()
}

fn broken(profile: &ProfileTerms, key: &KeyTerms, call: &(IpAddr, Endpoint, &str, Asked)) -> Vec<CallRule> {
    let (from, endpoint, model, asked) = call;
    let call = Call { from: *from, endpoint: *endpoint, model: Some(model), asked: Some(asked) };
    let enforced = effective(&enforced(profile), key).into();
    watched_rules_broken(profile, &enforced, call).iter().collect()
}

#[test]
fn each_rule_refuses_where_it_is_enforced_and_lets_in_and_tells_where_it_is_watched() {
    for rule in CallRule::ALL {
        let call = breaking(rule);
        assert!(!is_let_in(&profile(&[]), &key(), &call), "{rule:?} is enforced");
        assert_eq!(broken(&profile(&[]), &key(), &call), [], "{rule:?}: nothing is watched");
        let others: Vec<CallRule> = CallRule::ALL.into_iter().filter(|&other| other != rule).collect();
        assert!(!is_let_in(&profile(&others), &key(), &call), "{rule:?} is enforced beside others that are not");
        assert!(is_let_in(&profile(&[rule]), &key(), &call), "{rule:?} is watched");
        assert_eq!(broken(&profile(&[rule]), &key(), &call), [rule]);
        assert_eq!(broken(&profile(&CallRule::ALL), &key(), &call), [rule], "and no other");
    }
    let fine = (OFFICE, Endpoint::Messages, "small-1", harmless());
    assert!(is_let_in(&profile(&[]), &key(), &fine) && broken(&profile(&CallRule::ALL), &key(), &fine).is_empty());
}

#[test]
fn a_narrower_choice_of_the_key_is_enforced_whatever_is_watched() {
    let watching = profile(&CallRule::ALL);
    let narrower = KeyTerms {
        models: patterns(&["small-2"]),
        endpoints: vec![Endpoint::ChatCompletions],
        networks: vec!["10.9.0.0/16".parse().unwrap()],
        max_output_tokens: Some(500),
        ..key()
    };
    let fine = || ("10.9.0.1".parse().unwrap(), Endpoint::ChatCompletions, "small-2", harmless());
    assert!(is_let_in(&watching, &narrower, &fine()));
    assert!(!is_let_in(&watching, &narrower, &(OFFICE, fine().1, fine().2, harmless())));
    assert!(!is_let_in(&watching, &narrower, &(fine().0, Endpoint::Messages, fine().2, harmless())));
    assert!(!is_let_in(&watching, &narrower, &(fine().0, fine().1, "small-1", harmless())));
    let long = Asked { answer: Some(501), ..harmless() };
    assert!(!is_let_in(&watching, &narrower, &(fine().0, fine().1, fine().2, long)));
    let empty = KeyTerms { models: vec![], ..key() };
    assert!(!is_let_in(&watching, &empty, &breaking(CallRule::Models)), "no model is no model");
}

#[test]
fn a_key_that_was_granted_more_keeps_to_that_while_the_narrower_rule_is_watched() {
    let watching = profile(&[CallRule::Models]);
    let wider = KeyTerms { models: patterns(&["small-*", "large-*"]), ..key() };
    let call = |model| (OFFICE, Endpoint::Messages, model, harmless());
    assert!(is_let_in(&watching, &wider, &call("large-1")));
    assert_eq!(broken(&watching, &wider, &call("large-1")), [CallRule::Models]);
    assert!(!is_let_in(&watching, &wider, &call("huge-1")));
    let said = explain(&watching, &key());
    assert_eq!((said.models[0].value.as_str(), said.models[0].origin), ("*", Origin::Watched));
}

#[test]
fn what_shortens_answers_goes_on_shortening_them() {
    let mut watching = profile(&[CallRule::LongAnswers]);
    watching.parameters.long_answers = LongAnswer::Lower;
    assert_eq!(effective(&watching, &key()).max_output_tokens, Some(1_000));
    assert_eq!(broken(&watching, &key(), &breaking(CallRule::LongAnswers)), []);
}

proptest! {
    /// Watching never refuses what enforcing lets in, and what it lets in beyond that is told.
    #[test]
    fn what_watching_lets_in_is_what_enforcing_does_and_what_is_told(
        watched in prop::collection::vec(prop::sample::select(CallRule::ALL.to_vec()), 0..5),
        rule in prop::sample::select(CallRule::ALL.to_vec()),
        models in prop::collection::vec(prop::sample::select(vec!["small-*", "small-1", "large-*", "*"]), 0..3),
        own_network in any::<bool>(),
    ) {
        let key = KeyTerms {
            models: patterns(&models),
            networks: if own_network { vec!["10.1.0.0/16".parse().unwrap()] } else { key().networks },
            ..key()
        };
        let (watching, call) = (profile(&watched), breaking(rule));
        let strict = enforced(&watching);
        let told = broken(&watching, &key, &call);
        prop_assert!(told.iter().all(|rule| watched.contains(rule)));
        if is_let_in(&strict, &key, &call) {
            prop_assert!(is_let_in(&watching, &key, &call) && told.is_empty());
        } else if is_let_in(&watching, &key, &call) {
            prop_assert!(!told.is_empty(), "let in, and not told");
        }
    }
}
