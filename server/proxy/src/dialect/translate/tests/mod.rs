//! What holds for all formats together.

mod golden;
mod promises;
mod refusals;

use super::answer::Envelope;
use super::{Dialect, StreamTranslator, Surface, Target, Wishes};
use crate::framing::Framing;
use crate::sse::Splitter;
use bytes::Bytes;
use domain::denial::Denial;

const ALL: [Dialect; 3] = [Dialect::OpenAi, Dialect::Anthropic, Dialect::Gemini];

const fn word(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::OpenAi => "openai",
        Dialect::Anthropic => "anthropic",
        Dialect::Gemini => "gemini",
    }
}

const SURFACES: [Surface; 4] =
    [Surface::ChatCompletions, Surface::Responses, Surface::Messages, Surface::GenerateContent];

const fn surface_word(surface: Surface) -> &'static str {
    match surface {
        Surface::Responses => "responses",
        other => word(other.dialect()),
    }
}

/// The surface of a provider's own format.
const fn own(dialect: Dialect) -> Surface {
    match dialect {
        Dialect::OpenAi => Surface::ChatCompletions,
        Dialect::Anthropic => Surface::Messages,
        Dialect::Gemini => Surface::GenerateContent,
    }
}

fn envelope() -> Envelope {
    Envelope { id: "evt1".to_owned(), model: "house-model".to_owned(), created: 1_795_000_000 }
}

fn target(dialect: Dialect) -> Target<'static> {
    let model = match dialect {
        Dialect::OpenAi => "gpt-up",
        Dialect::Anthropic => "claude-up",
        Dialect::Gemini => "gemini-3-up",
    };
    Target { dialect, model, output_cap: Some(9_000), cap_field: "max_completion_tokens" }
}

const WISHES: Wishes = Wishes { include_usage: true, framing: Framing::Events };

/// A provider's stream, cut into these chunks, as the client sees it: what came before the end, and the end.
fn streamed(from: Dialect, to: Surface, chunks: &[&[u8]]) -> Result<(String, String), Denial> {
    let mut translator = StreamTranslator::new(from, to, WISHES, envelope());
    let mut splitter = Splitter::default();
    let mut before = String::new();
    for chunk in chunks {
        splitter.push(Bytes::copy_from_slice(chunk));
        while let Some(event) = splitter.next_event().unwrap() {
            before.push_str(std::str::from_utf8(&translator.push(&event)?).unwrap());
        }
    }
    before.push_str(std::str::from_utf8(&translator.push(&splitter.rest())?).unwrap());
    Ok((before, String::from_utf8(translator.finish()?.to_vec()).unwrap()))
}

fn reason(denial: Denial) -> String {
    match denial {
        Denial::InvalidRequest { reason } => reason,
        other => panic!("{other:?}"),
    }
}
