//! What the fuzzers ask of the parts that read bytes of strangers. Each function takes any bytes and panics where a
//! promise is broken; what it does with most of them is nothing. The first byte chooses a case, so that one corpus
//! serves all of them.
//!
//! Compiled only for tests, which replay the seeds, and with the feature `fuzzing`, for `fuzz/` at the root.

mod translation;

pub use translation::{translated_answer, translated_request, translated_stream};

use crate::framing::{Framing, Splitter};
use crate::head;
use crate::request::{self, Edits, OutputCap};
use crate::route::Address;
use crate::sse::Event;
use bytes::Bytes;
use domain::model::{Endpoint, WireFormat};
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

/// The cap that is written into bodies here.
const CAP: u64 = 7;
/// Fields that the gateway may change, or change something in. All others pass.
const CHANGED: [&str; 9] = [
    "model",
    "stream_options",
    "max_tokens",
    "max_completion_tokens",
    "max_output_tokens",
    "generationConfig",
    "generation_config",
    "generateContentRequest",
    "requests",
];

/// A request's body: what is taken is JSON, and stays what it was but for the fields acted on.
pub fn head(bytes: &[u8]) {
    let Some((&case, body)) = bytes.split_first() else { return };
    let endpoint = Endpoint::ALL[usize::from(case) % Endpoint::ALL.len()];
    let of_gemini = endpoint.format() == WireFormat::Gemini;
    let address = Address { model: of_gemini.then(|| "m".to_owned()), ..Address::default() };
    let Ok(head) = head::read(body, endpoint, &address) else { return };
    serde_json::from_slice::<IgnoredAny>(body).expect("what is not JSON is refused");
    let cap_field = match endpoint {
        Endpoint::ChatCompletions | Endpoint::Messages | Endpoint::Completions => Some("max_tokens"),
        Endpoint::Responses => Some("max_output_tokens"),
        Endpoint::GenerateContent => Some("maxOutputTokens"),
        _ => None,
    };
    let edits = Edits {
        endpoint,
        upstream_model: "up",
        output_cap: cap_field.map_or(OutputCap::AsSent, |_| OutputCap::AtMost(CAP)),
        cap_field: cap_field.unwrap_or_default(),
    };
    let sent = request::rewrite(&Bytes::copy_from_slice(body), &head, &edits).to_bytes();
    serde_json::from_slice::<IgnoredAny>(&sent).expect("what is sent on is JSON");
    // A number beyond any float is JSON, and yet no value.
    let Ok(before) = serde_json::from_slice::<Map<String, Value>>(body) else { return };
    let after: Map<String, Value> = serde_json::from_slice(&sent).expect("as above");
    assert!(of_gemini || after["model"] == "up", "the provider's name of the model is sent");
    if cap_field.is_some() {
        assert!(caps(&after).any(|cap| cap <= CAP), "a cap is sent");
    }
    let passing = |body: &Map<String, Value>| -> Vec<(String, Value)> {
        let fields = body.iter().filter(|(name, _)| !CHANGED.contains(&name.as_str()));
        fields.map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    assert_eq!(passing(&before), passing(&after));
}

fn caps(body: &Map<String, Value>) -> impl Iterator<Item = u64> {
    let inside = ["generationConfig", "generation_config"].into_iter().filter_map(|name| body.get(name)?.as_object());
    let objects = std::iter::once(body).chain(inside);
    let caps = objects
        .flatten()
        .filter(|(name, _)| name.starts_with("max_") && name.ends_with("_tokens") || *name == "maxOutputTokens");
    caps.filter_map(|(_, value)| value.as_u64())
}

/// A stream: nothing is lost or doubled, and where chunks are cut makes no difference to what it says.
pub fn events(bytes: &[u8]) {
    let Some((&case, stream)) = bytes.split_first() else { return };
    let framing = if case < 128 { Framing::Events } else { Framing::Array };
    let (whole, _) = split(framing, stream, stream.len().max(1));
    let (pieces, rest) = split(framing, stream, usize::from(case % 32) + 1);
    match framing {
        Framing::Events => assert_eq!(said(&whole), said(&pieces)),
        Framing::Array => assert_eq!(whole, pieces),
    }
    assert_eq!([pieces.concat(), rest.to_vec()].concat(), stream);
}

fn split(framing: Framing, stream: &[u8], length: usize) -> (Vec<Bytes>, Bytes) {
    let mut splitter = Splitter::new(framing);
    let mut pieces = Vec::new();
    for chunk in stream.chunks(length) {
        splitter.push(Bytes::copy_from_slice(chunk));
        while let Ok(Some(piece)) = splitter.next_event() {
            pieces.push(piece);
        }
    }
    (pieces, splitter.rest())
}

fn said(events: &[Bytes]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let said = |raw| {
        let event = Event::read(raw);
        (event.name.to_vec(), event.data.into_owned())
    };
    events.iter().map(|raw| said(raw)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every seed through the function that is fuzzed with it.
    fn replay(target: &str, function: fn(&[u8])) {
        replay_folder(&format!("../../fuzz/seeds/{target}"), function);
    }

    fn replay_folder(folder: &str, function: fn(&[u8])) {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let mut replayed = 0;
        for entry in std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.unwrap().path();
            eprintln!("{}", path.display());
            function(&std::fs::read(path).unwrap());
            replayed += 1;
        }
        assert!(replayed > 0, "{} is empty", folder.display());
    }

    /// Here and not in `domain`, which touches no file.
    #[test]
    fn the_seeds_of_the_key_parser_and_of_the_price_import_hold() {
        replay("key", domain::fuzz::key);
        replay("prices", domain::fuzz::prices);
    }

    #[test]
    fn the_seeds_of_the_head_parser_hold() {
        replay("head", head);
    }

    #[test]
    fn the_seeds_of_the_event_splitter_hold() {
        replay("events", events);
    }

    #[test]
    fn the_seeds_of_the_translators_hold() {
        let golden = "tests/golden/translate";
        replay("translated_request", translated_request);
        replay_folder(&format!("{golden}/requests"), translated_request);
        replay("translated_answer", translated_answer);
        replay_folder(&format!("{golden}/answers"), translated_answer);
        replay("translated_stream", translated_stream);
        replay_folder(&format!("{golden}/streams"), translated_stream);
    }
}
