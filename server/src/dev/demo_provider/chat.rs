//! `POST /v1/chat/completions`, plain and streamed.

use super::openai::{asked_error, invalid, read};
use super::reply::{self, Piece, unnamed};
use super::script::{Asked, Content, Plan, count_tokens, plan, text_of};
use super::{Provider, Shared};
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};
use std::time::Duration;

pub(super) async fn complete(provider: Shared, headers: HeaderMap, body: Bytes) -> Response {
    let (body, model) = match read(&provider, &headers, &body) {
        Ok(read) => read,
        Err(refusal) => return *refusal,
    };
    let Some(messages) = body["messages"].as_array().filter(|messages| !messages.is_empty()) else {
        return invalid("Missing required parameter: 'messages'.");
    };
    let asked = asked(&body, model, messages);
    let plan = plan(&asked);
    if let Some(error) = asked_error(&plan).await {
        return error;
    }
    let n = body["n"].as_u64().unwrap_or(1).clamp(1, 16);
    let answer = Answer::new(&provider, &asked, &plan, n);
    if asked.stream {
        let with_usage = body["stream_options"]["include_usage"].as_bool().unwrap_or(false);
        reply::streamed(&plan, answer.chunks(&plan, with_usage, provider.settings.word_pause)).await
    } else {
        reply::plain(&plan, &answer.whole(&plan)).await
    }
}

fn asked(body: &Value, model: String, messages: &[Value]) -> Asked {
    let texts = messages.iter().map(|message| text_of(&message["content"]));
    let function = &body["tools"][0]["function"];
    let last = messages.last().filter(|message| message["role"] == "user");
    Asked {
        model,
        prompt: last.map(|message| text_of(&message["content"])).unwrap_or_default(),
        input_tokens: texts.map(|text| count_tokens(&text)).sum::<u64>() + messages.len() as u64,
        max_tokens: body["max_completion_tokens"].as_u64().or_else(|| body["max_tokens"].as_u64()),
        stream: body["stream"].as_bool().unwrap_or(false),
        tool: function["name"].as_str().map(|name| (name.to_owned(), function["parameters"].clone())),
    }
}

struct Answer {
    id: String,
    call_id: String,
    created: i64,
    model: String,
    n: u64,
    usage: Value,
    finish: &'static str,
}

impl Answer {
    fn new(provider: &Provider, asked: &Asked, plan: &Plan, n: u64) -> Self {
        let output = plan.output_tokens * n;
        Self {
            id: provider.next_id("chatcmpl-"),
            call_id: provider.next_id("call_"),
            created: provider.unix_seconds(),
            model: asked.model.clone(),
            n,
            usage: json!({
                "prompt_tokens": asked.input_tokens,
                "completion_tokens": output,
                "total_tokens": asked.input_tokens + output,
                "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
                "completion_tokens_details": {
                    "reasoning_tokens": 0, "audio_tokens": 0,
                    "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0,
                },
            }),
            finish: match plan.content {
                Content::ToolCall { .. } => "tool_calls",
                Content::Words(_) if plan.truncated => "length",
                Content::Words(_) => "stop",
            },
        }
    }

    fn whole(&self, plan: &Plan) -> Value {
        let mut message = json!({"role": "assistant", "content": null, "refusal": null, "annotations": []});
        match &plan.content {
            Content::Words(words) => message["content"] = json!(words.concat()),
            Content::ToolCall { name, arguments } => {
                message["tool_calls"] = json!([{
                    "id": self.call_id, "type": "function", "function": {"name": name, "arguments": arguments},
                }]);
            }
        }
        let choice =
            |index| json!({"index": index, "message": message, "logprobs": null, "finish_reason": self.finish});
        json!({
            "id": self.id, "object": "chat.completion", "created": self.created, "model": self.model,
            "choices": (0..self.n).map(choice).collect::<Vec<_>>(),
            "usage": self.usage, "service_tier": "default", "system_fingerprint": "fp_keywright_demo",
        })
    }

    fn chunks(&self, plan: &Plan, with_usage: bool, pause: Duration) -> Vec<Piece> {
        let chunk = |choices: Value, usage: Option<&Value>| {
            let mut chunk = json!({
                "id": self.id, "object": "chat.completion.chunk", "created": self.created, "model": self.model,
                "service_tier": "default", "system_fingerprint": "fp_keywright_demo", "choices": choices,
            });
            if with_usage {
                chunk["usage"] = usage.cloned().unwrap_or_default();
            }
            unnamed(&chunk)
        };
        let to_all = |delta: &Value, finish: Option<&str>| {
            let choice = |index| json!({"index": index, "delta": delta, "logprobs": null, "finish_reason": finish});
            chunk((0..self.n).map(choice).collect(), None)
        };
        let mut pieces = vec![];
        match &plan.content {
            Content::Words(words) => {
                let start = json!({"role": "assistant", "content": "", "refusal": null});
                pieces.push((Duration::ZERO, to_all(&start, None)));
                pieces.extend(words.iter().map(|word| (pause, to_all(&json!({"content": word}), None))));
            }
            Content::ToolCall { name, arguments } => {
                let call = json!([{
                    "index": 0, "id": self.call_id, "type": "function", "function": {"name": name, "arguments": ""},
                }]);
                let start = json!({"role": "assistant", "content": null, "tool_calls": call, "refusal": null});
                pieces.push((Duration::ZERO, to_all(&start, None)));
                for part in arguments.split_inclusive(',') {
                    let call = json!([{"index": 0, "function": {"arguments": part}}]);
                    pieces.push((pause, to_all(&json!({"tool_calls": call}), None)));
                }
            }
        }
        pieces.push((Duration::ZERO, to_all(&json!({}), Some(self.finish))));
        if with_usage {
            pieces.push((Duration::ZERO, chunk(json!([]), Some(&self.usage))));
        }
        pieces.push((Duration::ZERO, "data: [DONE]\n\n".to_owned()));
        pieces
    }
}
