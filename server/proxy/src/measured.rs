//! Steps of a call by themselves, for micro-benches: what is private to this crate and worth timing alone.
//!
//! Compiled only with the feature `measuring`. Nothing here decides anything; each function runs a step and says how it
//! went, so that the step cannot be left out by an optimiser.

use crate::dialect::{StreamTap, Verdict};
use crate::framing::Framing;
use crate::head;
use crate::ports::Directory;
use crate::presented_key::{self, UnrecognisedCounts};
use crate::route::Address;
use crate::sse::Splitter;
use bytes::Bytes;
use domain::model::Endpoint;
use domain::time::Timestamp;
use http::HeaderMap;

/// Whether the caller is recognised.
pub fn recognises(headers: &HeaderMap, directory: &dyn Directory, counts: &UnrecognisedCounts, now: Timestamp) -> bool {
    presented_key::recognise(headers, None, directory, counts, now).is_ok()
}

/// Whether the body of a chat completion is one that can be acted on.
pub fn reads_head(body: &[u8]) -> bool {
    head::read(body, Endpoint::ChatCompletions, &Address::default()).is_ok()
}

/// Cuts a stream of chat completions into events, looks at each, and says how many are passed on.
pub fn taps(chunks: &[Bytes]) -> usize {
    let (mut splitter, mut passed) = (Splitter::default(), 0);
    let mut tap = StreamTap::new(Endpoint::ChatCompletions, Framing::Events, true);
    for chunk in chunks {
        splitter.push(chunk.clone());
        while let Ok(Some(event)) = splitter.next_event() {
            passed += usize::from(tap.observe(&event) != Verdict::Withhold);
        }
    }
    passed
}
