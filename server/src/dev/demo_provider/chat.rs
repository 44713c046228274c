//! `POST /v1/chat/completions`, plain and streamed.

use super::openai::{asked_error, invalid, read};
use super::reply::{self, Piece, unnamed};
use super::script::{Asked, Call, Content, Plan, count_tokens, parts_of_type, plan, text_of, tools};
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
    let of_role = |role: &str| messages.last().filter(|message| message["role"] == role);
    let is_system = |message: &&Value| message["role"] == "system" || message["role"] == "developer";
    let system = messages.iter().find(is_system).map(|message| text_of(&message["content"]));
    let format = &body["response_format"];
    Asked {
        model,
        prompt: of_role("user").map(|message| text_of(&message["content"])).unwrap_or_default(),
        tool_result: of_role("tool").map(|message| text_of(&message["content"])),
        system: system.unwrap_or_default(),
        turns: 0,
        images: messages.iter().map(|message| parts_of_type(&message["content"], &["image_url"])).sum(),
        input_tokens: texts.map(|text| count_tokens(&text)).sum::<u64>() + messages.len() as u64,
        max_tokens: body["max_completion_tokens"].as_u64().or_else(|| body["max_tokens"].as_u64()),
        stream: body["stream"].as_bool().unwrap_or(false),
        tools: tools(body, |tool| (&tool["function"]["name"], &tool["function"]["parameters"])),
        forced: match &body["tool_choice"] {
            Value::String(word) if word == "required" => Some(None),
            choice => choice["function"]["name"].as_str().map(|name| Some(name.to_owned())),
        },
        schema: match format["type"].as_str() {
            Some("json_schema") => Some(format["json_schema"]["schema"].clone()),
            Some("json_object") => Some(json!({})),
            _ => None,
        },
        thinks: body["reasoning_effort"].as_str().is_some_and(|effort| effort != "none"),
        omits_thoughts: false,
    }
}

struct Answer {
    id: String,
    call_ids: Vec<String>,
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
            call_ids: provider.next_ids("call_", plan),
            created: provider.unix_seconds(),
            model: asked.model.clone(),
            n,
            usage: json!({
                "prompt_tokens": asked.input_tokens,
                "completion_tokens": output,
                "total_tokens": asked.input_tokens + output,
                "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
                "completion_tokens_details": {
                    "reasoning_tokens": plan.thought_tokens() * n, "audio_tokens": 0,
                    "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0,
                },
            }),
            finish: match plan.content {
                Content::Calls(_) => "tool_calls",
                Content::Words(_) if plan.truncated => "length",
                Content::Words(_) => "stop",
            },
        }
    }

    /// The thought stands where the servers put it that have OpenAI's format and show thoughts; OpenAI itself does not.
    fn whole(&self, plan: &Plan) -> Value {
        let mut message = json!({"role": "assistant", "content": null, "refusal": null, "annotations": []});
        if !plan.thought.is_empty() {
            message["reasoning_content"] = json!(plan.thought.concat());
        }
        match &plan.content {
            Content::Words(words) => message["content"] = json!(words.concat()),
            Content::Calls(calls) => {
                let call = |(call, id): (&Call, &String)| {
                    let function = json!({"name": call.name, "arguments": call.arguments.to_string()});
                    json!({"id": id, "type": "function", "function": function})
                };
                message["tool_calls"] = calls.iter().zip(&self.call_ids).map(call).collect();
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
        let start = json!({"role": "assistant", "content": "", "refusal": null});
        let mut pieces = vec![(Duration::ZERO, to_all(&start, None))];
        let thoughts = plan.thought.iter().map(|word| json!({"reasoning_content": word}));
        pieces.extend(thoughts.map(|delta| (pause, to_all(&delta, None))));
        match &plan.content {
            Content::Words(words) => {
                pieces.extend(words.iter().map(|word| (pause, to_all(&json!({"content": word}), None))));
            }
            Content::Calls(calls) => {
                for (index, (call, id)) in calls.iter().zip(&self.call_ids).enumerate() {
                    let function = json!({"name": call.name, "arguments": ""});
                    let start = json!([{"index": index, "id": id, "type": "function", "function": function}]);
                    pieces.push((Duration::ZERO, to_all(&json!({"tool_calls": start}), None)));
                    for part in call.pieces() {
                        let part = json!([{"index": index, "function": {"arguments": part}}]);
                        pieces.push((pause, to_all(&json!({"tool_calls": part}), None)));
                    }
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
