//! Calls that work: what goes up, what comes back, and what is charged.

use crate::provider::{Reply, bytes};
use crate::world::{CREDENTIAL, NOW, World, deployment, json, key_id, post, text};
use domain::budget::BudgetScope;
use domain::denial::{Denial, TrafficLimit};
use domain::id::{EventId, KeyId};
use domain::model::{Endpoint, WireFormat};
use domain::money::NanoUsd;
use domain::usage::{Outcome, TokenUsage, UsageRecord, UsageSource};

const CHAT: &str = r#"{ "messages":[{"role":"user","content":"h\u00e9"}] , "zzz":1.0e5,"model":"gpt","max_tokens":10}"#;
const ANSWER: &str = r#"{"id":"c1","choices":[],"usage":{"prompt_tokens":12,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":2}}}"#;

fn chat_stream(usage: bool) -> Vec<String> {
    let mut events = vec![
        r#"data: {"choices":[{"delta":{"role":"assistant","content":""}}],"usage":null}"#.to_owned(),
        r#"data: {"choices":[{"delta":{"content":"Hello"}}],"usage":null}"#.to_owned(),
        r#"data: {"choices":[{"delta":{},"finish_reason":"stop"}],"usage":null}"#.to_owned(),
    ];
    if usage {
        events.push(r#"data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2}}"#.to_owned());
    }
    events.push("data: [DONE]".to_owned());
    events.into_iter().map(|event| event + "\n\n").collect()
}

#[tokio::test]
async fn a_plain_call_passes_through_and_is_charged_to_the_nano_dollar() {
    let world = World::new();
    world.provider.will_answer(200, ANSWER);
    let mut request = post("/v1/chat/completions", CHAT);
    for (name, value) in [
        ("cookie", "a=b"),
        ("openai-organization", "mine"),
        ("openai-beta", "x=v1"),
        ("x-forwarded-for", "1.2.3.4"),
        ("user-agent", "sdk/1"),
        ("te", "trailers"),
    ] {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    let response = world.send(request).await;
    assert_eq!(response.status(), 200);
    let headers = response.headers().clone();
    assert_eq!(text(response).await, ANSWER);

    let got = world.provider.got().remove(0);
    assert_eq!(got.body, CHAT.replace("\"gpt\"", "\"gpt-upstream\""));
    assert_eq!(got.uri, "http://open.example/v1/chat/completions");
    let mut names: Vec<&str> = got.headers.keys().map(http::HeaderName::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["accept", "accept-encoding", "authorization", "content-type", "openai-beta", "user-agent"]);
    assert_eq!(got.headers["authorization"], format!("Bearer {CREDENTIAL}"));
    assert_eq!(got.headers["user-agent"], "keywright");

    // 10 + 2 input tokens at 1,000 and 5 output tokens at 2,000 nano-dollars.
    assert_eq!(headers["x-keywright-cost-usd"], "0.000022");
    assert_eq!(headers["x-keywright-budget-left-usd"], "9.999978");
    assert_eq!(headers["x-keywright-budget"], "key/month");
    assert_eq!(
        (&headers["x-keywright-model"], &headers["x-keywright-provider"]),
        (&"gpt".parse().unwrap(), &"open".parse().unwrap())
    );
    assert_eq!(headers["x-keywright-upstream-id"], "up-1");
    assert_ne!(headers["x-request-id"], "up-1");
    for hidden in ["set-cookie", "openai-organization"] {
        assert!(!headers.contains_key(hidden), "{hidden}");
    }
    world.assert_settled(1).await;
    let record = world.last_settled();
    assert_eq!(record.cost, NanoUsd::from_nano(22_000));
    assert_eq!(record.tokens, TokenUsage { input: 10, cache_read: 2, output: 5, ..TokenUsage::default() });
    assert_eq!((record.source, record.outcome, record.status), (UsageSource::Provider, Outcome::Answered, 200));
    assert_eq!((record.price_version, record.streamed, record.charged.len()), (3, false, 1));
    assert_eq!(headers["x-request-id"], record.id.to_string().as_str());

    let call = json(world.get(&format!("/v1/requests/{}", record.id)).await).await;
    assert_eq!(
        (&call["cost"], &call["tokens"]["output"], &call["status"]),
        (&"0.000022".into(), &5.into(), &200.into())
    );
    assert_eq!(world.get("/v1/requests/req_00000000000").await.status(), 404);
}

#[tokio::test]
async fn a_chat_stream_is_the_providers_apart_from_the_usage_that_was_not_asked_for() {
    for asked in [false, true] {
        for cut in [1, 7, 10_000] {
            let world = World::new();
            let sent = chat_stream(true).concat();
            world
                .provider
                .will_stream(sent.as_bytes().chunks(cut).map(|part| bytes(String::from_utf8_lossy(part))).collect());
            let options = if asked { r#","stream_options":{"include_usage":true}"# } else { "" };
            let body = format!(r#"{{"model":"gpt","max_tokens":5,"stream":true{options}}}"#);
            let response = world.post("/v1/chat/completions", &body).await;
            assert_eq!(response.headers()["content-type"], "text/event-stream; charset=utf-8");
            assert_eq!(text(response).await, chat_stream(asked).concat(), "asked: {asked}, cut: {cut}");
            assert!(world.provider.got()[0].body.contains(r#""stream_options":{"include_usage":true}"#));
            world.assert_settled(1).await;
            let record = world.last_settled();
            assert_eq!((record.cost, record.source), (NanoUsd::from_nano(13_000), UsageSource::Provider));
            assert_eq!((record.outcome, record.streamed), (Outcome::Answered, true));
        }
    }
}

const RESPONSES: &str = "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"usage\":null}}\n\nevent: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"Hi\"}\n\nevent: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"usage\":{\"input_tokens\":9,\"output_tokens\":2}}}\n\n";
const MESSAGES: &str = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":9,\"output_tokens\":1}}}\n\nevent: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"Hi\"}}\n\nevent: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{},\"usage\":{\"output_tokens\":2}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

#[tokio::test]
async fn streams_of_the_other_endpoints_pass_byte_for_byte() {
    for (path, model, stream) in [("/v1/responses", "gpt", RESPONSES), ("/v1/messages", "claude", MESSAGES)] {
        let world = World::new();
        world.provider.will_stream(vec![bytes(stream)]);
        let body = format!(r#"{{"model":"{model}","stream":true,"max_tokens":5,"max_output_tokens":5}}"#);
        assert_eq!(text(world.post(path, &body).await).await, stream);
        world.assert_settled(1).await;
        let record = world.last_settled();
        assert_eq!((record.cost, record.outcome), (NanoUsd::from_nano(13_000), Outcome::Answered), "{path}");
        assert!(record.first_byte_ms.is_some());
    }
}

#[tokio::test]
async fn messages_carry_their_version_and_the_key_in_the_providers_header() {
    let world = World::new();
    world.provider.will_answer(200, r#"{"usage":{"input_tokens":3,"output_tokens":4}}"#);
    let mut request = post("/v1/messages", r#"{"model":"claude","max_tokens":9,"messages":[]}"#);
    request.headers_mut().insert("anthropic-version", "2026-10-21".parse().unwrap());
    request.headers_mut().append("anthropic-beta", "one".parse().unwrap());
    request.headers_mut().append("anthropic-beta", "two".parse().unwrap());
    assert_eq!(world.send(request).await.status(), 200);
    let got = world.provider.got().remove(0);
    assert_eq!(got.uri, "http://anthro.example/v1/messages");
    assert_eq!(
        (&got.headers["x-api-key"], got.headers.contains_key("authorization")),
        (&CREDENTIAL.parse().unwrap(), false)
    );
    assert_eq!(got.headers["anthropic-version"], "2026-10-21");
    assert_eq!(got.headers.get_all("anthropic-beta").iter().count(), 2);
    world.provider.will_answer(200, r#"{"usage":{"input_tokens":3,"output_tokens":4}}"#);
    world.post("/v1/messages", r#"{"model":"claude","max_tokens":9}"#).await;
    assert_eq!(world.provider.got()[0].headers["anthropic-version"], "2023-06-01");
}

#[tokio::test]
async fn counting_tokens_is_free_and_works_without_money() {
    let world = World::new();
    world.book(|book| book.spent = book.limit);
    world.change(|facts| facts.effective.endpoints = vec![Endpoint::Messages]);
    world.provider.will_answer(200, r#"{"input_tokens":14}"#);
    let response = world.post("/v1/messages/count_tokens", r#"{"model":"claude","messages":[]}"#).await;
    assert_eq!(text(response).await, r#"{"input_tokens":14}"#);
    world.book(|book| {
        assert_eq!((book.open.len(), book.denied.len()), (0, 0));
        assert_eq!((book.settled[0].outcome, book.settled[0].cost), (Outcome::Answered, NanoUsd::ZERO));
        let limit = TrafficLimit { scope: BudgetScope::Key(key_id()), limit: 1, retry_after_ms: 9 };
        book.refuse = Some(Denial::RateLimited(limit));
    });
    let response = world.post("/v1/messages/count_tokens", r#"{"model":"claude","messages":[]}"#).await;
    assert_eq!(response.status(), 429, "free calls count as calls");
}

#[tokio::test]
async fn a_call_that_the_ledger_has_forgotten_is_found_in_the_history_by_its_own_key_only() {
    let world = World::new();
    world.provider.will_answer(200, ANSWER);
    world.post("/v1/chat/completions", CHAT).await;
    let mine = world.book(|book| book.settled.remove(0));
    let other = UsageRecord { id: EventId::new(NOW, 0, 999), key: KeyId::from_random(&[9; 12]), ..mine.clone() };
    let (mine_at, other_at) = (format!("/v1/requests/{}", mine.id), format!("/v1/requests/{}", other.id));
    world.book(|book| book.older = vec![mine, other]);
    assert_eq!(json(world.get(&mine_at).await).await["cost"], "0.000022");
    assert_eq!(world.get(&other_at).await.status(), 404);
}

#[tokio::test]
async fn output_caps_are_the_least_of_client_key_and_model() {
    for (policy, body, expected) in [
        (None, r#"{"model":"gpt","max_tokens":50000}"#, r#"{"model":"gpt-upstream","max_tokens":1000}"#),
        (Some(30), r#"{"model":"gpt","max_tokens":50}"#, r#"{"model":"gpt-upstream","max_tokens":30}"#),
        (Some(30), r#"{"model":"gpt"}"#, r#"{"max_tokens":30,"model":"gpt-upstream"}"#),
        (None, r#"{"model":"gpt"}"#, r#"{"max_tokens":1000,"model":"gpt-upstream"}"#),
        (None, r#"{"model":"gpt","max_completion_tokens":7}"#, r#"{"model":"gpt-upstream","max_completion_tokens":7}"#),
    ] {
        let world = World::new();
        world.change(|facts| facts.effective.max_output_tokens = policy);
        world.provider.will_answer(200, "{}");
        assert_eq!(world.post("/v1/chat/completions", body).await.status(), 200);
        assert_eq!(world.provider.got()[0].body, expected);
    }
}

#[tokio::test]
async fn a_call_without_a_cap_gets_what_a_quarter_of_the_headroom_buys() {
    let world = World::new();
    let body = r#"{"model":"gpt"}"#;
    let prompt = body.len() as i64 * 1_000;
    world.book(|book| book.limit = NanoUsd::from_nano(prompt + 4 * 100 * 2_000));
    world.provider.will_answer(200, "{}");
    assert_eq!(world.post("/v1/chat/completions", body).await.status(), 200);
    assert_eq!(world.provider.got()[0].body, r#"{"max_tokens":100,"model":"gpt-upstream"}"#);
}

#[tokio::test]
async fn embeddings_larger_than_a_megabyte_flow_and_are_charged_by_their_end() {
    let world = World::new();
    let numbers = "0.125,".repeat(400_000);
    let answer = format!(r#"{{"data":[{{"embedding":[{numbers}1]}}],"usage":{{"prompt_tokens":8,"total_tokens":8}}}}"#);
    let pieces = answer.as_bytes().chunks(100_000).map(|part| bytes(String::from_utf8_lossy(part))).collect();
    world.provider.will(Reply::Answer { status: 200, headers: vec![("content-type", "application/json")], pieces });
    let response = world.post("/v1/embeddings", r#"{"model":"embed","input":"hi"}"#).await;
    assert!(!response.headers().contains_key("x-keywright-cost-usd"));
    assert_eq!(text(response).await, answer);
    world.assert_settled(1).await;
    assert_eq!(world.last_settled().cost, NanoUsd::from_nano(8_000));
}

#[tokio::test]
async fn errors_of_the_provider_pass_through_and_cost_nothing() {
    let world = World::new();
    let error = r#"{"error":{"message":"temperature is too high","type":"invalid_request_error"}}"#;
    world.provider.will(Reply::Answer {
        status: 429,
        headers: vec![
            ("content-type", "application/json"),
            ("retry-after", "7"),
            ("x-ratelimit-remaining-tokens", "1"),
        ],
        pieces: vec![bytes(error)],
    });
    let response = world.post("/v1/chat/completions", CHAT).await;
    assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (429, &"7".parse().unwrap()));
    assert!(!response.headers().contains_key("x-ratelimit-remaining-tokens"));
    assert_eq!(text(response).await, error);
    world.assert_settled(1).await;
    let record = world.last_settled();
    assert_eq!((record.cost, record.source, record.outcome), (NanoUsd::ZERO, UsageSource::Nothing, Outcome::Answered));

    world.provider.will_answer(400, &format!(r#"{{"error":"bad key {CREDENTIAL}"}}"#));
    let body = text(world.post("/v1/chat/completions", CHAT).await).await;
    assert!(body.contains("provider_error") && !body.contains(CREDENTIAL), "{body}");
}

#[tokio::test]
async fn usage_that_is_missing_is_estimated_and_absurd_usage_is_not_believed() {
    let world = World::new();
    world.provider.will_answer(200, r#"{"choices":[{"message":{"content":"no usage here"}}]}"#);
    text(world.post("/v1/chat/completions", CHAT).await).await;
    let record = world.last_settled();
    assert_eq!((record.source, record.tokens.output), (UsageSource::Estimated, 10));
    world.provider.will_answer(200, r#"{"usage":{"prompt_tokens":9999999999,"completion_tokens":1}}"#);
    text(world.post("/v1/chat/completions", CHAT).await).await;
    let record = world.last_settled();
    let bound = (CHAT.len() as i64 + 16) * 1_000 + 10 * 2_000;
    assert_eq!((record.source, record.cost), (UsageSource::Reservation, NanoUsd::from_nano(bound)));
    world.provider.will_answer(200, r#"{"usage":{"prompt_tokens":0,"completion_tokens":0}}"#);
    text(world.post("/v1/chat/completions", CHAT).await).await;
    assert_eq!((world.last_settled().source, world.last_settled().cost), (UsageSource::Provider, NanoUsd::ZERO));
}

#[tokio::test]
async fn the_next_deployment_is_tried_while_no_provider_knows_of_the_call() {
    let world = World::new();
    world.change(|facts| {
        facts.models[2].deployments = vec![
            deployment(2, WireFormat::OpenAi, "second", 1),
            deployment(3, WireFormat::Anthropic, "other-format", 0),
            deployment(1, WireFormat::OpenAi, "first", 0),
        ];
    });
    world.provider.will(Reply::Unreachable);
    world.provider.will_answer(200, ANSWER);
    assert_eq!(world.post("/v1/chat/completions", CHAT).await.status(), 200);
    let models: Vec<bool> = world.provider.got().iter().map(|got| got.body.contains("\"first\"")).collect();
    assert_eq!(models, [true, false]);
    world.provider.will(Reply::BreakBeforeAnswer);
    assert_eq!(world.post("/v1/chat/completions", CHAT).await.status(), 502);
    assert_eq!(world.provider.got().len(), 1);
    world.assert_settled(2).await;
}

#[tokio::test]
async fn models_are_those_that_this_key_may_call_in_the_clients_shape() {
    let world = World::new();
    let list = json(world.get("/v1/models").await).await;
    let ids: Vec<&str> = list["data"].as_array().unwrap().iter().map(|model| model["id"].as_str().unwrap()).collect();
    assert_eq!((ids, &list["object"]), (vec!["claude", "embed", "gpt", "gemini"], &"list".into()));
    let mut request = http::Request::get("/v1/models").header("anthropic-version", "2026-10-21");
    request = request.header("x-api-key", crate::world::secret());
    let list = json(world.send(request.body(http_body_util::Full::default()).unwrap()).await).await;
    assert_eq!(
        (&list["data"][0]["type"], &list["first_id"], &list["has_more"]),
        (&"model".into(), &"claude".into(), &false.into())
    );
    // Those at other formats' providers are a message away; what makes embeddings is not.
    assert_eq!(list["data"].as_array().unwrap().len(), 3);
    assert_eq!(json(world.get("/v1/models/g%70t").await).await["id"], "gpt");
    assert_eq!(world.get("/v1/models/secret").await.status(), 403);
    assert_eq!(world.get("/v1/models/%zz").await.status(), 404);
}

#[tokio::test]
async fn a_key_can_read_its_own_terms_and_budgets() {
    let world = World::new();
    world.book(|book| book.spent = NanoUsd::from_dollars(4));
    let key = json(world.get("/v1/key").await).await;
    assert_eq!((&key["name"], &key["limits"]["concurrency"]), (&"ci".into(), &8.into()));
    let budget = &key["budgets"][0];
    assert_eq!(
        (&budget["limit"], &budget["spent"], &budget["left"]),
        (&"10.00".into(), &"4.00".into(), &"6.00".into())
    );
    assert_eq!(key["binding"]["scope"], "key");
    assert!(!key.to_string().contains(&crate::world::secret()));
}
