//! Gemini's format: its paths, its key in the query, its streams in both framings, its errors.

use crate::provider::{Reply, bytes};
use crate::world::{CREDENTIAL, World, code, json, post, secret, text};
use domain::budget::{BudgetScope, Window};
use domain::denial::{Denial, LimitReached};
use domain::money::NanoUsd;
use domain::usage::{Outcome, TokenUsage, UsageSource};
use http::Request;
use http_body_util::Full;
use serde_json::json;

const ASK: &str =
    r#"{ "contents":[{"parts":[{"text":"h\u00e9"}]}], "zzz":1.0e5,"generationConfig":{"maxOutputTokens":10} }"#;
const ANSWER: &str = r#"{"candidates":[{"content":{"parts":[{"text":"Hello"}],"role":"model"},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":12,"cachedContentTokenCount":2,"candidatesTokenCount":3,"thoughtsTokenCount":2,"totalTokenCount":17}}"#;
const PLAIN: &str = "/v1beta/models/gemini:generateContent";

const CHUNKS: [&str; 2] = [
    r#"{"candidates":[{"content":{"parts":[{"text":"Hel"}]}}],"usageMetadata":{"promptTokenCount":4,"totalTokenCount":4}}"#,
    r#"{"candidates":[{"content":{"parts":[{"text":"lo"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":4,"candidatesTokenCount":3,"totalTokenCount":7}}"#,
];

#[tokio::test]
async fn a_plain_call_passes_through_under_every_version() {
    for version in ["v1beta", "v1", "v1beta1"] {
        let world = World::new();
        world.provider.will_answer(200, ANSWER);
        let response = world.post(&format!("/{version}/models/gemini:generateContent"), ASK).await;
        assert_eq!(
            (response.status().as_u16(), &response.headers()["x-keywright-cost-usd"]),
            (200, &"0.000022".parse().unwrap())
        );
        assert_eq!(text(response).await, ANSWER);
        let got = world.provider.got().remove(0);
        assert_eq!(got.uri, "http://gemini.example/v1beta/models/gemini-upstream:generateContent");
        assert_eq!((got.body.as_str(), &got.headers["x-goog-api-key"]), (ASK, &CREDENTIAL.parse().unwrap()));
        assert!(!got.headers.contains_key("authorization"));
        world.assert_settled(1).await;
        let expected = TokenUsage { input: 10, cache_read: 2, output: 5, reasoning: 2, ..TokenUsage::default() };
        assert_eq!((world.last_settled().tokens, world.last_settled().cost), (expected, NanoUsd::from_nano(22_000)));
    }
}

#[tokio::test]
async fn a_key_may_come_in_the_query_of_geminis_paths_only_and_goes_nowhere() {
    let world = World::new();
    world.provider.will_answer(200, ANSWER);
    let ask = |path: &str, body: &str| {
        let builder = Request::post(format!("{path}?key={}", secret())).header("content-type", "application/json");
        builder.body(Full::from(body.to_owned())).unwrap()
    };
    assert_eq!(world.send(ask(PLAIN, ASK)).await.status(), 200);
    let got = world.provider.got().remove(0);
    assert_eq!(got.uri.query(), None);
    assert!(!format!("{:?}", got.headers).contains(&secret()));
    assert_eq!(world.send(ask("/v1/chat/completions", r#"{"model":"gpt"}"#)).await.status(), 401);
    let mut both = ask(PLAIN, ASK);
    both.headers_mut().insert("x-goog-api-key", "another".parse().unwrap());
    assert_eq!(code(world.send(both).await).await, "ambiguous_credentials");
}

#[tokio::test]
async fn a_stream_of_events_is_relayed_and_charged_by_its_last_report() {
    let world = World::new();
    let events: Vec<String> = CHUNKS.iter().map(|chunk| format!("data: {chunk}\r\n\r\n")).collect();
    world.provider.will_stream(events.iter().map(bytes).collect());
    let response = world.post("/v1beta/models/gemini:streamGenerateContent?alt=sse", ASK).await;
    assert_eq!(text(response).await, events.concat());
    assert_eq!(
        world.provider.got()[0].uri,
        "http://gemini.example/v1beta/models/gemini-upstream:streamGenerateContent?alt=sse"
    );
    world.assert_settled(1).await;
    let record = world.last_settled();
    assert_eq!((record.outcome, record.source, record.streamed), (Outcome::Answered, UsageSource::Provider, true));
    assert_eq!(record.cost, NanoUsd::from_nano(4 * 1_000 + 3 * 2_000));
}

#[tokio::test]
async fn a_stream_as_an_array_is_relayed_byte_for_byte_and_cut_short_it_stays_json() {
    let whole = format!("[{}\n,\r\n{}\n]", CHUNKS[0], CHUNKS[1]);
    let begun = format!("[{}", CHUNKS[0]);
    for (sent, is_whole) in [(whole.clone(), true), (begun, false)] {
        let world = World::new();
        let pieces = sent.as_bytes().chunks(7).map(|piece| bytes(String::from_utf8_lossy(piece))).collect();
        let headers = vec![("content-type", "application/json; charset=UTF-8")];
        world.provider.will(Reply::Answer { status: 200, headers, pieces });
        let seen = text(world.post("/v1beta/models/gemini:streamGenerateContent", ASK).await).await;
        assert_eq!(
            world.provider.got()[0].uri,
            "http://gemini.example/v1beta/models/gemini-upstream:streamGenerateContent"
        );
        world.assert_settled(1).await;
        let record = world.last_settled();
        if is_whole {
            assert_eq!(seen, whole);
            assert_eq!((record.outcome, record.source), (Outcome::Answered, UsageSource::Provider));
        } else {
            let elements: Vec<serde_json::Value> = serde_json::from_str(&seen).unwrap();
            assert_eq!(elements[1]["error"]["details"][0]["reason"], "provider_error");
            assert_eq!((record.outcome, record.source), (Outcome::ProviderFailed, UsageSource::Estimated));
        }
    }
}

#[tokio::test]
async fn the_cap_of_the_key_goes_into_the_config() {
    let world = World::new();
    world.change(|facts| facts.effective.max_output_tokens = Some(30));
    for (body, sent) in [
        (r#"{"contents":[]}"#, r#"{"generationConfig":{"maxOutputTokens":30},"contents":[]}"#),
        (r#"{"generation_config":{"max_output_tokens":99}}"#, r#"{"generation_config":{"max_output_tokens":30}}"#),
    ] {
        world.provider.will_answer(200, ANSWER);
        world.post(PLAIN, body).await;
        assert_eq!(world.provider.got()[0].body, sent);
    }
}

#[tokio::test]
async fn embeddings_are_sent_with_the_deployments_name_and_charged_by_estimate() {
    let world = World::new();
    world.provider.will_answer(200, r#"{"embeddings":[{"values":[0.1]}]}"#);
    let body = r#"{"requests":[{"model":"models/gemini","content":{"parts":[{"text":"hi"}]}}]}"#;
    assert_eq!(world.post("/v1beta/models/gemini:batchEmbedContents", body).await.status(), 200);
    let got = world.provider.got().remove(0);
    assert_eq!(got.uri, "http://gemini.example/v1beta/models/gemini-upstream:batchEmbedContents");
    assert_eq!(got.body, body.replace("models/gemini", "models/gemini-upstream"));
    world.assert_settled(1).await;
    assert_eq!(world.last_settled().source, UsageSource::Estimated);
}

#[tokio::test]
async fn errors_have_googles_shape_with_the_reason_in_the_details() {
    let world = World::new();
    let limit = LimitReached {
        scope: BudgetScope::Organisation,
        window: Window::Day,
        limit: NanoUsd::from_dollars(10),
        spent: NanoUsd::ZERO,
        reserved: NanoUsd::from_dollars(10),
        kept_for_others: NanoUsd::ZERO,
        resets_at: None,
    };
    world.book(|book| book.refuse = Some(Denial::BudgetReserved { limit, retry_after_ms: 1_500 }));
    let response = world.post(PLAIN, ASK).await;
    let status = response.status().as_u16();
    let error = json(response).await["error"].take();
    assert_eq!((&error["code"], &error["status"]), (&status.into(), &"RESOURCE_EXHAUSTED".into()));
    assert_eq!(error["details"][0]["reason"], "budget_reserved");
    assert_eq!(error["details"][0]["metadata"]["currency"], "USD");
    assert_eq!(error["details"][1]["retryDelay"], "1.500s");
    let unknown = json(world.post("/v1beta/models/gemini:explode", ASK).await).await;
    assert_eq!(unknown["error"]["status"], "NOT_FOUND");
}

#[tokio::test]
async fn a_refused_credential_is_ours_although_google_says_400() {
    let world = World::new();
    let body = json!({"error": {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT",
        "details": [{"reason": "API_KEY_INVALID"}]}});
    world.provider.will_answer(400, &body.to_string());
    let response = world.post(PLAIN, ASK).await;
    assert_eq!((response.status().as_u16(), code(response).await), (502, "provider_auth".to_owned()));
    world.provider.will_answer(400, r#"{"error":{"code":400,"message":"no","status":"INVALID_ARGUMENT"}}"#);
    let response = world.post(PLAIN, ASK).await;
    assert_eq!((response.status().as_u16(), json(response).await["error"]["message"].clone()), (400, "no".into()));
}

#[tokio::test]
async fn models_are_listed_in_googles_shape() {
    let world = World::new();
    let list = json(world.get("/v1beta/models").await).await;
    let models = list["models"].as_array().unwrap();
    assert_eq!(models.len(), 3);
    let model = models.iter().find(|model| model["name"] == "models/gemini").unwrap();
    assert_eq!((&model["name"], &model["outputTokenLimit"]), (&"models/gemini".into(), &1_000.into()));
    assert_eq!(model["supportedGenerationMethods"][1], "streamGenerateContent");
    assert_eq!(json(world.get("/v1beta/models/gemini").await).await["name"], "models/gemini");
    let translated = models.iter().find(|model| model["name"] == "models/gpt").unwrap();
    assert_eq!(translated["supportedGenerationMethods"], json!(["generateContent", "streamGenerateContent"]));
    let elsewhere = post("/v1beta/models/gpt:embedContent", r#"{"content":{"parts":[{"text":"x"}]}}"#);
    assert_eq!(code(world.send(elsewhere).await).await, "model_unsupported");
}

#[tokio::test]
async fn a_name_that_cannot_stand_in_a_url_is_not_sent() {
    let world = World::new();
    world.change(|facts| {
        for model in &mut facts.models {
            model.deployments[0].upstream_model = "tuned/../other".to_owned();
        }
    });
    assert_eq!(code(world.post(PLAIN, ASK).await).await, "provider_error");
    assert!(world.provider.got().is_empty());
}
