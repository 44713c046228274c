//! `POST /v1/completions`, the format before chats, which some editors still complete code with.

use super::openai::{asked_error, invalid, read};
use super::reply::{self, Piece, unnamed};
use super::script::{Asked, Content, Plan, count_tokens, plan};
use super::{Provider, Shared};
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};
use std::time::Duration;

/// What the real one allows unless more is asked for.
const DEFAULT_CAP: u64 = 16;

pub(super) async fn complete(provider: Shared, headers: HeaderMap, body: Bytes) -> Response {
    let (body, model) = match read(&provider, &headers, &body) {
        Ok(read) => read,
        Err(refusal) => return *refusal,
    };
    let Some(prompt) = body["prompt"].as_str().or_else(|| body["prompt"][0].as_str()) else {
        return invalid("Missing required parameter: 'prompt', a string.");
    };
    let asked = Asked {
        model,
        prompt: prompt.to_owned(),
        input_tokens: count_tokens(prompt).max(1),
        max_tokens: Some(body["max_tokens"].as_u64().unwrap_or(DEFAULT_CAP)),
        stream: body["stream"].as_bool().unwrap_or(false),
        ..Asked::default()
    };
    let plan = plan(&asked);
    if let Some(error) = asked_error(&plan).await {
        return error;
    }
    let answer = Answer::new(&provider, &asked, &plan);
    if asked.stream {
        let with_usage = body["stream_options"]["include_usage"].as_bool().unwrap_or(false);
        reply::streamed(&plan, answer.chunks(with_usage, provider.settings.word_pause)).await
    } else {
        reply::plain(&plan, &answer.whole()).await
    }
}

struct Answer {
    frame: Value,
    words: Vec<String>,
    finish: &'static str,
    usage: Value,
}

impl Answer {
    fn new(provider: &Provider, asked: &Asked, plan: &Plan) -> Self {
        Self {
            frame: json!({
                "id": provider.next_id("cmpl-"), "object": "text_completion", "created": provider.unix_seconds(),
                "model": asked.model, "system_fingerprint": "fp_keywright_demo",
            }),
            words: match &plan.content {
                Content::Words(words) => words.clone(),
                // No tools can be offered here.
                Content::Calls(_) => vec![],
            },
            finish: if plan.truncated { "length" } else { "stop" },
            usage: json!({
                "prompt_tokens": asked.input_tokens, "completion_tokens": plan.output_tokens,
                "total_tokens": asked.input_tokens + plan.output_tokens,
            }),
        }
    }

    fn framed(&self, choices: Value, usage: Option<&Value>) -> Value {
        let mut answer = self.frame.clone();
        answer["choices"] = choices;
        if let Some(usage) = usage {
            answer["usage"] = usage.clone();
        }
        answer
    }

    fn whole(&self) -> Value {
        let choice = json!({"text": self.words.concat(), "index": 0, "logprobs": null, "finish_reason": self.finish});
        self.framed(json!([choice]), Some(&self.usage))
    }

    fn chunks(&self, with_usage: bool, pause: Duration) -> Vec<Piece> {
        let none_yet = with_usage.then_some(&Value::Null);
        let chunk = |text: &str, finish: Option<&str>| {
            let choice = json!({"text": text, "index": 0, "logprobs": null, "finish_reason": finish});
            unnamed(&self.framed(json!([choice]), none_yet))
        };
        let mut pieces: Vec<Piece> = self.words.iter().map(|word| (pause, chunk(word, None))).collect();
        pieces.push((Duration::ZERO, chunk("", Some(self.finish))));
        if with_usage {
            pieces.push((Duration::ZERO, unnamed(&self.framed(json!([]), Some(&self.usage)))));
        }
        pieces.push((Duration::ZERO, "data: [DONE]\n\n".to_owned()));
        pieces
    }
}
