use crate::support::*;
use domain::id::EventId;
use domain::person::Role;
use domain::virtual_key::{KeyStanding, KeyState, Overlap, RevocationReason};
use portal::keys::KeyStatus;
use std::time::Duration;

#[tokio::test]
async fn someone_elses_key_is_not_found_by_any_use_case() {
    let world = World::new().await;
    let (ada, bob) = (world.developer().await, world.other_developer().await);
    let key = world.mint(&ada, "laptop").await;
    world.store.ingest(&[world.call(key, world.now(), 1, 5)]).await.unwrap();
    let call = EventId::new(world.now(), 0, 1);
    let (portal, form, later) = (&world.portal, world.portal.new_form(), world.now().plus_days(1));
    world.gateway.take_told();
    let audited = world.audit_length().await;
    let answers = [
        error(portal.key(&bob, key).await),
        error(portal.see_key(&bob, key).await.map(|seen| seen.id())),
        error(portal.rename_key(&bob, key, "mine now").await),
        error(portal.disable_key(&bob, key).await),
        error(portal.enable_key(&bob, key).await),
        error(portal.revoke_key(&bob, key, RevocationReason::Compromised).await),
        error(portal.set_key_expiry(&bob, key, later).await),
        error(portal.rotate_key(&bob, key, &form, Overlap::None).await),
        error(portal.call(&bob, call).await),
        error(portal.snippet_facts(&bob, key).await),
    ];
    for (nth, answer) in answers.iter().enumerate() {
        assert_eq!(answer, "not found", "use case {nth}");
    }
    assert!(portal.call(&ada, call).await.is_ok());
    assert_eq!((world.audit_length().await, world.gateway.take_told()), (audited, vec![]));
}

#[tokio::test]
async fn an_auditor_sees_every_key_and_changes_none() {
    let world = World::new().await;
    let (ada, auditor) = (world.developer().await, world.auditor().await);
    let key = world.mint(&ada, "laptop").await;
    let seen = world.portal.key(&auditor, key).await.unwrap();
    assert_eq!(seen.acts, portal::keys::KeyActs::default());
    assert_eq!(error(world.portal.disable_key(&auditor, key).await), "forbidden");
    let form = world.portal.new_form();
    assert_eq!(error(world.portal.rotate_key(&auditor, key, &form, Overlap::Day).await), "forbidden");
}

#[tokio::test]
async fn each_change_tells_the_gateway_and_leaves_one_entry_and_repeating_it_none() {
    let world = World::new().await;
    let ada = world.developer().await;
    let key = world.mint(&ada, "laptop").await;
    let later = world.now().plus_days(100);
    world.gateway.take_told();
    for action in ["key.renamed", "key.disabled", "key.enabled", "key.expiry_changed", "key.revoked"] {
        let act = async || match action {
            "key.renamed" => world.portal.rename_key(&ada, key, "desk").await,
            "key.disabled" => world.portal.disable_key(&ada, key).await,
            "key.enabled" => world.portal.enable_key(&ada, key).await,
            "key.expiry_changed" => world.portal.set_key_expiry(&ada, key, later).await,
            _ => world.portal.revoke_key(&ada, key, RevocationReason::Replaced).await,
        };
        let before = world.audit_length().await;
        act().await.unwrap();
        assert_eq!((world.audit_length().await, world.last_action().await.as_str()), (before + 1, action));
        assert_eq!(world.gateway.take_told(), [Told::Key(key)], "{action}");
        act().await.unwrap();
        assert_eq!(world.audit_length().await, before + 1, "{action} again");
        // Who revokes again may have had no answer, and neither may the gateway.
        let again: &[Told] = if action == "key.revoked" { &[Told::Key(key)] } else { &[] };
        assert_eq!(world.gateway.take_told(), again, "{action} again");
    }
    let history = world.portal.see_key(&ada, key).await.unwrap().history(None).await.unwrap();
    assert_eq!(history.lines.len(), 6);
    assert!(history.lines.iter().all(|line| line.actor_name == "ada"));
    assert_eq!(history.lines[0].row.entry.address.as_deref(), Some("192.0.2.7"));
}

#[tokio::test]
async fn a_revoked_key_stays_revoked_as_it_was() {
    let world = World::new().await;
    let ada = world.developer().await;
    let key = world.mint(&ada, "laptop").await;
    let revoked = world.portal.revoke_key(&ada, key, RevocationReason::Compromised).await.unwrap();
    world.advance_ms(1_000);
    let again = world.portal.revoke_key(&ada, key, RevocationReason::Replaced).await.unwrap();
    assert_eq!(again.state, revoked.state);
    let ended = ["key=key_ended"];
    assert_eq!(refusals(world.portal.rename_key(&ada, key, "x").await), ended);
    assert_eq!(refusals(world.portal.disable_key(&ada, key).await), ended);
    assert_eq!(refusals(world.portal.enable_key(&ada, key).await), ended);
    assert_eq!(refusals(world.portal.set_key_expiry(&ada, key, world.now().plus_days(1)).await), ended);
    let form = world.portal.new_form();
    assert_eq!(refusals(world.portal.rotate_key(&ada, key, &form, Overlap::Day).await), ended);
    let seen = world.portal.key(&ada, key).await.unwrap();
    assert_eq!((seen.standing, seen.status), (KeyStanding::Revoked, KeyStatus::Revoked));
    assert_eq!((seen.state_by_name.as_deref(), seen.acts.revoke), (Some("ada"), false));
}

#[tokio::test]
async fn what_an_administrator_disabled_an_administrator_enables() {
    let world = World::new().await;
    let (ada, admin) = (world.developer().await, world.administrator().await);
    let key = world.mint(&ada, "laptop").await;
    world.portal.disable_key(&admin, key).await.unwrap();
    assert!(!world.portal.key(&ada, key).await.unwrap().acts.enable);
    assert_eq!(refusals(world.portal.enable_key(&ada, key).await), ["key=disabled_by_administrator"]);
    world.portal.enable_key(&admin, key).await.unwrap();
    world.portal.disable_key(&ada, key).await.unwrap();
    let enabled = world.portal.enable_key(&ada, key).await.unwrap();
    assert_eq!(enabled.state, KeyState::Active);
}

#[tokio::test]
async fn expiry_moves_within_the_profiles_longest_lifetime() {
    let world = World::new().await;
    let ada = world.developer().await;
    let key = world.mint(&ada, "laptop").await;
    let set = async |at| refusals(world.portal.set_key_expiry(&ada, key, at).await);
    let longest = START.plus_days(180);
    assert_eq!(world.portal.key(&ada, key).await.unwrap().latest_expiry, longest);
    assert_eq!(set(longest.plus_ms(1)).await, ["expires_at=later_than_lifetime"]);
    assert_eq!(set(world.now()).await, ["expires_at=in_the_past"]);
    assert_eq!(set(longest).await, ["granted"]);
    assert_eq!(set(START.plus_days(1)).await, ["granted"]);
    world.advance_days(2);
    let expired = world.portal.key(&ada, key).await.unwrap();
    assert_eq!((expired.standing, expired.acts.set_expiry, expired.acts.rename), (KeyStanding::Expired, true, false));
    assert_eq!(set(START.plus_days(5)).await, ["granted"], "an expired key can be taken up again");
}

#[tokio::test]
async fn a_new_name_must_be_free_and_plain() {
    let world = World::new().await;
    let ada = world.developer().await;
    let key = world.mint(&ada, "laptop").await;
    world.mint(&ada, "desk").await;
    let rename = async |name| refusals(world.portal.rename_key(&ada, key, name).await);
    assert_eq!(rename("Desk").await, ["name=key_name_taken"]);
    assert_eq!(rename("  ").await, ["name=missing"]);
    assert_eq!(rename("a\u{202E}b").await, ["name=hidden_characters"]);
    assert_eq!(rename("LAPTOP").await, ["granted"], "its own name in other letters");
}

#[tokio::test]
async fn a_lead_changes_the_teams_keys_and_an_administrator_everyones() {
    let world = World::new().await;
    let (ada, bob, admin) = (world.developer().await, world.other_developer().await, world.administrator().await);
    let (team, ada) = world.team_led_by("Search", &ada).await;
    let key = world.mint_for_team(&ada, team, "indexer").await;
    world.portal.seed_team("Search", bob.person, false).await.unwrap();
    let member = world.caller(bob.person).await;
    assert_eq!(error(world.portal.key(&member, key).await), "not found");
    let (_, lead) = world.team_led_by("Search", &bob).await;
    assert!(world.portal.disable_key(&lead, key).await.is_ok());
    assert!(world.portal.enable_key(&admin, key).await.is_ok());
}

#[tokio::test]
async fn keys_of_someone_who_was_switched_off_are_suspended() {
    let world = World::new().await;
    let (ada, admin) = (world.person("ada", &[Role::Developer]).await, world.administrator().await);
    let key = world.mint(&ada, "laptop").await;
    world.portal.set_person_active(as_administrator(&admin), ada.person, false).await.unwrap();
    let seen = world.portal.key(&admin, key).await.unwrap();
    assert_eq!((seen.standing, seen.status), (KeyStanding::OwnerSuspended, KeyStatus::Suspended));
}

#[tokio::test]
async fn expired_keys_do_not_make_room_for_more_than_the_profile_grants() {
    let world = World::new().await;
    let ada = world.developer().await;
    let sleeping = world.mint(&ada, "sleeping").await;
    world.portal.set_key_expiry(&ada, sleeping, START.plus_days(1)).await.unwrap();
    world.advance_days(2);
    for nth in 0..5 {
        world.mint(&ada, &format!("key {nth}")).await;
    }
    let wake = async || refusals(world.portal.set_key_expiry(&ada, sleeping, START.plus_days(100)).await);
    assert_eq!(wake().await, ["key=too_many_keys"]);
    let awake = world.store.all_keys(None, 10).await.unwrap().into_iter().find(|kept| kept.key.id != sleeping).unwrap();
    world.portal.revoke_key(&ada, awake.key.id, RevocationReason::Replaced).await.unwrap();
    assert_eq!(wake().await, ["granted"]);
}

#[tokio::test]
async fn the_gateway_hears_of_a_revocation_whose_browser_hung_up() {
    let world = std::sync::Arc::new(World::new().await);
    let ada = world.developer().await;
    let key = world.mint(&ada, "laptop").await;
    world.gateway.take_told();
    let busy = world.gateway.stay_busy();
    let request = tokio::spawn({
        let (world, ada) = (world.clone(), ada.clone());
        async move { world.portal.revoke_key(&ada, key, RevocationReason::Compromised).await.map(|key| key.state) }
    });
    busy.entered.notified().await;
    request.abort();
    assert!(request.await.unwrap_err().is_cancelled());
    busy.release.notify_one();
    let heard = tokio::time::timeout(Duration::from_secs(10), busy.left.notified()).await;
    assert!(heard.is_ok(), "the gateway was left in the middle");
    assert_eq!(world.gateway.take_told(), [Told::Key(key)]);
}
