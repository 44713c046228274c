//! Reads and writes plain answers of `/v1/messages`.

use super::super::Dialect;
use super::super::answer::{Answer, Envelope, Piece, Said, Stop, Usage, arguments_of};
use super::super::chat::Thought;
use super::super::failure::Failure;
use super::super::signature::{Signature, into_id};
use super::super::writing::{Fields, Json};
use domain::denial::Denial;
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Message {
    content: Vec<Block>,
    stop_reason: Option<String>,
    stop_sequence: Option<String>,
    usage: Option<ReportedUsage>,
}

/// A block of any type: a tagged enum would read its input into a tree and back.
#[derive(Deserialize)]
pub(super) struct Block {
    #[serde(rename = "type")]
    pub kind: String,
    pub text: Option<String>,
    pub thinking: Option<String>,
    pub signature: Option<String>,
    pub data: Option<String>,
    pub id: Option<String>,
    pub name: Option<String>,
    pub input: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
pub(super) struct ReportedUsage {
    input_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    output_tokens_details: Option<OutputDetails>,
}
#[derive(Deserialize)]
struct OutputDetails {
    thinking_tokens: Option<u64>,
}

impl ReportedUsage {
    /// These figures over those reported before: a stream tells the input first and the output last.
    pub(super) fn over(&self, before: Usage) -> Usage {
        let output = self.output_tokens.unwrap_or(before.output);
        let reasoning = self.output_tokens_details.as_ref().and_then(|details| details.thinking_tokens);
        Usage {
            input: self.input_tokens.unwrap_or(before.input),
            cache_read: self.cache_read_input_tokens.unwrap_or(before.cache_read),
            cache_write: self.cache_creation_input_tokens.unwrap_or(before.cache_write),
            output,
            reasoning: reasoning.unwrap_or(before.reasoning).min(output),
        }
    }
}

pub(in super::super) fn read(body: &[u8], _: &Envelope) -> Result<Vec<Piece>, Denial> {
    let message: Message = match serde_json::from_slice(body) {
        Ok(message) => message,
        Err(_) => return Ok(vec![Piece::Failed(Failure::read(None, body).ok_or(Denial::UpstreamProtocol)?)]),
    };
    let mut pieces = Vec::new();
    for block in message.content {
        read_block(block, &mut pieces)?;
    }
    pieces.extend(message.usage.map(|usage| Piece::Usage(usage.over(Usage::default()))));
    pieces.push(Piece::Stop(read_stop(message.stop_reason.as_deref(), message.stop_sequence)));
    Ok(pieces)
}

/// Reads a block of a plain answer, or what one begins with in a stream.
pub(super) fn read_block(block: Block, pieces: &mut Vec<Piece>) -> Result<(), Denial> {
    let signed = |text| Signature { from: Dialect::Anthropic, text };
    let some = |text: Option<String>| text.filter(|text| !text.is_empty());
    match &*block.kind {
        "text" => pieces.extend(some(block.text).map(Piece::Text)),
        "thinking" => {
            pieces.extend(some(block.thinking).map(Piece::Thought));
            pieces.extend(some(block.signature).map(signed).map(Piece::Signed));
        }
        "redacted_thinking" => pieces.extend(block.data.map(signed).map(Piece::Redacted)),
        "tool_use" => {
            let (Some(id), Some(name)) = (block.id, block.name) else { return Err(Denial::UpstreamProtocol) };
            pieces.push(Piece::Call { id, name, signature: None });
            // Streams begin with an empty object and send the arguments behind it.
            let input = block.input.filter(|input| !input.get().trim_matches(['{', '}', ' ']).is_empty());
            pieces.extend(input.map(|input| Piece::Arguments(input.get().to_owned())));
        }
        // What the provider's own tools do: none were asked for.
        _ => return Err(Denial::UpstreamProtocol),
    }
    Ok(())
}

pub(super) fn read_stop(reason: Option<&str>, sequence: Option<String>) -> Stop {
    match reason {
        Some("max_tokens") => Stop::MaxTokens,
        Some("model_context_window_exceeded") => Stop::ContextFull,
        Some("stop_sequence") => Stop::Sequence(sequence),
        Some("tool_use") => Stop::ToolUse,
        Some("refusal") => Stop::Refused,
        _ => Stop::End,
    }
}

const fn stop_reason(stop: &Stop) -> &'static str {
    match stop {
        Stop::End => "end_turn",
        Stop::MaxTokens => "max_tokens",
        Stop::ContextFull => "model_context_window_exceeded",
        // A sequence that the provider does not name cannot be told from an ordinary end.
        Stop::Sequence(None) => "end_turn",
        Stop::Sequence(Some(_)) => "stop_sequence",
        Stop::ToolUse => "tool_use",
        Stop::Refused => "refusal",
    }
}

pub(in super::super) fn write(answer: &Answer, envelope: &Envelope) -> Result<String, Denial> {
    let blocks = answer.said.iter().map(write_said).collect::<Result<Vec<_>, _>>()?;
    Ok(message(envelope, Json::list(blocks))
        .with("stop_reason", stop_reason(&answer.stop))
        .with("stop_sequence", stop_sequence(&answer.stop))
        .with("usage", write_usage(&answer.usage.unwrap_or_default()))
        .into_text())
}

pub(super) fn message(envelope: &Envelope, content: Json) -> Fields {
    Fields::new()
        .with("id", format!("msg_{}", envelope.id))
        .with("type", "message")
        .with("role", "assistant")
        .with("model", &envelope.model)
        .with("content", content)
}

pub(super) fn stop_fields(stop: &Stop) -> Fields {
    Fields::new().with("stop_reason", stop_reason(stop)).with("stop_sequence", stop_sequence(stop))
}

fn stop_sequence(stop: &Stop) -> Json {
    match stop {
        Stop::Sequence(Some(sequence)) => sequence.into(),
        _ => Json::null(),
    }
}

fn write_said(said: &Said) -> Result<Json, Denial> {
    Ok(match said {
        Said::Text(text) => Fields::of("text").with("text", text).json(),
        Said::Thought(Thought { signature: Some(signature), redacted: true, .. }) => redacted(&signature.text),
        Said::Thought(Thought { text, signature, .. }) => {
            Fields::of("thinking").with("thinking", text).with("signature", own(signature.as_ref())).json()
        }
        Said::Call { id, name, arguments, signature } => Fields::of("tool_use")
            .with("id", into_id(id, signature.as_ref()))
            .with("name", name)
            .with("input", &*arguments_of(arguments)?)
            .json(),
    })
}

/// Clients expect the field. Another provider's signature would come back as if it were Anthropic's.
pub(super) fn own(signature: Option<&Signature>) -> &str {
    signature.filter(|signature| signature.from == Dialect::Anthropic).map_or("", |signature| &signature.text)
}

pub(super) fn redacted(data: &str) -> Json {
    Fields::of("redacted_thinking").with("data", data).json()
}

pub(super) fn write_usage(usage: &Usage) -> Json {
    Fields::new()
        .with("input_tokens", usage.input)
        .with("cache_creation_input_tokens", usage.cache_write)
        .with("cache_read_input_tokens", usage.cache_read)
        .with("output_tokens", usage.output)
        .with("output_tokens_details", Fields::new().with("thinking_tokens", usage.reasoning))
        .json()
}
