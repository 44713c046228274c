//! Reads and writes plain answers of `/v1/chat/completions`.

use super::super::Dialect;
use super::super::answer::{Answer, Envelope, Piece, Said, Stop, Usage, figure};
use super::super::failure::Failure;
use super::super::signature::into_id;
use super::super::writing::{Fields, Json};
use domain::denial::Denial;
use serde::Deserialize;

#[derive(Deserialize)]
struct Completion {
    choices: Vec<Choice>,
    usage: Option<ReportedUsage>,
}
#[derive(Deserialize)]
struct Choice {
    message: Message,
    finish_reason: Option<String>,
}
#[derive(Deserialize)]
struct Message {
    content: Option<String>,
    refusal: Option<String>,
    /// Of compatible servers whose models think aloud; they do not agree on a name.
    reasoning_content: Option<String>,
    reasoning: Option<String>,
    tool_calls: Option<Vec<Call>>,
}
#[derive(Deserialize)]
struct Call {
    id: Option<String>,
    function: Function,
}
#[derive(Deserialize)]
struct Function {
    name: String,
    arguments: String,
}

#[derive(Deserialize)]
pub(super) struct ReportedUsage {
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
    prompt_tokens_details: Option<PromptDetails>,
    completion_tokens_details: Option<CompletionDetails>,
}
#[derive(Deserialize)]
struct PromptDetails {
    cached_tokens: Option<u64>,
    cache_write_tokens: Option<u64>,
}
#[derive(Deserialize)]
struct CompletionDetails {
    reasoning_tokens: Option<u64>,
}

impl ReportedUsage {
    pub(super) fn usage(&self) -> Usage {
        let prompt = figure(self.prompt_tokens);
        let details = self.prompt_tokens_details.as_ref();
        let cache_read = figure(details.and_then(|details| details.cached_tokens)).min(prompt);
        let cache_write = figure(details.and_then(|details| details.cache_write_tokens)).min(prompt - cache_read);
        let output = figure(self.completion_tokens);
        let reasoning = self.completion_tokens_details.as_ref().and_then(|details| details.reasoning_tokens);
        Usage {
            input: prompt - cache_read - cache_write,
            cache_read,
            cache_write,
            output,
            reasoning: figure(reasoning).min(output),
        }
    }
}

pub(in super::super) fn read(body: &[u8], envelope: &Envelope) -> Result<Vec<Piece>, Denial> {
    let completion: Completion = match serde_json::from_slice(body) {
        Ok(completion) => completion,
        Err(_) => return Ok(vec![Piece::Failed(Failure::read(None, body).ok_or(Denial::UpstreamProtocol)?)]),
    };
    let choice = completion.choices.into_iter().next().ok_or(Denial::UpstreamProtocol)?;
    let message = choice.message;
    let mut pieces = Vec::new();
    let thought = message.reasoning_content.or(message.reasoning);
    pieces.extend(thought.filter(|text| !text.is_empty()).map(Piece::Thought));
    pieces.extend(message.content.filter(|text| !text.is_empty()).map(Piece::Text));
    let refusal = message.refusal.filter(|text| !text.is_empty());
    let refused = refusal.is_some();
    pieces.extend(refusal.map(Piece::Text));
    let calls = message.tool_calls.unwrap_or_default();
    let called = !calls.is_empty();
    for (number, call) in calls.into_iter().enumerate() {
        let id = call.id.filter(|id| !id.is_empty()).unwrap_or_else(|| envelope.call_id(number));
        pieces.push(Piece::Call { id, name: call.function.name, signature: None });
        pieces.push(Piece::Arguments(call.function.arguments));
    }
    pieces.extend(completion.usage.map(|usage| Piece::Usage(usage.usage())));
    pieces.push(Piece::Stop(read_stop(choice.finish_reason.as_deref(), called, refused)));
    Ok(pieces)
}

/// Some servers say `stop` where tools were called.
pub(super) fn read_stop(reason: Option<&str>, called: bool, refused: bool) -> Stop {
    match reason {
        _ if refused => Stop::Refused,
        Some("length") => Stop::MaxTokens,
        Some("content_filter") => Stop::Refused,
        _ if called => Stop::ToolUse,
        _ => Stop::End,
    }
}

pub(super) const fn finish_reason(stop: &Stop) -> &'static str {
    match stop {
        Stop::End | Stop::Sequence(_) => "stop",
        Stop::MaxTokens | Stop::ContextFull => "length",
        Stop::ToolUse => "tool_calls",
        Stop::Refused => "content_filter",
    }
}

pub(in super::super) fn write(answer: &Answer, envelope: &Envelope) -> String {
    let mut text: Option<String> = None;
    let mut thoughts: Option<String> = None;
    let (mut blocks, mut calls) = (Vec::new(), Vec::new());
    for said in &answer.said {
        match said {
            Said::Text(more) => text.get_or_insert_default().push_str(more),
            Said::Thought(thought) => {
                if !thought.text.is_empty() {
                    thoughts.get_or_insert_default().push_str(&thought.text);
                }
                let signed = thought.signature.as_ref().filter(|signature| signature.from == Dialect::Anthropic);
                blocks.extend(signed.map(|signature| thinking_block(&thought.text, &signature.text, thought.redacted)));
            }
            Said::Call { id, name, arguments, signature } => {
                let function = Fields::new().with("name", name).with("arguments", arguments);
                let call = Fields::new().with("id", into_id(id, signature.as_ref())).with("type", "function");
                calls.push(call.with("function", function).json());
            }
        }
    }
    let message = Fields::new()
        .with("role", "assistant")
        .with("content", text.map_or_else(Json::null, Json::from))
        .with("refusal", Json::null())
        .with_some("reasoning_content", thoughts)
        .with_some("thinking_blocks", (!blocks.is_empty()).then(|| Json::list(blocks)))
        .with_some("tool_calls", (!calls.is_empty()).then(|| Json::list(calls)));
    let choice = Fields::new()
        .with("index", 0u64)
        .with("message", message)
        .with("logprobs", Json::null())
        .with("finish_reason", finish_reason(&answer.stop));
    Fields::new()
        .with("id", format!("chatcmpl-{}", envelope.id))
        .with("object", "chat.completion")
        .with("created", envelope.created)
        .with("model", &envelope.model)
        .with("choices", Json::list([choice.json()]))
        .with_some("usage", answer.usage.as_ref().map(write_usage))
        .into_text()
}

/// What a client that knows it gives back, so that a model can go on from what it thought.
pub(super) fn thinking_block(text: &str, signature: &str, redacted: bool) -> Json {
    if redacted {
        Fields::of("redacted_thinking").with("data", signature).json()
    } else {
        Fields::of("thinking").with("thinking", text).with("signature", signature).json()
    }
}

pub(super) fn write_usage(usage: &Usage) -> Json {
    let prompt = Fields::new()
        .with("cached_tokens", usage.cache_read)
        .with_some("cache_write_tokens", (usage.cache_write > 0).then_some(usage.cache_write));
    let completion = Fields::new().with("reasoning_tokens", usage.reasoning);
    Fields::new()
        .with("prompt_tokens", usage.all_input())
        .with("completion_tokens", usage.output)
        .with("total_tokens", usage.total())
        .with("prompt_tokens_details", prompt)
        .with("completion_tokens_details", completion)
        .json()
}
