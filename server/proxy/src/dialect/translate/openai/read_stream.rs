//! Reads the chunks of a streamed chat completion.

use super::super::answer::{Envelope, Piece};
use super::super::failure::Failure;
use super::answer::{ReportedUsage, read_stop};
use domain::denial::Denial;
use serde::Deserialize;
use serde::de::IgnoredAny;

#[derive(Deserialize)]
struct Chunk {
    #[serde(default)]
    choices: Vec<Choice>,
    usage: Option<ReportedUsage>,
    error: Option<IgnoredAny>,
}
#[derive(Deserialize)]
struct Choice {
    delta: Option<Delta>,
    finish_reason: Option<String>,
}
#[derive(Deserialize)]
struct Delta {
    content: Option<String>,
    refusal: Option<String>,
    reasoning_content: Option<String>,
    reasoning: Option<String>,
    tool_calls: Option<Vec<Call>>,
}
#[derive(Deserialize)]
struct Call {
    index: Option<usize>,
    id: Option<String>,
    function: Option<Function>,
}
#[derive(Deserialize)]
struct Function {
    name: Option<String>,
    arguments: Option<String>,
}

/// Where the stream is among its tool calls.
#[derive(Default)]
pub(in super::super) struct Reader {
    calls: usize,
    index: Option<usize>,
    id: String,
    refused: bool,
}

impl Reader {
    pub(in super::super) fn read(
        &mut self,
        data: &[u8],
        envelope: &Envelope,
        pieces: &mut Vec<Piece>,
    ) -> Result<(), Denial> {
        if data == b"[DONE]" || data.is_empty() {
            return Ok(());
        }
        let chunk: Chunk = serde_json::from_slice(data).map_err(|_| Denial::UpstreamProtocol)?;
        if chunk.error.is_some() {
            pieces.push(Piece::Failed(Failure::read(None, data).ok_or(Denial::UpstreamProtocol)?));
            return Ok(());
        }
        let text = |text: Option<String>| text.filter(|text| !text.is_empty());
        // More than one choice was not asked for.
        if let Some(choice) = chunk.choices.into_iter().next() {
            if let Some(delta) = choice.delta {
                pieces.extend(text(delta.reasoning_content).or(text(delta.reasoning)).map(Piece::Thought));
                pieces.extend(text(delta.content).map(Piece::Text));
                let refusal = text(delta.refusal);
                self.refused |= refusal.is_some();
                pieces.extend(refusal.map(Piece::Text));
                for call in delta.tool_calls.into_iter().flatten() {
                    self.call(call, envelope, pieces)?;
                }
            }
            if let Some(reason) = choice.finish_reason {
                pieces.push(Piece::Stop(read_stop(Some(&reason), self.calls > 0, self.refused)));
            }
        }
        pieces.extend(chunk.usage.map(|usage| Piece::Usage(usage.usage())));
        Ok(())
    }

    /// A call begins with a new index, or, from servers that number all of theirs 0, with a new id.
    fn call(&mut self, call: Call, envelope: &Envelope, pieces: &mut Vec<Piece>) -> Result<(), Denial> {
        let index = call.index.unwrap_or(0);
        let id = call.id.filter(|id| !id.is_empty());
        let function = call.function.unwrap_or(Function { name: None, arguments: None });
        let is_new = self.index != Some(index) || id.as_ref().is_some_and(|id| *id != self.id);
        if is_new {
            // Going back to an earlier call: what a block-wise format has closed cannot be continued.
            if self.index.is_some_and(|current| index < current) {
                return Err(Denial::UpstreamProtocol);
            }
            let name = function.name.ok_or(Denial::UpstreamProtocol)?;
            let id = id.unwrap_or_else(|| envelope.call_id(self.calls));
            self.id.clone_from(&id);
            self.index = Some(index);
            self.calls += 1;
            pieces.push(Piece::Call { id, name, signature: None });
        }
        pieces.extend(function.arguments.filter(|more| !more.is_empty()).map(Piece::Arguments));
        Ok(())
    }
}
