//! Rules of guardrails that are only watched: what they would have refused is served, and written down.

use crate::provider::answer;
use crate::world::{World, code, profile};
use domain::access_profile::ProfileTerms;
use domain::call_rule::{CallRule, RuleSet};
use domain::model::Endpoint;
use domain::parameter_rules::{Effort, Feature, LongAnswer, ParameterRules};
use domain::usage::UsageRecord;

const CHAT: &str = "/v1/chat/completions";
const PLAIN: &str = r#"{"model":"gpt","max_tokens":9,"messages":[]}"#;

const IMAGE: &str = r#"{"model":"gpt","max_tokens":9,"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AA"}}]}]}"#;

/// Guardrails that allow one model, one endpoint and one network, and neither two answers nor long ones.
fn strict() -> ProfileTerms {
    ProfileTerms {
        models: vec!["gpt".parse().unwrap()],
        endpoints: vec![Endpoint::ChatCompletions],
        networks: vec!["192.0.2.0/24".parse().unwrap()],
        max_output_tokens: Some(500),
        ..profile(ParameterRules {
            most_choices: Some(1),
            long_answers: LongAnswer::Reject,
            highest_effort: Some(Effort::Low),
            banned: vec![Feature::Images],
        })
        .terms
    }
}

fn world(terms: ProfileTerms) -> World {
    let world = World::new();
    world.provider.will_always(answer(200, r#"{"usage":{"prompt_tokens":5,"completion_tokens":5}}"#));
    world.change(|facts| {
        let ProfileTerms { models, endpoints, networks, max_output_tokens, .. } = terms.clone();
        let own = &mut facts.key.terms;
        (own.models, own.endpoints, own.networks, own.max_output_tokens) =
            (models, endpoints, networks, max_output_tokens);
        facts.guardrails = Some(terms);
    });
    world
}

/// The denials and watched rules of everything that was written down.
fn written(world: &World) -> Vec<(Option<String>, Vec<CallRule>)> {
    let said = |record: &UsageRecord| (record.denial.clone(), record.watched.iter().collect());
    world.book(|book| book.settled.iter().chain(&book.denied).map(said).collect())
}

#[tokio::test]
async fn a_call_is_refused_where_the_rule_is_enforced_and_served_and_written_down_where_it_is_watched() {
    for (rule, path, body) in [
        (CallRule::Models, "/v1/messages", r#"{"model":"claude","max_tokens":9,"messages":[]}"#),
        (CallRule::Endpoints, "/v1/embeddings", r#"{"model":"embed","input":"x"}"#),
        (CallRule::Networks, CHAT, PLAIN),
        (CallRule::Choices, CHAT, r#"{"model":"gpt","max_tokens":9,"n":2,"messages":[]}"#),
        (CallRule::LongAnswers, CHAT, r#"{"model":"gpt","max_tokens":501,"messages":[]}"#),
        (CallRule::Effort, CHAT, r#"{"model":"gpt","max_tokens":9,"reasoning_effort":"high","messages":[]}"#),
        (CallRule::Images, CHAT, IMAGE),
    ] {
        let mut terms = strict();
        match rule {
            CallRule::Models => terms.endpoints = Endpoint::ALL.to_vec(),
            CallRule::Endpoints => terms.models = vec!["*".parse().unwrap()],
            CallRule::Networks => terms.networks = vec!["10.0.0.0/8".parse().unwrap()],
            _ => {}
        }
        let enforcing = world(terms.clone());
        assert_eq!(code(enforcing.post(path, body).await).await, rule.denial_code(), "{rule:?}");
        assert_eq!(written(&enforcing), [(Some(rule.denial_code().to_owned()), vec![])]);
        assert_eq!(enforcing.provider.got().len(), 0, "{rule:?}");

        let watching = world(ProfileTerms { watched: RuleSet::NONE.with(rule), ..terms });
        assert_eq!(watching.post(path, body).await.status(), 200, "{rule:?}");
        assert_eq!(written(&watching), [(None, vec![rule])]);
    }
}

#[tokio::test]
async fn a_call_that_breaks_no_rule_leaves_nothing_to_tell() {
    let watching = world(ProfileTerms { watched: CallRule::ALL.into_iter().collect(), ..strict() });
    assert_eq!(watching.post(CHAT, PLAIN).await.status(), 200);
    assert_eq!(written(&watching), [(None, vec![])]);
}

#[tokio::test]
async fn what_is_refused_for_something_else_was_not_let_through() {
    let watching = || world(ProfileTerms { watched: CallRule::ALL.into_iter().collect(), ..strict() });
    let (unknown, two) =
        (r#"{"model":"nothing","n":2,"messages":[]}"#, r#"{"model":"gpt","max_tokens":9,"n":2,"messages":[]}"#);
    type Change = fn(&World);
    let nothing_left: Change = |world| world.book(|book| book.limit = domain::money::NanoUsd::ZERO);
    let suspended: Change = |world| world.change(|facts| facts.owner_active = false);
    for (change, body, why) in [
        ((|_| {}) as Change, unknown, "model_not_found"),
        (nothing_left, two, "budget_exhausted"),
        (suspended, two, "owner_suspended"),
    ] {
        let world = watching();
        change(&world);
        assert_eq!(code(world.post(CHAT, body).await).await, why);
        assert_eq!(written(&world), [(Some(why.to_owned()), vec![])]);
    }
}
