//! How sessions change hands and end.

use domain::time::{MS_PER_HOUR, MS_PER_MINUTE};

use super::world::World;
use crate::auth::opaque_token::OpaqueToken;

#[tokio::test]
async fn each_sign_in_has_a_new_session_and_the_old_one_is_gone() {
    let world = World::dev().await;
    let browser = world.browser();
    let planted = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    browser.plant_session(planted);
    browser.sign_in("developer").await;
    let first = browser.session().unwrap();
    assert_ne!(first, planted, "a session that somebody planted is not taken up");

    browser.sign_in("administrator").await;
    let second = browser.session().unwrap();
    assert_ne!(first, second);
    let thief = world.browser();
    for dead in [planted, &first] {
        thief.plant_session(dead);
        assert_eq!(thief.me().await, None);
    }
    thief.plant_session(&second);
    assert!(thief.me().await.is_some(), "the control: only the newest id opens the session");
}

#[tokio::test]
async fn signing_out_ends_the_session_here_and_then_at_the_provider() {
    let world = World::dev().await;
    let browser = world.browser();
    browser.sign_in("developer").await;
    let stolen = browser.session().unwrap();
    let page = browser.post("/auth/sign-out").await;
    assert_eq!((page.status, browser.session()), (200, None));
    assert!(page.body.contains("/dev-idp/end-session?client_id=keywright-dev"), "{page:?}");
    assert!(page.body.contains("id_token_hint="), "{page:?}");
    let refresh = page.body.lines().last().unwrap().to_owned();
    let end = refresh.trim_start_matches("Some(\"").trim_end_matches("\")").to_owned();
    assert_eq!(browser.get(&end).await.location, format!("{}/", world.origin));
    browser.plant_session(&stolen);
    assert_eq!(browser.me().await, None);
    assert_eq!(browser.post("/auth/sign-out").await.location, "/auth/signed-out", "twice is no error");
    assert_eq!(browser.get("/auth/signed-out").await.status, 200);
}

#[tokio::test]
async fn a_slow_request_does_not_bring_a_session_back() {
    let world = World::dev().await;
    let browser = world.browser();
    browser.sign_in("developer").await;
    let token = OpaqueToken::parse(&browser.session().unwrap()).unwrap();
    let (mut row, person) = world.auth.session(&token).await.unwrap().unwrap();
    browser.post("/auth/sign-out").await;
    // What the slow request would write now, in every way that the store has.
    row.seen_at = row.seen_at.plus_ms(MS_PER_MINUTE);
    let mut tx = world.store.begin().await.unwrap();
    assert!(!tx.touch_session(&row.id_hash, row.seen_at, row.expires_at).await.unwrap());
    assert!(!tx.update_session(&row).await.unwrap());
    tx.commit().await.unwrap();
    assert!(world.auth.session(&token).await.unwrap().is_none());
    assert_eq!(person.subject, "developer");
}

#[tokio::test]
async fn sessions_end_when_idle_and_after_their_longest_time() {
    let world = World::dev().await;
    let idle = world.browser();
    idle.sign_in("developer").await;
    world.clock.advance(30 * MS_PER_MINUTE - 1);
    assert!(idle.me().await.is_some());
    world.clock.advance(30 * MS_PER_MINUTE);
    assert_eq!(idle.me().await, None);

    for (account, idle_min, hours) in [("developer", 30, 12), ("administrator", 15, 8)] {
        let busy = world.browser();
        busy.sign_in(account).await;
        let step = (idle_min - 1) * MS_PER_MINUTE;
        let mut age = 0;
        while age + step < hours * MS_PER_HOUR {
            world.clock.advance(step);
            age += step;
            assert!(busy.me().await.is_some(), "{account} after {age} ms");
        }
        world.clock.advance(hours * MS_PER_HOUR - age);
        assert_eq!(busy.me().await, None, "{account}: being busy does not prolong beyond {hours} h");
    }
}

#[tokio::test]
async fn signing_out_everywhere_ends_the_other_browser_too_and_nobody_elses() {
    let world = World::dev().await;
    let (desk, phone, other) = (world.browser(), world.browser(), world.browser());
    desk.sign_in("developer").await;
    phone.sign_in("developer").await;
    other.sign_in("developer-2").await;
    assert_eq!(desk.post("/auth/sign-out-everywhere").await.status, 200);
    assert_eq!((desk.me().await, phone.me().await), (None, None));
    assert!(other.me().await.is_some());
    assert_eq!(world.audited().await[0], "session.ended_everywhere");
    assert_eq!(phone.sign_in("developer").await.status, 303);
    assert!(phone.me().await.is_some());
}

#[tokio::test]
async fn new_roles_end_the_sessions_that_began_without_them() {
    let world = World::dev().await;
    let (before, invited) = (world.browser(), world.browser());
    before.sign_in("developer").await;
    invited.sign_in_at(&world.invite().await, "developer").await;
    assert_eq!(before.me().await, None);
    assert!(invited.me().await.unwrap().ends_with("administrator"));
    before.sign_in("developer").await;
    assert!(invited.me().await.is_some(), "the same roles again end nothing");
}
