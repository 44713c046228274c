//! Writes the chunks of a streamed `:generateContent`, as events or as the elements of one JSON list.
//!
//! The format knows only whole calls: arguments that come in pieces are kept until the call is complete.

use super::super::Dialect;
use super::super::answer::{Envelope, Piece, Said, Stop, Usage};
use super::super::chat::Thought;
use super::super::signature::Signature;
use super::super::writing::Json;
use super::answer::{response, write_said, write_usage};
use crate::framing::Framing;
use domain::denial::Denial;
use serde_json::Value;

pub(in super::super) struct Writer {
    framing: Framing,
    begun: bool,
    call: Option<Said>,
    stop: Option<Stop>,
    usage: Option<Usage>,
}

impl Writer {
    pub(in super::super) const fn new(framing: Framing) -> Self {
        Self { framing, begun: false, call: None, stop: None, usage: None }
    }

    pub(in super::super) fn write(
        &mut self,
        piece: Piece,
        envelope: &Envelope,
        out: &mut String,
    ) -> Result<(), Denial> {
        match (&piece, &mut self.call) {
            (Piece::Arguments(more), Some(Said::Call { arguments, .. })) => {
                arguments.push_str(more);
                return Ok(());
            }
            // Says nothing of whether a call is complete.
            (Piece::Usage(usage), _) => {
                self.usage = Some(*usage);
                return Ok(());
            }
            _ => {}
        }
        self.flush(envelope, out)?;
        let thought =
            |text, signature: Option<Signature>, redacted| Said::Thought(Thought { text, signature, redacted });
        let said = match piece {
            Piece::Text(text) => Said::Text(text),
            Piece::Thought(text) => thought(text, None, false),
            Piece::Signed(signature) => thought(String::new(), Some(signature), false),
            Piece::Redacted(signature) => thought(String::new(), Some(signature), true),
            Piece::Call { id, name, signature } => {
                self.call = Some(Said::Call { id, name, arguments: String::new(), signature });
                return Ok(());
            }
            Piece::Stop(stop) => {
                self.stop = Some(stop);
                return Ok(());
            }
            Piece::Failed(failure) => {
                self.frame(&failure.write(Dialect::Gemini, &envelope.id), out);
                return Ok(());
            }
            Piece::Arguments(_) | Piece::Usage(_) => return Err(Denial::UpstreamProtocol),
        };
        self.say(&said, envelope, out)
    }

    fn flush(&mut self, envelope: &Envelope, out: &mut String) -> Result<(), Denial> {
        match self.call.take() {
            Some(call) => self.say(&call, envelope, out),
            None => Ok(()),
        }
    }

    fn say(&mut self, said: &Said, envelope: &Envelope, out: &mut String) -> Result<(), Denial> {
        let chunk = response(vec![write_said(said)?], None, envelope).json();
        self.frame(&chunk, out);
        Ok(())
    }

    fn frame(&mut self, chunk: &Json, out: &mut String) {
        let begun = std::mem::replace(&mut self.begun, true);
        let (before, after) = match self.framing {
            Framing::Events => ("data: ", "\r\n\r\n"),
            Framing::Array if begun => (",\r\n", ""),
            Framing::Array => ("[", ""),
        };
        out.push_str(before);
        out.push_str(chunk.text());
        out.push_str(after);
    }

    pub(in super::super) fn finish(&mut self, envelope: &Envelope, out: &mut String) -> Result<(), Denial> {
        self.flush(envelope, out)?;
        let stop = self.stop.take().unwrap_or(Stop::End);
        let last =
            response(vec![], Some(&stop), envelope).with_some("usageMetadata", self.usage.as_ref().map(write_usage));
        self.frame(&last.json(), out);
        self.close(out);
        Ok(())
    }

    /// An error of the gateway's own, which ends the stream.
    pub(in super::super) fn broken(&mut self, error: &Value, out: &mut String) {
        self.frame(&Json::from(error), out);
        self.close(out);
    }

    /// Ends the list, if it is one; also behind an error.
    pub(in super::super) fn close(&self, out: &mut String) {
        if self.framing == Framing::Array && self.begun {
            out.push(']');
        }
    }
}
