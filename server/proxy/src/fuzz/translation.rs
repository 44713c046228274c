//! What is asked of the translators: every input goes through every pair of formats, so that one corpus serves all.

#![expect(clippy::panic, reason = "a broken promise is what a fuzzer looks for")]

use super::split;
use crate::dialect::translate::{
    Dialect, Envelope, StreamTranslator, Surface, Target, Wishes, answer, read_request, write_request,
};
use crate::framing::Framing;
use serde::de::IgnoredAny;

const DIALECTS: [Dialect; 3] = [Dialect::OpenAi, Dialect::Anthropic, Dialect::Gemini];
const SURFACES: [Surface; 4] =
    [Surface::ChatCompletions, Surface::Responses, Surface::Messages, Surface::GenerateContent];

/// A request: what is written is JSON that its own format reads again.
pub fn translated_request(bytes: &[u8]) {
    for from in SURFACES {
        let Ok(chat) = read_request(from, bytes, false) else { continue };
        for dialect in DIALECTS {
            let target = Target { dialect, model: "up", output_cap: Some(7), cap_field: "max_tokens" };
            let Ok(written) = write_request(&chat, &target) else { continue };
            assert_json(&written);
            let own = match dialect {
                Dialect::OpenAi => Surface::ChatCompletions,
                Dialect::Anthropic => Surface::Messages,
                Dialect::Gemini => Surface::GenerateContent,
            };
            if let Err(denial) = read_request(own, &written, false) {
                panic!("{from:?} to {dialect:?}: {denial:?} in {}", String::from_utf8_lossy(&written));
            }
        }
    }
}

/// A provider's plain answer: what is written is JSON.
pub fn translated_answer(bytes: &[u8]) {
    for from in DIALECTS {
        for to in SURFACES {
            if let Ok(written) = answer(from, to, bytes, &envelope()) {
                assert_json(&written);
            }
        }
    }
}

/// A provider's stream: how it was cut makes no difference, and every event that is written is JSON.
pub fn translated_stream(bytes: &[u8]) {
    for from in DIALECTS {
        for to in SURFACES {
            for framing in [Framing::Events, Framing::Array] {
                let whole = translated(from, to, framing, bytes, bytes.len().max(1));
                let cut = translated(from, to, framing, bytes, bytes.len() % 29 + 1);
                assert_eq!(whole, cut, "{from:?} to {to:?}");
                let Some(written) = whole else { continue };
                if to == Surface::GenerateContent && framing == Framing::Array {
                    assert_json(written.as_bytes());
                } else {
                    let data = written.lines().filter_map(|line| line.strip_prefix("data: "));
                    data.filter(|data| *data != "[DONE]").for_each(|data| assert_json(data.as_bytes()));
                }
            }
        }
    }
}

/// The whole translation, or `None` where the provider's stream is not understood.
fn translated(from: Dialect, to: Surface, framing: Framing, bytes: &[u8], length: usize) -> Option<String> {
    let wishes = Wishes { include_usage: true, framing };
    let mut translator = StreamTranslator::new(from, to, wishes, envelope());
    let mut written = Vec::new();
    for event in split(Framing::Events, bytes, length).0 {
        written.extend_from_slice(&translator.push(&event).ok()?);
    }
    written.extend_from_slice(&translator.finish().ok()?);
    Some(String::from_utf8(written).expect("what is written is text"))
}

fn assert_json(written: &[u8]) {
    if let Err(error) = serde_json::from_slice::<IgnoredAny>(written) {
        panic!("{error}: {}", String::from_utf8_lossy(written));
    }
}

fn envelope() -> Envelope {
    Envelope { id: "0SFsom9hj6W".to_owned(), model: "m".to_owned(), created: 1_800_000_000 }
}
