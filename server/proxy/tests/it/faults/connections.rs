//! What a provider can do wrong below HTTP's bodies, over real connections.

use super::{ALL, CHAT, MESSAGES, RESPONSES, Recording, STREAMED, call};
use crate::wire::{Act, WireProvider, send};
use crate::world::World;
use domain::money::NanoUsd;
use domain::usage::{Outcome, UsageRecord, UsageSource};
use proxy::Timeouts;
use std::time::Duration;

const MOMENT: Duration = Duration::from_millis(60);

/// Waits a moment for the beginning of an answer.
fn short_of_heads() -> Timeouts {
    Timeouts { first_byte_streamed: MOMENT, first_byte_plain: MOMENT, ..Timeouts::default() }
}
/// Waits a moment for what follows in an answer; deadlines of streams are looked at once a second.
fn short_of_bodies() -> Timeouts {
    Timeouts { between_events: MOMENT, ..Timeouts::default() }
}
/// Waits a second for all of it.
fn short() -> Timeouts {
    Timeouts { total: Duration::from_secs(1), ..Timeouts::default() }
}

async fn answer_within(
    timeouts: Timeouts,
    recording: &Recording,
    streamed: bool,
    script: impl Into<Vec<Act>>,
) -> (super::Seen, UsageRecord) {
    let provider = WireProvider::start().await;
    let world = World::new();
    provider.will(script);
    call(&world, &provider.gateway(&world, timeouts), recording, streamed).await
}

async fn answer_to(recording: &Recording, streamed: bool, script: impl Into<Vec<Act>>) -> (super::Seen, UsageRecord) {
    answer_within(Timeouts::default(), recording, streamed, script).await
}

/// Each with a stream and, where `plain` says so, with a plain answer; all at once, since they have to wait.
async fn every<T>(cases: impl IntoIterator<Item = T>) -> Vec<T::Output>
where
    T: Future,
{
    futures_util::future::join_all(cases).await
}

fn stream_head() -> Act {
    send("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
}
fn chunk(text: &str) -> Act {
    send(format!("{:x}\r\n{text}\r\n", text.len()))
}

#[tokio::test]
async fn a_provider_that_says_nothing_or_stops_talking_runs_into_its_time() {
    let plain_head = || send("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{");
    let silent = ALL.iter().map(|recording| answer_within(short_of_heads(), recording, false, [Act::Hang]));
    let half_head = || [send("HTTP/1.1 200 O"), Act::Hang];
    let half_heads = ALL.iter().map(|recording| answer_within(short_of_heads(), recording, false, half_head()));
    let half_body = || [plain_head(), Act::Hang];
    let half_bodies = ALL.iter().map(|recording| answer_within(short_of_bodies(), recording, false, half_body()));
    let (silent, half_heads, half_bodies) = tokio::join!(every(silent), every(half_heads), every(half_bodies));
    for (seen, record) in silent.into_iter().chain(half_heads).chain(half_bodies) {
        assert_eq!((seen.status, seen.code().as_deref()), (504, Some("provider_timeout")));
        assert_eq!(record.outcome, Outcome::ProviderFailed);
    }
    let silent = STREAMED.iter().map(|recording| answer_within(short_of_heads(), recording, true, [Act::Hang]));
    let (silent, no_event, half_event) = tokio::join!(
        every(silent),
        every(
            STREAMED
                .iter()
                .map(|recording| { answer_within(short_of_bodies(), recording, true, [stream_head(), Act::Hang]) })
        ),
        every(STREAMED.iter().map(|recording| {
            let (whole, half) = (recording.stream[..3].concat(), &recording.stream[3][..20]);
            let script = [stream_head(), chunk(&whole), chunk(half), Act::Hang];
            answer_within(short_of_bodies(), recording, true, script)
        })),
    );
    for (seen, _) in silent {
        assert_eq!((seen.status, seen.code().as_deref()), (504, Some("provider_timeout")));
    }
    for ((seen, record), recording) in no_event.into_iter().chain(half_event).zip(STREAMED.iter().cycle()) {
        assert_eq!((seen.status, seen.code().as_deref()), (200, Some("provider_timeout")), "{}", recording.path);
        assert!(record.cost > NanoUsd::ZERO && record.source == UsageSource::Estimated);
        let events = seen.text().matches("data: ").count();
        assert!(matches!(events, 1 | 4), "half an event is no event: {}", seen.text());
    }
}

#[tokio::test]
async fn pings_and_comments_keep_no_stream_alive_for_ever() {
    let often = Duration::from_millis(20);
    for noise in [": keep-alive\n\n", "event: ping\ndata: {\"type\":\"ping\"}\n\n", "\n\n\n", ":"] {
        let ping = format!("{:x}\r\n{noise}\r\n", noise.len()).into_bytes();
        let calls = STREAMED.iter().map(|recording| {
            let script = [stream_head(), chunk(recording.stream[0]), Act::Repeat(ping.clone(), often)];
            answer_within(short(), recording, true, script)
        });
        for (seen, record) in every(calls).await {
            assert_eq!((seen.code().as_deref(), record.outcome), (Some("provider_timeout"), Outcome::ProviderFailed));
        }
    }
}

#[tokio::test]
async fn what_is_not_http_is_an_error_of_the_provider() {
    let long = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(2_000_000));
    for garbage in [
        "\0\u{1}\u{2}garbage\r\n\r\n",
        "SSH-2.0-OpenSSH_9.9\r\n",
        "HTTP/9.9 200 OK\r\n\r\n",
        "HTTP/1.1 abc\r\n\r\n",
        &long,
    ] {
        for recording in [CHAT, MESSAGES] {
            let (seen, record) = answer_to(&recording, false, [send(garbage), Act::Close]).await;
            assert_eq!((seen.status, seen.code().as_deref()), (502, Some("provider_error")));
            assert_eq!((record.outcome, record.source), (Outcome::ProviderFailed, UsageSource::Estimated));
        }
    }
}

#[tokio::test]
async fn a_length_that_is_a_lie_hides_nothing() {
    let head = |kind: &str, length: usize| {
        send(format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n"))
    };
    for recording in ALL {
        let length = recording.plain.len();
        // Longer than it says: what is left is no JSON. Shorter than it says: the connection ends too early.
        for (claimed, code) in
            [(length - 1, "upstream_protocol"), (length + 1, "provider_error"), (0, "upstream_protocol")]
        {
            let script = [head("application/json", claimed), send(recording.plain), Act::Close];
            let (seen, record) = answer_to(&recording, false, script).await;
            assert_eq!((seen.status, seen.code().as_deref()), (502, Some(code)), "{} claims {claimed}", recording.path);
            assert_eq!(record.outcome, Outcome::ProviderFailed);
        }
    }
    for recording in STREAMED {
        let stream = recording.stream();
        for claimed in [0, stream.len() / 2, stream.len() + 1] {
            let script = [head("text/event-stream", claimed), send(stream.clone()), Act::Close];
            let (seen, record) = answer_to(&recording, true, script).await;
            let is_whole = claimed > stream.len();
            assert_eq!(seen.looks_whole(&recording, true), is_whole, "{} claims {claimed}", recording.path);
            assert_eq!(record.outcome == Outcome::Answered, is_whole);
        }
    }
}

#[tokio::test]
async fn chunks_may_be_broken_or_followed_by_trailers() {
    for recording in STREAMED {
        let whole = chunk(&recording.stream());
        let trailers = send("0\r\nx-checksum: abc\r\nserver-timing: 1\r\n\r\n");
        let (seen, record) = answer_to(&recording, true, [stream_head(), whole.clone(), trailers, Act::Close]).await;
        assert_eq!((seen.bytes, record.cost), (recording.stream().into_bytes(), recording.cost()));
        let begin = chunk(&recording.stream[..2].concat());
        for broken in ["zz\r\n", "-1\r\n", "ffffffffffffffffff\r\n", "5\r\nabc", "0\r\n"] {
            let (seen, record) =
                answer_to(&recording, true, [stream_head(), begin.clone(), send(broken), Act::Close]).await;
            assert_eq!((seen.status, record.outcome), (200, Outcome::ProviderFailed), "{broken}");
        }
    }
}

#[tokio::test]
async fn a_connection_is_used_again_after_a_whole_answer_only() {
    let provider = WireProvider::start().await;
    let world = World::new();
    let gateway = provider.gateway(&world, Timeouts::default());
    let plain = |recording: &Recording| {
        send(format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{}",
            recording.plain.len(),
            recording.plain
        ))
    };
    for recording in [CHAT, RESPONSES, CHAT] {
        provider.will([plain(&recording)]);
        let (seen, _) = call(&world, &gateway, &recording, false).await;
        assert_eq!(seen.bytes, recording.plain.as_bytes());
        // What an answer left behind is never the beginning of the next.
        provider.will([stream_head(), chunk(recording.stream[0]), send("5\r\nstale"), Act::Close]);
        let (_, record) = call(&world, &gateway, &recording, true).await;
        assert_eq!(record.outcome, Outcome::ProviderFailed);
    }
}
