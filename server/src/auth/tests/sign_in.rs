//! The ways in: through a provider, by invitation, and the ones that are closed.

use domain::person::Role;
use domain::time::MS_PER_MINUTE;

use super::world::World;

#[tokio::test]
async fn every_account_of_the_development_provider_signs_in_as_itself() {
    let world = World::dev().await;
    for (account, me) in [
        ("developer", "Dana Developer developer"),
        ("developer-2", "Deniz Developer developer"),
        ("lead", "Lena Lead developer"),
        ("auditor", "Arno Auditor auditor"),
        ("administrator", "Ada Administrator administrator"),
    ] {
        let browser = world.browser();
        assert_eq!(browser.me().await, None);
        let picker = browser.get(&browser.get("/auth/login").await.location).await;
        assert!(picker.body.contains(&format!("account={account}\"")), "{picker:?}");
        let page = browser.sign_in_at("/auth/login?return_to=%2Fkeys", account).await;
        assert_eq!((page.status, page.location.as_str()), (303, "/keys"));
        assert_eq!(browser.me().await.as_deref(), Some(me));
    }
    assert_eq!(world.audited().await[..2], ["session.started", "person.created"]);
    assert_eq!(world.person("lead").await.groups, ["developers"]);
}

#[tokio::test]
async fn sign_in_never_leads_elsewhere() {
    let world = World::dev().await;
    for wish in [
        "//evil.example",
        "/%5Cevil.example",
        "https://evil.example",
        "/admin",
        "%2F%2Fevil.example",
        "/keys&return_to=/",
    ] {
        let browser = world.browser();
        let page = browser.sign_in_at(&format!("/auth/login?return_to={wish}"), "developer").await;
        assert_eq!((page.status, page.location.as_str()), (303, "/"), "{wish}");
    }
}

#[tokio::test]
async fn a_callback_counts_once_in_its_browser_and_in_time() {
    let world = World::dev().await;
    let browser = world.browser();
    let callback = browser.answer_of("/auth/login", "developer").await;
    assert_eq!(browser.get(&callback).await.status, 303);
    let before = browser.session();
    let replayed = browser.get(&callback).await;
    assert_eq!(replayed.status, 400);
    assert!(replayed.body.contains("Sign in again -> /auth/login"));
    assert_eq!(browser.session(), before, "a replay changes nothing");

    let stolen = browser.answer_of("/auth/login", "developer").await;
    let stranger = world.browser();
    assert_eq!(stranger.get(&stolen).await.status, 400);
    stranger.get("/auth/login").await;
    assert_eq!(stranger.get(&stolen).await.status, 400, "nor with a cookie of its own");
    assert_eq!(stranger.session(), None);

    let late = browser.answer_of("/auth/login", "developer").await;
    world.clock.advance(10 * MS_PER_MINUTE);
    assert_eq!(browser.get(&late).await.status, 400);
}

#[tokio::test]
async fn five_tabs_may_sign_in_at_once() {
    let world = World::dev().await;
    let browser = world.browser();
    let mut callbacks = vec![];
    for _ in 0..6 {
        world.clock.advance(1);
        callbacks.push(browser.answer_of("/auth/login", "developer").await);
    }
    assert_eq!(browser.get(&callbacks[0]).await.status, 400, "the oldest made room");
    for callback in &callbacks[1..] {
        assert_eq!(browser.get(callback).await.status, 303);
    }
}

#[tokio::test]
async fn several_providers_are_a_choice() {
    let world = World::both().await;
    let browser = world.browser();
    let page = browser.get("/auth/login?return_to=/keys").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Sign in with Lying -> /auth/login/lying?return_to=%2Fkeys"), "{page:?}");
    let page = browser.sign_in_at("/auth/login/lying?return_to=%2Fkeys", "x").await;
    assert_eq!((page.status, page.location.as_str()), (303, "/keys"));
    assert_eq!(browser.get("/auth/login/unheard-of").await.status, 404);
    let invited = browser.get(&world.invite().await).await;
    assert!(invited.body.contains("/auth/invite/") && invited.body.contains("/lying"), "{invited:?}");
}

#[tokio::test]
async fn an_invitation_makes_one_administrator_once_and_soon() {
    let world = World::dev().await;
    let link = world.invite().await;
    let browser = world.browser();
    browser.get(&link).await;
    assert_eq!(browser.sign_in_at(&link, "developer").await.status, 303, "looking at the link did not spend it");
    assert_eq!(browser.me().await.as_deref(), Some("Dana Developer developer administrator"));
    assert_eq!(world.audited().await[..3], ["session.started", "person.role_granted", "person.created"]);

    let again = world.browser();
    let page = again.sign_in_at(&link, "developer-2").await;
    assert_eq!(page.status, 410);
    assert_eq!(again.me().await, None);
    assert_eq!(world.browser().get("/auth/invite/nonsense").await.status, 410);

    let late = world.invite().await;
    let callback = again.answer_of(&late, "developer-2").await;
    world.clock.advance(15 * MS_PER_MINUTE);
    assert_eq!(again.get(&callback).await.status, 400, "the sign-in is older than ten minutes");
    assert_eq!(again.sign_in_at(&late, "developer-2").await.status, 410);
    assert_eq!(again.sign_in("developer-2").await.status, 303);
    assert_eq!(again.me().await.as_deref(), Some("Deniz Developer developer"));
    assert_eq!(world.person("developer").await.granted_roles, [Role::Administrator]);
}

#[tokio::test]
async fn a_disabled_person_is_out_at_once_and_stays_out() {
    let world = World::dev().await;
    let browser = world.browser();
    browser.sign_in("developer").await;
    let mut person = world.person("developer").await;
    person.active = false;
    let mut tx = world.store.begin().await.unwrap();
    tx.update_person(&person).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(browser.me().await, None);
    let link = world.invite().await;
    let page = browser.sign_in_at(&link, "developer").await;
    assert_eq!(page.status, 403);
    assert!(page.body.contains("switched off"));
    assert!(!world.person("developer").await.active, "signing in does not enable");
    let other = world.browser();
    assert_eq!(other.sign_in_at(&link, "developer-2").await.status, 303, "nor was the invitation spent");
}

#[tokio::test]
async fn a_store_that_cannot_answer_is_not_a_sign_out() {
    let world = World::dev().await;
    let browser = world.browser();
    browser.sign_in("developer").await;
    world.store.close().await;
    let page = browser.get("/me").await;
    assert_eq!(page.status, 503);
    assert_eq!(browser.get("/auth/login").await.status, 503);
}
