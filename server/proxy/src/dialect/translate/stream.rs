//! Translates a stream, event by event.

use super::answer::{Envelope, Piece};
use super::{Dialect, Surface, anthropic, gemini, openai, responses};
use crate::framing::Framing;
use crate::sse::Event;
use bytes::Bytes;
use domain::denial::Denial;
use serde_json::Value;

enum Reader {
    OpenAi(openai::read_stream::Reader),
    Anthropic(anthropic::read_stream::Reader),
    Gemini(gemini::answer::Reader),
}

enum Writer {
    ChatCompletions(openai::write_stream::Writer),
    Responses(responses::write_stream::Writer),
    Messages(anthropic::write_stream::Writer),
    GenerateContent(gemini::stream::Writer),
}

/// What a client asked of its stream.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wishes {
    /// OpenAI's clients learn of the usage if they ask.
    pub include_usage: bool,
    pub framing: Framing,
}

pub(crate) struct StreamTranslator {
    reader: Reader,
    writer: Writer,
    envelope: Envelope,
    /// A call whose arguments have not come yet: formats differ in how they say that there are none.
    bare_call: bool,
    failed: bool,
}

impl StreamTranslator {
    pub(crate) fn new(from: Dialect, to: Surface, wishes: Wishes, envelope: Envelope) -> Self {
        let reader = match from {
            Dialect::OpenAi => Reader::OpenAi(openai::read_stream::Reader::default()),
            Dialect::Anthropic => Reader::Anthropic(anthropic::read_stream::Reader::default()),
            Dialect::Gemini => Reader::Gemini(gemini::answer::Reader::default()),
        };
        let writer = match to {
            Surface::ChatCompletions => {
                Writer::ChatCompletions(openai::write_stream::Writer::new(wishes.include_usage))
            }
            Surface::Responses => Writer::Responses(responses::write_stream::Writer::default()),
            Surface::Messages => Writer::Messages(anthropic::write_stream::Writer::default()),
            Surface::GenerateContent => Writer::GenerateContent(gemini::stream::Writer::new(wishes.framing)),
        };
        Self { reader, writer, envelope, bare_call: false, failed: false }
    }

    /// Takes one whole event of the provider's, and gives what the client may see of it already.
    pub(crate) fn push(&mut self, raw: &[u8]) -> Result<Bytes, Denial> {
        if self.failed {
            return Ok(Bytes::new());
        }
        let event = Event::read(raw);
        let data = event.data.trim_ascii();
        let mut pieces = Vec::new();
        match &mut self.reader {
            Reader::OpenAi(reader) => reader.read(data, &self.envelope, &mut pieces)?,
            Reader::Anthropic(reader) => reader.read(data, &mut pieces)?,
            Reader::Gemini(reader) => reader.read(data, &self.envelope, &mut pieces)?,
        }
        let mut out = String::new();
        for piece in pieces {
            match &piece {
                Piece::Arguments(_) => self.bare_call = false,
                Piece::Usage(_) => {}
                Piece::Failed(_) => self.failed = true,
                _ => self.complete_call(&mut out)?,
            }
            self.bare_call |= matches!(piece, Piece::Call { .. });
            self.write(piece, &mut out)?;
        }
        Ok(Bytes::from(out))
    }

    fn complete_call(&mut self, out: &mut String) -> Result<(), Denial> {
        if std::mem::take(&mut self.bare_call) {
            self.write(Piece::Arguments("{}".to_owned()), out)?;
        }
        Ok(())
    }

    fn write(&mut self, piece: Piece, out: &mut String) -> Result<(), Denial> {
        match &mut self.writer {
            Writer::ChatCompletions(writer) => writer.write(piece, &self.envelope, out),
            Writer::Responses(writer) => writer.write(piece, &self.envelope, out),
            Writer::Messages(writer) => writer.write(piece, &self.envelope, out),
            Writer::GenerateContent(writer) => writer.write(piece, &self.envelope, out)?,
        }
        Ok(())
    }

    /// The end of the answer. Behind an error of the provider's there is none to tell of.
    pub(crate) fn finish(&mut self) -> Result<Bytes, Denial> {
        let mut out = String::new();
        if self.failed {
            if let Writer::GenerateContent(writer) = &self.writer {
                writer.close(&mut out);
            }
            return Ok(Bytes::from(out));
        }
        self.complete_call(&mut out)?;
        match &mut self.writer {
            Writer::ChatCompletions(writer) => writer.finish(&self.envelope, &mut out),
            Writer::Responses(writer) => writer.finish(&self.envelope, &mut out),
            Writer::Messages(writer) => writer.finish(&self.envelope, &mut out),
            Writer::GenerateContent(writer) => writer.finish(&self.envelope, &mut out)?,
        }
        Ok(Bytes::from(out))
    }

    /// An error of the gateway's own, in the client's format; it ends the stream.
    pub(crate) fn broken(&mut self, error: &Value) -> Bytes {
        let mut out = String::new();
        match &mut self.writer {
            Writer::ChatCompletions(_) => out.push_str(&format!("data: {error}\n\n")),
            Writer::Responses(writer) => writer.broken(&error["error"], &mut out),
            Writer::Messages(_) => out.push_str(&format!("event: error\ndata: {error}\n\n")),
            Writer::GenerateContent(writer) => writer.broken(error, &mut out),
        }
        Bytes::from(out)
    }
}
