//! What goes wrong in the middle: nothing leaks, nothing is settled twice, and clients are told in their format.

use crate::provider::{Piece, Reply, bytes};
use crate::world::{NOW, World, post, text};
use domain::id::PersonId;
use domain::money::NanoUsd;
use domain::usage::{Outcome, UsageSource};
use domain::virtual_key::{KeyState, RevocationReason};
use http_body_util::BodyExt;
use std::time::Duration;

const CHAT: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"Hello\"}}]}\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2}}\n\ndata: [DONE]\n\n";
const RESPONSES: &str = "data: {\"type\":\"response.output_text.delta\",\"delta\":\"Hi\"}\r\n\r\ndata: {\"type\":\"response.completed\",\"response\":{\"usage\":{\"input_tokens\":9,\"output_tokens\":2}}}\r\n\r\n";
const MESSAGES: &str = "event: message_start\ndata: {\"message\":{\"usage\":{\"input_tokens\":9,\"output_tokens\":1}}}\n\nevent: content_block_delta\ndata: {\"delta\":{\"text\":\"Hi\"}}\n\nevent: message_delta\ndata: {\"usage\":{\"output_tokens\":2}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

fn streams() -> [(&'static str, &'static str, &'static str); 3] {
    [("/v1/chat/completions", "gpt", CHAT), ("/v1/responses", "gpt", RESPONSES), ("/v1/messages", "claude", MESSAGES)]
}
fn streamed(model: &str) -> String {
    format!(r#"{{"model":"{model}","stream":true,"max_tokens":5,"max_output_tokens":5}}"#)
}

#[tokio::test(start_paused = true)]
async fn a_provider_may_break_at_every_byte_of_a_stream() {
    for (path, model, stream) in streams() {
        for at in 0..=stream.len() {
            for clean in [false, true] {
                let world = World::new();
                let mut pieces = vec![bytes(&stream[..at])];
                if !clean {
                    pieces.push(Piece::Break);
                }
                world.provider.will_stream(pieces);
                let response = world.post(path, &streamed(model)).await;
                assert_eq!(response.status(), 200);
                let seen = text(response).await;
                world.assert_settled(1).await;
                let record = world.last_settled();
                // An event is whole with its CR; the LF behind it is nobody's loss.
                let whole = at == stream.len() || (stream.ends_with("\r\n") && at + 1 == stream.len());
                if whole {
                    assert_eq!((record.outcome, record.cost), (Outcome::Answered, NanoUsd::from_nano(13_000)));
                    assert!(!seen.contains("error"), "{seen}");
                } else if !clean {
                    assert_eq!(record.outcome, Outcome::ProviderFailed, "{path} at {at}");
                    assert!(seen.contains("provider_error") && !seen.contains("[DONE]"), "{path} at {at}: {seen}");
                    assert!(!seen.contains("message_stop") && !seen.contains("response.completed"));
                } else {
                    assert_eq!(
                        seen.contains("provider_error"),
                        record.outcome == Outcome::ProviderFailed,
                        "{path} at {at}"
                    );
                }
                assert!(record.cost > NanoUsd::ZERO && record.status == 200);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_may_break_at_every_byte_of_a_plain_answer() {
    let answer = r#"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2}}"#;
    for at in 0..answer.len() {
        let world = World::new();
        let headers = vec![("content-type", "application/json")];
        world.provider.will(Reply::Answer { status: 200, headers, pieces: vec![bytes(&answer[..at]), Piece::Break] });
        let response = world.post("/v1/chat/completions", r#"{"model":"gpt","max_tokens":5}"#).await;
        assert_eq!(response.status(), 502);
        world.assert_settled(1).await;
        assert_eq!(world.last_settled().source, UsageSource::Estimated);
    }
}

#[tokio::test(start_paused = true)]
async fn the_end_of_an_answer_waits_for_the_settlement() {
    // The ledger cannot write: no client may take the answer for a complete one.
    for (path, model, stream) in streams() {
        let world = World::new();
        world.book(|book| book.refuse_settlement = true);
        world.provider.will_stream(vec![bytes(stream)]);
        let seen = text(world.post(path, &streamed(model)).await).await;
        assert!(seen.contains("metering_unavailable"), "{seen}");
        for last in ["[DONE]", "response.completed", "message_stop"] {
            assert!(!seen.contains(last), "{path}: {seen}");
        }
    }
    let world = World::new();
    world.book(|book| book.refuse_settlement = true);
    world.provider.will_answer(200, r#"{"usage":{"prompt_tokens":9,"completion_tokens":2}}"#);
    let response = world.post("/v1/chat/completions", r#"{"model":"gpt","max_tokens":5}"#).await;
    assert_eq!(response.status(), 503);
}

#[tokio::test(start_paused = true)]
async fn a_stream_whose_usage_comes_last_is_read_on_after_its_client_hung_up() {
    let world = World::new();
    let (begin, rest) = CHAT.split_at(CHAT.find("\n\n").unwrap() + 2);
    world.provider.will_stream(vec![bytes(begin), Piece::Pause, bytes(rest)]);
    let mut response = world.post("/v1/chat/completions", &streamed("gpt")).await;
    assert!(response.body_mut().frame().await.unwrap().is_ok());
    drop(response);
    world.assert_settled(1).await;
    let record = world.last_settled();
    assert_eq!(
        (record.outcome, record.source, record.cost),
        (Outcome::ClientGone, UsageSource::Provider, NanoUsd::from_nano(13_000))
    );
}

#[tokio::test(start_paused = true)]
async fn nobody_drains_longer_than_allowed() {
    let world = World::new();
    let (begin, _) = CHAT.split_at(CHAT.find("\n\n").unwrap() + 2);
    world.provider.will_stream(vec![bytes(begin), Piece::Hang]);
    let mut response = world.post("/v1/chat/completions", &streamed("gpt")).await;
    assert!(response.body_mut().frame().await.unwrap().is_ok());
    let hung_up = tokio::time::Instant::now();
    drop(response);
    world.assert_settled(1).await;
    assert!((Duration::from_secs(30)..Duration::from_secs(32)).contains(&hung_up.elapsed()));
    assert_eq!(
        (world.last_settled().outcome, world.last_settled().source),
        (Outcome::ClientGone, UsageSource::Estimated)
    );
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_reports_as_it_goes_is_dropped_with_its_client() {
    let world = World::new();
    let (begin, _) = MESSAGES.split_at(MESSAGES.find("event: message_delta").unwrap());
    world.provider.will_stream(vec![bytes(begin), Piece::Hang]);
    let mut response = world.post("/v1/messages", &streamed("claude")).await;
    assert!(response.body_mut().frame().await.unwrap().is_ok());
    let hung_up = tokio::time::Instant::now();
    drop(response);
    world.assert_settled(1).await;
    assert!(hung_up.elapsed() < Duration::from_secs(1));
    let record = world.last_settled();
    assert_eq!((record.outcome, record.source, record.tokens.input), (Outcome::ClientGone, UsageSource::Estimated, 9));
}

#[tokio::test(start_paused = true)]
async fn a_plain_call_whose_client_hung_up_is_waited_for_and_charged_in_full_if_nobody_saw_its_end() {
    let plain = r#"{"model":"gpt","max_tokens":5}"#;
    // A minute later the answer is there, and tells what it cost.
    let world = World::new();
    let late = r#"{"usage":{"prompt_tokens":9,"completion_tokens":2}}"#;
    let headers = vec![("content-type", "application/json")];
    let mut pieces = vec![Piece::Pause; 60];
    pieces.push(bytes(late));
    world.provider.will(Reply::Answer { status: 200, headers, pieces });
    let call = world.post("/v1/chat/completions", plain);
    assert!(tokio::time::timeout(Duration::from_millis(10), call).await.is_err());
    world.assert_settled(1).await;
    let record = world.last_settled();
    assert_eq!((record.outcome, record.source), (Outcome::ClientGone, UsageSource::Provider));
    // It never comes: the provider may have done all of it. And so it is if there is no room for waiting.
    for (max_drains, waited) in [(1, 600), (0, 0)] {
        let world = World::with(proxy::Settings { max_drains, ..proxy::Settings::default() });
        world.provider.will(Reply::Silence);
        let begun = tokio::time::Instant::now();
        let call = world.post("/v1/chat/completions", plain);
        assert!(tokio::time::timeout(Duration::from_millis(10), call).await.is_err());
        world.assert_settled(1).await;
        let record = world.last_settled();
        assert_eq!((record.outcome, record.source), (Outcome::ClientGone, UsageSource::Reservation));
        assert_eq!(begun.elapsed().as_secs(), waited);
    }
}

#[tokio::test(start_paused = true)]
async fn silence_of_the_provider_ends_in_a_timeout() {
    for (body, seconds) in [(r#"{"model":"gpt","max_tokens":5}"#.to_owned(), 600), (streamed("gpt"), 120)] {
        let world = World::new();
        world.provider.will(Reply::Silence);
        let begun = tokio::time::Instant::now();
        let response = world.post("/v1/chat/completions", &body).await;
        assert_eq!((response.status().as_u16(), begun.elapsed().as_secs()), (504, seconds));
        world.assert_settled(1).await;
        assert_eq!(world.last_settled().denial.as_deref(), Some("provider_timeout"));
    }
    let world = World::new();
    world.provider.will_stream(vec![bytes(&CHAT[..60]), Piece::Hang]);
    let seen = text(world.post("/v1/chat/completions", &streamed("gpt")).await).await;
    assert!(seen.contains("provider_timeout"), "{seen}");
    world.assert_settled(1).await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_never_reads_is_treated_as_gone() {
    let world = World::new();
    let event = format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{}\"}}}}]}}\n\n", "x".repeat(200_000));
    let mut pieces = vec![bytes(event); 4];
    pieces.push(Piece::Hang);
    world.provider.will_stream(pieces);
    let response = world.post("/v1/chat/completions", &streamed("gpt")).await;
    world.assert_settled(1).await;
    assert_eq!(world.last_settled().outcome, Outcome::ClientGone);
    assert!(response.into_body().collect().await.is_err(), "a cut answer must not look whole");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_reads_slowly_slows_its_provider_down_and_misses_nothing() {
    for (path, model, stream) in streams().into_iter().skip(1) {
        let world = World::new();
        let event = format!(": {}\n\n", "x".repeat(9_996));
        let mut pieces = vec![bytes(event.clone()); 200];
        pieces.push(bytes(stream));
        world.provider.will_stream(pieces);
        let mut body = world.post(path, &streamed(model)).await.into_body();
        let mut read = 0;
        // Slower than a provider would like, and never longer idle than a client may be.
        while let Some(frame) = body.frame().await {
            read += frame.unwrap().into_data().unwrap().len();
            tokio::time::sleep(Duration::from_secs(10)).await;
            let ahead = (world.provider.given() * event.len()).saturating_sub(read);
            assert!(ahead <= 256 * 1024 + 2 * event.len(), "{ahead} bytes wait for a client that does not take them");
        }
        assert_eq!(read, 200 * event.len() + stream.len());
        world.assert_settled(1).await;
        assert_eq!(world.last_settled().outcome, Outcome::Answered);
    }
}

#[tokio::test(start_paused = true)]
async fn no_more_is_drained_at_once_than_there_are_places() {
    let world = World::with(proxy::Settings { max_drains: 2, ..proxy::Settings::default() });
    let (begin, _) = CHAT.split_at(CHAT.find("\n\n").unwrap() + 2);
    let mut open = vec![];
    for _ in 0..5 {
        world.provider.will_stream(vec![bytes(begin), Piece::Hang]);
        let mut response = world.post("/v1/chat/completions", &streamed("gpt")).await;
        assert!(response.body_mut().frame().await.unwrap().is_ok());
        open.push(response);
    }
    open.clear();
    tokio::time::sleep(Duration::from_millis(10)).await;
    assert_eq!((world.provider.being_read(), world.book(|book| book.settled.len())), (2, 3));
    world.assert_settled(5).await;
    world.book(|book| {
        for record in &book.settled {
            assert_eq!((record.outcome, record.source), (Outcome::ClientGone, UsageSource::Estimated));
        }
    });
}

#[tokio::test(start_paused = true)]
async fn an_endless_line_is_a_protocol_error() {
    let world = World::new();
    world.provider.will_stream(vec![bytes("data: x".repeat(100_000)); 20]);
    let seen = text(world.post("/v1/messages", &streamed("claude")).await).await;
    assert!(seen.starts_with("event: error\n") && seen.contains("upstream_protocol"));
    world.assert_settled(1).await;
}

#[tokio::test(start_paused = true)]
async fn a_compromised_key_and_a_shutdown_cut_running_streams() {
    let begin = &CHAT[..CHAT.find("\n\n").unwrap() + 2];
    let world = World::new();
    world.provider.will_stream(vec![bytes(begin), Piece::Hang]);
    let response = world.post("/v1/chat/completions", &streamed("gpt")).await;
    let by = PersonId::from_random(&[1; 12]);
    world.change(|facts| facts.key.state = KeyState::Revoked { at: NOW, by, reason: RevocationReason::Compromised });
    let begun = tokio::time::Instant::now();
    let seen = text(response).await;
    assert!(
        seen.starts_with(begin) && seen.contains("key_revoked") && begun.elapsed() <= Duration::from_secs(1),
        "{seen}"
    );
    world.assert_settled(1).await;

    let world = World::new();
    world.provider.will_stream(vec![bytes(begin), Piece::Hang]);
    let response = world.post("/v1/chat/completions", &streamed("gpt")).await;
    world.gateway.cut_streams();
    assert!(text(response).await.contains("server_shutdown"));
    world.assert_settled(1).await;
    assert_eq!(world.last_settled().outcome, Outcome::Interrupted);
}

#[tokio::test(start_paused = true)]
async fn long_streams_leave_checkpoints() {
    let world = World::new();
    world.provider.will_stream(vec![bytes(&CHAT[..CHAT.find("\n\n").unwrap() + 2]), Piece::Hang]);
    let response = world.post("/v1/chat/completions", &streamed("gpt")).await;
    let reader = tokio::spawn(text(response));
    tokio::time::advance(Duration::from_secs(1)).await;
    tokio::time::timeout(Duration::from_secs(9), std::future::pending::<()>()).await.unwrap_err();
    world.book(|book| assert_eq!(book.checkpoints.len(), 1, "once, since nothing changed"));
    assert!(reader.await.unwrap().contains("provider_timeout"));
}

#[tokio::test(start_paused = true)]
async fn a_runtime_that_goes_away_charges_what_was_set_aside() {
    let world = World::new();
    world.provider.will(Reply::Silence);
    let gateway = std::sync::Arc::clone(&world.gateway);
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let request = post("/v1/chat/completions", r#"{"model":"gpt","max_tokens":5}"#);
            let call = gateway.handle(request, crate::world::PEER);
            assert!(tokio::time::timeout(Duration::from_millis(20), call).await.is_err());
        });
    })
    .join()
    .unwrap();
    world.assert_settled(1).await;
    let record = world.last_settled();
    assert_eq!((record.source, record.outcome), (UsageSource::Reservation, Outcome::Interrupted));
}

#[tokio::test(start_paused = true)]
async fn an_endless_stream_ends_after_the_longest_time() {
    let world = World::new();
    let event = "data: {\"choices\":[{\"delta\":{}}]}\n\n";
    world
        .provider
        .will_stream(std::iter::repeat_with(|| [bytes(event), Piece::Pause]).flatten().take(2 * 4_000).collect());
    let begun = tokio::time::Instant::now();
    let seen = text(world.post("/v1/chat/completions", &streamed("gpt")).await).await;
    assert!(seen.ends_with("\n\n") && seen.contains("provider_timeout"));
    assert_eq!(begun.elapsed().as_secs(), 3_600);
    world.assert_settled(1).await;
}

#[tokio::test]
async fn a_call_that_cannot_be_sent_gets_its_money_back() {
    let world = World::new();
    world.change(|facts| facts.credential = Err(domain::denial::Denial::Sealed));
    let response = world.post("/v1/chat/completions", r#"{"model":"gpt","max_tokens":5}"#).await;
    assert_eq!(response.status(), 503);
    world.book(|book| {
        assert_eq!((book.released, book.settled.len(), book.open.len()), (1, 0, 0));
        assert_eq!((book.denied.len(), book.denied[0].denial.as_deref()), (1, Some("sealed")));
    });
}

#[tokio::test]
async fn many_calls_at_once_leave_exactly_what_they_cost() {
    let world = std::sync::Arc::new(World::new());
    world.book(|book| book.limit = NanoUsd::from_nano(50 * 13_000));
    for _ in 0..200 {
        world.provider.will_stream(vec![bytes(CHAT)]);
    }
    let calls = (0..200).map(|_| {
        let world = std::sync::Arc::clone(&world);
        tokio::spawn(async move {
            let response = world.post("/v1/chat/completions", &streamed("gpt")).await;
            (response.status().as_u16(), text(response).await.contains("[DONE]"))
        })
    });
    let mut served = 0;
    for call in calls.collect::<Vec<_>>() {
        let (status, whole) = call.await.unwrap();
        assert!(matches!((status, whole), (200, true) | (402 | 429, false)), "{status}");
        served += usize::from(whole);
    }
    world.assert_settled(served).await;
    world.book(|book| assert!(book.spent <= book.limit && served > 0));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_was_given_up_never_takes_a_part_of_a_large_answer_for_the_whole() {
    let world = World::new();
    let numbers = "0.125,".repeat(400_000);
    let answer = format!(r#"{{"data":[{{"embedding":[{numbers}1]}}],"usage":{{"prompt_tokens":8,"total_tokens":8}}}}"#);
    let pieces = answer.as_bytes().chunks(100_000).map(|part| bytes(String::from_utf8_lossy(part))).collect();
    world.provider.will(Reply::Answer { status: 200, headers: vec![("content-type", "application/json")], pieces });
    let response = world.post("/v1/embeddings", r#"{"model":"embed","input":"hi"}"#).await;
    // Longer than a client may stall, and then it reads on.
    tokio::time::sleep(Duration::from_secs(61)).await;
    assert!(response.into_body().collect().await.is_err(), "the answer has to break off");
    world.assert_settled(1).await;
    let record = world.last_settled();
    assert_eq!((record.outcome, record.cost), (Outcome::ClientGone, NanoUsd::from_nano(8_000)));
}
