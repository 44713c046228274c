//! Writes the events of a streamed message: blocks one after the other, each opened and closed.

use super::super::Dialect;
use super::super::answer::{Envelope, Piece, Stop, Usage, event};
use super::super::signature::into_id;
use super::super::writing::{Fields, Json};
use super::answer::{message, own, redacted, stop_fields, write_usage};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Text,
    Thinking,
    Tool,
}

#[derive(Default)]
pub(in super::super) struct Writer {
    begun: bool,
    /// Blocks opened so far.
    blocks: usize,
    open: Option<Open>,
    stop: Option<Stop>,
    usage: Option<Usage>,
}

impl Writer {
    pub(in super::super) fn write(&mut self, piece: Piece, envelope: &Envelope, out: &mut String) {
        match piece {
            Piece::Usage(usage) => return self.usage = Some(usage),
            Piece::Stop(stop) => return self.stop = Some(stop),
            Piece::Failed(failure) => return failure.write_event(Dialect::Anthropic, &envelope.id, out),
            _ => self.begin(envelope, out),
        }
        match piece {
            Piece::Text(text) => {
                self.continue_block(Open::Text, out, || Fields::of("text").with("text", "").json());
                self.delta(Fields::of("text_delta").with("text", text), out);
            }
            Piece::Thought(text) => {
                self.continue_block(Open::Thinking, out, thinking_start);
                self.delta(Fields::of("thinking_delta").with("thinking", text), out);
            }
            Piece::Signed(signature) => {
                self.continue_block(Open::Thinking, out, thinking_start);
                self.delta(Fields::of("signature_delta").with("signature", own(Some(&signature))), out);
                self.close(out);
            }
            Piece::Redacted(signature) => {
                self.close(out);
                self.start(&redacted(&signature.text), out);
                self.open = Some(Open::Thinking);
                self.close(out);
            }
            Piece::Call { id, name, signature } => {
                self.close(out);
                let id = into_id(&id, signature.as_ref());
                let block = Fields::of("tool_use").with("id", id).with("name", name).with("input", Fields::new());
                self.start(&block.json(), out);
                self.open = Some(Open::Tool);
            }
            Piece::Arguments(more) => self.delta(Fields::of("input_json_delta").with("partial_json", more), out),
            Piece::Usage(_) | Piece::Stop(_) | Piece::Failed(_) => {}
        }
    }

    fn begin(&mut self, envelope: &Envelope, out: &mut String) {
        if std::mem::replace(&mut self.begun, true) {
            return;
        }
        let message = message(envelope, Json::list([]))
            .with("stop_reason", Json::null())
            .with("stop_sequence", Json::null())
            // Providers that report usage at the end have it in `message_delta`.
            .with("usage", write_usage(&self.usage.unwrap_or_default()));
        event(out, Some("message_start"), Fields::of("message_start").with("message", message).json());
    }

    fn continue_block(&mut self, wanted: Open, out: &mut String, block: impl Fn() -> Json) {
        if self.open != Some(wanted) {
            self.close(out);
            self.start(&block(), out);
            self.open = Some(wanted);
        }
    }

    fn start(&mut self, block: &Json, out: &mut String) {
        let start = Fields::of("content_block_start").with("index", self.blocks).with("content_block", block.clone());
        event(out, Some("content_block_start"), start.json());
        self.blocks += 1;
    }

    fn delta(&self, delta: Fields, out: &mut String) {
        let index = self.blocks.saturating_sub(1);
        let delta = Fields::of("content_block_delta").with("index", index).with("delta", delta);
        event(out, Some("content_block_delta"), delta.json());
    }

    fn close(&mut self, out: &mut String) {
        if self.open.take().is_some() {
            let stop = Fields::of("content_block_stop").with("index", self.blocks.saturating_sub(1));
            event(out, Some("content_block_stop"), stop.json());
        }
    }

    pub(in super::super) fn finish(&mut self, envelope: &Envelope, out: &mut String) {
        self.begin(envelope, out);
        self.close(out);
        let delta = Fields::of("message_delta")
            .with("delta", stop_fields(self.stop.as_ref().unwrap_or(&Stop::End)))
            .with("usage", write_usage(&self.usage.unwrap_or_default()));
        event(out, Some("message_delta"), delta.json());
        event(out, Some("message_stop"), Fields::of("message_stop").json());
    }
}

fn thinking_start() -> Json {
    Fields::of("thinking").with("thinking", "").with("signature", "").json()
}
