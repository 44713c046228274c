//! Providers whose calls cost more or less than the list says: the bound covers the dearest that a call may go to, and
//! its cost is that of the one that answered.

use crate::provider::{Piece, Reply, answer, bytes};
use crate::world::{World, code, deployment, provider_id, text};
use domain::id::ProviderId;
use domain::markup::Markup;
use domain::model::{ProviderKind, WireFormat};
use domain::money::NanoUsd;
use domain::usage::{Outcome, UsageSource};
use proxy::{Retry, Settings};
use std::time::Duration;

const CHAT: &str = "/v1/chat/completions";
const PLAIN: &str = r#"{"model":"gpt","max_tokens":5}"#;
const STREAMED: &str = r#"{"model":"gpt","max_tokens":5,"stream":true}"#;
/// 13,000 nano-dollars at list prices.
const GOOD: &str = r#"{"usage":{"prompt_tokens":9,"completion_tokens":2}}"#;
const BAD: &str = r#"{"error":{"message":"theirs"}}"#;

fn dearer() -> ProviderId {
    ProviderId::from_random(&[77; 12])
}

fn percent(text: &str) -> Markup {
    Markup::parse_percent(text).unwrap()
}

fn nano(nano: i64) -> NanoUsd {
    NanoUsd::from_nano(nano)
}

/// The model lives at two providers, and the first is asked first.
fn set_up(world: &World, first: &str, second: &str) {
    world.change(|facts| {
        facts.providers.push((dearer(), ProviderKind::OpenAi, true));
        facts.markups.insert(provider_id(WireFormat::OpenAi), percent(first));
        facts.markups.insert(dearer(), percent(second));
        let model = facts.models.iter_mut().find(|model| model.name.as_str() == "gpt").unwrap();
        model.deployments = vec![
            deployment(1, WireFormat::OpenAi, "first", 1),
            domain::model::Deployment { provider: dearer(), ..deployment(2, WireFormat::OpenAi, "second", 2) },
        ];
    });
}

fn world(first: &str, second: &str) -> World {
    let world = World::new();
    set_up(&world, first, second);
    world
}

/// The most that a call can be at list prices: a token for each byte, and its cap.
fn listed(body: &str) -> i64 {
    body.len() as i64 * 1_000 + 5 * 2_000
}

fn last_held(world: &World) -> i64 {
    world.book(|book| book.held.last().unwrap().as_nano())
}

#[tokio::test(start_paused = true)]
async fn a_call_costs_what_it_costs_at_the_provider_that_answered() {
    for body in [PLAIN, STREAMED] {
        let world = world("-50", "+20");
        let good = || match body {
            PLAIN => answer(200, GOOD),
            _ => Reply::Answer {
                status: 200,
                headers: vec![("content-type", "text/event-stream")],
                pieces: vec![bytes(format!("data: {{\"choices\":[],{}\n\ndata: [DONE]\n\n", &GOOD[1..]))],
            },
        };
        world.provider.will_at("first", [good(), answer(500, BAD)]);
        world.provider.will_at("second", [good()]);
        for cost in [6_500, 15_600] {
            let response = world.post(CHAT, body).await;
            assert_eq!(response.status(), 200);
            text(response).await;
            world.gateway.drained().await;
            let record = world.last_settled();
            assert_eq!((record.cost, record.source), (nano(cost), UsageSource::Provider), "{body}");
            assert_eq!(last_held(&world), listed(body) * 12 / 10, "{body}: the bound is that of the dearest");
        }
        world.assert_settled(2).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_dearest_can_cost_has_to_fit_although_a_cheaper_one_is_asked_first() {
    let bound = listed(PLAIN) * 12 / 10;
    for (limit, admitted) in [(bound, true), (bound - 1, false)] {
        let world = world("-50", "+20");
        world.book(|book| book.limit = nano(limit));
        world.provider.will_at("first", [answer(500, BAD)]);
        // As much as the call can be, to the last token.
        let most = format!(r#"{{"usage":{{"prompt_tokens":{},"completion_tokens":5}}}}"#, PLAIN.len());
        world.provider.will_at("second", [answer(200, &most)]);
        let response = world.post(CHAT, PLAIN).await;
        if admitted {
            assert_eq!(response.status(), 200);
            world.assert_settled(1).await;
            assert_eq!((world.last_settled().cost, last_held(&world)), (nano(limit), limit));
        } else {
            assert_eq!(code(response).await, "budget_insufficient");
            assert!(world.provider.called().is_empty());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn who_repeats_after_sending_pays_each_provider_its_own_price() {
    let retry = Retry { after_sending: true, ..Retry::default() };
    let world = World::with(Settings { retry, ..Settings::default() });
    set_up(&world, "-50", "+20");
    world.provider.will_at("first", [Reply::BreakBeforeAnswer]);
    world.provider.will_at("second", [answer(200, GOOD)]);
    assert_eq!(world.post(CHAT, PLAIN).await.status(), 200);
    world.assert_settled(1).await;
    let prompt = PLAIN.len().div_ceil(3) as i64 * 1_000;
    assert_eq!(world.last_settled().cost, nano(prompt / 2 + 15_600));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_nobody_saw_is_charged_as_the_provider_would_that_was_asked() {
    let world = world("-50", "+20");
    world.provider.will_at("first", [Reply::Silence]);
    assert!(tokio::time::timeout(Duration::from_secs(1), world.post(CHAT, PLAIN)).await.is_err());
    tokio::time::sleep(Duration::from_secs(3_600)).await;
    world.assert_settled(1).await;
    let record = world.last_settled();
    assert_eq!((record.outcome, record.source), (Outcome::ClientGone, UsageSource::Reservation));
    assert_eq!((record.cost.as_nano(), last_held(&world)), (listed(PLAIN) / 2, listed(PLAIN) * 12 / 10));
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_breaks_and_its_checkpoints_cost_what_was_seen_at_its_own_provider() {
    let world = world("-50", "+20");
    let said = bytes("data: {\"choices\":[{\"delta\":{\"content\":\"four\"}}]}\n\n");
    let pieces = vec![said.clone(), Piece::Pause, Piece::Pause, Piece::Pause, said, Piece::Break];
    world.provider.will_stream(pieces);
    text(world.post(CHAT, STREAMED).await).await;
    world.assert_settled(1).await;
    let record = world.last_settled();
    let listed = record.tokens.input * 1_000 + record.tokens.output * 2_000;
    assert!(record.tokens.output > 0);
    assert_eq!((record.cost, record.source), (nano(listed as i64 / 2), UsageSource::Estimated));
    let (tokens, cost) = world.book(|book| (book.checkpoints[0], book.checkpoint_costs[0]));
    assert_eq!(cost, nano((tokens.input * 1_000 + tokens.output * 2_000) as i64 / 2));
}

#[tokio::test(start_paused = true)]
async fn slices_are_those_of_the_dearest_and_their_cost_is_not() {
    let world = World::in_slices_of(100);
    set_up(&world, "-50", "+20");
    let body = r#"{"model":"gpt","max_tokens":1000,"stream":true}"#;
    let said =
        |bytes: usize| format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{}\"}}}}]}}\n\n", "x".repeat(bytes));
    let usage = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":250}}\n\ndata: [DONE]\n\n";
    world.provider.will_stream(vec![bytes(said(240)), bytes(usage)]);
    text(world.post(CHAT, body).await).await;
    world.assert_settled(1).await;
    assert_eq!(world.last_settled().cost, nano((10_000 + 500_000) / 2));
    // Three slices: what was seen, and half a slice beyond.
    assert_eq!(last_held(&world), (body.len() as i64 * 1_000 + 300 * 2_000) * 12 / 10);
}

#[tokio::test(start_paused = true)]
async fn a_changed_discount_counts_from_the_next_call_on_and_may_be_everything() {
    let world = world("0", "0");
    world.provider.will_always(answer(200, GOOD));
    for (markup, cost) in [("0", 13_000), ("-12.5", 11_375), ("-100", 0)] {
        world.change(|facts| {
            facts.markups = [provider_id(WireFormat::OpenAi), dearer()].map(|id| (id, percent(markup))).into();
        });
        let response = world.post(CHAT, PLAIN).await;
        assert_eq!(response.headers()["x-keywright-cost-usd"].to_str().unwrap().parse(), Ok(cost as f64 / 1e9));
        assert_eq!(world.last_settled().cost, nano(cost));
    }
    world.assert_settled(3).await;
    let costs: Vec<_> = world.book(|book| book.settled.iter().map(|record| record.cost.as_nano()).collect());
    assert_eq!(costs, [13_000, 11_375, 0], "what is written is not written again");
}
