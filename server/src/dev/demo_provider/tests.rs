//! The wire as a client sees it: over a socket, byte for byte.

mod beyond_chat;
mod gemini;
mod stored;

use super::*;
use domain::time::Timestamp;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

struct Noon;
impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(1_800_000_000_000)
    }
}

struct Reply {
    status: u16,
    body: String,
    /// The answer came to its proper end.
    whole: bool,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
    /// Name and data of each event.
    fn events(&self) -> Vec<(String, Value)> {
        let event = |block: &str| {
            let field =
                |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().to_owned();
            (field("event: "), serde_json::from_str(&field("data: ")).unwrap_or_else(|_| json!(field("data: "))))
        };
        self.body.split("\n\n").filter(|block| !block.is_empty()).map(event).collect()
    }
}

async fn ask(method: &str, path: &str, headers: &str, body: &Value) -> Reply {
    send(method, path, headers, &if body.is_null() { String::new() } else { body.to_string() }).await
}

async fn running() -> Running {
    let settings =
        Settings { key: SecretText::new("demo-key".into()), word_pause: Duration::ZERO, clock: Arc::new(Noon) };
    start(settings, 0).await.unwrap()
}

async fn send(method: &str, path: &str, headers: &str, body: &str) -> Reply {
    let provider = running().await;
    let reply = send_to(&provider, method, path, headers, body).await;
    provider.stop().await;
    reply
}

async fn send_to(provider: &Running, method: &str, path: &str, headers: &str, body: &str) -> Reply {
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: demo\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut socket = tokio::net::TcpStream::connect(provider.address).await.unwrap();
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let ended = socket.read_to_end(&mut answer).await.is_ok();
    // Sound is no text; its beginning is.
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    if !head.contains("transfer-encoding: chunked") {
        return Reply { status, body: body.to_owned(), whole: ended };
    }
    let (mut rest, mut text) = (body, String::new());
    while let Some((length, tail)) = rest.split_once("\r\n") {
        let length = usize::from_str_radix(length, 16).unwrap();
        text.push_str(&tail[..length]);
        rest = &tail[length + 2..];
        if length == 0 {
            return Reply { status, body: text, whole: true };
        }
    }
    Reply { status, body: text, whole: false }
}

const BEARER: &str = "authorization: Bearer demo-key\r\n";
const ANTHROPIC: &str = "x-api-key: demo-key\r\nanthropic-version: 2023-06-01\r\n";

#[expect(clippy::needless_pass_by_value, reason = "the callers read better with a literal")]
fn chat(prompt: &str, more: Value) -> Value {
    let mut body = json!({"model": "demo-large", "messages": [{"role": "user", "content": prompt}]});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

#[expect(clippy::needless_pass_by_value, reason = "the callers read better with a literal")]
fn messages(prompt: &str, more: Value) -> Value {
    let mut body = chat(prompt, json!({"max_tokens": 1000}));
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

#[tokio::test]
async fn a_streamed_chat_says_the_same_as_a_plain_one_and_reports_usage_only_when_asked() {
    let path = "/v1/chat/completions";
    let plain = ask("POST", path, BEARER, &chat("hello there", json!({}))).await.json();
    let text = plain["choices"][0]["message"]["content"].as_str().unwrap();
    assert_eq!(plain["usage"]["prompt_tokens"], 3);
    assert_eq!(plain["usage"]["completion_tokens"], text.split_whitespace().count());
    assert_eq!(plain["choices"][0]["finish_reason"], "stop");

    let with_usage = json!({"stream": true, "stream_options": {"include_usage": true}});
    let events = ask("POST", path, BEARER, &chat("hello there", with_usage)).await.events();
    let spoken: String =
        events.iter().filter_map(|(_, data)| data["choices"][0]["delta"]["content"].as_str()).collect();
    assert_eq!(spoken, text);
    let [.., finish, usage, done] = &events[..] else { panic!("too short") };
    assert_eq!(finish.1["choices"][0]["finish_reason"], "stop");
    assert_eq!((&usage.1["choices"], &usage.1["usage"]), (&json!([]), &plain["usage"]));
    assert_eq!(done.1, "[DONE]");

    let events = ask("POST", path, BEARER, &chat("hello there", json!({"stream": true}))).await.events();
    assert!(events.iter().all(|(_, data)| data.get("usage").is_none()));
}

#[tokio::test]
async fn responses_send_the_whole_sequence_of_events() {
    let body = json!({"model": "demo-large", "input": "hello", "max_output_tokens": 2, "stream": true});
    let events = ask("POST", "/v1/responses", BEARER, &body).await.events();
    let names: Vec<&str> = events.iter().map(|(name, _)| name.strip_prefix("response.").unwrap()).collect();
    assert_eq!(
        names,
        [
            "created",
            "in_progress",
            "output_item.added",
            "content_part.added",
            "output_text.delta",
            "output_text.delta",
            "output_text.done",
            "content_part.done",
            "output_item.done",
            "incomplete",
        ]
    );
    for (number, (name, data)) in events.iter().enumerate() {
        assert_eq!((&data["type"], &data["sequence_number"]), (&json!(name), &json!(number)));
    }
    let response = &events.last().unwrap().1["response"];
    assert_eq!((&response["usage"]["input_tokens"], &response["usage"]["output_tokens"]), (&json!(2), &json!(2)));
    assert_eq!(response["output"][0]["content"][0]["text"], "You wrote:");

    let body = json!({"model": "demo-large", "input": [{"role": "user", "content": [{"type": "input_text", "text": "[tool]"}]}],
        "tools": [{"type": "function", "name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}]});
    let response = ask("POST", "/v1/responses", BEARER, &body).await.json();
    assert_eq!(response["status"], "completed");
    assert_eq!(
        (&response["output"][0]["type"], &response["output"][0]["arguments"]),
        (&json!("function_call"), &json!("{\"city\":\"demo\"}"))
    );
}

#[tokio::test]
async fn messages_stream_in_the_order_of_the_reference() {
    let events = ask("POST", "/v1/messages", ANTHROPIC, &messages("hi", json!({"stream": true, "max_tokens": 2})))
        .await
        .events();
    let names: Vec<&str> = events.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "message_start",
            "content_block_start",
            "ping",
            "content_block_delta",
            "content_block_delta",
            "content_block_stop",
            "message_delta",
            "message_stop",
        ]
    );
    assert!(events.iter().all(|(name, data)| data["type"] == name.as_str()));
    assert_eq!(
        (&events[0].1["message"]["usage"]["input_tokens"], &events[6].1["usage"]["output_tokens"]),
        (&json!(2), &json!(2))
    );
    assert_eq!(events[6].1["delta"]["stop_reason"], "max_tokens");

    let tools = json!({"tools": [{"name": "weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}]});
    let answer = ask("POST", "/v1/messages", ANTHROPIC, &messages("[tool]", tools)).await.json();
    assert_eq!(
        (&answer["stop_reason"], &answer["content"][0]["input"]),
        (&json!("tool_use"), &json!({"city": "demo"}))
    );
    let counted =
        ask("POST", "/v1/messages/count_tokens", ANTHROPIC, &chat("one two three", json!({"system": "be kind"}))).await;
    assert_eq!(counted.json(), json!({"input_tokens": 6}));
}

#[tokio::test]
async fn embeddings_are_the_same_as_floats_and_packed() {
    use base64::Engine as _;
    let body = |format: &str| json!({"model": "demo-embedding", "input": ["a b", "c"], "dimensions": 8, "encoding_format": format});
    let floats = ask("POST", "/v1/embeddings", BEARER, &body("float")).await.json();
    let packed = ask("POST", "/v1/embeddings", BEARER, &body("base64")).await.json();
    assert_eq!(floats["usage"], json!({"prompt_tokens": 3, "total_tokens": 3}));
    let bytes =
        base64::engine::general_purpose::STANDARD.decode(packed["data"][1]["embedding"].as_str().unwrap()).unwrap();
    let unpacked: Vec<f32> = bytes.chunks_exact(4).map(|four| f32::from_le_bytes(four.try_into().unwrap())).collect();
    let vector: Vec<f32> = serde_json::from_value(floats["data"][1]["embedding"].clone()).unwrap();
    assert_eq!((vector.len(), &vector), (8, &unpacked));
    assert_ne!(floats["data"][0]["embedding"], floats["data"][1]["embedding"]);
    let empty = json!({"model": "demo-embedding", "input": []});
    assert_eq!(ask("POST", "/v1/embeddings", BEARER, &empty).await.status, 400);
}

#[tokio::test]
async fn each_format_refuses_in_its_own_words() {
    let body = chat("hi", json!({}));
    let wrong = ask("POST", "/v1/chat/completions", "authorization: Bearer nope\r\n", &body).await;
    assert_eq!((wrong.status, &wrong.json()["error"]["code"]), (401, &json!("invalid_api_key")));
    let wrong =
        ask("POST", "/v1/messages", "x-api-key: nope\r\nanthropic-version: 2023-06-01\r\n", &messages("hi", json!({})))
            .await;
    assert_eq!((wrong.status, &wrong.json()["error"]["type"]), (401, &json!("authentication_error")));
    let unversioned = ask("POST", "/v1/messages", "x-api-key: demo-key\r\n", &messages("hi", json!({}))).await;
    assert_eq!(unversioned.status, 400);
    let asked = ask("POST", "/v1/messages", ANTHROPIC, &messages("[error 529]", json!({}))).await;
    assert_eq!((asked.status, &asked.json()["error"]["type"]), (529, &json!("overloaded_error")));
    let asked = ask("POST", "/v1/chat/completions", BEARER, &chat("[error 429]", json!({}))).await;
    assert_eq!((asked.status, &asked.json()["error"]["code"]), (429, &json!("rate_limit_exceeded")));
    let unknown = ask("POST", "/v1/chat/completions", BEARER, &chat("hi", json!({"model": "gpt-5"}))).await;
    assert_eq!((unknown.status, &unknown.json()["error"]["code"]), (404, &json!("model_not_found")));
    for (headers, list) in [(BEARER, "object"), (ANTHROPIC, "has_more")] {
        let models = ask("GET", "/v1/models", headers, &Value::Null).await.json();
        assert!(models.get(list).is_some() && models["data"].as_array().unwrap().len() == MODELS.len());
    }
}

#[tokio::test]
async fn a_cut_answer_breaks_off_without_its_end() {
    let streamed = ask("POST", "/v1/chat/completions", BEARER, &chat("[cut]", json!({"stream": true}))).await;
    assert!(!streamed.whole && streamed.status == 200 && !streamed.body.contains("[DONE]"));
    assert!(streamed.events().len() > 3, "the first half arrives");
    let plain = ask("POST", "/v1/messages", ANTHROPIC, &messages("[cut]", json!({}))).await;
    assert!(!plain.whole && serde_json::from_str::<Value>(&plain.body).is_err());
}
