//! Calls that the process makes itself: without a secret, and otherwise asked everything that any call is.

use crate::world::{NOW, PEER, World, code, json, key_id, text};
use bytes::Bytes;
use domain::denial::Denial;
use domain::id::{KeyId, PersonId};
use domain::model::Endpoint;
use domain::money::NanoUsd;
use domain::usage::{NO_SECRET, Outcome, PLAYGROUND};
use domain::virtual_key::{KeyState, RevocationReason};
use http::{Request, Response};
use http_body_util::Full;
use proxy::{Body, OwnCall};

const QUESTION: &str = r#"{"model":"gpt","max_tokens":10,"messages":[{"role":"user","content":"hi"}]}"#;
const ANSWER: &str =
    r#"{"choices":[{"message":{"content":"hello"}}],"usage":{"prompt_tokens":5,"completion_tokens":2}}"#;

/// What is wrong in the world.
type Spoil = Box<dyn FnOnce(&World)>;

fn call_of(key: KeyId, body: &'static str) -> OwnCall {
    let endpoint = Endpoint::ChatCompletions;
    OwnCall { key, endpoint, body: Bytes::from_static(body.as_bytes()), agent: PLAYGROUND, peer: PEER }
}

async fn ask(world: &World, body: &'static str) -> Response<Body> {
    world.gateway.call_without_secret(call_of(key_id(), body)).await
}

#[tokio::test]
async fn a_call_without_a_secret_is_paid_for_and_recorded_as_such() {
    let world = World::new();
    // Whoever verifies secrets is not asked.
    world.change(|facts| facts.pepper_known = false);
    world.provider.will_answer(200, ANSWER);
    let answer = ask(&world, QUESTION).await;
    assert_eq!((answer.status().as_u16(), text(answer).await.as_str()), (200, ANSWER));
    world.assert_settled(1).await;
    let record = world.last_settled();
    assert_eq!(record.cost, NanoUsd::from_nano(5 * 1_000 + 2 * 2_000));
    assert_eq!((record.secret_version, record.agent.as_str()), (NO_SECRET, PLAYGROUND));
    assert_eq!(record.network, PEER.to_string());
    assert!(record.is_from_playground());
}

#[tokio::test]
async fn everything_but_the_secret_is_asked() {
    let person = PersonId::from_random(&[9; 12]);
    let revoked = KeyState::Revoked { at: NOW, by: person, reason: RevocationReason::Replaced };
    let other_model = r#"{"model":"secret","messages":[]}"#;
    let spoilt: [(&str, Spoil, &'static str); 8] = [
        ("starting", Box::new(|w| w.change(|f| f.ready = Err(Denial::Starting))), QUESTION),
        ("key_revoked", Box::new(move |w| w.change(|f| f.key.state = revoked)), QUESTION),
        ("key_expired", Box::new(|w| w.change(|f| f.key.expires_at = NOW)), QUESTION),
        ("owner_suspended", Box::new(|w| w.change(|f| f.owner_active = false)), QUESTION),
        (
            "network_not_allowed",
            Box::new(|w| w.change(|f| f.effective.networks = vec!["10.0.0.0/8".parse().unwrap()])),
            QUESTION,
        ),
        (
            "endpoint_not_allowed",
            Box::new(|w| w.change(|f| f.effective.endpoints = vec![Endpoint::Messages])),
            QUESTION,
        ),
        ("model_not_allowed", Box::new(|_| {}), other_model),
        ("budget_exhausted", Box::new(|w| w.book(|book| book.limit = NanoUsd::ZERO)), QUESTION),
    ];
    for (expected, spoil, question) in spoilt {
        let world = World::new();
        spoil(&world);
        assert_eq!(code(ask(&world, question).await).await, expected);
        world.assert_settled(0).await;
        assert_eq!(world.provider.got().len(), 0, "{expected}: nothing goes out");
        let denied = world.book(|book| book.denied.clone());
        let recorded = denied.iter().any(|record| {
            record.outcome == Outcome::Denied
                && record.denial.as_deref() == Some(expected)
                && record.agent == PLAYGROUND
        });
        assert_eq!(recorded, expected != "starting", "{expected}");
    }
}

#[tokio::test]
async fn a_key_that_is_gone_cannot_be_called_with() {
    let world = World::new();
    let call = call_of(KeyId::from_random(&[8; 12]), QUESTION);
    assert_eq!(code(world.gateway.call_without_secret(call).await).await, "key_revoked");
}

#[tokio::test]
async fn saying_that_one_is_the_playground_opens_nothing() {
    let world = World::new();
    let request = Request::post("/v1/chat/completions")
        .header("content-type", "application/json")
        .header("user-agent", PLAYGROUND)
        .body(Full::from(QUESTION))
        .unwrap();
    let answer = world.send(request).await;
    assert_eq!(answer.status(), 401);
    assert_eq!(json(answer).await["error"]["code"], "invalid_key");
    // With a secret it is a call like any other, and not taken for one of the portal's.
    world.provider.will_answer(200, ANSWER);
    let mut request = crate::world::post("/v1/chat/completions", QUESTION);
    request.headers_mut().insert("user-agent", PLAYGROUND.parse().unwrap());
    assert_eq!(world.send(request).await.status(), 200);
    world.gateway.drained().await;
    assert!(!world.last_settled().is_from_playground());
}
