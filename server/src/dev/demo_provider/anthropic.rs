//! `POST /v1/messages` and `/v1/messages/count_tokens` in Anthropic's wire format.

use super::reply::{self, Piece, named};
use super::script::{Asked, Content, Plan, count_tokens, parts_of_type, plan, text_of, tools};
use super::{MODELS, Provider, Shared};
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use serde_json::{Value, json};
use std::time::Duration;

fn error(status: StatusCode, kind: &str, message: &str) -> Response {
    let error = json!({"type": kind, "message": message});
    reply::json(status, &json!({"type": "error", "error": error, "request_id": "req_demo"}))
}

fn invalid(message: &str) -> Response {
    error(StatusCode::BAD_REQUEST, "invalid_request_error", message)
}

fn check_key(provider: &Provider, headers: &HeaderMap) -> Result<(), Box<Response>> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = header(header::AUTHORIZATION.as_str()).and_then(|value| value.strip_prefix("Bearer "));
    if !provider.knows(header("x-api-key").or(bearer)) {
        return Err(Box::new(error(StatusCode::UNAUTHORIZED, "authentication_error", "invalid x-api-key")));
    }
    if !headers.contains_key("anthropic-version") {
        return Err(Box::new(invalid("anthropic-version: header is required")));
    }
    Ok(())
}

fn read(provider: &Provider, headers: &HeaderMap, body: &[u8]) -> Result<Asked, Box<Response>> {
    check_key(provider, headers)?;
    let body: Value =
        serde_json::from_slice(body).map_err(|_| Box::new(invalid("The request body is not valid JSON.")))?;
    let model = body["model"].as_str().ok_or_else(|| Box::new(invalid("model: Field required")))?.to_owned();
    if !MODELS.contains(&model.as_str()) {
        return Err(Box::new(error(StatusCode::NOT_FOUND, "not_found_error", &format!("model: {model}"))));
    }
    let messages = body["messages"].as_array().filter(|messages| !messages.is_empty());
    let messages = messages.ok_or_else(|| Box::new(invalid("messages: at least one message is required")))?;
    let texts = messages.iter().map(|message| text_of(&message["content"]));
    let last = messages.last().filter(|message| message["role"] == "user").map(|message| &message["content"]);
    let result = last.and_then(|content| content.as_array()?.iter().find(|block| block["type"] == "tool_result"));
    let (choice, format) = (&body["tool_choice"], &body["output_config"]["format"]);
    Ok(Asked {
        prompt: last.map(text_of).unwrap_or_default(),
        tool_result: result.map(|result| text_of(&result["content"])),
        system: text_of(&body["system"]),
        turns: 0,
        images: messages.iter().map(|message| parts_of_type(&message["content"], &["image"])).sum(),
        input_tokens: texts.map(|text| count_tokens(&text)).sum::<u64>()
            + count_tokens(&text_of(&body["system"]))
            + messages.len() as u64,
        max_tokens: body["max_tokens"].as_u64(),
        stream: body["stream"].as_bool().unwrap_or(false),
        tools: tools(&body, |tool| (&tool["name"], &tool["input_schema"])),
        forced: match choice["type"].as_str() {
            Some("any") => Some(None),
            Some("tool") => Some(choice["name"].as_str().map(str::to_owned)),
            _ => None,
        },
        schema: (format["type"] == "json_schema").then(|| format["schema"].clone()),
        omits_thoughts: body["thinking"]["display"] == "omitted",
        thinks: matches!(body["thinking"]["type"].as_str(), Some("enabled" | "adaptive")),
        model,
    })
}

pub(super) async fn count(provider: Shared, headers: HeaderMap, body: Bytes) -> Response {
    match read(&provider, &headers, &body) {
        Ok(asked) => reply::json(StatusCode::OK, &json!({"input_tokens": asked.input_tokens})),
        Err(refusal) => *refusal,
    }
}

pub(super) async fn messages(provider: Shared, headers: HeaderMap, body: Bytes) -> Response {
    let asked = match read(&provider, &headers, &body) {
        Ok(Asked { max_tokens: None, .. }) => return invalid("max_tokens: Field required"),
        Ok(asked) => asked,
        Err(refusal) => return *refusal,
    };
    let plan = plan(&asked);
    if let Some(error) = asked_error(&plan).await {
        return error;
    }
    let answer = Answer::new(&provider, &asked, &plan);
    if asked.stream {
        reply::streamed(&plan, answer.events(&plan, provider.settings.word_pause)).await
    } else {
        reply::plain(&plan, &answer.whole(&plan)).await
    }
}

async fn asked_error(plan: &Plan) -> Option<Response> {
    let status = StatusCode::from_u16(plan.error?).ok()?;
    tokio::time::sleep(plan.wait).await;
    let kind = match status.as_u16() {
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        529 => "overloaded_error",
        500.. => "api_error",
        _ => "invalid_request_error",
    };
    Some(error(status, kind, "The prompt asked the demo provider for this error."))
}

/// The list of models as Anthropic gives it.
pub(super) fn models(provider: &Provider, headers: &HeaderMap) -> Response {
    if let Err(refusal) = check_key(provider, headers) {
        return *refusal;
    }
    let model = |id| json!({"type": "model", "id": id, "display_name": id, "created_at": "2026-01-01T00:00:00Z"});
    let (first, last) = (MODELS[0], MODELS[MODELS.len() - 1]);
    let list = json!({"data": MODELS.map(model), "has_more": false, "first_id": first, "last_id": last});
    reply::json(StatusCode::OK, &list)
}

/// What stands for the proof that a thought is the provider's own; real ones are long and mean something to them alone.
const SIGNATURE: &str = "ZGVtbw==";

/// A block of an answer, whole and as it is streamed.
struct Block {
    whole: Value,
    start: Value,
    deltas: Vec<Value>,
}

struct Answer {
    id: String,
    tool_ids: Vec<String>,
    model: String,
    input_tokens: u64,
    stop_reason: &'static str,
    /// The client wants the proof of a thought, not its words.
    omits_thoughts: bool,
}

impl Answer {
    fn new(provider: &Provider, asked: &Asked, plan: &Plan) -> Self {
        Self {
            id: provider.next_id("msg_"),
            tool_ids: provider.next_ids("toolu_", plan),
            model: asked.model.clone(),
            input_tokens: asked.input_tokens,
            omits_thoughts: asked.omits_thoughts,
            stop_reason: match plan.content {
                Content::Calls(_) => "tool_use",
                Content::Words(_) if plan.truncated => "max_tokens",
                Content::Words(_) => "end_turn",
            },
        }
    }

    fn message(&self, content: &Value, stop_reason: Option<&str>, output_tokens: u64) -> Value {
        json!({
            "id": self.id, "type": "message", "role": "assistant", "model": self.model, "content": content,
            "stop_reason": stop_reason, "stop_sequence": null,
            "usage": {
                "input_tokens": self.input_tokens, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
                "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
                "output_tokens": output_tokens, "service_tier": "standard",
            },
        })
    }

    fn whole(&self, plan: &Plan) -> Value {
        let blocks: Vec<Value> = self.blocks(plan).into_iter().map(|block| block.whole).collect();
        self.message(&json!(blocks), Some(self.stop_reason), plan.output_tokens)
    }

    fn blocks(&self, plan: &Plan) -> Vec<Block> {
        let mut blocks = vec![];
        if !plan.thought.is_empty() {
            let delta = |word: &String| json!({"type": "thinking_delta", "thinking": word});
            let shown: &[String] = if self.omits_thoughts { &[] } else { &plan.thought[..] };
            let mut deltas: Vec<Value> = shown.iter().map(delta).collect();
            deltas.push(json!({"type": "signature_delta", "signature": SIGNATURE}));
            blocks.push(Block {
                whole: json!({"type": "thinking", "thinking": shown.concat(), "signature": SIGNATURE}),
                start: json!({"type": "thinking", "thinking": "", "signature": ""}),
                deltas,
            });
        }
        match &plan.content {
            Content::Words(words) => blocks.push(Block {
                whole: json!({"type": "text", "text": words.concat()}),
                start: json!({"type": "text", "text": ""}),
                deltas: words.iter().map(|word| json!({"type": "text_delta", "text": word})).collect(),
            }),
            Content::Calls(calls) => {
                let delta = |part| json!({"type": "input_json_delta", "partial_json": part});
                let block = |input: &Value, name: &str, id: &str| json!({"type": "tool_use", "id": id, "name": name, "input": input});
                blocks.extend(calls.iter().zip(&self.tool_ids).map(|(call, id)| Block {
                    whole: block(&call.arguments, &call.name, id),
                    start: block(&json!({}), &call.name, id),
                    deltas: call.pieces().into_iter().map(delta).collect(),
                }));
            }
        }
        blocks
    }

    fn events(&self, plan: &Plan, pause: Duration) -> Vec<Piece> {
        let event = |pause: Duration, mut data: Value, name: &str| {
            data["type"] = json!(name);
            (pause, named(name, &data))
        };
        let at_once = Duration::ZERO;
        // As at the real provider, the first event counts one token and the last one all of them.
        let start = json!({"message": self.message(&json!([]), None, 1)});
        let end = json!({
            "delta": {"stop_reason": self.stop_reason, "stop_sequence": null},
            "usage": {
                "input_tokens": self.input_tokens, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
                "output_tokens": plan.output_tokens,
            },
        });
        let mut pieces = vec![event(at_once, start, "message_start")];
        for (index, block) in self.blocks(plan).into_iter().enumerate() {
            let start = json!({"index": index, "content_block": block.start});
            pieces.push(event(at_once, start, "content_block_start"));
            if index == 0 {
                pieces.push(event(at_once, json!({}), "ping"));
            }
            let deltas = block.deltas.into_iter();
            pieces.extend(
                deltas.map(|delta| event(pause, json!({"index": index, "delta": delta}), "content_block_delta")),
            );
            pieces.push(event(at_once, json!({"index": index}), "content_block_stop"));
        }
        pieces.push(event(at_once, end, "message_delta"));
        pieces.push(event(at_once, json!({}), "message_stop"));
        pieces
    }
}
