//! Writes the chunks of a streamed chat completion.

use super::super::Dialect;
use super::super::answer::{Envelope, Piece, Stop, Usage, event};
use super::super::signature::into_id;
use super::super::writing::{Fields, Json};
use super::answer::{finish_reason, thinking_block, write_usage};

pub(in super::super) struct Writer {
    include_usage: bool,
    begun: bool,
    calls: usize,
    /// The thought in progress: its signature comes behind it, and stands beside all of it.
    thought: String,
    stop: Option<Stop>,
    usage: Option<Usage>,
}

impl Writer {
    pub(in super::super) const fn new(include_usage: bool) -> Self {
        Self { include_usage, begun: false, calls: 0, thought: String::new(), stop: None, usage: None }
    }

    pub(in super::super) fn write(&mut self, piece: Piece, envelope: &Envelope, out: &mut String) {
        let delta = match piece {
            Piece::Text(text) => Fields::new().with("content", text),
            Piece::Thought(text) => {
                self.thought.push_str(&text);
                Fields::new().with("reasoning_content", text)
            }
            Piece::Signed(signature) => {
                let thought = std::mem::take(&mut self.thought);
                if signature.from != Dialect::Anthropic {
                    return;
                }
                let block = thinking_block(&thought, &signature.text, false);
                Fields::new().with("thinking_blocks", Json::list([block]))
            }
            Piece::Redacted(signature) => {
                let block = thinking_block("", &signature.text, true);
                Fields::new().with("thinking_blocks", Json::list([block]))
            }
            Piece::Call { id, name, signature } => {
                self.calls += 1;
                let function = Fields::new().with("name", name).with("arguments", "");
                self.call(Fields::new().with("id", into_id(&id, signature.as_ref())).with("type", "function"), function)
            }
            Piece::Arguments(more) => self.call(Fields::new(), Fields::new().with("arguments", more)),
            Piece::Usage(usage) => {
                self.usage = Some(usage);
                return;
            }
            Piece::Stop(stop) => {
                self.stop = Some(stop);
                return;
            }
            Piece::Failed(failure) => return failure.write_event(Dialect::OpenAi, &envelope.id, out),
        };
        self.begin(envelope, out);
        event(out, None, chunk(envelope, Json::list([choice(delta, None)])).json());
    }

    fn call(&self, call: Fields, function: Fields) -> Fields {
        let call = call.with("index", self.calls.saturating_sub(1)).with("function", function);
        Fields::new().with("tool_calls", Json::list([call.json()]))
    }

    fn begin(&mut self, envelope: &Envelope, out: &mut String) {
        if !std::mem::replace(&mut self.begun, true) {
            let delta = Fields::new().with("role", "assistant").with("content", "");
            event(out, None, chunk(envelope, Json::list([choice(delta, None)])).json());
        }
    }

    pub(in super::super) fn finish(&mut self, envelope: &Envelope, out: &mut String) {
        self.begin(envelope, out);
        let reason = finish_reason(self.stop.as_ref().unwrap_or(&Stop::End));
        event(out, None, chunk(envelope, Json::list([choice(Fields::new(), Some(reason))])).json());
        if let Some(usage) = self.usage.filter(|_| self.include_usage) {
            event(out, None, chunk(envelope, Json::list([])).with("usage", write_usage(&usage)).json());
        }
        out.push_str("data: [DONE]\n\n");
    }
}

fn choice(delta: Fields, reason: Option<&str>) -> Json {
    let reason = reason.map_or_else(Json::null, Json::from);
    Fields::new().with("index", 0u64).with("delta", delta).with("finish_reason", reason).json()
}

fn chunk(envelope: &Envelope, choices: Json) -> Fields {
    Fields::new()
        .with("id", format!("chatcmpl-{}", envelope.id))
        .with("object", "chat.completion.chunk")
        .with("created", envelope.created)
        .with("model", &envelope.model)
        .with("choices", choices)
}
