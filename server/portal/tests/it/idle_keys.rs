//! Keys that nobody uses are told of, then disabled, and one press brings them back.

use crate::support::*;
use domain::idle::IdleRule;
use domain::profile_versions::Reach;
use domain::virtual_key::{ConsumerKind, KeyStanding, KeyState};
use portal::administration::profiles::ProfileDraft;
use portal::keys::{KeyStatus, Swept};
use std::sync::atomic::Ordering;

const DAYS: u32 = 30;

async fn disabling_after(world: &World, services_too: bool) {
    let admin = world.administrator().await;
    let profile = world.store.profiles().await.unwrap().remove(0);
    let id = profile.id;
    let mut draft = ProfileDraft::from(profile);
    draft.terms.idle = Some(IdleRule { days: DAYS, services_too });
    let saved = world.portal.change_profile(as_administrator(&admin), id, 1, draft, Reach::AllKeys);
    saved.await.unwrap();
}

async fn swept(world: &World) -> (usize, usize) {
    let Swept { told, disabled } = world.portal.disable_unused_keys().await.unwrap();
    (told, disabled)
}

#[tokio::test]
async fn an_unused_key_is_told_of_and_then_disabled_by_keywright_itself() {
    let world = World::new().await;
    disabling_after(&world, false).await;
    let ada = world.developer().await;
    let (idle, used) = (world.mint(&ada, "idle").await, world.mint(&ada, "used").await);
    world.advance_days(23);
    assert_eq!(swept(&world).await, (0, 0));
    assert_eq!(world.portal.key(&ada, idle).await.unwrap().idle_ends, None);

    world.advance_days(1);
    assert_eq!(swept(&world).await, (2, 0));
    let ends = START.plus_days(31);
    assert_eq!(world.portal.key(&ada, idle).await.unwrap().idle_ends, Some(ends));
    let home = world.portal.home(&ada).await.unwrap();
    assert_eq!(home.attention.iter().map(|row| row.idle_ends).collect::<Vec<_>>(), [Some(ends); 2]);
    world.advance_ms(1);
    world.store.ingest(&[world.call(used, world.now(), 1, 5)]).await.unwrap();
    assert_eq!(world.portal.home(&ada).await.unwrap().attention.len(), 1, "a call is enough");

    world.advance_days(7);
    let before = world.audit_length().await;
    world.gateway.take_told();
    assert_eq!(swept(&world).await, (0, 1));
    assert_eq!(swept(&world).await, (0, 0), "another pass, or another process");
    assert_eq!(world.gateway.take_told(), [Told::Key(idle)]);
    assert_eq!((world.audit_length().await, world.last_action().await.as_str()), (before + 1, "key.disabled"));
    assert!(world.audit_text().await.contains("unused key"));
    let seen = world.portal.key(&ada, idle).await.unwrap();
    assert_eq!((seen.standing, seen.status), (KeyStanding::Disabled, KeyStatus::Idle));
    assert_eq!(seen.key.state, KeyState::DisabledUnused { at: world.now(), days: DAYS });
    assert!(seen.acts.enable && seen.state_by_name.is_none());
}

#[tokio::test]
async fn an_enabled_key_has_all_its_days_again() {
    let world = World::new().await;
    disabling_after(&world, false).await;
    let ada = world.developer().await;
    let key = world.mint(&ada, "idle").await;
    for days in [24, 7] {
        world.advance_days(days);
        swept(&world).await;
    }
    world.portal.enable_key(&ada, key).await.unwrap();
    for (days, expected) in [(23, (0, 0)), (1, (1, 0)), (6, (0, 0)), (1, (0, 1))] {
        world.advance_days(days);
        assert_eq!(swept(&world).await, expected);
    }
}

#[tokio::test]
async fn a_new_rule_disables_nothing_at_once() {
    let world = World::new().await;
    let ada = world.developer().await;
    let key = world.mint(&ada, "old").await;
    world.advance_days(80);
    assert_eq!(swept(&world).await, (0, 0), "no rule, no sweep");
    disabling_after(&world, false).await;
    assert_eq!(swept(&world).await, (1, 0));
    world.advance_days(6);
    assert_eq!(swept(&world).await, (0, 0));
    assert_eq!(world.portal.key(&ada, key).await.unwrap().standing, KeyStanding::Usable);
    world.advance_days(1);
    assert_eq!(swept(&world).await, (0, 1));
}

#[tokio::test]
async fn calls_under_way_are_counted_before_a_key_is_taken_for_unused() {
    let world = World::new().await;
    disabling_after(&world, false).await;
    let ada = world.developer().await;
    let key = world.mint(&ada, "busy").await;
    world.advance_days(24);
    assert_eq!(swept(&world).await, (1, 0));
    world.advance_days(7);
    let call = world.call(key, world.now(), 1, 5);
    *world.gateway.under_way.lock().unwrap() = Some((world.store.clone(), call));
    assert_eq!(swept(&world).await, (0, 0));
    assert_eq!(world.portal.key(&ada, key).await.unwrap().standing, KeyStanding::Usable);
}

#[tokio::test]
async fn services_are_left_alone_unless_they_are_meant_too() {
    for (services_too, expected) in [(false, 0), (true, 1)] {
        let world = World::new().await;
        disabling_after(&world, services_too).await;
        let ada = world.developer().await;
        let mut request = world.request(&ada, "nightly").await;
        request.consumer = ConsumerKind::Ci;
        let form = world.portal.new_form();
        world.portal.mint_key(&ada, &form, &request).await.unwrap();
        world.advance_days(60);
        assert_eq!(swept(&world).await, (expected, 0));
    }
}

#[tokio::test]
async fn a_pass_that_may_not_know_all_calls_judges_no_key() {
    let world = World::new().await;
    disabling_after(&world, false).await;
    let ada = world.developer().await;
    world.mint(&ada, "used, though nothing of it is written down").await;
    world.advance_days(60);
    world.gateway.behind.store(true, Ordering::SeqCst);
    assert_eq!(swept(&world).await, (0, 0));
    world.gateway.behind.store(false, Ordering::SeqCst);
    assert_eq!(swept(&world).await, (1, 0));
}
