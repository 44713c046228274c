//! Writes responses: the envelope, and the items of which an output is made.

use super::super::Dialect;
use super::super::answer::{Answer, Envelope, Said, Stop, Usage};
use super::super::signature::{into_encrypted_content, into_id};
use super::super::writing::{Fields, Json};

pub(in super::super) fn write(answer: &Answer, envelope: &Envelope) -> String {
    let items = answer.said.iter().enumerate().map(|(index, said)| item(said, index, envelope, true));
    ended(&answer.stop, Json::list(items), answer.usage.as_ref(), envelope).into_text()
}

/// A response as it begins: nothing said yet.
pub(super) fn begun(envelope: &Envelope) -> Fields {
    response("in_progress", Json::null(), Json::list([]), None, envelope)
}

pub(super) fn ended(stop: &Stop, output: Json, usage: Option<&Usage>, envelope: &Envelope) -> Fields {
    let incomplete = |reason: &str| ("incomplete", Fields::new().with("reason", reason).json());
    let (status, details) = match stop {
        Stop::End | Stop::Sequence(_) | Stop::ToolUse => ("completed", Json::null()),
        Stop::MaxTokens | Stop::ContextFull => incomplete("max_output_tokens"),
        Stop::Refused => incomplete("content_filter"),
    };
    response(status, details, output, usage, envelope)
}

/// The word of the event that ends a stream.
pub(super) const fn last_event(stop: &Stop) -> &'static str {
    match stop {
        Stop::End | Stop::Sequence(_) | Stop::ToolUse => "response.completed",
        Stop::MaxTokens | Stop::ContextFull | Stop::Refused => "response.incomplete",
    }
}

fn response(status: &str, details: Json, output: Json, usage: Option<&Usage>, envelope: &Envelope) -> Fields {
    Fields::new()
        .with("id", format!("resp_{}", envelope.id))
        .with("object", "response")
        .with("created_at", envelope.created)
        .with("status", status)
        .with("error", Json::null())
        .with("incomplete_details", details)
        .with("instructions", Json::null())
        .with("model", &envelope.model)
        .with("output", output)
        .with("parallel_tool_calls", true)
        .with("previous_response_id", Json::null())
        .with("store", false)
        .with("tool_choice", "auto")
        .with("tools", Json::list([]))
        .with("usage", usage.map_or_else(Json::null, write_usage))
        .with("metadata", Fields::new())
}

fn write_usage(usage: &Usage) -> Json {
    Fields::new()
        .with("input_tokens", usage.all_input())
        .with("input_tokens_details", Fields::new().with("cached_tokens", usage.cache_read))
        .with("output_tokens", usage.output)
        .with("output_tokens_details", Fields::new().with("reasoning_tokens", usage.reasoning))
        .with("total_tokens", usage.total())
        .json()
}

/// The id of an item: of its kind, and its place in the output.
pub(super) fn item_id(said: &Said, index: usize, envelope: &Envelope) -> String {
    let kind = match said {
        Said::Text(_) => "msg",
        Said::Thought(_) => "rs",
        Said::Call { .. } => "fc",
    };
    format!("{kind}_{}_{index}", envelope.id)
}

/// An item; one that has just begun shows nothing of its content yet.
pub(super) fn item(said: &Said, index: usize, envelope: &Envelope, whole: bool) -> Json {
    let id = item_id(said, index, envelope);
    let status = if whole { "completed" } else { "in_progress" };
    match said {
        Said::Text(text) => {
            let content = if whole { vec![text_part(text)] } else { vec![] };
            Fields::new()
                .with("id", id)
                .with("type", "message")
                .with("status", status)
                .with("role", "assistant")
                .with("content", Json::list(content))
        }
        Said::Thought(thought) => {
            let summary = (whole && !thought.text.is_empty()).then(|| summary_part(&thought.text));
            let signature =
                thought.signature.as_ref().filter(|signature| whole && signature.from == Dialect::Anthropic);
            Fields::new()
                .with("id", id)
                .with("type", "reasoning")
                .with("summary", Json::list(summary))
                .with_some("encrypted_content", signature.map(|sign| into_encrypted_content(sign, thought.redacted)))
        }
        Said::Call { id: call_id, name, arguments, signature } => Fields::new()
            .with("id", id)
            .with("type", "function_call")
            .with("status", status)
            .with("call_id", into_id(call_id, signature.as_ref()))
            .with("name", name)
            .with("arguments", if whole { arguments } else { "" }),
    }
    .json()
}

pub(super) fn text_part(text: &str) -> Json {
    Fields::of("output_text").with("text", text).with("annotations", Json::list([])).json()
}

pub(super) fn summary_part(text: &str) -> Json {
    Fields::of("summary_text").with("text", text).json()
}
