//! Plain answers that are not what was asked for: other statuses, other bodies, other codings, figures that lie.

use super::{ALL, CHAT, EMBEDDINGS, MESSAGES, PROVIDERS_WORDS, RESPONSES, Recording, Seen, call};
use crate::provider::{Piece, Reply};
use crate::world::World;
use bytes::Bytes;
use domain::money::NanoUsd;
use domain::usage::{Outcome, UsageRecord, UsageSource};
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use std::io::Write;

async fn answered(
    recording: &Recording,
    status: u16,
    headers: &[(&'static str, &'static str)],
    body: impl Into<Vec<u8>>,
) -> (Seen, UsageRecord) {
    let world = World::new();
    let pieces = vec![Piece::Bytes(Bytes::from(body.into()))];
    world.provider.will(Reply::Answer { status, headers: headers.to_vec(), pieces });
    call(&world, &world.gateway, recording, false).await
}

const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test(start_paused = true)]
async fn successes_that_are_no_answers_are_not_passed_on() {
    for recording in ALL {
        for (status, kind, body) in [
            (204, "application/json", ""),
            (205, "application/json", ""),
            (206, "application/json", "{\"id\":"),
            (200, "application/json", ""),
            (200, "application/json", "null and void"),
            (200, "text/html", "<html><body>Welcome to nginx!</body></html>"),
            (200, "text/plain", "upstream connect error"),
        ] {
            let (seen, record) = answered(&recording, status, &[("content-type", kind)], body).await;
            assert_eq!(
                (seen.status, seen.code().as_deref()),
                (502, Some("upstream_protocol")),
                "{} {status} {body}",
                recording.path
            );
            assert_eq!(record.outcome, Outcome::ProviderFailed);
            assert_eq!(record.cost > NanoUsd::ZERO, !recording.free, "the prompt may have been worked on");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_that_calls_itself_a_success_is_relayed_and_charged_by_estimate() {
    let body = r#"{"error":{"message":"overloaded, in the provider's words","type":"server_error"}}"#;
    for recording in [CHAT, RESPONSES, MESSAGES, EMBEDDINGS] {
        let (seen, record) = answered(&recording, 200, &[JSON], body).await;
        assert_eq!((seen.status, seen.bytes), (200, body.as_bytes().to_vec()));
        assert_eq!(record.source, UsageSource::Estimated);
    }
}

#[tokio::test(start_paused = true)]
async fn errors_cost_nothing_and_redirects_are_not_followed() {
    for recording in ALL {
        for (status, body, told) in [
            (301, "", Some("upstream_protocol")),
            (307, "", Some("upstream_protocol")),
            (401, "{\"error\":{}}", Some("provider_auth")),
            (403, "<html>", Some("provider_auth")),
            (404, "<html>", Some("provider_error")),
            (418, "", Some("provider_error")),
            (422, r#"{"error":{"message":"no, in the provider's words"}}"#, None),
            (451, r#"{"error":{"message":"no, in the provider's"#, Some("provider_error")),
        ] {
            let headers = [JSON, ("location", "http://169.254.169.254/latest/meta-data")];
            let (seen, record) = answered(&recording, status, &headers, body).await;
            assert_eq!(seen.code().as_deref(), told, "{} {status}: {}", recording.path, seen.text());
            assert_eq!((record.cost, record.source), (NanoUsd::ZERO, UsageSource::Nothing));
            if told.is_none() {
                assert_eq!((seen.status, seen.text().contains(PROVIDERS_WORDS)), (status, true));
            } else {
                assert_eq!(seen.status, 502);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn answers_that_are_compressed_all_the_same_are_read_and_relayed_plain() {
    for recording in ALL {
        let plain = recording.plain.as_bytes();
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(plain).unwrap();
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(plain).unwrap();
        for (coding, body) in
            [("gzip", gzip.finish().unwrap()), ("deflate", zlib.finish().unwrap()), ("identity", plain.to_vec())]
        {
            let (seen, record) = answered(&recording, 200, &[JSON, ("content-encoding", coding)], body.clone()).await;
            assert_eq!((seen.status, &seen.bytes[..]), (200, plain), "{} {coding}", recording.path);
            assert_eq!((record.outcome, record.cost), (Outcome::Answered, recording.cost()));
            if coding != "identity" {
                let half = &body[..body.len() / 2];
                let (seen, _) = answered(&recording, 200, &[JSON, ("content-encoding", coding)], half).await;
                let code = if coding == "gzip" { "provider_error" } else { "upstream_protocol" };
                assert_eq!((seen.status, seen.code().as_deref()), (502, Some(code)));
            }
        }
        for coding in ["br", "zstd", "gzip, br", "made-up"] {
            let (seen, record) = answered(&recording, 200, &[JSON, ("content-encoding", coding)], plain).await;
            assert_eq!((seen.status, seen.code().as_deref()), (502, Some("upstream_protocol")));
            assert_eq!(record.cost > NanoUsd::ZERO, !recording.free);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn figures_are_believed_as_far_as_they_can_be_true() {
    use UsageSource::{Estimated, Provider, Reservation};
    for recording in [CHAT, RESPONSES, MESSAGES] {
        for (figure, expected) in [
            ("20", Provider),
            ("0", Provider),
            ("1000", Provider),
            ("999999999999", Reservation),
            ("18446744073709551615", Reservation),
            ("18446744073709551616", Estimated),
            ("-20", Estimated),
            ("2e1", Estimated),
            ("20.5", Estimated),
            ("\"20\"", Estimated),
            ("null", Estimated),
            ("[20]", Estimated),
        ] {
            let body = recording.plain.replace("tokens\":20", &format!("tokens\":{figure}"));
            let world = World::new();
            // The test's models put out a thousand tokens at most; a figure within that may be a bill, and is paid.
            let pieces = vec![Piece::Bytes(Bytes::from(body.clone()))];
            world.provider.will(Reply::Answer { status: 200, headers: vec![JSON], pieces });
            if figure == "1000" {
                world.post(recording.path, &recording.request(false)).await;
                world.assert_settled(1).await;
                assert_eq!(world.last_settled().tokens.output, 1_000);
                continue;
            }
            let (seen, record) = call(&world, &world.gateway, &recording, false).await;
            assert_eq!((seen.status, record.source), (200, expected), "{} {figure}", recording.path);
            assert_eq!(seen.bytes, body.as_bytes(), "what the provider said is relayed all the same");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_large_answer_that_just_stops_is_cut_for_its_client_too() {
    let numbers = "0.125,".repeat(400_000);
    for (end, ended) in [("0]", false), ("0]}],\"usage\":{\"prompt_tokens\":9,\"total_tokens\":9}}", true)] {
        let world = World::new();
        let answer = format!("{{\"data\":[{{\"embedding\":[{numbers}{end}");
        let pieces = answer.as_bytes().chunks(100_000).map(|part| Piece::Bytes(Bytes::copy_from_slice(part))).collect();
        world.provider.will(Reply::Answer { status: 200, headers: vec![JSON], pieces });
        let (seen, record) = call(&world, &world.gateway, &EMBEDDINGS, false).await;
        assert_eq!((seen.ended, record.outcome == Outcome::Answered), (ended, ended));
        assert!(answer.as_bytes().starts_with(&seen.bytes));
    }
}
