//! Who is recognised, and how little the others learn.

use crate::world::{NOW, World, code, json, key_id, post, secret};
use domain::id::KeyId;
use domain::key_secret::{self, TokenKind};
use proxy::Unrecognised;
use zeroize::Zeroizing;

const CHAT: &str = r#"{"model":"gpt","max_tokens":10}"#;

#[tokio::test]
async fn strangers_get_one_identical_answer() {
    let world = World::new();
    let good = secret();
    let mut unknown = good.clone();
    unknown.replace_range(4..5, if unknown.starts_with("kwr_A") { "B" } else { "A" });
    let other_key = {
        let id = KeyId::from_random(&[77; 12]);
        key_secret::compose(TokenKind::VirtualKey, id, &Zeroizing::new([1; 32]))
    };
    let wrong_secret = key_secret::compose(TokenKind::VirtualKey, key_id(), &Zeroizing::new([8; 32]));
    let management = key_secret::compose(TokenKind::Management, key_id(), &Zeroizing::new([7; 32]));
    let mut seen = Vec::new();
    for presented in [
        None,
        Some("nonsense"),
        Some(&*unknown),
        Some(other_key.expose()),
        Some(wrong_secret.expose()),
        Some(management.expose()),
    ] {
        let mut request = post("/v1/chat/completions", CHAT);
        request.headers_mut().remove("authorization");
        if let Some(presented) = presented {
            request.headers_mut().insert("x-api-key", presented.parse().unwrap());
        }
        let response = world.send(request).await;
        assert_eq!(response.status(), 401);
        let mut body = json(response).await;
        body["error"]["request_id"] = "same".into();
        seen.push(body.to_string());
    }
    assert!(seen.iter().all(|body| *body == seen[0]), "{seen:#?}");
    let counts = world.gateway.unrecognised();
    let of = |reason| counts.of(reason);
    assert_eq!(
        [
            of(Unrecognised::Missing),
            of(Unrecognised::Shape),
            of(Unrecognised::Checksum),
            of(Unrecognised::UnknownKey),
            of(Unrecognised::WrongSecret)
        ],
        [1, 2, 1, 1, 1]
    );
    world.book(|book| assert!(book.denied.is_empty(), "nothing is kept of strangers"));
}

#[tokio::test]
async fn a_rotated_out_secret_is_a_wrong_one() {
    let world = World::new();
    world.change(|facts| facts.secrets[0].valid_until = Some(NOW));
    assert_eq!(code(world.get("/v1/key").await).await, "invalid_key");
    world.change(|facts| facts.secrets[0].valid_until = Some(NOW.plus_ms(1)));
    assert_eq!(world.get("/v1/key").await.status(), 200);
}

#[tokio::test]
async fn credentials_of_other_kinds_get_advice() {
    let world = World::new();
    let mut request = post("/v1/messages", CHAT);
    request.headers_mut().insert("authorization", "Bearer sk-ant-api03-0123456789abcdef".parse().unwrap());
    let response = world.send(request).await;
    assert_eq!(response.status(), 401);
    assert_eq!(code(response).await, "provider_key");

    let mut request = post("/v1/messages", CHAT);
    request.headers_mut().insert("x-api-key", "another".parse().unwrap());
    let response = world.send(request).await;
    assert_eq!(response.status(), 400);
    assert_eq!(code(response).await, "ambiguous_credentials");
}

#[tokio::test(start_paused = true)]
async fn after_many_bad_keys_an_address_hears_less_and_good_keys_from_it_work_on() {
    let world = World::new();
    let guess = || {
        let mut request = post("/v1/chat/completions", CHAT);
        let wrong = key_secret::compose(TokenKind::VirtualKey, key_id(), &Zeroizing::new([8; 32]));
        request.headers_mut().insert("authorization", format!("Bearer {}", wrong.expose()).parse().unwrap());
        request
    };
    for _ in 0..20 {
        assert_eq!(world.send(guess()).await.status(), 401);
    }
    let response = world.send(guess()).await;
    assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (429, &"3".parse().unwrap()));
    assert_eq!(code(response).await, "too_many_bad_keys");
    assert_eq!(world.get("/v1/key").await.status(), 200, "the very key that was guessed at");
    let elsewhere = world.gateway.handle(guess(), "192.0.2.8".parse().unwrap()).await;
    assert_eq!(elsewhere.status(), 401);
    assert_eq!(world.gateway.unrecognised().of(Unrecognised::WrongSecret), 22);
    tokio::time::advance(std::time::Duration::from_secs(3)).await;
    assert_eq!(world.send(guess()).await.status(), 401);
    world.book(|book| assert!(book.denied.is_empty(), "nothing is kept of strangers"));
}
