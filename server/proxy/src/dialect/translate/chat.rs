//! What a chat asks for, in no provider's words. Each format reads its requests into this and writes them from it.
//!
//! Always true of a [`Chat`] that was read: neighbouring turns have different roles, the last one is the user's, and
//! each tool result names the tool whose call it answers. A value that some formats do not know carries the name of the
//! field by which the client sent it, so that a refusal can name it.

use super::reading::refusal;
use super::signature::Signature;
use crate::head::invalid;
use domain::denial::Denial;
use serde_json::Number;
use serde_json::value::RawValue;

/// A value, and the client's field that it came in.
#[derive(Debug, Clone)]
pub(super) struct Sent<T> {
    pub value: T,
    pub field: String,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Chat {
    /// Instructions, in their order. Where a client put some between turns, they move to the front: that is what the
    /// providers' own compatibility layers do.
    pub(super) system: Vec<String>,
    pub(super) turns: Vec<Turn>,
    pub(super) tools: Vec<Tool>,
    pub(super) tool_choice: Option<Sent<ToolChoice>>,
    /// The client wants no two tool calls in one answer.
    pub(super) one_tool_at_a_time: Option<Sent<()>>,
    pub(super) shape: Option<Sent<Shape>>,
    pub(super) max_output: Option<u64>,
    pub(super) temperature: Option<Sent<Number>>,
    pub(super) top_p: Option<Sent<Number>>,
    pub(super) top_k: Option<Sent<u64>>,
    pub(super) frequency_penalty: Option<Sent<Number>>,
    pub(super) presence_penalty: Option<Sent<Number>>,
    pub(super) seed: Option<Sent<i64>>,
    pub(super) stops: Option<Sent<Vec<String>>>,
    pub(super) thinking: Option<Sent<Thinking>>,
    /// Whether the client wants to see thoughts, if it said so.
    pub(super) show_thoughts: Option<bool>,
    /// An opaque name of the person at the other end.
    pub(super) end_user: Option<String>,
    pub(super) stream: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    User,
    Assistant,
}

#[derive(Debug, Clone)]
pub(super) struct Turn {
    pub role: Role,
    pub parts: Vec<Part>,
}

#[derive(Debug, Clone)]
pub(super) enum Part {
    Text(String),
    Image(Image),
    ToolCall(ToolCall),
    ToolResult(ToolResult),
    /// What a model thought. Only the provider whose signature it carries takes it back.
    Thought(Thought),
}

#[derive(Debug, Clone)]
pub(super) struct Image {
    pub source: ImageSource,
    pub field: String,
}

#[derive(Debug, Clone)]
pub(super) enum ImageSource {
    Base64 { media_type: String, data: String },
    Url(String),
}

#[derive(Debug, Clone)]
pub(super) struct ToolCall {
    pub id: String,
    pub name: String,
    /// One JSON object.
    pub arguments: Box<RawValue>,
    pub signature: Option<Signature>,
}

#[derive(Debug, Clone)]
pub(super) struct ToolResult {
    pub call_id: String,
    /// Filled in once the whole chat is read.
    pub name: String,
    pub texts: Vec<String>,
    pub images: Vec<Image>,
    pub failed: bool,
    pub field: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Thought {
    pub text: String,
    pub signature: Option<Signature>,
    /// The provider hides the text: the signature is all there is.
    pub redacted: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Tool {
    pub name: String,
    pub description: Option<String>,
    /// JSON Schema of the arguments.
    pub parameters: Option<Box<RawValue>>,
    /// Arguments have to follow the schema exactly.
    pub strict: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ToolChoice {
    Auto,
    Never,
    /// Any of them, but at least one.
    Required,
    Named(String),
}

/// What an answer's text has to look like.
#[derive(Debug, Clone)]
pub(super) enum Shape {
    /// Some JSON.
    Json,
    Schema {
        name: Option<String>,
        description: Option<String>,
        schema: Box<RawValue>,
        strict: Option<bool>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Thinking {
    Off,
    /// As much as the model sees fit.
    Free,
    Effort(Effort),
    /// At most this many tokens.
    Budget(u64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effort {
    Minimal,
    Low,
    Medium,
    High,
    ExtraHigh,
    Max,
}

impl Effort {
    pub(super) const ALL: [Self; 6] = [Self::Minimal, Self::Low, Self::Medium, Self::High, Self::ExtraHigh, Self::Max];

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Minimal => "minimal",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::ExtraHigh => "xhigh",
            Self::Max => "max",
        }
    }
    pub(super) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|effort| effort.word().eq_ignore_ascii_case(word))
    }
    /// The budgets that Google documents for the efforts of its OpenAI-compatible endpoint.
    pub(super) const fn tokens(self) -> u64 {
        match self {
            Self::Minimal | Self::Low => 1_024,
            Self::Medium => 8_192,
            Self::High | Self::ExtraHigh | Self::Max => 24_576,
        }
    }
    pub(super) const fn within(tokens: u64) -> Self {
        match tokens {
            0..=1_024 => Self::Low,
            1_025..=8_192 => Self::Medium,
            _ => Self::High,
        }
    }
}

impl Chat {
    /// Adds to the conversation. Empty texts say nothing, and some providers refuse them.
    pub(super) fn say(&mut self, role: Role, part: Part) {
        if matches!(&part, Part::Text(text) if text.is_empty()) {
            return;
        }
        match self.turns.last_mut() {
            Some(turn) if turn.role == role => turn.add(part),
            _ => self.turns.push(Turn { role, parts: vec![part] }),
        }
    }

    pub(super) fn instruct(&mut self, text: String) {
        if !text.is_empty() {
            self.system.push(text);
        }
    }

    /// Ties tool results to their calls, and refuses what formats understand differently. `turns` is the client's name
    /// for the list of turns.
    pub(super) fn completed(mut self, turns: &str) -> Result<Self, Denial> {
        match self.turns.last() {
            None => return Err(invalid(format!("'{turns}' has no message with content. Send at least one."))),
            Some(turn) if turn.role == Role::Assistant => {
                let why = "it ends with an answer of the assistant, which some formats continue and others do not. End \
                           it with a message of the user";
                return Err(refusal(turns, why));
            }
            Some(_) => {}
        }
        let mut calls: Vec<(String, String)> = Vec::new();
        for part in self.turns.iter_mut().flat_map(|turn| turn.parts.iter_mut()) {
            match part {
                Part::ToolCall(call) => calls.push((call.id.clone(), call.name.clone())),
                Part::ToolResult(result) => {
                    let call = calls.iter().rev().find(|(id, _)| *id == result.call_id);
                    let Some((_, name)) = call else {
                        let field = &result.field;
                        return Err(invalid(format!("'{field}' answers no tool call of a turn before it.")));
                    };
                    result.name.clone_from(name);
                }
                _ => {}
            }
        }
        Ok(self)
    }

    /// The instructions as one text.
    pub(super) fn instructions(&self) -> Option<String> {
        (!self.system.is_empty()).then(|| self.system.join("\n\n"))
    }
}

impl Turn {
    /// A thought that came in pieces, its signature last, is one thought: its provider wants it back as it was.
    fn add(&mut self, part: Part) {
        match (self.parts.last_mut(), part) {
            (Some(Part::Thought(begun)), Part::Thought(more))
                if begun.signature.is_none() && !begun.redacted && !more.redacted =>
            {
                begun.text.push_str(&more.text);
                begun.signature = more.signature;
            }
            (_, part) => self.parts.push(part),
        }
    }
}

impl ToolResult {
    pub(super) fn text(&self) -> String {
        self.texts.join("\n")
    }
}

impl<T> Sent<T> {
    pub(super) fn refuse(&self, why: &str) -> Denial {
        refusal(&self.field, why)
    }
}
