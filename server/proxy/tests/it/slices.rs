//! Streams are paid for slice by slice: budgets are not pinned by what nobody spends, and never overspent.

use crate::provider::{Piece, bytes};
use crate::world::{NOW, World, text};
use domain::id::PersonId;
use domain::money::NanoUsd;
use domain::usage::{Outcome, UsageSource};
use domain::virtual_key::{KeyState, RevocationReason};
use http_body_util::BodyExt;
use proptest::prelude::*;
use std::time::Duration;

const SLICE: u64 = 2_048;
const OUTPUT: i64 = 2_000;
const FORMATS: [(&str, &str); 3] =
    [("/v1/chat/completions", "gpt"), ("/v1/responses", "gpt"), ("/v1/messages", "claude")];

fn request(model: &str, cap: u64) -> String {
    format!(r#"{{"model":"{model}","stream":true,"max_tokens":{cap},"max_output_tokens":{cap}}}"#)
}

/// An event with this many bytes of generated text.
fn says(path: &str, text_bytes: usize) -> String {
    let text = "x".repeat(text_bytes);
    match path {
        "/v1/chat/completions" => format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n"),
        "/v1/responses" => format!(
            "event: response.output_text.delta\ndata: {{\"type\":\"response.output_text.delta\",\"delta\":\"{text}\"}}\n\n"
        ),
        _ => format!(
            "event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\"delta\":{{\"type\":\"text_delta\",\"text\":\"{text}\"}}}}\n\n"
        ),
    }
}

/// The end of an answer, with what it has used.
fn ends(path: &str, output: u64) -> String {
    match path {
        "/v1/chat/completions" => format!(
            "data: {{\"choices\":[],\"usage\":{{\"prompt_tokens\":9,\"completion_tokens\":{output}}}}}\n\ndata: [DONE]\n\n"
        ),
        "/v1/responses" => format!(
            "event: response.completed\ndata: {{\"type\":\"response.completed\",\"response\":{{\"usage\":{{\"input_tokens\":9,\"output_tokens\":{output}}}}}}}\n\n"
        ),
        _ => format!(
            "event: message_delta\ndata: {{\"type\":\"message_delta\",\"delta\":{{}},\"usage\":{{\"input_tokens\":9,\"output_tokens\":{output}}}}}\n\nevent: message_stop\ndata: {{\"type\":\"message_stop\"}}\n\n"
        ),
    }
}

fn held(world: &World) -> i64 {
    world.book(|book| book.open.values().fold(0, |sum, amount| sum + amount.as_nano()))
}

/// What the prompt alone holds: everything else is output.
fn prompt(model: &str, cap: u64) -> i64 {
    request(model, cap).len() as i64 * 1_000
}

#[tokio::test(start_paused = true)]
async fn a_stream_holds_its_prompt_and_one_slice_and_grows_with_what_it_says() {
    for (path, model) in FORMATS {
        let world = World::in_slices_of(SLICE);
        let pieces = [1_024, 1, 2_047, 10_000].map(|length| [bytes(says(path, length)), Piece::Pause]).concat();
        world.provider.will_stream([pieces, vec![bytes(ends(path, 3_000))]].concat());
        let mut response = world.post(path, &request(model, 8_000)).await;
        assert!(world.provider.got()[0].body.contains("8000"), "the cap that is sent up is the client's");
        let mut holds = vec![];
        loop {
            holds.push((held(&world) - prompt(model, 8_000)) / OUTPUT);
            let frame = response.body_mut().frame().await;
            if frame.is_none() {
                break;
            }
            frame.unwrap().unwrap();
        }
        holds.dedup();
        // At 1,024 bytes nothing is due, at 1,025 half a slice would be left; the cap is the end.
        assert_eq!(holds, [2_048, 4_096, 8_000, -prompt(model, 8_000) / OUTPUT], "{path}");
        world.assert_settled(1).await;
        assert_eq!(world.last_settled().cost, NanoUsd::from_nano(9 * 1_000 + 3_000 * OUTPUT));
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_no_budget_can_pay_on_ends_with_an_error_event() {
    for (path, model) in FORMATS {
        let world = World::in_slices_of(SLICE);
        let cap = 50_000;
        // The first slice, and a second one that is a little smaller.
        world.book(|book| book.limit = NanoUsd::from_nano(prompt(model, cap) + 4_000 * OUTPUT));
        let mut pieces: Vec<Piece> = (0..10).map(|_| bytes(says(path, 500))).collect();
        pieces.push(Piece::Hang);
        world.provider.will_stream(pieces);
        let response = world.post(path, &request(model, cap)).await;
        assert_eq!(response.status(), 200);
        let seen = text(response).await;
        assert_eq!(world.provider.being_read(), 0, "the provider is hung up on");
        let said = 500 * seen.matches(&"x".repeat(500)).count();
        assert!((2_976..=3_500).contains(&said), "{path}: {said} bytes");
        assert!(seen.contains("budget_exhausted") && seen.contains("does not pay for more"), "{seen}");
        assert!(!seen.contains("[DONE]") && !seen.contains("message_stop") && !seen.contains("completed"));
        if path == "/v1/messages" {
            assert!(seen.contains("event: error\n") && seen.contains("billing_error"), "{seen}");
        }
        world.assert_settled(1).await;
        let record = world.last_settled();
        assert_eq!((record.outcome, record.denial.as_deref()), (Outcome::Interrupted, Some("budget_exhausted")));
        assert_eq!((record.status, record.source), (200, UsageSource::Estimated));
        // What was delivered, and what may have been on its way.
        assert_eq!(record.tokens.output, (said as u64).div_ceil(3) + SLICE / 2);
        world.book(|book| assert!(book.held[0] <= book.limit && book.settled[0].cost <= book.held[0]));
    }
}

#[tokio::test(start_paused = true)]
async fn a_burst_that_cannot_be_paid_is_charged_what_was_set_aside() {
    let world = World::in_slices_of(SLICE);
    world.book(|book| book.limit = NanoUsd::from_nano(prompt("gpt", 50_000) + 3_000 * OUTPUT));
    world.provider.will_stream(vec![bytes(says("/v1/chat/completions", 40_000)), Piece::Hang]);
    let seen = text(world.post("/v1/chat/completions", &request("gpt", 50_000)).await).await;
    assert!(seen.contains("budget_exhausted"), "{seen}");
    world.assert_settled(1).await;
    world.book(|book| assert_eq!(book.settled[0].cost, book.held[0]));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_gone_pays_its_slices_too() {
    let world = World::in_slices_of(SLICE);
    let path = "/v1/chat/completions";
    world.book(|book| book.limit = NanoUsd::from_nano(prompt("gpt", 50_000) + 3_000 * OUTPUT));
    let mut pieces = vec![bytes(says(path, 10)), Piece::Pause];
    pieces.extend((0..10).map(|_| bytes(says(path, 500))));
    pieces.push(Piece::Hang);
    world.provider.will_stream(pieces);
    let mut response = world.post(path, &request("gpt", 50_000)).await;
    assert!(response.body_mut().frame().await.unwrap().is_ok());
    let hung_up = tokio::time::Instant::now();
    drop(response);
    world.assert_settled(1).await;
    assert!(hung_up.elapsed() <= Duration::from_secs(1), "nothing can be learned that could be paid");
    assert_eq!(world.last_settled().denial.as_deref(), Some("budget_exhausted"));
    world.book(|book| assert!(book.settled[0].cost <= book.held[0] && book.spent <= book.limit));
}

#[tokio::test(start_paused = true)]
async fn output_that_may_be_hidden_is_paid_for_at_once() {
    let visible = request("gpt", 50_000);
    let hidden = visible.replace('}', r#","reasoning_effort":"low"}"#);
    let plain = visible.replace("true", "false");
    let capabilities = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    for (body, capabilities, slice, expected) in [
        (&visible, capabilities(&["vision"]), SLICE, 2_048),
        (&visible, capabilities(&["vision", "reasoning"]), SLICE, 50_000),
        // Nobody knows what a model does of which nothing is known.
        (&visible, capabilities(&[]), SLICE, 50_000),
        (&visible, capabilities(&["vision"]), 0, 50_000),
        (&hidden, capabilities(&["vision"]), SLICE, 50_000),
        (&plain, capabilities(&["vision"]), SLICE, 50_000),
    ] {
        let world = World::in_slices_of(slice);
        world.change(|facts| facts.models[2].capabilities.clone_from(&capabilities));
        world.provider.will_stream(vec![Piece::Hang]);
        let response = world.post("/v1/chat/completions", body).await;
        assert_eq!((held(&world) - body.len() as i64 * 1_000) / OUTPUT, expected, "{capabilities:?} {body}");
        drop(response);
        world.assert_settled(1).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_in_one_piece_to_a_call_for_a_stream_is_paid_whole_or_not_given() {
    for (budget, expected) in [(60_000, 200), (40_000, 402)] {
        let world = World::in_slices_of(SLICE);
        world.book(|book| book.limit = NanoUsd::from_nano(budget * OUTPUT));
        world.provider.will_answer(200, r#"{"usage":{"prompt_tokens":9,"completion_tokens":50000}}"#);
        let response = world.post("/v1/chat/completions", &request("gpt", 50_000)).await;
        assert_eq!(response.status(), expected);
        world.assert_settled(1).await;
        let record = world.last_settled();
        let ended = if expected == 200 { Outcome::Answered } else { Outcome::Interrupted };
        assert_eq!((record.outcome, record.status), (ended, expected));
        world.book(|book| assert!(book.settled[0].cost <= book.held[0] && book.spent <= book.limit));
    }
}

#[tokio::test(start_paused = true)]
async fn figures_that_cannot_be_true_are_charged_what_was_set_aside() {
    let world = World::in_slices_of(SLICE);
    let path = "/v1/chat/completions";
    world.provider.will_stream(vec![bytes(says(path, 2_000)), bytes(ends(path, u64::MAX))]);
    text(world.post(path, &request("gpt", 50_000)).await).await;
    world.assert_settled(1).await;
    let record = world.last_settled();
    assert_eq!((record.source, record.tokens.output), (UsageSource::Reservation, 4_096));
    world.book(|book| assert_eq!(book.settled[0].cost, book.held[0]));
}

#[tokio::test(start_paused = true)]
async fn a_compromised_key_is_cut_within_a_second_even_while_its_client_does_not_read() {
    let world = World::in_slices_of(SLICE);
    let path = "/v1/messages";
    let mut pieces: Vec<Piece> = (0..100).map(|_| bytes(says(path, 5_000))).collect();
    pieces.push(Piece::Hang);
    world.provider.will_stream(pieces);
    let response = world.post(path, &request("claude", 100_000)).await;
    // Long enough that the window is full, and shorter than a client may stall.
    tokio::time::sleep(Duration::from_millis(5_500)).await;
    let by = PersonId::from_random(&[1; 12]);
    world.change(|facts| facts.key.state = KeyState::Revoked { at: NOW, by, reason: RevocationReason::Compromised });
    tokio::time::sleep(Duration::from_secs(1)).await;
    world.book(|book| {
        assert_eq!((book.settled.len(), book.open.len()), (1, 0));
        assert_eq!(book.settled[0].denial.as_deref(), Some("key_revoked"));
        assert!(book.settled[0].cost <= book.held[0]);
    });
    assert_eq!(world.provider.being_read(), 0);
    let seen = text(response).await;
    assert!(seen.contains("event: error\n") && seen.contains("key_revoked"), "when it reads on it is told why");
    world.gateway.drained().await;
}

/// How a scripted stream ends.
#[derive(Debug, Clone, Copy)]
enum Ends {
    Whole,
    /// Whole, and nothing is said about usage.
    Silent,
    Broken,
    Closed,
    HungUpOn,
}

#[derive(Debug, Clone)]
struct Script {
    format: usize,
    cap: u64,
    /// Bytes of text, how many tokens they are in percent, and whether the provider pauses.
    events: Vec<(usize, u64, bool)>,
    ends: Ends,
}

fn scripts() -> impl Strategy<Value = Vec<Script>> {
    let event = (prop_oneof![1..40usize, 1..3_000usize], 1..=100u64, any::<bool>());
    let end = prop_oneof![
        3 => Just(Ends::Whole), 1 => Just(Ends::Silent), 1 => Just(Ends::Broken), 1 => Just(Ends::Closed),
        1 => Just(Ends::HungUpOn)
    ];
    let script = (0..3usize, 1..20_000u64, proptest::collection::vec(event, 0..12), end)
        .prop_map(|(format, cap, events, ends)| Script { format, cap, events, ends });
    proptest::collection::vec(script, 1..5)
}

/// A provider that keeps the cap that it was sent, and tells the truth.
fn perform(script: &Script) -> Vec<Piece> {
    let (path, _) = FORMATS[script.format];
    let mut used = 0;
    let mut pieces = vec![];
    for &(length, percent, pauses) in &script.events {
        let tokens = (length as u64 * percent).div_ceil(100).min(script.cap - used);
        if tokens == 0 {
            break;
        }
        used += tokens;
        pieces.push(bytes(says(path, length)));
        if pauses {
            pieces.push(Piece::Pause);
        }
    }
    match script.ends {
        Ends::Whole => pieces.push(bytes(ends(path, used))),
        Ends::Silent => {
            let end = ends(path, 0);
            pieces.push(bytes(end.replace("\"usage\"", "\"nothing\"")));
        }
        Ends::Broken => pieces.push(Piece::Break),
        Ends::Closed => {}
        Ends::HungUpOn => pieces.push(Piece::Hang),
    }
    pieces
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn streams_never_cost_more_than_was_set_aside_nor_a_budget_more_than_it_has(
        scripts in scripts(),
        budget in 0..60_000i64,
        slice in prop_oneof![Just(0u64), 1..64u64, Just(SLICE)],
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let world = std::sync::Arc::new(World::in_slices_of(slice));
            world.book(|book| book.limit = NanoUsd::from_nano(budget * OUTPUT));
            let calls = scripts.clone().into_iter().map(|script| {
                let world = std::sync::Arc::clone(&world);
                tokio::spawn(async move {
                    let (path, model) = FORMATS[script.format];
                    world.provider.will_stream(perform(&script));
                    let mut response = world.post(path, &request(model, script.cap)).await;
                    if response.status() != 200 {
                        world.provider.forget();
                        return 0;
                    }
                    if matches!(script.ends, Ends::HungUpOn) {
                        for _ in 0..script.events.len() / 2 {
                            response.body_mut().frame().await;
                        }
                        return 1;
                    }
                    text(response).await;
                    1
                })
            });
            let mut served = 0;
            // One after the other is started, all of them run together.
            for call in calls.collect::<Vec<_>>() {
                served += call.await.unwrap();
            }
            world.assert_settled(served).await;
            assert_eq!(world.provider.being_read(), 0);
            world.book(|book| {
                assert!(book.spent <= book.limit, "{} of {}", book.spent, book.limit);
                for (record, held) in book.settled.iter().zip(&book.held) {
                    assert!(record.cost <= *held && record.cost > NanoUsd::ZERO, "{record:?} of {held}");
                }
            });
        });
    }
}
