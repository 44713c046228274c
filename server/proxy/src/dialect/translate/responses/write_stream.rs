//! Writes the events of a streamed response: items one after the other, each opened and closed, and all of them again
//! in the last event.

use super::super::answer::{Envelope, Piece, Said, Stop, Usage, event};
use super::super::chat::Thought;
use super::super::failure::Failure;
use super::super::signature::Signature;
use super::super::writing::{Fields, Json};
use super::answer::{begun, ended, item, item_id, last_event, summary_part, text_part};
use serde_json::Value;

#[derive(Default)]
pub(in super::super) struct Writer {
    sequence: u64,
    /// Items that are whole.
    done: Vec<Json>,
    open: Option<Said>,
    stop: Option<Stop>,
    usage: Option<Usage>,
}

impl Writer {
    pub(in super::super) fn write(&mut self, piece: Piece, envelope: &Envelope, out: &mut String) {
        match piece {
            Piece::Usage(usage) => return self.usage = Some(usage),
            Piece::Stop(stop) => return self.stop = Some(stop),
            Piece::Failed(failure) => return self.fail(&failure, envelope, out),
            _ => self.begin(envelope, out),
        }
        let thought =
            |text, signature: Option<Signature>, redacted| Said::Thought(Thought { text, signature, redacted });
        match piece {
            Piece::Text(more) => {
                if !matches!(self.open, Some(Said::Text(_))) {
                    self.start(Said::Text(String::new()), envelope, out);
                    let part = Fields::new().with("content_index", 0u64).with("part", text_part(""));
                    self.about("response.content_part.added", &part, envelope, out);
                }
                let delta =
                    Fields::new().with("content_index", 0u64).with("delta", &more).with("logprobs", Json::list([]));
                self.about("response.output_text.delta", &delta, envelope, out);
                if let Some(Said::Text(text)) = &mut self.open {
                    text.push_str(&more);
                }
            }
            Piece::Thought(more) => {
                if !matches!(self.open, Some(Said::Thought(_))) {
                    self.start(thought(String::new(), None, false), envelope, out);
                    let part = Fields::new().with("summary_index", 0u64).with("part", summary_part(""));
                    self.about("response.reasoning_summary_part.added", &part, envelope, out);
                }
                let delta = Fields::new().with("summary_index", 0u64).with("delta", &more);
                self.about("response.reasoning_summary_text.delta", &delta, envelope, out);
                if let Some(Said::Thought(thought)) = &mut self.open {
                    thought.text.push_str(&more);
                }
            }
            Piece::Signed(signature) => {
                if !matches!(self.open, Some(Said::Thought(_))) {
                    self.start(thought(String::new(), None, false), envelope, out);
                }
                if let Some(Said::Thought(thought)) = &mut self.open {
                    thought.signature = Some(signature);
                }
                self.close(envelope, out);
            }
            Piece::Redacted(signature) => {
                self.start(thought(String::new(), Some(signature), true), envelope, out);
                self.close(envelope, out);
            }
            Piece::Call { id, name, signature } => {
                self.start(Said::Call { id, name, arguments: String::new(), signature }, envelope, out);
            }
            Piece::Arguments(more) => {
                self.about(
                    "response.function_call_arguments.delta",
                    &Fields::new().with("delta", &more),
                    envelope,
                    out,
                );
                if let Some(Said::Call { arguments, .. }) = &mut self.open {
                    arguments.push_str(&more);
                }
            }
            Piece::Usage(_) | Piece::Stop(_) | Piece::Failed(_) => {}
        }
    }

    fn send(&mut self, name: &str, fields: impl FnOnce(Fields) -> Fields, out: &mut String) {
        let data = fields(Fields::of(name).with("sequence_number", self.sequence));
        self.sequence += 1;
        event(out, Some(name), data.json());
    }

    fn begin(&mut self, envelope: &Envelope, out: &mut String) {
        if self.sequence == 0 {
            for name in ["response.created", "response.in_progress"] {
                self.send(name, |event| event.with("response", begun(envelope)), out);
            }
        }
    }

    fn start(&mut self, said: Said, envelope: &Envelope, out: &mut String) {
        self.close(envelope, out);
        let index = self.done.len();
        let begun = item(&said, index, envelope, false);
        self.send("response.output_item.added", |event| event.with("output_index", index).with("item", begun), out);
        self.open = Some(said);
    }

    /// An event about the open item.
    fn about(&mut self, name: &str, more: &Fields, envelope: &Envelope, out: &mut String) {
        let Some(said) = &self.open else { return };
        let index = self.done.len();
        let id = item_id(said, index, envelope);
        self.send(name, |event| event.with("item_id", id).with("output_index", index).and(more), out);
    }

    fn close(&mut self, envelope: &Envelope, out: &mut String) {
        match &self.open {
            None => return,
            Some(Said::Text(text)) => {
                let at = || Fields::new().with("content_index", 0u64);
                let (text, part) = (at().with("text", text).with("logprobs", Json::list([])), text_part(text));
                self.about("response.output_text.done", &text, envelope, out);
                self.about("response.content_part.done", &at().with("part", part), envelope, out);
            }
            Some(Said::Thought(thought)) if !thought.text.is_empty() => {
                let at = || Fields::new().with("summary_index", 0u64);
                let (text, part) = (at().with("text", &thought.text), summary_part(&thought.text));
                self.about("response.reasoning_summary_text.done", &text, envelope, out);
                self.about("response.reasoning_summary_part.done", &at().with("part", part), envelope, out);
            }
            Some(Said::Thought(_)) => {}
            Some(Said::Call { name, arguments, .. }) => {
                let done = Fields::new().with("name", name).with("arguments", arguments);
                self.about("response.function_call_arguments.done", &done, envelope, out);
            }
        }
        if let Some(said) = self.open.take() {
            let index = self.done.len();
            let whole = item(&said, index, envelope, true);
            self.done.push(whole.clone());
            self.send("response.output_item.done", |event| event.with("output_index", index).with("item", whole), out);
        }
    }

    fn fail(&mut self, failure: &Failure, envelope: &Envelope, out: &mut String) {
        let code = failure.code.clone().unwrap_or_else(|| "server_error".to_owned());
        let error = |event: Fields| {
            event
                .with("code", code)
                .with("message", &failure.message)
                .with("param", Json::null())
                .with("request_id", &envelope.id)
        };
        self.send("error", error, out);
    }

    /// An error of the gateway's own: the inside of one in OpenAI's format.
    pub(in super::super) fn broken(&mut self, error: &Value, out: &mut String) {
        let fields = |event: Fields| {
            ["code", "message", "param", "request_id"]
                .into_iter()
                .fold(event, |event, name| event.with(name, &error[name]))
        };
        self.send("error", fields, out);
    }

    pub(in super::super) fn finish(&mut self, envelope: &Envelope, out: &mut String) {
        self.begin(envelope, out);
        self.close(envelope, out);
        let stop = self.stop.take().unwrap_or(Stop::End);
        let response = ended(&stop, Json::list(std::mem::take(&mut self.done)), self.usage.as_ref(), envelope);
        self.send(last_event(&stop), |event| event.with("response", response), out);
    }
}
