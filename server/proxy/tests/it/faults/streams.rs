//! Streams that are not what they should be, event by event.

use super::{CHAT, MESSAGES, PROVIDERS_WORDS, RESPONSES, Recording, STREAMED, Seen, call};
use crate::provider::{Piece, Reply, bytes};
use crate::world::World;
use bytes::Bytes;
use domain::money::NanoUsd;
use domain::usage::{Outcome, UsageRecord, UsageSource};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

const EVENT_STREAM: (&str, &str) = ("content-type", "text/event-stream");

async fn streamed(recording: &Recording, pieces: Vec<Piece>) -> (Seen, UsageRecord) {
    with_headers(recording, &[EVENT_STREAM], pieces).await
}

async fn with_headers(
    recording: &Recording,
    headers: &[(&'static str, &'static str)],
    pieces: Vec<Piece>,
) -> (Seen, UsageRecord) {
    let world = World::new();
    world.provider.will(Reply::Answer { status: 200, headers: headers.to_vec(), pieces });
    call(&world, &world.gateway, recording, true).await
}

fn raw(bytes: impl Into<Vec<u8>>) -> Piece {
    Piece::Bytes(Bytes::from(bytes.into()))
}

/// The stream with other events in place of one of them.
fn replaced(recording: &Recording, at: usize, by: &str) -> String {
    [&recording.stream[..at].concat(), by, &recording.stream[at + 1..].concat()].concat()
}

#[tokio::test(start_paused = true)]
async fn what_follows_the_end_is_nobodys() {
    for recording in STREAMED {
        let stream = recording.stream();
        let last = *recording.stream.last().unwrap();
        for more in [last, recording.stream[1], "data: {\"error\":{\"message\":\"late\"}}\n\n", "garbage", &stream] {
            for together in [true, false] {
                let pieces = match together {
                    true => vec![bytes(stream.clone() + more)],
                    false => vec![bytes(stream.clone()), Piece::Pause, bytes(more)],
                };
                let (seen, record) = streamed(&recording, pieces).await;
                assert_eq!(seen.text(), stream, "{} then {more}", recording.path);
                assert_eq!((record.outcome, record.cost), (Outcome::Answered, recording.cost()));
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_keeps_the_connection_open_after_the_end_delays_nothing() {
    for recording in STREAMED {
        let (seen, record) = streamed(&recording, vec![bytes(recording.stream()), Piece::Hang]).await;
        assert_eq!((seen.text().into_owned(), record.cost), (recording.stream(), recording.cost()));
        assert_eq!(record.duration_ms, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn figures_of_streams_are_believed_as_far_as_they_can_be_true() {
    use UsageSource::{Estimated, Provider, Reservation};
    for recording in STREAMED {
        for (figure, expected) in [
            ("20", Provider),
            ("0", Provider),
            ("999999999999", Reservation),
            ("18446744073709551615", Reservation),
            ("18446744073709551616", Estimated),
            ("-20", Estimated),
            ("2e1", Estimated),
            ("\"20\"", Estimated),
            ("null", Estimated),
        ] {
            let stream = recording.stream().replace("tokens\":20", &format!("tokens\":{figure}"));
            let (seen, record) = streamed(&recording, vec![bytes(stream.clone())]).await;
            assert_eq!((record.source, record.outcome), (expected, Outcome::Answered), "{} {figure}", recording.path);
            assert_eq!(seen.text(), stream);
        }
        let stream = recording.stream().replace("\"usage\"", "\"usages\"");
        let (seen, record) = streamed(&recording, vec![bytes(stream.clone())]).await;
        assert_eq!((seen.text().into_owned(), record.source), (stream, Estimated), "none at all");
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_event_of_the_provider_is_the_last_word() {
    for (recording, event) in [
        (CHAT, "data: {\"error\":{\"message\":\"overloaded, in the provider's words\",\"code\":500}}\n\n"),
        (RESPONSES, "event: error\ndata: {\"type\":\"error\",\"message\":\"overloaded, in the provider's words\"}\n\n"),
        (
            RESPONSES,
            "event: response.failed\ndata: {\"type\":\"response.failed\",\"response\":{\"error\":{\"message\":\"in the provider's words\"}}}\n\n",
        ),
        (
            MESSAGES,
            "event: error\ndata: {\"type\":\"error\",\"error\":{\"message\":\"overloaded, in the provider's words\"}}\n\n",
        ),
    ] {
        for at in 0..recording.stream.len() - 1 {
            let stream = recording.stream[..at].concat() + event;
            let (seen, record) = streamed(&recording, vec![bytes(stream.clone())]).await;
            assert_eq!(seen.text(), stream, "neither hidden nor followed by one of ours");
            assert_eq!((record.outcome, record.denial.as_deref()), (Outcome::ProviderFailed, Some("provider_error")));
            assert!(record.cost > NanoUsd::ZERO && seen.text().contains(PROVIDERS_WORDS));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn lines_and_events_have_a_largest_size() {
    for recording in STREAMED {
        let begin = recording.stream[..2].concat();
        let (megabyte, ten_megabytes) = (1024 * 1024, 10 * 1024 * 1024);
        for monster in [
            "data: ".to_owned() + &"x".repeat(ten_megabytes),
            ":".to_owned() + &"\u{0}".repeat(megabyte),
            "data: x\n".repeat(megabyte / 7),
            "data: x\r\n".repeat(megabyte / 8),
            "data\r".repeat(megabyte / 4),
        ] {
            for piece in [65_536, ten_megabytes] {
                let mut pieces = vec![bytes(begin.clone())];
                pieces.extend(monster.as_bytes().chunks(piece).map(raw));
                pieces.push(bytes(recording.stream[2..].concat()));
                let (seen, record) = streamed(&recording, pieces).await;
                assert!(seen.text().starts_with(&begin), "what came before it was whole");
                assert_eq!((seen.code().as_deref(), record.status), (Some("upstream_protocol"), 200));
                assert!(seen.bytes.len() < 1_000);
            }
        }
        // A megabyte less a little is an event like any other.
        let large = format!(": {}\n\n", "x".repeat(1024 * 1024 - 4));
        let (seen, record) = streamed(&recording, vec![bytes(large.clone() + &recording.stream())]).await;
        assert_eq!((seen.bytes.len(), record.cost), (large.len() + recording.stream().len(), recording.cost()));
    }
}

#[tokio::test(start_paused = true)]
async fn bytes_that_are_no_text_pass_untouched() {
    for recording in STREAMED {
        let (before, after) = (recording.stream[..2].concat(), recording.stream[2..].concat());
        for odd in [
            &b"data: \xff\xfe\xc3\x28\n\n"[..],
            b": \0\0\0\n\n",
            b"\xed\xa0\x80: x\n\n",
            b"id: 7\nretry: 10\n\n",
            b"data\n\n",
        ] {
            let stream = [before.as_bytes(), odd, after.as_bytes()].concat();
            for piece in [1, 3, 5_000] {
                let (seen, record) = streamed(&recording, stream.chunks(piece).map(raw).collect()).await;
                assert_eq!((seen.bytes, record.cost), (stream.clone(), recording.cost()));
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_way_to_write_events_is_metered_alike_however_it_is_cut() {
    for recording in STREAMED {
        let plain = recording.stream();
        let json_over_two_lines = plain.replace(",\"", ",\ndata: \"");
        let unspaced = plain.replace("data: ", "data:").replace("event: ", "event:");
        for stream in [
            plain.replace('\n', "\r\n"),
            plain.replace('\n', "\r"),
            "\u{feff}".to_owned() + &plain,
            ": hello\n\n".to_owned() + &plain,
            json_over_two_lines,
            unspaced,
            plain.replace("\n\n", "\nid: 1\n\n\n"),
        ] {
            for piece in [1, 2, 7, 64, 5_000] {
                let (seen, record) = streamed(&recording, stream.as_bytes().chunks(piece).map(raw).collect()).await;
                // The end of a line may come in two pieces, and what follows the last event is not waited for.
                assert!(stream.starts_with(&*seen.text()) && seen.bytes.len() + 2 >= stream.len(), "{stream:?}");
                assert_eq!(
                    (record.outcome, record.cost),
                    (Outcome::Answered, recording.cost()),
                    "{stream:?} by {piece}"
                );
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_under_a_vague_name_is_a_stream_and_a_page_is_an_error() {
    for recording in STREAMED {
        for headers in
            [&[][..], &[("content-type", "text/plain; charset=utf-8")], &[("content-type", "application/octet-stream")]]
        {
            let (seen, record) = with_headers(&recording, headers, vec![bytes(recording.stream())]).await;
            assert_eq!((seen.text().into_owned(), record.cost), (recording.stream(), recording.cost()));
        }
        let page = "<html><body>Sign in to the Wi-Fi</body></html>";
        let (seen, _) = with_headers(&recording, &[("content-type", "text/html")], vec![bytes(page)]).await;
        assert_eq!((seen.status, seen.code().as_deref()), (502, Some("upstream_protocol")));
        for (body, code) in [("", "provider_error"), (page, "provider_error"), ("{\"error\":\"x\"}", "provider_error")]
        {
            let (seen, record) = streamed(&recording, vec![bytes(body)]).await;
            assert_eq!((seen.status, seen.code().as_deref()), (200, Some(code)), "{body}");
            assert_eq!(record.outcome, Outcome::ProviderFailed);
        }
        // Whoever asked for a stream and is given one piece is given that.
        let json = [("content-type", "application/json")];
        let (seen, record) = with_headers(&recording, &json, vec![bytes(recording.plain)]).await;
        assert_eq!((seen.text().into_owned(), record.cost), (recording.plain.to_owned(), recording.cost()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_compressed_stream_flows_all_the_same() {
    for recording in STREAMED {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        let mut pieces = vec![];
        for event in recording.stream {
            gzip.write_all(event.as_bytes()).unwrap();
            gzip.flush().unwrap();
            pieces.push(raw(std::mem::take(gzip.get_mut())));
        }
        let end = gzip.finish().unwrap();
        let coded = [EVENT_STREAM, ("content-encoding", "gzip")];
        let whole = [pieces.clone(), vec![raw(end)]].concat();
        let (seen, record) = with_headers(&recording, &coded, whole).await;
        assert_eq!((seen.text().into_owned(), record.cost), (recording.stream(), recording.cost()));
        pieces.truncate(3);
        pieces.push(raw(*b"\xff\xff\xff\xff damaged"));
        let (seen, _) = with_headers(&recording, &coded, pieces).await;
        assert_eq!(seen.code().as_deref(), Some("provider_error"));
        let unknown = [EVENT_STREAM, ("content-encoding", "br")];
        let (seen, _) = with_headers(&recording, &unknown, vec![bytes("?")]).await;
        assert_eq!((seen.status, seen.code().as_deref()), (502, Some("upstream_protocol")));
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_that_is_no_json_breaks_no_stream() {
    for recording in STREAMED {
        for (at, odd) in [
            (1, "data: {\"choices\":[{\n\n"),
            (1, "data: \n\n"),
            (2, "event: content_block_delta\n\n"),
            (0, "data: \"usage\":{\n\n"),
        ] {
            let stream = [replaced(&recording, at, &(recording.stream[at].to_owned() + odd))].concat();
            let (seen, record) = streamed(&recording, vec![bytes(stream.clone())]).await;
            assert_eq!((seen.text().into_owned(), record.cost), (stream, recording.cost()), "{} {odd}", recording.path);
        }
    }
}
