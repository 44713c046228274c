use crate::support::*;
use domain::key_secret::{PresentedToken, same_tag};
use domain::rotation::OldSecret;
use domain::time::{MS_PER_DAY, MS_PER_HOUR};
use domain::usage::UsageRecord;
use domain::virtual_key::Overlap;
use portal::keys::KeyStatus;
use portal::{Made, PortalError};

#[tokio::test]
async fn rotation_gives_the_same_key_a_second_secret_for_a_while() {
    let world = World::new().await;
    let ada = world.developer().await;
    let minted = world.try_mint(&ada, "laptop").await.unwrap();
    let key = minted.key.id;
    world.gateway.take_told();
    let before = world.audit_length().await;
    let rotated = world.portal.rotate_key(&ada, key, &world.portal.new_form(), Overlap::Hour).await.unwrap();

    assert_eq!((rotated.key.id, rotated.secret_version), (key, 2));
    assert_eq!(rotated.old_secret_until, Some(world.now().plus_ms(MS_PER_HOUR)));
    assert_ne!(rotated.secret.expose(), minted.secret.expose());
    let kept = world.store.key_with_secrets(key).await.unwrap().unwrap();
    for (secret, text) in kept.secrets.iter().zip([&rotated.secret, &minted.secret]) {
        let pepper = world.sealing.pepper(secret.pepper_version).unwrap();
        assert!(same_tag(&secret.tag, &PresentedToken::parse(text.expose()).unwrap().tag(&pepper)));
        assert!(secret.is_live(world.now()));
    }
    assert_eq!((world.audit_length().await, world.gateway.take_told()), (before + 1, vec![Told::Key(key)]));
    assert_eq!(world.portal.key(&ada, key).await.unwrap().status, KeyStatus::Rotating);
    world.advance_ms(MS_PER_HOUR);
    let after = world.portal.key(&ada, key).await.unwrap();
    assert_eq!(after.secrets.iter().map(|secret| secret.live).collect::<Vec<_>>(), [true, false]);
    assert_eq!(after.status, KeyStatus::Active);
}

#[tokio::test]
async fn a_further_rotation_ends_the_oldest_secret() {
    let world = World::new().await;
    let ada = world.developer().await;
    let key = world.mint(&ada, "laptop").await;
    for expected in [2, 3, 4] {
        let form = world.portal.new_form();
        let rotated = world.portal.rotate_key(&ada, key, &form, Overlap::Week).await.unwrap();
        assert_eq!(rotated.secret_version, expected);
        let secrets = world.store.key_with_secrets(key).await.unwrap().unwrap().secrets;
        let live: Vec<i64> =
            secrets.iter().filter(|secret| secret.is_live(world.now())).map(|secret| secret.version).collect();
        assert_eq!(live, [expected, expected - 1]);
    }
}

#[tokio::test]
async fn without_overlap_the_old_secret_ends_at_once() {
    let world = World::new().await;
    let ada = world.developer().await;
    let key = world.mint(&ada, "laptop").await;
    world.portal.rotate_key(&ada, key, &world.portal.new_form(), Overlap::None).await.unwrap();
    let secrets = world.portal.key(&ada, key).await.unwrap().secrets;
    assert_eq!(secrets.iter().map(|secret| secret.live).collect::<Vec<_>>(), [true, false]);
}

#[tokio::test]
async fn a_form_sent_twice_rotates_once() {
    let world = World::new().await;
    let ada = world.developer().await;
    let key = world.mint(&ada, "laptop").await;
    let form = world.portal.new_form();
    world.portal.rotate_key(&ada, key, &form, Overlap::Day).await.unwrap();
    match world.portal.rotate_key(&ada, key, &form, Overlap::Day).await {
        Err(PortalError::AlreadyDone { made }) => assert_eq!(made, Made::Key(key)),
        other => panic!("{:?}", other.map(|minted| minted.secret_version)),
    }
    let newest = world.store.key_with_secrets(key).await.unwrap().unwrap().secrets[0].version;
    assert_eq!(newest, 2);
    assert_eq!(Overlap::Day.as_ms(), MS_PER_DAY);
}

#[tokio::test]
async fn a_rotation_is_watched_and_its_old_secret_ended_when_nobody_uses_it() {
    let world = World::new().await;
    let ada = world.developer().await;
    let key = world.mint(&ada, "laptop").await;
    world.portal.rotate_key(&ada, key, &world.portal.new_form(), Overlap::Week).await.unwrap();
    let finding = async || {
        world
            .portal
            .see_key(&ada, key)
            .await
            .unwrap()
            .callers()
            .await
            .unwrap()
            .rotation
            .map(|rotation| rotation.finding)
    };
    assert_eq!(finding().await, Some(OldSecret::TooEarlyToTell));

    world.advance_ms(MS_PER_HOUR);
    let used_at = world.now();
    let old = UsageRecord { secret_version: 1, ..world.call(key, used_at, 1, 7) };
    world.store.ingest(&[old]).await.unwrap();
    assert_eq!(finding().await, Some(OldSecret::InUse { used_at }));
    world.advance_ms(MS_PER_DAY);
    assert_eq!(finding().await, Some(OldSecret::SafeToRetire { quiet_since: used_at }));

    let before = world.audit_length().await;
    world.gateway.take_told();
    world.portal.end_old_secret(&ada, key, Overlap::None).await.unwrap();
    assert_eq!((world.audit_length().await, world.gateway.take_told()), (before + 1, vec![Told::Key(key)]));
    assert_eq!(finding().await, None);
    assert_eq!(refusals(world.portal.end_old_secret(&ada, key, Overlap::Hour).await), ["end=old_secret_ended"]);
}

#[tokio::test]
async fn an_old_secret_gets_more_time_but_not_for_ever() {
    let world = World::new().await;
    let (ada, other) = (world.developer().await, world.other_developer().await);
    let key = world.mint(&ada, "laptop").await;
    world.portal.rotate_key(&ada, key, &world.portal.new_form(), Overlap::Hour).await.unwrap();
    assert_eq!(error(world.portal.end_old_secret(&other, key, Overlap::None).await), "not found");
    for _ in 0..4 {
        world.portal.end_old_secret(&ada, key, Overlap::Week).await.unwrap();
        world.advance_days(6);
    }
    assert_eq!(refusals(world.portal.end_old_secret(&ada, key, Overlap::Week).await), ["end=later_than_overlap"]);
    let ends = world.portal.see_key(&ada, key).await.unwrap().callers().await.unwrap().rotation.unwrap().ends_at;
    assert_eq!(ends, world.now().plus_days(1));
}
