//! What happens when a provider does not answer well: who is tried next, after what wait, and what it costs.

use crate::provider::{Piece, Reply, answer, busy, bytes};
use crate::world::{World, code, deployment, json, text};
use domain::id::CredentialId;
use domain::model::{Deployment, WireFormat};
use domain::money::NanoUsd;
use domain::provider_timeouts::ProviderTimeouts;
use domain::usage::{Outcome, UsageSource};
use http::Response;
use proxy::{Body, Failure, Retry, Settings, Standing};
use std::time::Duration;
use tokio::time::Instant;

const PLAIN: &str = r#"{"model":"gpt","max_tokens":5}"#;
const GOOD: &str = r#"{"usage":{"prompt_tokens":9,"completion_tokens":2}}"#;
const GOOD_COST: NanoUsd = NanoUsd::from_nano(13_000);
const BAD: &str = r#"{"error":{"message":"theirs"}}"#;

/// Deployments in this order of priority.
fn deployed(world: &World, names: &[&str]) {
    let deployments = (1u8..).zip(names).map(|(number, name)| at(number, name)).collect();
    world.change(|facts| {
        let model = facts.models.iter_mut().find(|model| model.name.as_str() == "gpt").unwrap();
        model.deployments = deployments;
    });
}
fn at(number: u8, name: &str) -> Deployment {
    deployment(number, WireFormat::OpenAi, name, u32::from(number))
}

fn world(names: &[&str]) -> World {
    let world = World::new();
    deployed(&world, names);
    world
}
fn world_with(names: &[&str], retry: Retry) -> World {
    let world = World::with(Settings { retry, ..Settings::default() });
    deployed(&world, names);
    world
}

async fn call(world: &World) -> Response<Body> {
    world.post("/v1/chat/completions", PLAIN).await
}
fn attempts(response: &Response<Body>) -> &str {
    response.headers()["x-keywright-attempts"].to_str().unwrap()
}
fn standing(world: &World, number: u8) -> Standing {
    let Deployment { id, credential, .. } = at(number, "");
    world.gateway.health(id, credential).standing
}

#[tokio::test(start_paused = true)]
async fn the_next_deployment_serves_what_the_first_one_cannot() {
    for failing in [
        Reply::Unreachable,
        busy(429, "1"),
        busy(429, "3600"),
        answer(429, BAD),
        busy(503, "1"),
        answer(500, BAD),
        answer(502, "<html>"),
        answer(504, BAD),
        answer(529, BAD),
        answer(401, BAD),
    ] {
        let world = world(&["first", "second"]);
        if matches!(&failing, Reply::Answer { status: 401, .. }) {
            other_credential(&world);
        }
        world.provider.will_at("first", [failing]);
        world.provider.will_at("second", [answer(200, GOOD)]);
        let begun = Instant::now();
        let response = call(&world).await;
        assert_eq!((response.status().as_u16(), attempts(&response)), (200, "2"));
        assert!(begun.elapsed() < Duration::from_millis(1), "somebody else is free: nobody waits");
        assert_eq!(world.provider.called(), ["first", "second"]);
        world.assert_settled(1).await;
        let record = world.last_settled();
        assert_eq!((record.cost, record.deployment), (GOOD_COST, Some(at(2, "").id)));
        assert_eq!(record.attempts, 2, "as the header said");
        assert_eq!(json(world.get(&format!("/v1/requests/{}", record.id)).await).await["attempts"], 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_a_provider_may_have_worked_on_is_not_repeated() {
    for (reply, status) in [(Reply::BreakBeforeAnswer, 502), (Reply::Silence, 504)] {
        let world = world(&["first", "second"]);
        world.provider.will_at("first", [reply]);
        let response = call(&world).await;
        assert_eq!((response.status().as_u16(), attempts(&response)), (status, "1"));
        world.assert_settled(1).await;
        assert_eq!(world.last_settled().source, UsageSource::Estimated);
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_repeated_once_the_client_has_seen_a_byte() {
    let world = world(&["first", "second"]);
    world.provider.will_stream(vec![bytes("data: {\"choices\":[{\"delta\":{\"content\":\"Hel"), Piece::Break]);
    let response = world.post("/v1/chat/completions", r#"{"model":"gpt","stream":true,"max_tokens":5}"#).await;
    assert_eq!((response.status().as_u16(), attempts(&response)), (200, "1"));
    assert!(text(response).await.contains("provider_error"));
    assert_eq!(world.provider.called(), ["first"]);
    world.assert_settled(1).await;
}

#[tokio::test(start_paused = true)]
async fn who_repeats_after_sending_pays_for_both() {
    let retry = Retry { after_sending: true, ..Retry::default() };
    for (reply, waited) in [(Reply::BreakBeforeAnswer, 0), (Reply::Silence, 300)] {
        let world = world_with(&["first", "second"], retry);
        world.provider.will_at("first", [reply]);
        world.provider.will_at("second", [answer(200, GOOD)]);
        let begun = Instant::now();
        let response = call(&world).await;
        assert_eq!((response.status().as_u16(), begun.elapsed().as_secs()), (200, waited), "half of the time is left");
        world.assert_settled(1).await;
        let record = world.last_settled();
        // The prompt is estimated at a third of the body's bytes, a thousand nano-dollars each.
        let prompt = PLAIN.len().div_ceil(3) as u64;
        assert_eq!(record.cost, GOOD_COST.plus(NanoUsd::from_nano(prompt.cast_signed() * 1_000)));
        assert_eq!((record.tokens.input, record.source), (9 + prompt, UsageSource::Estimated));
    }
}

#[tokio::test(start_paused = true)]
async fn a_lone_deployment_is_tried_again_after_a_wait() {
    // Ours, with its share of chance; the world's chance is always seven.
    let alone = world(&["only"]);
    alone.provider.will_at("only", [Reply::Unreachable, answer(500, BAD), answer(200, GOOD)]);
    let begun = Instant::now();
    let response = call(&alone).await;
    assert_eq!((response.status().as_u16(), attempts(&response)), (200, "3"));
    assert_eq!(begun.elapsed(), Duration::from_millis(143 + 293));
    alone.assert_settled(1).await;
    // The provider's, to the letter.
    let told = world(&["only"]);
    told.provider.will_at("only", [busy(429, "2"), answer(200, GOOD)]);
    let begun = Instant::now();
    assert_eq!(call(&told).await.status(), 200);
    assert_eq!(begun.elapsed(), Duration::from_secs(2));
    told.assert_settled(1).await;
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_asks_for_much_patience_is_quoted_to_the_client() {
    let world = world(&["only"]);
    world.provider.will_at("only", [busy(429, "30")]);
    let response = call(&world).await;
    assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (429, &"30".parse().unwrap()));
    assert_eq!(attempts(&response), "1");
    assert!(text(response).await.contains("busy"));
    world.assert_settled(1).await;
    assert_eq!(world.last_settled().cost, NanoUsd::ZERO);
}

#[tokio::test(start_paused = true)]
async fn there_are_only_so_many_attempts_and_the_last_answer_is_relayed() {
    let world = world(&["first", "second"]);
    world.provider.will_always(answer(500, BAD));
    let response = call(&world).await;
    assert_eq!((response.status().as_u16(), attempts(&response)), (500, "3"));
    assert!(text(response).await.contains("theirs"));
    assert_eq!(world.provider.called(), ["first", "second", "first"]);
    world.assert_settled(1).await;
    assert_eq!(world.last_settled().attempts, 3);
    let careful = world_with(&["first", "second"], Retry { server_errors: false, ..Retry::default() });
    careful.provider.will_always(answer(500, BAD));
    assert_eq!(attempts(&call(&careful).await), "1");
}

fn other_credential(world: &World) {
    world.change(|facts| {
        let model = facts.models.iter_mut().find(|model| model.name.as_str() == "gpt").unwrap();
        model.deployments.last_mut().unwrap().credential = CredentialId::from_random(&[31; 12]);
    });
}

#[tokio::test(start_paused = true)]
async fn a_refused_credential_is_not_offered_twice_and_another_one_is() {
    let world = world(&["first", "same", "other"]);
    other_credential(&world);
    world.provider.will_at("first", [answer(401, BAD)]);
    world.provider.will_at("other", [answer(200, GOOD), answer(200, GOOD), answer(200, GOOD)]);
    assert_eq!(call(&world).await.status(), 200);
    assert_eq!(world.provider.called(), ["first", "other"]);
    // For five seconds at most the others with this credential stand back.
    assert_eq!(call(&world).await.status(), 200);
    assert_eq!(world.provider.called(), ["other"]);
    assert!(matches!(standing(&world, 1), Standing::Cooling(_)));
    // Unless somebody changed something.
    world.gateway.policy_changed();
    world.provider.will_at("first", [answer(200, GOOD)]);
    assert_eq!(call(&world).await.status(), 200);
    assert_eq!(world.provider.called(), ["first"]);

    let alone = self::world(&["first", "same"]);
    alone.provider.will_always(answer(403, BAD));
    let response = call(&alone).await;
    assert_eq!((response.status().as_u16(), attempts(&response)), (502, "1"));
    assert_eq!(code(response).await, "provider_auth");
}

#[tokio::test(start_paused = true)]
async fn a_failing_deployment_is_left_alone_and_comes_back() {
    let world = world_with(&["first", "second"], Retry { attempts: 2, ..Retry::default() });
    world.provider.will_always(answer(200, GOOD));
    world.provider.will_at("first", vec![Reply::Unreachable; 3]);
    for _ in 0..3 {
        assert_eq!(call(&world).await.status(), 200);
        assert_eq!(world.provider.called(), ["first", "second"]);
    }
    // Cooling: others first.
    assert_eq!(call(&world).await.status(), 200);
    assert_eq!(world.provider.called(), ["second"]);
    assert!(matches!(standing(&world, 1), Standing::Cooling(left) if left <= Duration::from_secs(5)));
    // One call tries it after that; while it is out, nobody else does.
    tokio::time::advance(Duration::from_secs(5)).await;
    assert_eq!(standing(&world, 1), Standing::Probing);
    world.provider.will_at("first", [Reply::Silence]);
    assert!(tokio::time::timeout(Duration::from_millis(10), call(&world)).await.is_err());
    assert_eq!(call(&world).await.status(), 200);
    assert_eq!(world.provider.called(), ["first", "second"]);
    // Its client has hung up, and when nobody waits for its answer any more, nothing was learnt: the next one tries.
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert_eq!(call(&world).await.status(), 200);
    assert_eq!(world.provider.called(), ["first"]);
    assert_eq!(standing(&world, 1), Standing::Working);
    world.assert_settled(7).await;
    let health = world.gateway.health(at(1, "").id, at(1, "").credential);
    assert_eq!((health.succeeded, health.last_failure.unwrap().1), (1, Failure::Unreachable));
}

#[tokio::test(start_paused = true)]
async fn if_all_are_cooling_the_one_that_failed_longest_ago_is_asked() {
    let world = world_with(&["first", "second"], Retry { attempts: 1, ..Retry::default() });
    // The first is full for an hour, the second since a moment ago.
    world.provider.will_at("first", [busy(429, "3600")]);
    assert_eq!(call(&world).await.status(), 429);
    tokio::time::advance(Duration::from_secs(1)).await;
    world.provider.will_at("second", [busy(429, "3600")]);
    assert_eq!(call(&world).await.status(), 429);
    assert_eq!(world.provider.called(), ["first", "second"]);
    world.provider.will_always(answer(200, GOOD));
    assert_eq!(call(&world).await.status(), 200);
    assert_eq!(world.provider.called(), ["first"]);
}

#[tokio::test(start_paused = true)]
async fn streams_that_break_count_against_where_they_came_from() {
    let world = world(&["first", "second"]);
    let broken = || Reply::Answer {
        status: 200,
        headers: vec![("content-type", "text/event-stream")],
        pieces: vec![bytes("data: {}\n\n"), Piece::Break],
    };
    world.provider.will_at("first", [broken(), broken(), broken()]);
    for _ in 0..3 {
        assert_eq!(standing(&world, 2), Standing::Unknown);
        let streamed = r#"{"model":"gpt","stream":true,"max_tokens":5}"#;
        text(world.post("/v1/chat/completions", streamed).await).await;
    }
    world.assert_settled(3).await;
    assert!(matches!(standing(&world, 1), Standing::Cooling(_)), "{:?}", standing(&world, 1));
    world.provider.will_at("second", [answer(200, GOOD)]);
    assert_eq!(call(&world).await.status(), 200);
}

#[tokio::test(start_paused = true)]
async fn a_provider_has_its_own_patience() {
    let world = world(&["only"]);
    world.change(|facts| {
        facts.timeouts =
            ProviderTimeouts { connect_ms: None, first_byte_ms: Some(2_000), between_events_ms: Some(3_000) };
    });
    world.provider.will(Reply::Silence);
    let begun = Instant::now();
    assert_eq!((call(&world).await.status().as_u16(), begun.elapsed()), (504, Duration::from_secs(2)));
    world.provider.will_stream(vec![bytes("data: {}\n\n"), Piece::Hang]);
    let begun = Instant::now();
    let streamed = r#"{"model":"gpt","stream":true,"max_tokens":5}"#;
    assert!(text(world.post("/v1/chat/completions", streamed).await).await.contains("provider_timeout"));
    assert_eq!(begun.elapsed(), Duration::from_secs(3));
    world.assert_settled(2).await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_hangs_up_between_attempts_pays_nothing() {
    let world = world(&["only"]);
    world.provider.will_at("only", [busy(429, "2")]);
    assert!(tokio::time::timeout(Duration::from_secs(1), call(&world)).await.is_err());
    world.assert_settled(1).await;
    let record = world.last_settled();
    assert_eq!((record.outcome, record.cost, record.attempts), (Outcome::ClientGone, NanoUsd::ZERO, 1));
    assert_eq!(world.provider.called(), ["only"]);
}
