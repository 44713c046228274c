//! The connection ends at every byte of an answer, from the first letter of its status line to the last of its body.

use super::{ALL, EVERY_STREAM, Recording, call};
use crate::wire::{Act, WireProvider, send};
use crate::world::World;
use domain::usage::Outcome;
use proxy::Timeouts;

/// How the end of a body is marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    Length,
    Chunks,
    /// The body is over when the connection is: nothing tells a whole one from a part.
    Close,
}

fn framed(framing: Framing, kind: &str, pieces: &[&str]) -> Vec<u8> {
    let length = pieces.iter().map(|piece| piece.len()).sum::<usize>();
    let head = match framing {
        Framing::Length => format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n"),
        Framing::Chunks => format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ntransfer-encoding: chunked\r\n\r\n"),
        Framing::Close => format!("HTTP/1.0 200 OK\r\ncontent-type: {kind}\r\n\r\n"),
    };
    let mut bytes = head.into_bytes();
    for piece in pieces {
        if framing == Framing::Chunks {
            bytes.extend_from_slice(format!("{:x}\r\n{piece}\r\n", piece.len()).as_bytes());
        } else {
            bytes.extend_from_slice(piece.as_bytes());
        }
    }
    if framing == Framing::Chunks {
        bytes.extend_from_slice(b"0\r\n\r\n");
    }
    bytes
}

/// Cuts that are seen as errors go by threes: they are all alike to what is above the connection.
async fn cut_everywhere(recording: &Recording, streamed: bool, framing: Framing, end: Act) {
    let provider = WireProvider::start().await;
    let world = World::new();
    let gateway = provider.gateway(&world, Timeouts::default());
    let whole = if streamed { recording.stream() } else { recording.plain.to_owned() };
    let bytes = match streamed {
        true => framed(framing, recording.kind(true), recording.stream),
        false => framed(framing, recording.kind(false), &[recording.plain]),
    };
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    let mut answered = 0;
    let step = if matches!(end, Act::Reset) { 3 } else { 1 };
    for at in (0..=bytes.len()).step_by(step) {
        provider.will([send(&bytes[..at]), end.clone()]);
        let (seen, record) = call(&world, &gateway, recording, streamed).await;
        let place = || format!("{} {framing:?} {end:?} at {at} of {}: {}", recording.path, bytes.len(), seen.text());
        if record.outcome == Outcome::Answered {
            answered += 1;
            assert_eq!(record.cost, recording.cost(), "{}", place());
            // What may be missing of an answer whose usage was told is the event that says nothing but that, and the
            // blank line behind the last one.
            let last = recording.stream.last().filter(|_| streamed && recording.stream_path.is_empty());
            let blank_line = if streamed && !recording.array { "\r\n\r\n".len() } else { 0 };
            let may_lack = blank_line + last.map_or(0, |last| last.len());
            assert!(whole.as_bytes().starts_with(&seen.bytes), "{}", place());
            assert!(seen.bytes.len() + may_lack >= whole.len(), "{}", place());
        }
        if at < head {
            assert_eq!((seen.status, record.outcome), (502, Outcome::ProviderFailed), "{}", place());
        }
        if at == bytes.len() && !matches!(end, Act::Reset) {
            assert_eq!((&seen.bytes[..], record.outcome), (whole.as_bytes(), Outcome::Answered), "{}", place());
        }
        if seen.looks_whole(recording, streamed) {
            assert_eq!(seen.text().trim_ascii_end(), whole.trim_ascii_end(), "{}", place());
        }
    }
    assert!(
        answered < bytes.len() / 3,
        "most cuts are noticed, of {} these were taken for whole: {answered}",
        bytes.len()
    );
}

#[tokio::test]
async fn plain_answers_of_a_known_length() {
    for recording in ALL {
        cut_everywhere(&recording, false, Framing::Length, Act::Close).await;
    }
}

#[tokio::test]
async fn plain_answers_in_chunks() {
    for recording in ALL {
        cut_everywhere(&recording, false, Framing::Chunks, Act::Reset).await;
    }
}

#[tokio::test]
async fn plain_answers_that_end_with_their_connection() {
    for recording in ALL {
        cut_everywhere(&recording, false, Framing::Close, Act::Close).await;
    }
}

#[tokio::test]
async fn streams_in_chunks() {
    for recording in EVERY_STREAM {
        cut_everywhere(&recording, true, Framing::Chunks, Act::Close).await;
    }
}

#[tokio::test]
async fn streams_that_are_reset() {
    for recording in EVERY_STREAM {
        cut_everywhere(&recording, true, Framing::Chunks, Act::Reset).await;
    }
}

#[tokio::test]
async fn streams_that_end_with_their_connection() {
    for recording in EVERY_STREAM {
        cut_everywhere(&recording, true, Framing::Close, Act::Close).await;
    }
}
