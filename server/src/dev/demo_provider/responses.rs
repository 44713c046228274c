//! `POST /v1/responses`, plain and as the sequence of events that Codex and the SDKs build the response from.

use super::openai::{asked_error, invalid, read};
use super::reply::{self, Piece, named};
use super::script::{Asked, Content, Plan, count_tokens, plan, text_of};
use super::{Provider, Shared};
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};
use std::time::Duration;

pub(super) async fn respond(provider: Shared, headers: HeaderMap, body: Bytes) -> Response {
    let (body, model) = match read(&provider, &headers, &body) {
        Ok(read) => read,
        Err(refusal) => return *refusal,
    };
    if !(body["input"].is_string() || body["input"].is_array()) {
        return invalid("Missing required parameter: 'input'.");
    }
    let asked = asked(&body, model);
    let plan = plan(&asked);
    if let Some(error) = asked_error(&plan).await {
        return error;
    }
    let answer = Answer::new(&provider, &body, &asked, &plan);
    if asked.stream {
        reply::streamed(&plan, answer.events(&plan, provider.settings.word_pause)).await
    } else {
        reply::plain(&plan, &answer.ended(&plan)).await
    }
}

fn asked(body: &Value, model: String) -> Asked {
    let (prompt, texts) = match &body["input"] {
        Value::Array(items) => {
            let last = items.last().filter(|item| item["role"] == "user");
            let texts = items.iter().map(|item| text_of(&item["content"])).collect::<Vec<_>>().join(" ");
            (last.map(|item| text_of(&item["content"])).unwrap_or_default(), texts)
        }
        input => (text_of(input), text_of(input)),
    };
    let function = body["tools"].as_array().into_iter().flatten().find(|tool| tool["type"] == "function");
    let tool = function.and_then(|tool| Some((tool["name"].as_str()?.to_owned(), tool["parameters"].clone())));
    Asked {
        model,
        prompt,
        input_tokens: count_tokens(&texts) + count_tokens(&text_of(&body["instructions"])) + 1,
        max_tokens: body["max_output_tokens"].as_u64(),
        stream: body["stream"].as_bool().unwrap_or(false),
        tool,
    }
}

struct Answer {
    /// The response without what comes to be: status, output, usage.
    frame: Value,
    item_id: String,
    call_id: String,
    usage: Value,
    truncated: bool,
}

impl Answer {
    fn new(provider: &Provider, body: &Value, asked: &Asked, plan: &Plan) -> Self {
        let is_call = matches!(plan.content, Content::ToolCall { .. });
        let or =
            |name: &str, default: Value| body.get(name).filter(|value| !value.is_null()).cloned().unwrap_or(default);
        Self {
            frame: json!({
                "id": provider.next_id("resp_"), "object": "response", "created_at": provider.unix_seconds(),
                "status": "in_progress", "background": false, "error": null, "incomplete_details": null,
                "instructions": body["instructions"], "max_output_tokens": body["max_output_tokens"],
                "max_tool_calls": null, "model": asked.model, "output": [], "parallel_tool_calls": true,
                "previous_response_id": null, "prompt_cache_key": body["prompt_cache_key"],
                "reasoning": {"effort": null, "summary": null}, "safety_identifier": null,
                "service_tier": "default", "store": or("store", json!(true)), "temperature": or("temperature", json!(1.0)),
                "text": or("text", json!({"format": {"type": "text"}})), "tool_choice": or("tool_choice", json!("auto")),
                "tools": or("tools", json!([])), "top_logprobs": 0, "top_p": or("top_p", json!(1.0)),
                "truncation": "disabled", "usage": null, "user": null, "metadata": or("metadata", json!({})),
            }),
            item_id: provider.next_id(if is_call { "fc_" } else { "msg_" }),
            call_id: provider.next_id("call_"),
            usage: json!({
                "input_tokens": asked.input_tokens, "input_tokens_details": {"cached_tokens": 0},
                "output_tokens": plan.output_tokens, "output_tokens_details": {"reasoning_tokens": 0},
                "total_tokens": asked.input_tokens + plan.output_tokens,
            }),
            truncated: plan.truncated,
        }
    }

    fn status(&self) -> &'static str {
        if self.truncated { "incomplete" } else { "completed" }
    }

    fn part(text: &str) -> Value {
        json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []})
    }

    /// The one item of the output, as it begins or as it is in the end.
    fn item(&self, plan: &Plan, ended: bool) -> Value {
        let status = if ended { self.status() } else { "in_progress" };
        match &plan.content {
            Content::Words(words) => {
                let content = if ended { json!([Self::part(&words.concat())]) } else { json!([]) };
                json!({"id": self.item_id, "type": "message", "status": status, "role": "assistant", "content": content})
            }
            Content::ToolCall { name, arguments } => json!({
                "id": self.item_id, "type": "function_call", "status": status, "call_id": self.call_id, "name": name,
                "arguments": if ended { arguments } else { "" },
            }),
        }
    }

    fn ended(&self, plan: &Plan) -> Value {
        let mut response = self.frame.clone();
        response["status"] = json!(self.status());
        response["output"] = json!([self.item(plan, true)]);
        response["usage"] = self.usage.clone();
        if self.truncated {
            response["incomplete_details"] = json!({"reason": "max_output_tokens"});
        }
        response
    }

    fn events(&self, plan: &Plan, pause: Duration) -> Vec<Piece> {
        let mut pieces: Vec<Piece> = vec![];
        let mut say = |pause: Duration, name: &str, mut data: Value| {
            data["type"] = json!(name);
            data["sequence_number"] = json!(pieces.len());
            pieces.push((pause, named(name, &data)));
        };
        let at_once = Duration::ZERO;
        let item = |ended| json!({"output_index": 0, "item": self.item(plan, ended)});
        let within = |mut data: Value| {
            (data["item_id"], data["output_index"]) = (json!(self.item_id), json!(0));
            data
        };
        say(at_once, "response.created", json!({"response": self.frame}));
        say(at_once, "response.in_progress", json!({"response": self.frame}));
        say(at_once, "response.output_item.added", item(false));
        match &plan.content {
            Content::Words(words) => {
                let in_part = |mut data: Value| {
                    data["content_index"] = json!(0);
                    within(data)
                };
                let text = words.concat();
                say(at_once, "response.content_part.added", in_part(json!({"part": Self::part("")})));
                for word in words {
                    say(pause, "response.output_text.delta", in_part(json!({"delta": word, "logprobs": []})));
                }
                say(at_once, "response.output_text.done", in_part(json!({"text": text, "logprobs": []})));
                say(at_once, "response.content_part.done", in_part(json!({"part": Self::part(&text)})));
            }
            Content::ToolCall { name, arguments } => {
                for part in arguments.split_inclusive(',') {
                    say(pause, "response.function_call_arguments.delta", within(json!({"delta": part})));
                }
                let done = within(json!({"name": name, "arguments": arguments}));
                say(at_once, "response.function_call_arguments.done", done);
            }
        }
        say(at_once, "response.output_item.done", item(true));
        let last = if self.truncated { "response.incomplete" } else { "response.completed" };
        say(at_once, last, json!({"response": self.ended(plan)}));
        pieces
    }
}
