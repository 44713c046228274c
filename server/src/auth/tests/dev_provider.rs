//! The development provider holds others to the protocol, too: codes count once, for whoever can prove the request.

use url::form_urlencoded::Serializer;

use super::world::World;
use crate::auth::oidc::ClientAuthentication;
use crate::auth::query::only;

/// 43 characters, and their SHA-256.
const VERIFIER: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const CHALLENGE: &str = "ZtNPunH49FD35FWYhT5Tv8I7vRKQJ8uxMaL0_9eHjNA";

fn authorization(world: &World, changes: &[(&str, &str)]) -> String {
    let callback = format!("{}/auth/cb/dev", world.origin);
    let mut request = vec![
        ("client_id", "keywright-dev"),
        ("redirect_uri", callback.as_str()),
        ("response_type", "code"),
        ("scope", "openid"),
        ("state", "s"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("account", "developer"),
    ];
    request.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    request.extend(changes);
    let query = Serializer::new(String::new()).extend_pairs(request).finish();
    format!("{}/dev-idp/authorize?{query}", world.origin)
}

/// The status of the token endpoint's answer to a fresh code.
async fn redeem(world: &World, code: &str, changes: &[(&str, &str)]) -> u16 {
    let ClientAuthentication::Secret(secret) = world.dev_settings.authentication.clone() else { panic!() };
    let callback = format!("{}/auth/cb/dev", world.origin);
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", callback.as_str()),
        ("client_id", "keywright-dev"),
        ("client_secret", secret.expose()),
        ("code_verifier", VERIFIER),
    ];
    form.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    form.extend(changes);
    world.browser().post_form("/dev-idp/token", &form).await.status
}

async fn code(world: &World) -> String {
    let answer = world.browser().get(&authorization(world, &[])).await;
    only(answer.location.split_once('?').unwrap().1, "code").unwrap()
}

#[tokio::test]
async fn a_code_counts_once_within_a_minute_for_the_client_that_began() {
    let world = World::dev().await;
    let first = code(&world).await;
    assert_eq!(redeem(&world, &first, &[]).await, 200);
    assert_eq!(redeem(&world, &first, &[]).await, 400, "once");
    let other = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
    for (change, status) in [
        (("code_verifier", other), 400),
        (("redirect_uri", "https://evil.example/"), 400),
        (("grant_type", "client_credentials"), 400),
        (("client_secret", "guess"), 401),
        (("client_id", "another"), 401),
    ] {
        assert_eq!(redeem(&world, &code(&world).await, &[change]).await, status, "{change:?}");
    }
    let late = code(&world).await;
    world.clock.advance(60_000);
    assert_eq!(redeem(&world, &late, &[]).await, 400);
}

#[tokio::test]
async fn a_request_that_is_not_ours_is_sent_nowhere() {
    let world = World::dev().await;
    for change in [("redirect_uri", "https://evil.example/cb"), ("client_id", "another"), ("redirect_uri", "")] {
        let page = world.browser().get(&authorization(&world, &[change])).await;
        assert_eq!((page.status, page.location.as_str()), (400, ""), "{change:?}");
    }
    for (change, error) in [
        (("response_type", "token"), "unsupported_response_type"),
        (("scope", "profile"), "invalid_scope"),
        (("code_challenge_method", "plain"), "invalid_request"),
        (("code_challenge", ""), "invalid_request"),
    ] {
        let page = world.browser().get(&authorization(&world, &[change])).await;
        assert!(page.location.contains(&format!("error={error}&state=s&iss=")), "{change:?} {page:?}");
    }
    let page = world.browser().get(&authorization(&world, &[("account", "nobody")])).await;
    assert_eq!(page.status, 200, "shows the accounts again");
}
