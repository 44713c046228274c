//! Calls for models that live at a provider of another format: what goes up, what comes back, what is charged.

use crate::provider::{Piece, Reply, bytes};
use crate::world::{World, code, deployment, json, text};
use domain::model::{Endpoint, WireFormat};
use domain::money::NanoUsd;
use domain::usage::{Outcome, TokenUsage};
use serde_json::{Value, json};

const TOOLS: &str = r#""tools":[{"type":"function","function":{"name":"get_weather","description":"Weather","parameters":{"type":"object","properties":{"location":{"type":"string"}},"required":["location"]}}}]"#;
const CLAUDE_ANSWER: &str = r#"{"id":"msg_1","type":"message","role":"assistant","model":"claude-upstream","content":[{"type":"text","text":"Let me look."},{"type":"tool_use","id":"toolu_1","name":"get_weather","input":{"location":"Paris"}}],"stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":12,"cache_read_input_tokens":2,"output_tokens":5}}"#;

fn chat(model: &str, more: &str) -> String {
    format!(
        r#"{{"model":"{model}","messages":[{{"role":"user","content":"Weather in Paris?"}}],"max_tokens":50,{TOOLS}{more}}}"#
    )
}

/// The provider's stream, cut into pieces of this size.
fn pieces(stream: &str, size: usize) -> Vec<Piece> {
    stream.as_bytes().chunks(size).map(|part| bytes(String::from_utf8_lossy(part))).collect()
}

fn sent(world: &World) -> (String, Value) {
    let got = world.provider.got().remove(0);
    (got.uri.to_string(), serde_json::from_str(&got.body).unwrap())
}

#[tokio::test]
async fn a_chat_reaches_a_model_at_anthropic_and_its_answer_comes_back_as_a_chat() {
    let world = World::new();
    world.provider.will_answer(200, CLAUDE_ANSWER);
    let response = world.post("/v1/chat/completions", &chat("claude", "")).await;
    assert_eq!(response.status(), 200);
    let headers = response.headers().clone();
    let answer = json(response).await;
    let message = &answer["choices"][0]["message"];
    assert_eq!((&answer["object"], &answer["model"]), (&json!("chat.completion"), &json!("claude")));
    assert_eq!(message["content"], "Let me look.");
    assert_eq!(
        message["tool_calls"],
        json!([{"id":"toolu_1","type":"function","function":{"name":"get_weather","arguments":"{\"location\":\"Paris\"}"}}])
    );
    assert_eq!(answer["choices"][0]["finish_reason"], "tool_calls");
    assert_eq!((&answer["usage"]["prompt_tokens"], &answer["usage"]["total_tokens"]), (&json!(14), &json!(19)));

    let (uri, body) = sent(&world);
    assert_eq!(uri, "http://anthro.example/v1/messages");
    assert_eq!((&body["model"], &body["max_tokens"]), (&json!("claude-upstream"), &json!(50)));
    assert_eq!(body["tools"][0]["input_schema"]["required"], json!(["location"]));

    // 12 + 2 input tokens at 1,000 and 5 output tokens at 2,000 nano-dollars: what the provider said, not what we made.
    assert_eq!(headers["x-keywright-cost-usd"], "0.000024");
    assert_eq!(
        (&headers["x-keywright-model"], &headers["x-keywright-provider"]),
        (&"claude".parse().unwrap(), &"anthro".parse().unwrap())
    );
    world.assert_settled(1).await;
    let record = world.last_settled();
    assert_eq!(record.tokens, TokenUsage { input: 12, cache_read: 2, output: 5, ..TokenUsage::default() });
    assert_eq!((record.endpoint, record.outcome), (Some(Endpoint::ChatCompletions), Outcome::Answered));
}

#[tokio::test]
async fn the_results_of_tools_find_their_way_back_through_a_client_that_knows_no_signatures() {
    let world = World::new();
    let call = r#"{"candidates":[{"content":{"parts":[{"functionCall":{"name":"get_weather","args":{"location":"Paris"}},"thoughtSignature":"CsUBAVjRDb+/A=="}],"role":"model"},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":3,"totalTokenCount":12}}"#;
    world.provider.will_answer(200, call);
    let answer = json(world.post("/v1/chat/completions", &chat("gemini", "")).await).await;
    let (uri, _) = sent(&world);
    assert_eq!(uri, "http://gemini.example/v1beta/models/gemini-upstream:generateContent");
    let asked = &answer["choices"][0]["message"]["tool_calls"];

    world.provider.will_answer(200, r#"{"candidates":[{"content":{"parts":[{"text":"Sunny."}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":9,"totalTokenCount":11}}"#);
    let turn = json!({ "model": "gemini", "messages": [
        { "role": "user", "content": "Weather in Paris?" },
        { "role": "assistant", "content": null, "tool_calls": asked },
        { "role": "tool", "tool_call_id": asked[0]["id"], "content": "sunny" },
    ] });
    let answer = json(world.post("/v1/chat/completions", &turn.to_string()).await).await;
    assert_eq!(answer["choices"][0]["message"]["content"], "Sunny.");
    let (_, body) = sent(&world);
    assert_eq!(body["contents"][1]["parts"][0]["thoughtSignature"], "CsUBAVjRDb-_A");
    assert_eq!(body["contents"][2]["parts"][0]["functionResponse"]["response"], json!({"output": "sunny"}));
    world.assert_settled(2).await;
}

const CLAUDE_STREAM: &str = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":9,\"output_tokens\":1}}}\n\nevent: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\nevent: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"H\u{e9}llo\"}}\n\nevent: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\nevent: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":\"tool_use\",\"id\":\"toolu_1\",\"name\":\"get_weather\",\"input\":{}}}\n\nevent: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"location\\\":\"}}\n\nevent: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"\\\"Paris\\\"}\"}}\n\nevent: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":1}\n\nevent: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_use\"},\"usage\":{\"output_tokens\":7}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

#[tokio::test]
async fn a_stream_from_anthropic_is_a_stream_of_chunks_however_it_is_cut() {
    for asked in [false, true] {
        for size in [1, 11, 10_000] {
            let world = World::new();
            // Cut inside of a letter, a piece is not UTF-8: escape what is not ASCII.
            world.provider.will_stream(pieces(&CLAUDE_STREAM.replace('\u{e9}', "\\u00e9"), size));
            let more =
                if asked { r#","stream":true,"stream_options":{"include_usage":true}"# } else { r#","stream":true"# };
            let response = world.post("/v1/chat/completions", &chat("claude", more)).await;
            assert_eq!(response.headers()["content-type"], "text/event-stream");
            let body = text(response).await;
            let chunks: Vec<Value> = body
                .split("\n\n")
                .filter_map(|event| event.strip_prefix("data: "))
                .filter(|data| *data != "[DONE]")
                .map(|data| serde_json::from_str(data).unwrap())
                .collect();
            assert!(body.ends_with("data: [DONE]\n\n"), "{body}");
            let joined = |pointer: &str| -> String {
                chunks.iter().filter_map(|chunk| chunk.pointer(pointer)).filter_map(Value::as_str).collect()
            };
            assert_eq!(joined("/choices/0/delta/content"), "H\u{e9}llo");
            assert_eq!(joined("/choices/0/delta/tool_calls/0/function/arguments"), r#"{"location":"Paris"}"#);
            assert_eq!(joined("/choices/0/finish_reason"), "tool_calls");
            let usages: Vec<&Value> = chunks.iter().filter_map(|chunk| chunk.get("usage")).collect();
            assert_eq!(usages.len(), usize::from(asked));
            assert!(usages.iter().all(|usage| usage["total_tokens"] == 16));
            world.assert_settled(1).await;
            let record = world.last_settled();
            assert_eq!((record.cost, record.outcome), (NanoUsd::from_nano(23_000), Outcome::Answered));
            assert!(world.provider.got()[0].body.contains(r#""stream":true"#));
        }
    }
}

const CHAT_STREAM: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello\"}}]}\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"call_1\",\"type\":\"function\",\"function\":{\"name\":\"now\",\"arguments\":\"{}\"}}]}}]}\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2}}\n\ndata: [DONE]\n\n";

#[tokio::test]
async fn messages_reach_a_model_at_openai_plain_and_streamed() {
    let world = World::new();
    let ask = |stream: bool| {
        format!(
            r#"{{"model":"gpt","max_tokens":20,"system":"Be kind.","stream":{stream},"messages":[{{"role":"user","content":"Hi"}}]}}"#
        )
    };
    world.provider.will_answer(200, r#"{"choices":[{"message":{"content":"Hello"},"finish_reason":"length"}],"usage":{"prompt_tokens":12,"completion_tokens":5}}"#);
    let answer = json(world.post("/v1/messages", &ask(false)).await).await;
    assert_eq!((&answer["type"], &answer["stop_reason"]), (&json!("message"), &json!("max_tokens")));
    assert_eq!(answer["content"], json!([{"type":"text","text":"Hello"}]));
    assert_eq!((&answer["usage"]["input_tokens"], &answer["usage"]["output_tokens"]), (&json!(12), &json!(5)));
    let (uri, body) = sent(&world);
    assert_eq!(uri, "http://open.example/v1/chat/completions");
    assert_eq!(body["messages"][0], json!({"role":"system","content":"Be kind."}));

    world.provider.will_stream(pieces(CHAT_STREAM, 13));
    let streamed = text(world.post("/v1/messages", &ask(true)).await).await;
    let events: Vec<&str> = streamed.lines().filter_map(|line| line.strip_prefix("event: ")).collect();
    assert_eq!(
        events,
        [
            "message_start",
            "content_block_start",
            "content_block_delta",
            "content_block_stop",
            "content_block_start",
            "content_block_delta",
            "content_block_stop",
            "message_delta",
            "message_stop"
        ]
    );
    assert!(
        streamed.contains(r#""stop_reason":"tool_use""#) && streamed.contains(r#""output_tokens":2"#),
        "{streamed}"
    );
    let (_, body) = sent(&world);
    assert_eq!(body["stream_options"], json!({"include_usage": true}));
    world.assert_settled(2).await;
    assert_eq!((world.last_settled().tokens.output, world.last_settled().outcome), (2, Outcome::Answered));
}

#[tokio::test]
async fn the_end_of_a_translated_stream_waits_for_the_settlement() {
    for (path, body, stream) in [
        (
            "/v1/messages",
            r#"{"model":"gpt","max_tokens":20,"stream":true,"messages":[{"role":"user","content":"Hi"}]}"#,
            CHAT_STREAM,
        ),
        ("/v1/responses", r#"{"model":"claude","stream":true,"input":"Hi"}"#, CLAUDE_STREAM),
    ] {
        let world = World::new();
        world.book(|book| book.refuse_settlement = true);
        world.provider.will_stream(vec![bytes(stream)]);
        let streamed = text(world.post(path, body).await).await;
        assert!(streamed.contains("llo"), "{streamed}");
        assert!(!streamed.contains("message_stop") && !streamed.contains("response.completed"), "{streamed}");
        assert!(streamed.contains("event: error") && streamed.contains("metering_unavailable"), "{streamed}");
    }
}

#[tokio::test]
async fn geminis_clients_reach_other_models_in_both_framings() {
    let ask = r#"{"contents":[{"parts":[{"text":"Hi"}]}],"generationConfig":{"maxOutputTokens":20}}"#;
    for (query, content_type) in [("?alt=sse", "text/event-stream"), ("", "application/json")] {
        let world = World::new();
        world.provider.will_stream(pieces(CHAT_STREAM, 17));
        let response = world.post(&format!("/v1beta/models/gpt:streamGenerateContent{query}"), ask).await;
        assert_eq!(response.headers()["content-type"], content_type);
        let body = text(response).await;
        let chunks: Vec<Value> = match query {
            "" => serde_json::from_str(&body).unwrap(),
            _ => body
                .lines()
                .filter_map(|line| line.strip_prefix("data: "))
                .map(|data| serde_json::from_str(data).unwrap())
                .collect(),
        };
        assert_eq!(chunks[0]["candidates"][0]["content"]["parts"][0]["text"], "Hello");
        assert_eq!(chunks[1]["candidates"][0]["content"]["parts"][0]["functionCall"]["name"], "now");
        let last = chunks.last().unwrap();
        assert_eq!(
            (&last["candidates"][0]["finishReason"], &last["usageMetadata"]["totalTokenCount"]),
            (&json!("STOP"), &json!(11))
        );
        world.assert_settled(1).await;
    }
}

#[tokio::test]
async fn a_stream_from_gemini_ends_with_its_connection() {
    let world = World::new();
    let chunk = |text: &str, more: &str| {
        format!(
            "data: {{\"candidates\":[{{\"content\":{{\"parts\":[{{\"text\":\"{text}\"}}]}}{more}}}],\"usageMetadata\":{{\"promptTokenCount\":4,\"candidatesTokenCount\":3,\"totalTokenCount\":7}}}}\r\n\r\n"
        )
    };
    world.provider.will_stream(pieces(&[chunk("Hel", ""), chunk("lo", ",\"finishReason\":\"STOP\"")].concat(), 9));
    let body = text(
        world
            .post(
                "/v1/messages",
                r#"{"model":"gemini","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"Hi"}]}"#,
            )
            .await,
    )
    .await;
    assert!(
        body.contains("\"text\":\"Hel\"")
            && body.ends_with("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"),
        "{body}"
    );
    assert_eq!(sent(&world).0, "http://gemini.example/v1beta/models/gemini-upstream:streamGenerateContent?alt=sse");
    // Without its last chunk the answer is not whole.
    world.provider.will_stream(vec![bytes(chunk("Hel", ""))]);
    let body = text(
        world
            .post(
                "/v1/messages",
                r#"{"model":"gemini","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"Hi"}]}"#,
            )
            .await,
    )
    .await;
    assert!(
        !body.contains("message_stop") && body.contains("event: error") && body.contains("provider_error"),
        "{body}"
    );
    world.assert_settled(2).await;
    assert_eq!(world.last_settled().outcome, Outcome::ProviderFailed);
}

#[tokio::test]
async fn errors_come_back_in_the_clients_skin() {
    let world = World::new();
    let overloaded = r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long, see https://docs.anthropic.com/x"},"request_id":"req_theirs"}"#;
    world.provider.will_answer(400, overloaded);
    let response = world.post("/v1/chat/completions", &chat("claude", "")).await;
    assert_eq!(response.status(), 400);
    let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    let error = json(response).await;
    assert_eq!(
        error,
        json!({"error":{"type":"invalid_request_error","message":"prompt is too long, see [address removed]","param":null,"code":null,"request_id":id}})
    );
    world.assert_settled(1).await;
    assert_eq!(world.last_settled().cost, NanoUsd::ZERO);

    let stream = CLAUDE_STREAM.split("event: content_block_stop").next().unwrap();
    let failed = format!(
        "{stream}event: error\ndata: {{\"type\":\"error\",\"error\":{{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}}}\n\n"
    );
    world.provider.will_stream(vec![bytes(failed)]);
    let body = text(world.post("/v1/chat/completions", &chat("claude", r#","stream":true"#)).await).await;
    assert!(
        body.contains(r#"data: {"error":{"type":"server_error","message":"Overloaded""#) && !body.contains("[DONE]"),
        "{body}"
    );
    world.assert_settled(2).await;
    assert_eq!(world.last_settled().outcome, Outcome::ProviderFailed);

    // What is no answer of the provider's format is not shown.
    world.provider.will_answer(200, r#"{"hello":"https://inside.example"}"#);
    assert_eq!(code(world.post("/v1/chat/completions", &chat("claude", "")).await).await, "upstream_protocol");
}

#[tokio::test]
async fn what_cannot_be_translated_is_a_400_before_anything_is_reserved_or_sent() {
    let world = World::new();
    let response = world.post("/v1/chat/completions", &chat("claude", r#","logit_bias":{"1":5}"#)).await;
    assert_eq!(response.status(), 400);
    let error = json(response).await;
    assert_eq!(error["error"]["code"], "invalid_request");
    assert!(error["error"]["message"].as_str().unwrap().starts_with("'logit_bias' cannot be translated"), "{error}");
    let count =
        world.post("/v1/messages/count_tokens", r#"{"model":"gpt","messages":[{"role":"user","content":"Hi"}]}"#).await;
    assert_eq!(count.status(), 400);
    assert!(json(count).await["error"]["message"].as_str().unwrap().contains("cannot be counted here"));
    assert_eq!(
        code(world.post("/v1/embeddings", r#"{"model":"claude","input":"x"}"#).await).await,
        "model_unsupported"
    );
    assert!(world.provider.got().is_empty());
    world.assert_settled(0).await;
    world.book(|book| assert_eq!(book.denied.len(), 3));
}

#[tokio::test]
async fn a_deployment_of_the_calls_own_format_goes_first_and_others_are_fallbacks() {
    let world = World::new();
    world.change(|facts| {
        let model = facts.models.iter_mut().find(|model| model.name.as_str() == "gpt").unwrap();
        model.endpoints.push(Endpoint::Messages);
        model.deployments.insert(0, deployment(200, WireFormat::Anthropic, "claude-up", 0));
    });
    // What cannot be translated passes a fallback of another format over: the first place is tried again.
    world.provider.will(Reply::Unreachable);
    world.provider.will_answer(200, r#"{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}}"#);
    assert_eq!(world.post("/v1/chat/completions", &chat("gpt", r#","zzz":1"#)).await.status(), 200);
    let tried: Vec<String> = world.provider.got().iter().map(|got| got.uri.to_string()).collect();
    assert_eq!(tried, ["http://open.example/v1/chat/completions"; 2]);

    world.provider.will(Reply::Unreachable);
    world.provider.will_answer(200, CLAUDE_ANSWER);
    let answer = json(world.post("/v1/chat/completions", &chat("gpt", "")).await).await;
    assert_eq!(answer["choices"][0]["message"]["content"], "Let me look.");
    let got = world.provider.got();
    assert_eq!(got[0].uri, "http://open.example/v1/chat/completions");
    assert_eq!(got[1].uri, "http://anthro.example/v1/messages");
    assert!(got[1].headers.contains_key("anthropic-version"));
    world.assert_settled(2).await;
}

#[tokio::test]
async fn lists_of_models_show_what_can_be_reached_by_translation() {
    let world = World::new();
    world.change(|facts| facts.effective.endpoints = vec![Endpoint::ChatCompletions]);
    let list = json(world.get("/v1/models").await).await;
    let names: Vec<&str> = list["data"].as_array().unwrap().iter().filter_map(|model| model["id"].as_str()).collect();
    assert!(names.contains(&"claude") && names.contains(&"gemini") && !names.contains(&"embed"), "{names:?}");
}
