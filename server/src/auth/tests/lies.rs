//! What a provider, or somebody in its place, may not make us believe.

use std::sync::atomic::Ordering;

use domain::time::{MS_PER_MINUTE, MS_PER_SECOND};
use serde_json::json;

use super::lying_issuer::Lie;
use super::world::World;

#[tokio::test]
async fn each_single_lie_is_refused_and_the_truth_is_not() {
    let world = World::lying().await;
    let lies = [
        Lie::Claims(json!({ "nonce": "another" })),
        Lie::Claims(json!({ "nonce": null })),
        Lie::Claims(json!({ "iss": "https://elsewhere.example" })),
        Lie::Claims(json!({ "aud": "another-client" })),
        Lie::Claims(json!({ "aud": ["keywright", "another-client"] })),
        Lie::Claims(json!({ "aud": null })),
        Lie::Claims(json!({ "azp": "another-client" })),
        Lie::Claims(json!({ "exp": -61 })),
        Lie::Claims(json!({ "exp": null })),
        Lie::Claims(json!({ "iat": -661 })),
        Lie::Claims(json!({ "iat": 61 })),
        Lie::Claims(json!({ "nbf": 61 })),
        Lie::Claims(json!({ "sub": null })),
        Lie::Claims(json!({ "sub": "" })),
        Lie::Unsigned,
        Lie::SecretSigned,
        Lie::Forged,
        Lie::Redirect("iss", "https://elsewhere.example"),
        Lie::Redirect("iss", ""),
        Lie::Redirect("code", ""),
    ];
    for lie in lies {
        world.lying.tell(lie.clone());
        let browser = world.browser();
        let page = browser.sign_in("x").await;
        assert_eq!(page.status, 502, "{lie:?}: {page:?}");
        assert!(page.body.starts_with("Sign-in failed\n"), "{lie:?}: {page:?}");
        assert_eq!((browser.session(), browser.me().await), (None, None), "{lie:?}");
    }
    assert_eq!(world.audited().await, Vec::<String>::new(), "nobody was made or signed in");

    let harmless = [
        Lie::None,
        Lie::Claims(json!({ "exp": -59 })),
        Lie::Claims(json!({ "iat": -659 })),
        Lie::Claims(json!({ "nbf": 59, "azp": "keywright", "aud": ["keywright"], "email_verified": "true" })),
    ];
    for truth in harmless {
        world.lying.tell(truth.clone());
        let browser = world.browser();
        assert_eq!(browser.sign_in("x").await.status, 303, "{truth:?}");
        assert_eq!(browser.me().await.as_deref(), Some("Ada developer"), "{truth:?}");
    }
}

#[tokio::test]
async fn an_answer_with_a_state_that_nobody_began_with_is_not_even_asked_about() {
    let world = World::lying().await;
    for state in ["", "short", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        world.lying.tell(Lie::Redirect("state", state));
        let page = world.browser().sign_in("x").await;
        assert_eq!(page.status, 400, "{page:?}");
    }
    assert_eq!(world.lying.key_fetches.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn an_unknown_key_is_looked_up_once_a_minute() {
    let world = World::lying().await;
    let fetches = || world.lying.key_fetches.load(Ordering::Relaxed);
    let sign_in = async || world.browser().sign_in("x").await.status;
    assert_eq!((sign_in().await, fetches()), (303, 1));
    assert_eq!((sign_in().await, fetches()), (303, 1), "keys are remembered");

    *world.lying.keys.lock().unwrap() = (2, 2);
    assert_eq!((sign_in().await, fetches()), (303, 2), "a rotated key is found at once");
    *world.lying.keys.lock().unwrap() = (2, 3);
    assert_eq!((sign_in().await, fetches()), (502, 2), "and not again within the minute");
    world.clock.advance(MS_PER_MINUTE);
    assert_eq!((sign_in().await, fetches()), (502, 3), "the key is not published");
    *world.lying.keys.lock().unwrap() = (3, 3);
    world.clock.advance(MS_PER_MINUTE);
    assert_eq!((sign_in().await, fetches()), (303, 4));
}

#[tokio::test]
async fn a_provider_that_is_down_is_a_sentence_and_comes_back_by_itself() {
    let world = World::lying().await;
    let browser = world.browser();
    let unusable = [
        Lie::Down,
        Lie::Metadata(json!({ "issuer": "https://elsewhere.example" })),
        Lie::Metadata(json!({ "issuer": format!("{}/", world.lying.issuer) })),
        Lie::Metadata(json!({ "token_endpoint": "http://elsewhere.example/token" })),
        Lie::Metadata(json!({ "token_endpoint": null })),
    ];
    for lie in unusable {
        world.lying.tell(lie.clone());
        world.clock.advance(5 * MS_PER_SECOND);
        let page = browser.get("/auth/login").await;
        assert_eq!(page.status, 503, "{lie:?}: {page:?}");
        assert!(page.body.contains("Lying cannot be reached") && page.body.contains("Sign in again"), "{page:?}");
    }
    world.lying.tell(Lie::None);
    world.clock.advance(5 * MS_PER_SECOND);
    assert_eq!(browser.sign_in("x").await.status, 303);
    world.lying.tell(Lie::Down);
    world.clock.advance(2 * 60 * MS_PER_MINUTE);
    let later = world.browser();
    assert_eq!(later.sign_in("x").await.status, 303, "what was published yesterday still holds");
}

#[tokio::test]
async fn what_the_provider_says_in_its_error_stays_inside() {
    let world = World::lying().await;
    world.lying.tell(Lie::TokenEndpointFails);
    let page = world.browser().sign_in("x").await;
    assert_eq!(page.status, 502);
    assert!(!page.body.contains("internal detail"), "{page:?}");
    world.lying.tell(Lie::Redirect("error", "<script>alert(1)</script>"));
    let page = world.browser().sign_in("x").await;
    assert_eq!(page.status, 403);
    assert!(!page.body.contains("script"), "{page:?}");
    world.lying.tell(Lie::Redirect("error", "access_denied"));
    assert!(world.browser().sign_in("x").await.body.contains("access_denied"));
}

#[tokio::test]
async fn an_answer_of_one_provider_does_not_complete_the_sign_in_at_another() {
    let world = World::both().await;
    let browser = world.browser();
    let callback = browser.answer_of("/auth/login/lying", "x").await;
    let page = browser.get(&callback.replace("/auth/cb/lying", "/auth/cb/dev")).await;
    assert_eq!(page.status, 400, "{page:?}");
    assert_eq!(browser.get(&callback).await.status, 400, "and it is spent");
}
