//! What time brings about: budgets that fill, keys that end, old secrets in use, providers that fail.

use crate::support::{World, as_administrator};
use domain::budget::{BudgetLine, BudgetScope, Cap, Window};
use domain::id::{DeploymentId, KeyId};
use domain::limits::Limits;
use domain::minting::MintRequest;
use domain::money::NanoUsd;
use domain::notification::Happening;
use domain::notification::due::Ending;
use domain::person::Caller;
use domain::time::{MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE};
use domain::usage::UsageRecord;
use domain::virtual_key::{Overlap, RevocationReason};
use portal::notifications::NotificationView;
use portal::ports::{DeploymentHealth, DeploymentStanding};

async fn told(world: &World, to: &Caller) -> Vec<Happening> {
    let page = world.portal.notifications(to, NotificationView::All, None).await.unwrap();
    page.rows.into_iter().map(|note| note.happening).collect()
}

async fn look(world: &World) {
    world.portal.tell_what_is_due().await.unwrap();
}

/// So many of the key's hundred dollars are spent, and its account says that something was.
async fn spend(world: &World, key: KeyId, sequence: u16, dollars: i64) {
    world.gateway.set_spent(key, dollars);
    let (window, zone) = (Window::Month, &world.portal.settings().zone);
    let month = BudgetLine { scope: BudgetScope::Key(key), window, window_start: window.start(world.now(), zone) };
    let call = UsageRecord { charged: vec![month], ..world.call(key, world.now(), sequence, 1_000) };
    world.store.ingest(&[call]).await.unwrap();
}

async fn percents(world: &World, to: &Caller) -> Vec<u8> {
    let percent = |happening| match happening {
        Happening::BudgetUsed { percent, .. } => Some(percent),
        _ => None,
    };
    told(world, to).await.into_iter().filter_map(percent).collect()
}

#[tokio::test]
async fn each_threshold_of_a_budget_is_told_once() {
    let world = World::new().await;
    let developer = world.developer().await;
    let key = world.mint(&developer, "ci").await;
    for (nth, (dollars, expected)) in (1..).zip([
        (49, &[][..]),
        (50, &[50]),
        (79, &[50]),
        (85, &[80, 50]),
        (99, &[80, 50]),
        (101, &[100, 80, 50]),
        (300, &[100, 80, 50]),
    ]) {
        spend(&world, key, nth, dollars).await;
        world.advance_ms(MS_PER_MINUTE);
        look(&world).await;
        look(&world).await;
        assert_eq!(percents(&world, &developer).await, expected, "{dollars}");
    }
    let first = told(&world, &developer).await.pop();
    let Some(Happening::BudgetUsed { scope, name, window, window_start, .. }) = first else { panic!("{first:?}") };
    assert_eq!((scope, name.as_str(), window), (BudgetScope::Key(key), "ci", Window::Month));
    assert_eq!(window_start, Window::Month.start(world.now(), &world.portal.settings().zone));
}

#[tokio::test]
async fn administrators_are_told_of_the_budget_of_a_cost_centre() {
    let world = World::new().await;
    let (developer, admin) = (world.developer().await, world.administrator().await);
    let scope = BudgetScope::CostCentre(world.cost_centre("4711", "").await);
    let cap = Cap { window: Window::Month, limit: NanoUsd::from_dollars(100) };
    let limits = Limits { caps: vec![cap], ..Limits::default() };
    world.portal.set_limits(as_administrator(&admin), scope, 0, limits).await.unwrap();
    let key = world.mint(&developer, "ci").await;
    let (window, zone) = (Window::Month, &world.portal.settings().zone);
    let month = BudgetLine { scope, window, window_start: window.start(world.now(), zone) };
    let call = UsageRecord { charged: vec![month], ..world.call(key, world.now(), 1, 1_000) };
    world.store.ingest(&[call]).await.unwrap();
    look(&world).await;
    assert!(percents(&world, &admin).await.is_empty(), "a tenth is no threshold");
    world.gateway.set_level_spent(90);
    look(&world).await;
    look(&world).await;
    assert_eq!((percents(&world, &admin).await, percents(&world, &developer).await), (vec![80], vec![]));
    let first = told(&world, &admin).await.pop();
    let Some(Happening::BudgetUsed { scope: told, name, .. }) = first else { panic!("{first:?}") };
    assert_eq!((told, name.as_str()), (scope, "4711 Centre 4711"));
}

#[tokio::test]
async fn of_thresholds_passed_at_once_the_highest_is_told_and_a_new_month_begins_anew() {
    let world = World::new().await;
    let developer = world.developer().await;
    let key = world.mint(&developer, "ci").await;
    spend(&world, key, 1, 90).await;
    look(&world).await;
    assert_eq!(percents(&world, &developer).await, [80]);
    world.advance_days(15);
    look(&world).await;
    assert_eq!(percents(&world, &developer).await.len(), 1, "nothing was spent in the new month");
    spend(&world, key, 2, 55).await;
    look(&world).await;
    assert_eq!(percents(&world, &developer).await, [50, 80]);
}

#[tokio::test]
async fn a_revoked_key_is_nobodys_budget() {
    let world = World::new().await;
    let developer = world.developer().await;
    let key = world.mint(&developer, "ci").await;
    spend(&world, key, 1, 90).await;
    world.portal.revoke_key(&developer, key, RevocationReason::Replaced).await.unwrap();
    look(&world).await;
    assert!(told(&world, &developer).await.is_empty());
}

#[tokio::test]
async fn the_end_of_a_key_is_told_at_each_mark_and_once() {
    let world = World::new().await;
    let developer = world.developer().await;
    let key = world.mint(&developer, "ci").await;
    look(&world).await;
    let expires_at = world.store.keys_ending(world.now(), world.now().plus_days(400), 9).await.unwrap()[0].ends_at;
    let endings = async || -> Vec<Ending> {
        let ending = |happening| match happening {
            Happening::KeyEnds { key: told, ending, expires_at: at, .. } if (told, at) == (key, expires_at) => ending,
            other => panic!("{other:?}"),
        };
        told(&world, &developer).await.into_iter().map(ending).collect()
    };
    let to = |before: i64| expires_at.since(world.now()) - before;
    world.advance_ms(to(14 * MS_PER_DAY) - 1);
    look(&world).await;
    assert!(endings().await.is_empty());
    world.advance_ms(1);
    look(&world).await;
    look(&world).await;
    assert_eq!(endings().await, [Ending::InFourteenDays]);
    world.advance_days(11);
    look(&world).await;
    assert_eq!(endings().await, [Ending::InThreeDays, Ending::InFourteenDays]);
    // A process that was down over two marks tells the last.
    world.advance_days(3);
    look(&world).await;
    assert_eq!(endings().await, [Ending::Over, Ending::InThreeDays, Ending::InFourteenDays]);
}

#[tokio::test]
async fn a_first_look_does_not_tell_of_the_past() {
    let world = World::new().await;
    let developer = world.developer().await;
    world.mint(&developer, "ci").await;
    world.advance_days(400);
    look(&world).await;
    assert!(told(&world, &developer).await.is_empty());
}

#[tokio::test]
async fn an_old_secret_that_somebody_uses_is_told_before_it_ends() {
    let world = World::new().await;
    let developer = world.developer().await;
    let (used, quiet) = (world.mint(&developer, "used").await, world.mint(&developer, "quiet").await);
    look(&world).await;
    for key in [used, quiet] {
        world.portal.rotate_key(&developer, key, &world.portal.new_form(), Overlap::Day).await.unwrap();
    }
    look(&world).await;
    world.advance_ms(19 * MS_PER_HOUR);
    let call = UsageRecord { secret_version: 1, ..world.call(used, world.now(), 1, 1_000) };
    world.store.ingest(&[call]).await.unwrap();
    world.advance_ms(MS_PER_HOUR);
    look(&world).await;
    world.advance_ms(MS_PER_HOUR);
    look(&world).await;
    let told = told(&world, &developer).await;
    assert!(matches!(told.as_slice(), [Happening::OldSecretInUse { key, .. }] if *key == used), "{told:?}");
}

#[tokio::test]
async fn a_provider_that_is_left_alone_is_told_to_administrators_once_a_day() {
    let world = World::new().await;
    let administrator = world.administrator().await;
    let auditor = world.auditor().await;
    world.openai(&administrator).await;
    let health = |standing| DeploymentHealth {
        deployment: DeploymentId::from_random(&[1; 12]),
        standing,
        last_failure: None,
        succeeded: 0,
        failed: 5,
        median_first_byte_ms: None,
    };
    *world.gateway.health.lock().unwrap() = vec![health(DeploymentStanding::Failing)];
    look(&world).await;
    assert!(told(&world, &administrator).await.is_empty(), "one call that failed is none");
    let until = world.now().plus_ms(MS_PER_MINUTE);
    *world.gateway.health.lock().unwrap() = vec![health(DeploymentStanding::Cooling { until })];
    look(&world).await;
    look(&world).await;
    assert_eq!(told(&world, &administrator).await.len(), 1);
    assert!(told(&world, &auditor).await.is_empty());
    world.advance_days(1);
    look(&world).await;
    assert_eq!(told(&world, &administrator).await.len(), 2);
}

#[tokio::test]
async fn an_application_unlike_its_other_days_is_told_once() {
    let world = World::new().await;
    let administrator = world.administrator().await;
    let developer = world.developer().await;
    let wanted = MintRequest { application: Some("search".into()), ..world.request(&developer, "ci").await };
    let key = world.portal.mint_key(&developer, &world.portal.new_form(), &wanted).await.unwrap().key.id;
    world.store.ingest(&[world.call(key, world.now(), 1, 5_000_000_000)]).await.unwrap();
    world.portal.tell_what_is_unusual().await.unwrap();
    world.portal.tell_what_is_unusual().await.unwrap();
    let told = told(&world, &administrator).await;
    assert!(matches!(told.as_slice(), [Happening::UnusualSpend { .. }]), "{told:?}");
}

#[tokio::test]
async fn a_changed_audit_log_is_told_to_those_who_oversee() {
    let world = World::new().await;
    let (administrator, auditor) = (world.administrator().await, world.auditor().await);
    let developer = world.developer().await;
    world.mint(&developer, "ci").await;
    world.portal.check_audit_log().await.unwrap();
    assert!(told(&world, &auditor).await.is_empty());
    world.database.tamper("update audit set object_name = 'x' where seq = 1").await;
    world.portal.check_audit_log().await.unwrap();
    let verdict = world.portal.verify_audit(&auditor).await.unwrap();
    assert!(verdict.broken.is_some());
    for overseer in [&administrator, &auditor] {
        assert_eq!(
            told(&world, overseer).await,
            [Happening::AuditBroken { entry: 1 }],
            "once, though it was found twice"
        );
    }
    assert!(told(&world, &developer).await.is_empty());
}
