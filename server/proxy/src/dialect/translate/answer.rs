//! What a provider answers, in no provider's words: pieces in the order in which they came.
//!
//! A plain answer is read into the same pieces as a streamed one, so that both say the same. Why an answer stopped and
//! what it used are pieces too; writers of streams keep them back for the end.

use super::chat::Thought;
use super::failure::Failure;
use super::signature::Signature;
use super::writing::Json;
use domain::denial::Denial;
use serde_json::value::RawValue;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    Thought(String),
    /// Ends a thought.
    Signed(Signature),
    /// A thought of which only this can be given back.
    Redacted(Signature),
    Call {
        id: String,
        name: String,
        signature: Option<Signature>,
    },
    /// More of the arguments of the last call.
    Arguments(String),
    /// All figures known so far.
    Usage(Usage),
    Stop(Stop),
    Failed(Failure),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stop {
    End,
    MaxTokens,
    ContextFull,
    /// Which one, where the format tells.
    Sequence(Option<String>),
    ToolUse,
    /// The provider would not go on.
    Refused,
}

/// Tokens as providers bill them: input apart from what the cache gave or took, reasoning inside the output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Usage {
    pub input: u64,
    pub cache_read: u64,
    pub cache_write: u64,
    pub output: u64,
    pub reasoning: u64,
}

impl Usage {
    pub(super) const fn all_input(&self) -> u64 {
        self.input.saturating_add(self.cache_read).saturating_add(self.cache_write)
    }
    pub(super) const fn total(&self) -> u64 {
        self.all_input().saturating_add(self.output)
    }
}

/// What an answer's envelope says.
#[derive(Debug, Clone)]
pub(crate) struct Envelope {
    /// Of this call: unique, and harmless in any format's ids.
    pub id: String,
    /// As the client calls it.
    pub model: String,
    /// Seconds since 1970.
    pub created: i64,
}

impl Envelope {
    /// The id of a tool call whose provider gave it none.
    pub(super) fn call_id(&self, number: usize) -> String {
        format!("call_{}_{number}", self.id)
    }
}

/// A whole answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub said: Vec<Said>,
    pub stop: Stop,
    pub usage: Option<Usage>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    Text(String),
    Thought(Thought),
    Call { id: String, name: String, arguments: String, signature: Option<Signature> },
}

impl Answer {
    /// Fails where the provider says that it failed.
    pub(super) fn of(pieces: impl IntoIterator<Item = Piece>) -> Result<Self, Failure> {
        let mut answer = Self { said: Vec::new(), stop: Stop::End, usage: None };
        let mut thinking = false;
        for piece in pieces {
            let more_thought = thinking;
            thinking = false;
            match (piece, answer.said.last_mut()) {
                (Piece::Text(more), Some(Said::Text(text))) => text.push_str(&more),
                (Piece::Text(text), _) => answer.said.push(Said::Text(text)),
                (Piece::Thought(more), Some(Said::Thought(thought))) if more_thought => {
                    thought.text.push_str(&more);
                    thinking = true;
                }
                (Piece::Thought(text), _) => {
                    answer.said.push(Said::Thought(Thought { text, signature: None, redacted: false }));
                    thinking = true;
                }
                (Piece::Signed(signature), Some(Said::Thought(thought))) if more_thought => {
                    thought.signature = Some(signature);
                }
                (Piece::Signed(signature), _) => answer.said.push(Said::Thought(Thought {
                    text: String::new(),
                    signature: Some(signature),
                    redacted: false,
                })),
                (Piece::Redacted(signature), _) => answer.said.push(Said::Thought(Thought {
                    text: String::new(),
                    signature: Some(signature),
                    redacted: true,
                })),
                (Piece::Call { id, name, signature }, _) => {
                    answer.said.push(Said::Call { id, name, arguments: String::new(), signature });
                }
                (Piece::Arguments(more), Some(Said::Call { arguments, .. })) => arguments.push_str(&more),
                (Piece::Arguments(_), _) => {}
                (Piece::Usage(usage), _) => answer.usage = Some(usage),
                (Piece::Stop(stop), _) => answer.stop = stop,
                (Piece::Failed(failure), _) => return Err(failure),
            }
        }
        for said in &mut answer.said {
            if let Said::Call { arguments, .. } = said
                && arguments.trim().is_empty()
            {
                "{}".clone_into(arguments);
            }
        }
        Ok(answer)
    }
}

/// The arguments of a call as an object. A provider that wrote something else broke its own promise.
pub(super) fn arguments_of(text: &str) -> Result<Box<RawValue>, Denial> {
    super::arguments(text).ok_or(Denial::UpstreamProtocol)
}

/// A figure that a provider may leave out.
pub(super) fn figure(value: Option<u64>) -> u64 {
    value.unwrap_or(0)
}

/// Appends an event whose name, if any, stands in the data as well.
pub(super) fn event(out: &mut String, name: Option<&str>, data: Json) {
    if let Some(name) = name {
        out.push_str("event: ");
        out.push_str(name);
        out.push('\n');
    }
    out.push_str("data: ");
    out.push_str(&data.into_text());
    out.push_str("\n\n");
}
