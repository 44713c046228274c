//! Reads and writes answers of `:generateContent`. An answer and a chunk of a stream have one shape.

use super::super::Dialect;
use super::super::answer::{Answer, Envelope, Piece, Said, Stop, Usage, arguments_of, figure};
use super::super::failure::Failure;
use super::super::signature::{Signature, into_thought_signature};
use super::super::writing::{Fields, Json};
use domain::denial::Denial;
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    candidates: Option<Vec<Candidate>>,
    prompt_feedback: Option<PromptFeedback>,
    usage_metadata: Option<ReportedUsage>,
    error: Option<Box<RawValue>>,
}
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PromptFeedback {
    block_reason: Option<String>,
}
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Candidate {
    content: Option<Content>,
    finish_reason: Option<String>,
}
#[derive(Deserialize)]
struct Content {
    #[serde(default)]
    parts: Vec<Part>,
}
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Part {
    text: Option<String>,
    #[serde(default)]
    thought: bool,
    thought_signature: Option<String>,
    function_call: Option<FunctionCall>,
}
#[derive(Deserialize)]
struct FunctionCall {
    id: Option<String>,
    name: String,
    args: Option<Box<RawValue>>,
}
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReportedUsage {
    prompt_token_count: Option<u64>,
    cached_content_token_count: Option<u64>,
    candidates_token_count: Option<u64>,
    thoughts_token_count: Option<u64>,
    tool_use_prompt_token_count: Option<u64>,
    total_token_count: Option<u64>,
}

impl ReportedUsage {
    fn usage(&self) -> Usage {
        let prompt = figure(self.prompt_token_count).saturating_add(figure(self.tool_use_prompt_token_count));
        let cache_read = figure(self.cached_content_token_count).min(prompt);
        let reasoning = figure(self.thoughts_token_count);
        let beside = prompt.saturating_add(reasoning);
        let candidates =
            self.candidates_token_count.unwrap_or_else(|| figure(self.total_token_count).saturating_sub(beside));
        Usage {
            input: prompt - cache_read,
            cache_read,
            cache_write: 0,
            output: candidates.saturating_add(reasoning),
            reasoning,
        }
    }
}

/// How far an answer is, over all of its chunks.
#[derive(Default)]
pub(in super::super) struct Reader {
    calls: usize,
}

impl Reader {
    pub(in super::super) fn read(
        &mut self,
        data: &[u8],
        envelope: &Envelope,
        pieces: &mut Vec<Piece>,
    ) -> Result<(), Denial> {
        if data.is_empty() {
            return Ok(());
        }
        let response: Response = serde_json::from_slice(data).map_err(|_| Denial::UpstreamProtocol)?;
        if response.error.is_some() {
            pieces.push(Piece::Failed(Failure::read(None, data).ok_or(Denial::UpstreamProtocol)?));
            return Ok(());
        }
        pieces.extend(response.usage_metadata.map(|usage| Piece::Usage(usage.usage())));
        // More than one candidate was not asked for.
        if let Some(candidate) = response.candidates.unwrap_or_default().into_iter().next() {
            for part in candidate.content.map(|content| content.parts).unwrap_or_default() {
                self.part(part, envelope, pieces);
            }
            if let Some(reason) = candidate.finish_reason {
                pieces.push(Piece::Stop(self.stop(&reason)));
            }
        } else if response.prompt_feedback.is_some_and(|feedback| feedback.block_reason.is_some()) {
            pieces.push(Piece::Stop(Stop::Refused));
        }
        Ok(())
    }

    fn part(&mut self, part: Part, envelope: &Envelope, pieces: &mut Vec<Piece>) {
        let signature = part.thought_signature.map(|text| Signature { from: Dialect::Gemini, text });
        if let Some(call) = part.function_call {
            let id = call.id.filter(|id| !id.is_empty()).unwrap_or_else(|| envelope.call_id(self.calls));
            self.calls += 1;
            pieces.push(Piece::Call { id, name: call.name, signature });
            pieces.extend(call.args.map(|args| Piece::Arguments(args.get().to_owned())));
            return;
        }
        let text = part.text.filter(|text| !text.is_empty());
        // The signature of a text is not asked for back: only those of calls are.
        pieces.extend(text.map(if part.thought { Piece::Thought } else { Piece::Text }));
    }

    /// The format has one word for an ordinary end and for the call of a tool. What it ends for reasons of its own
    /// (safety, copied text, a call that it could not spell) must not look complete.
    fn stop(&self, reason: &str) -> Stop {
        match reason {
            "STOP" | "FINISH_REASON_UNSPECIFIED" if self.calls > 0 => Stop::ToolUse,
            "STOP" | "FINISH_REASON_UNSPECIFIED" => Stop::End,
            "MAX_TOKENS" => Stop::MaxTokens,
            _ => Stop::Refused,
        }
    }
}

pub(in super::super) fn read(body: &[u8], envelope: &Envelope) -> Result<Vec<Piece>, Denial> {
    let mut pieces = Vec::new();
    Reader::default().read(body, envelope, &mut pieces)?;
    let said_something = |piece: &Piece| !matches!(piece, Piece::Usage(_));
    if pieces.iter().any(said_something) { Ok(pieces) } else { Err(Denial::UpstreamProtocol) }
}

pub(in super::super) fn write(answer: &Answer, envelope: &Envelope) -> Result<String, Denial> {
    let parts = answer.said.iter().map(write_said).collect::<Result<Vec<_>, _>>()?;
    let response = response(parts, Some(&answer.stop), envelope);
    Ok(response.with_some("usageMetadata", answer.usage.as_ref().map(write_usage)).into_text())
}

pub(super) fn response(parts: Vec<Json>, stop: Option<&Stop>, envelope: &Envelope) -> Fields {
    let content = Fields::new().with("role", "model").with("parts", Json::list(parts));
    let candidate =
        Fields::new().with("content", content).with_some("finishReason", stop.map(finish_reason)).with("index", 0u64);
    Fields::new()
        .with("candidates", Json::list([candidate.json()]))
        .with("modelVersion", &envelope.model)
        .with("responseId", &envelope.id)
}

const fn finish_reason(stop: &Stop) -> &'static str {
    match stop {
        Stop::End | Stop::ToolUse | Stop::Sequence(_) => "STOP",
        Stop::MaxTokens | Stop::ContextFull => "MAX_TOKENS",
        Stop::Refused => "SAFETY",
    }
}

pub(super) fn write_said(said: &Said) -> Result<Json, Denial> {
    Ok(match said {
        Said::Text(text) => Fields::new().with("text", text).json(),
        Said::Thought(thought) => {
            let signature =
                thought.signature.as_ref().map(|signature| into_thought_signature(signature, thought.redacted));
            Fields::new()
                .with("text", &thought.text)
                .with("thought", true)
                .with_some("thoughtSignature", signature)
                .json()
        }
        Said::Call { id, name, arguments, signature } => {
            let call = Fields::new().with("id", id).with("name", name).with("args", &*arguments_of(arguments)?);
            let signature = signature.as_ref().map(|signature| into_thought_signature(signature, false));
            Fields::new().with("functionCall", call).with_some("thoughtSignature", signature).json()
        }
    })
}

pub(super) fn write_usage(usage: &Usage) -> Json {
    Fields::new()
        .with("promptTokenCount", usage.all_input())
        .with_some("cachedContentTokenCount", (usage.cache_read > 0).then_some(usage.cache_read))
        .with("candidatesTokenCount", usage.output - usage.reasoning)
        .with_some("thoughtsTokenCount", (usage.reasoning > 0).then_some(usage.reasoning))
        .with("totalTokenCount", usage.total())
        .json()
}
