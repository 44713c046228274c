//! What the fuzzers ask of the parts that read bytes of strangers. Each function takes any bytes and panics where a
//! promise is broken; what it does with most of them is nothing. The first byte chooses a case, so that one corpus
//! serves all of them.
//!
//! Compiled only for tests, which replay the seeds, and with the feature `fuzzing`, for `fuzz/` at the root.

use crate::head;
use crate::request::{self, Edits, OutputCap};
use crate::sse::{Event, Splitter};
use bytes::Bytes;
use domain::model::Endpoint;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

/// The cap that is written into bodies here.
const CAP: u64 = 7;
/// Fields that the gateway may change. All others pass.
const CHANGED: [&str; 5] = ["model", "stream_options", "max_tokens", "max_completion_tokens", "max_output_tokens"];

/// A request's body: what is taken is JSON, and stays what it was but for the fields acted on.
pub fn head(bytes: &[u8]) {
    let Some((&case, body)) = bytes.split_first() else { return };
    let endpoint = Endpoint::ALL[usize::from(case) % Endpoint::ALL.len()];
    let Ok(head) = head::read(body).map(|head| head.read_by(endpoint)) else { return };
    serde_json::from_slice::<IgnoredAny>(body).expect("what is not JSON is refused");
    let edits = Edits { endpoint, upstream_model: "up", output_cap: OutputCap::AtMost(CAP), cap_field: "max_tokens" };
    let sent = request::rewrite(&Bytes::copy_from_slice(body), &head, &edits).to_bytes();
    serde_json::from_slice::<IgnoredAny>(&sent).expect("what is sent on is JSON");
    // A number beyond any float is JSON, and yet no value.
    let Ok(before) = serde_json::from_slice::<Map<String, Value>>(body) else { return };
    let after: Map<String, Value> = serde_json::from_slice(&sent).expect("as above");
    assert_eq!(after["model"], "up");
    let caps = CHANGED.iter().filter(|field| field.starts_with("max_")).filter_map(|field| after.get(*field));
    assert!(caps.filter_map(Value::as_u64).min().is_some_and(|cap| cap <= CAP), "a cap is sent");
    let passing = |body: &Map<String, Value>| -> Vec<(String, Value)> {
        let fields = body.iter().filter(|(name, _)| !CHANGED.contains(&name.as_str()));
        fields.map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    assert_eq!(passing(&before), passing(&after));
}

/// A stream of events: nothing is lost or doubled, and where chunks are cut makes no difference to what they say.
pub fn events(bytes: &[u8]) {
    let Some((&case, stream)) = bytes.split_first() else { return };
    let (whole, _) = split(stream, stream.len().max(1));
    let (events, rest) = split(stream, usize::from(case % 32) + 1);
    assert_eq!(said(&whole), said(&events));
    assert_eq!([events.concat(), rest.to_vec()].concat(), stream);
}

fn split(stream: &[u8], length: usize) -> (Vec<Bytes>, Bytes) {
    let mut splitter = Splitter::default();
    let mut events = Vec::new();
    for chunk in stream.chunks(length) {
        splitter.push(Bytes::copy_from_slice(chunk));
        while let Ok(Some(event)) = splitter.next_event() {
            events.push(event);
        }
    }
    (events, splitter.rest())
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
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target);
        let mut replayed = 0;
        for entry in std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.unwrap().path();
            eprintln!("{}", path.display());
            function(&std::fs::read(path).unwrap());
            replayed += 1;
        }
        assert!(replayed > 0, "{} is empty", folder.display());
    }

    #[test]
    fn the_seeds_of_the_head_parser_hold() {
        replay("head", head);
    }

    #[test]
    fn the_seeds_of_the_event_splitter_hold() {
        replay("events", events);
    }
}
