//! What the guardrails of a key let a call ask for, in every format.

use crate::world::{World, code, text};
use domain::parameter_rules::{Effort, Feature, LongAnswer, ParameterRules};

const CHAT: &str = "/v1/chat/completions";
const RESPONSES: &str = "/v1/responses";
const MESSAGES: &str = "/v1/messages";
const GEMINI: &str = "/v1beta/models/gemini:generateContent";

fn world(rules: ParameterRules) -> World {
    let world = World::new();
    world.change(|facts| {
        facts.parameters = rules;
        facts.effective.max_output_tokens = Some(500);
    });
    world
}

fn banning(feature: Feature) -> ParameterRules {
    ParameterRules { banned: vec![feature], ..ParameterRules::NONE }
}

/// The status, and all that the refusal says.
async fn refusal(world: &World, path: &str, body: &str) -> (u16, String) {
    let response = world.post(path, body).await;
    let status = response.status().as_u16();
    (status, text(response).await)
}

#[tokio::test]
async fn a_call_that_asks_for_more_is_refused_before_anything_is_set_aside_for_it() {
    let effort = ParameterRules { highest_effort: Some(Effort::Low), ..ParameterRules::NONE };
    let choices = ParameterRules { most_choices: Some(1), ..ParameterRules::NONE };
    let strict = ParameterRules { long_answers: LongAnswer::Reject, ..ParameterRules::NONE };
    let (tool, parameter) = ("tool_not_allowed", "parameter_not_allowed");
    for (rules, path, body, code, word) in [
        (&choices, CHAT, r#"{"model":"gpt","n":2}"#, parameter, "'n'"),
        (&choices, GEMINI, r#"{"contents":[],"generationConfig":{"candidateCount":2}}"#, parameter, "'candidateCount'"),
        (&strict, CHAT, r#"{"model":"gpt","max_completion_tokens":501}"#, parameter, "'max_completion_tokens'"),
        (&strict, RESPONSES, r#"{"model":"gpt","input":"x","max_output_tokens":501}"#, parameter, "500 tokens"),
        (&strict, MESSAGES, r#"{"model":"claude","messages":[],"max_tokens":501}"#, parameter, "'max_tokens'"),
        (&effort, CHAT, r#"{"model":"gpt","reasoning_effort":"medium"}"#, parameter, "'low' at most"),
        (&effort, RESPONSES, r#"{"model":"gpt","input":"x","reasoning":{"effort":"high"}}"#, parameter, "'low'"),
        (
            &effort,
            MESSAGES,
            r#"{"model":"claude","max_tokens":9,"messages":[],"thinking":{"type":"enabled","budget_tokens":9000}}"#,
            parameter,
            "'low'",
        ),
        (
            &effort,
            GEMINI,
            r#"{"contents":[],"generationConfig":{"thinkingConfig":{"thinkingLevel":"HIGH"}}}"#,
            parameter,
            "'low'",
        ),
        (
            &banning(Feature::WebSearch),
            MESSAGES,
            r#"{"model":"claude","max_tokens":9,"messages":[],"tools":[{"type":"web_search_20250305","name":"web_search"}]}"#,
            tool,
            "web search",
        ),
        (&banning(Feature::WebSearch), GEMINI, r#"{"contents":[],"tools":[{"googleSearch":{}}]}"#, tool, "web search"),
        (
            &banning(Feature::CodeExecution),
            GEMINI,
            r#"{"contents":[],"tools":[{"code_execution":{}}]}"#,
            tool,
            "code execution",
        ),
        (
            &banning(Feature::Images),
            CHAT,
            r#"{"model":"gpt","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AA"}}]}]}"#,
            parameter,
            "images",
        ),
        (
            &banning(Feature::ServiceTier),
            CHAT,
            r#"{"model":"gpt","service_tier":"priority"}"#,
            parameter,
            "service tier",
        ),
    ] {
        let world = world(rules.clone());
        let (status, answer) = refusal(&world, path, body).await;
        assert_eq!(status, 403, "{body}: {answer}");
        assert!(answer.contains(code) && answer.contains(word), "{body}: {answer}");
        assert!(world.provider.got().is_empty(), "{body}");
    }
}

#[tokio::test]
async fn a_longer_answer_is_lowered_and_the_answer_says_so() {
    let world = world(ParameterRules::NONE);
    world.provider.will_answer(200, r#"{"usage":{"prompt_tokens":5,"completion_tokens":5}}"#);
    let response = world.post(CHAT, r#"{"model":"gpt","max_tokens":900,"reasoning_effort":"high","n":1}"#).await;
    assert_eq!(response.headers()["x-keywright-clamped-max-tokens"], "500");
    let sent = &world.provider.got()[0].body;
    assert_eq!(sent, r#"{"model":"gpt-upstream","max_tokens":500,"reasoning_effort":"high","n":1}"#);

    world.provider.will_answer(200, r#"{"usage":{"prompt_tokens":5,"completion_tokens":5}}"#);
    let response = world.post(CHAT, r#"{"model":"gpt","max_tokens":500}"#).await;
    assert!(!response.headers().contains_key("x-keywright-clamped-max-tokens"));
}

#[tokio::test]
async fn what_a_call_does_not_name_breaks_no_rule() {
    let rules = ParameterRules {
        long_answers: LongAnswer::Reject,
        most_choices: Some(1),
        highest_effort: Some(Effort::None),
        banned: Feature::ALL.to_vec(),
    };
    let world = world(rules);
    world.provider.will_answer(200, r#"{"usage":{"prompt_tokens":5,"completion_tokens":5}}"#);
    let response = world.post(CHAT, r#"{"model":"gpt","messages":[]}"#).await;
    assert_eq!(response.status().as_u16(), 200, "{}", code(response).await);
}
