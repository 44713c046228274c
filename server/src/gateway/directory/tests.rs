//! What a change of policy does to the calls that follow.

mod fixture;

use super::super::testing::{profile, virtual_key};
use super::*;
use domain::access_request::Decider;
use domain::budget::BudgetScope;
use domain::call_rule::CallRule;
use domain::grant::More;
use domain::id::{ApplicationId, GrantId, PersonId, RequestId};
use domain::limits::Limits;
use domain::time::MS_PER_DAY;
use domain::virtual_key::{KeyState, Owner, RevocationReason, VirtualKey};
use fixture::{Fixture, centre, credential, facts, fixture, limited, model, sealed, team, unit};
use proxy::ports::Directory as _;

#[tokio::test]
async fn a_revoked_key_counts_as_revoked_once_the_reload_has_answered() {
    let Fixture { store, directory, key, .. } = fixture().await;
    assert_eq!(directory.ready(), Ok(()));
    assert!(directory.pepper(1).is_some() && directory.pepper(2).is_none());
    let revoked = KeyState::Revoked {
        at: Timestamp::from_ms(1),
        by: PersonId::from_random(&[1; 12]),
        reason: RevocationReason::Compromised,
    };
    store.change(key, |facts| facts.key.state = revoked.clone());
    // From another task, as the portal does it.
    let elsewhere = directory.clone();
    tokio::spawn(async move { elsewhere.reload_key(key).await }).await.unwrap().unwrap();
    assert_eq!(directory.key(key).unwrap().key.state, revoked);

    store.keys.lock().unwrap().clear();
    directory.reload_policy().await.unwrap();
    assert!(directory.key(key).is_none());
}

#[tokio::test]
async fn an_edited_profile_reaches_existing_keys() {
    let Fixture { store, directory, key, .. } = fixture().await;
    assert_eq!(directory.key(key).unwrap().effective.requests_per_minute, 100_000);
    store.profile.lock().unwrap().as_mut().unwrap().terms.requests_per_minute.maximum = 5;
    directory.reload_policy().await.unwrap();
    assert_eq!(directory.key(key).unwrap().effective.requests_per_minute, 5);
}

#[tokio::test]
async fn a_grant_stops_counting_at_its_end_without_anything_being_read() {
    let Fixture { store, clock, directory, key, .. } = fixture().await;
    store.profile.lock().unwrap().as_mut().unwrap().terms.requests_per_minute.maximum = 5;
    let grant = |requests: u32, days: i64| Grant {
        id: GrantId::from_random(&[1; 12]),
        key,
        request: RequestId::from_random(&[1; 12]),
        more: More { limits: Limits { requests_per_minute: Some(requests), ..Limits::default() }, models: vec![] },
        until: Some(clock.now().plus_days(days)),
        granted_by: Decider::Person(PersonId::from_random(&[1; 12])),
        granted_at: clock.now(),
    };
    store.change(key, |facts| facts.grants = vec![grant(50, 1), grant(20, 2)]);
    directory.reload_policy().await.unwrap();
    let loads = store.loads.load(Ordering::SeqCst);
    let requests = || directory.key(key).unwrap().effective.requests_per_minute;
    assert_eq!(requests(), 50);
    clock.advance(MS_PER_DAY - 1);
    assert_eq!(requests(), 50, "until its last moment");
    clock.advance(1);
    assert_eq!(requests(), 20);

    *store.limits.lock().unwrap() = vec![limited(BudgetScope::Organisation, 4)];
    directory.reload_levels().await.unwrap();
    assert_eq!((requests(), directory.key(key).unwrap().above.len()), (20, 1), "levels reach every later record");
    clock.advance(MS_PER_DAY);
    assert_eq!((requests(), directory.key(key).unwrap().above.len()), (5, 1));
    assert_eq!(store.loads.load(Ordering::SeqCst), loads);
}

#[tokio::test]
async fn a_key_keeps_to_the_version_that_it_has() {
    let Fixture { store, directory, key, .. } = fixture().await;
    let older = profile();
    *store.kept.lock().unwrap() = vec![older.clone()];
    let mut newer = AccessProfile { version: older.version + 1, name: "Renamed".into(), ..older.clone() };
    newer.terms.requests_per_minute.maximum = 5;
    *store.profile.lock().unwrap() = Some(newer);
    store.change(key, |facts| facts.profile_version = Some(older.version));
    // The key alone is read anew: its version is not in memory yet, and comes along.
    directory.reload_key(key).await.unwrap();
    let record = directory.key(key).unwrap();
    assert_eq!(record.effective.requests_per_minute, 100_000);
    assert_eq!((record.profile.version, record.profile.name.as_str()), (older.version, "Renamed"));

    store.change(key, |facts| facts.profile_version = None);
    directory.reload_key(key).await.unwrap();
    assert_eq!(directory.key(key).unwrap().effective.requests_per_minute, 5);

    // Let go between two readings: the key is served under the newest terms and never refused as unknown.
    store.change(key, |facts| facts.profile_version = Some(9));
    directory.reload_policy().await.unwrap();
    assert_eq!(directory.key(key).unwrap().effective.requests_per_minute, 5);
}

#[tokio::test]
async fn a_key_comes_to_the_newest_version_on_its_day_without_anything_being_read() {
    let Fixture { store, clock, directory, key, .. } = fixture().await;
    let mut older = profile();
    older.terms.requests_per_minute.maximum = 5;
    let mut newer = AccessProfile { version: older.version + 1, ..older.clone() };
    newer.terms.requests_per_minute.maximum = 3;
    let (profile, day) = (newer.id, clock.now().plus_days(2));
    *store.kept.lock().unwrap() = vec![older.clone()];
    *store.profile.lock().unwrap() = Some(newer.clone());
    *store.rollouts.lock().unwrap() = vec![Rollout { profile, version: newer.version, moves: MoveOn::At(day) }];
    let grant = |requests: u32, days: i64| Grant {
        id: GrantId::from_random(&[1; 12]),
        key,
        request: RequestId::from_random(&[1; 12]),
        more: More { limits: Limits { requests_per_minute: Some(requests), ..Limits::default() }, models: vec![] },
        until: Some(clock.now().plus_days(days)),
        granted_by: Decider::Person(PersonId::from_random(&[1; 12])),
        granted_at: clock.now(),
    };
    let facts = |facts: &mut KeyFacts, grants| {
        facts.profile_version = Some(older.version);
        facts.grants = grants;
    };
    let requests = || {
        let record = directory.key(key).unwrap();
        (record.effective.requests_per_minute, record.profile.version - older.version)
    };
    // One grant ends before that day and one after it.
    store.change(key, |kept| facts(kept, vec![grant(50, 1), grant(20, 3)]));
    directory.reload_policy().await.unwrap();
    let loads = store.loads.load(Ordering::SeqCst);
    assert_eq!(requests(), (50, 0));
    clock.advance(MS_PER_DAY);
    assert_eq!(requests(), (20, 0));
    clock.advance(MS_PER_DAY - 1);
    assert_eq!(requests(), (20, 0), "until the last moment before");
    clock.advance(1);
    assert_eq!(requests(), (20, 1), "a grant goes on under the newer version");
    clock.advance(MS_PER_DAY);
    assert_eq!(requests(), (3, 1));
    assert_eq!(store.loads.load(Ordering::SeqCst), loads);

    // Read anew after that day, it is the same; and so is a key without grants on both sides of it.
    directory.reload_policy().await.unwrap();
    assert_eq!(requests(), (3, 1));
    *store.rollouts.lock().unwrap() =
        vec![Rollout { profile, version: newer.version, moves: MoveOn::At(clock.now().plus_ms(1)) }];
    store.change(key, |kept| facts(kept, vec![]));
    directory.reload_policy().await.unwrap();
    assert_eq!(requests(), (5, 0));
    clock.advance(1);
    assert_eq!(requests(), (3, 1));

    *store.rollouts.lock().unwrap() = vec![Rollout { profile, version: newer.version, moves: MoveOn::NextRotation }];
    directory.reload_policy().await.unwrap();
    clock.advance(100 * MS_PER_DAY);
    assert_eq!(requests(), (5, 0), "no clock moves what waits for a rotation");
}

#[tokio::test]
async fn a_key_of_a_profile_not_yet_known_brings_its_profile_along() {
    let Fixture { store, directory, .. } = fixture().await;
    let newer = AccessProfile { id: ProfileId::from_random(&[9; 12]), ..profile() };
    let key = VirtualKey { profile: newer.id, ..virtual_key(2) };
    let id = key.id;
    *store.profile.lock().unwrap() = Some(newer.clone());
    store.keys.lock().unwrap().insert(id, facts(&key));
    directory.reload_key(id).await.unwrap();
    assert_eq!(directory.key(id).unwrap().profile.id, newer.id);
}

#[tokio::test]
async fn limits_of_a_level_reach_the_keys_below_it_without_reading_any_key() {
    let Fixture { store, directory, key, .. } = fixture().await;
    let above = |id| -> Vec<(BudgetScope, u32)> {
        let record = directory.key(id).unwrap();
        record.above.iter().map(|level| (level.scope, level.limits.requests_per_minute.unwrap())).collect()
    };
    let of_team = VirtualKey { owner: Owner::Team(team()), ..virtual_key(2) };
    let of_two_teams = VirtualKey { owner: Owner::Person(PersonId::from_random(&[9; 12])), ..virtual_key(3) };
    let (team_key, other) = (of_team.id, of_two_teams.id);
    for key in [of_team, of_two_teams] {
        store.keys.lock().unwrap().insert(key.id, facts(&key));
        directory.reload_policy().await.unwrap();
    }
    assert_eq!((above(key), above(team_key), above(other)), (vec![], vec![], vec![]));
    let (loads, untouched) = (store.loads.load(Ordering::SeqCst), directory.key(other).unwrap());

    let person = BudgetScope::Person(virtual_key(1).created_by);
    let profile = BudgetScope::Profile(profile().id);
    let (team, unit) = (BudgetScope::Team(team()), BudgetScope::Unit(unit()));
    let set = |levels: &[(BudgetScope, u32)]| {
        *store.limits.lock().unwrap() = levels.iter().map(|&(scope, requests)| limited(scope, requests)).collect();
    };
    set(&[(person, 4), (team, 3), (unit, 2)]);
    directory.reload_levels().await.unwrap();
    assert_eq!(above(key), [(unit, 2), (team, 3), (person, 4)], "from the widest to the narrowest");
    assert_eq!(above(team_key), [(unit, 2), (team, 3)], "a team's key is nobody's own");
    assert_eq!(above(other), [], "of several teams none is known to pay");
    assert!(Arc::ptr_eq(&untouched, &directory.key(other).unwrap()), "only keys below a changed level are replaced");

    set(&[(BudgetScope::Organisation, 9), (profile, 5), (team, 7)]);
    directory.reload_levels().await.unwrap();
    assert_eq!(above(key), [(BudgetScope::Organisation, 9), (team, 7), (profile, 5)]);
    assert_eq!(above(other), [(BudgetScope::Organisation, 9), (profile, 5)]);
    directory.reload_key(key).await.unwrap();
    assert_eq!(above(key).len(), 3, "a key that is read anew keeps its levels");
    assert_eq!(store.loads.load(Ordering::SeqCst), loads);

    store.away.store(true, Ordering::SeqCst);
    assert!(directory.reload_levels().await.is_err());
    assert_eq!(directory.ready(), Err(Denial::PolicyStale), "a known change that cannot be read admits nothing");
}

#[tokio::test]
async fn a_key_draws_on_the_cost_centre_and_the_application_that_it_carries_now() {
    let Fixture { store, directory, key, .. } = fixture().await;
    *store.limits.lock().unwrap() = vec![limited(BudgetScope::CostCentre(centre()), 6)];
    directory.reload_levels().await.unwrap();
    let above = || directory.key(key).unwrap().above.iter().map(|level| level.scope).collect::<Vec<_>>();
    for (code, expected) in [
        (None, vec![]),
        (Some("4711"), vec![BudgetScope::CostCentre(centre())]),
        (Some("4712"), vec![]),
        (Some("4711"), vec![BudgetScope::CostCentre(centre())]),
    ] {
        store.change(key, |facts| facts.key.cost_centre = code.map(Box::from));
        directory.reload_key(key).await.unwrap();
        assert_eq!(above(), expected, "{code:?}");
    }
    store.limits.lock().unwrap().push(limited(BudgetScope::Application(ApplicationId::from_random(&[9; 12])), 3));
    directory.reload_levels().await.unwrap();
    for (name, expected) in [("Search", 1), ("search", 2)] {
        store.change(key, |facts| facts.key.application = Some(name.into()));
        directory.reload_key(key).await.unwrap();
        assert_eq!(above().len(), expected, "{name}");
    }
    store.limits.lock().unwrap().clear();
    directory.reload_levels().await.unwrap();
    assert_eq!(above(), [], "limits that were taken back bound nobody");
}

#[tokio::test]
async fn a_change_that_cannot_be_read_stops_all_decisions_until_it_is() {
    let Fixture { store, directory, key, .. } = fixture().await;
    store.away.store(true, Ordering::SeqCst);
    assert!(directory.reload_key(key).await.is_err());
    assert_eq!(directory.ready(), Err(Denial::PolicyStale));
    directory.catch_up().await;
    assert_eq!(directory.ready(), Err(Denial::PolicyStale));
    store.change(key, |facts| facts.owner_active = false);
    store.away.store(false, Ordering::SeqCst);
    directory.catch_up().await;
    assert_eq!(directory.ready(), Ok(()));
    assert!(!directory.key(key).unwrap().owner_active);

    // As the process runs it: a task of its own, which would not compile if it held what may not move.
    let watching = directory.clone();
    tokio::spawn(async move { watching.keep_current().await }).abort();

    directory.seal();
    directory.load().await.unwrap();
    assert_eq!(directory.ready(), Err(Denial::Sealed));
}

#[tokio::test]
async fn models_are_listed_by_name_and_only_if_enabled() {
    let Fixture { directory, .. } = fixture().await;
    let names: Vec<_> = directory.models().iter().map(|model| model.name.to_string()).collect();
    assert_eq!(names, ["a-model", "b-model"]);
    assert!(directory.model("off").is_none() && directory.model("a-model").is_some());
}

#[tokio::test]
async fn an_alias_is_served_with_what_its_model_has_and_one_to_nowhere_is_not() {
    let Fixture { store, directory, .. } = fixture().await;
    let alias = |name: &str, of: &str| Model { alias_of: Some(of.parse().unwrap()), ..model(name, true) };
    let target = Model { max_output_tokens: Some(77), ..model("c-model", true) };
    *store.models.lock().unwrap() =
        vec![alias("fast", "c-model"), alias("chain", "fast"), alias("gone", "nobody"), alias("no", "off"), target];
    directory.load().await.unwrap();
    assert_eq!(directory.model("fast").unwrap().max_output_tokens, Some(77));
    assert_eq!(directory.model("fast").unwrap().name.as_str(), "fast");
    assert_eq!(directory.models().len(), 4);
    for nowhere in ["chain", "gone", "no"] {
        assert!(directory.model(nowhere).is_none(), "{nowhere}");
    }
}

#[tokio::test]
async fn an_opened_credential_is_kept_for_an_hour_and_never_past_a_change() {
    let Fixture { store, opener, clock, directory, .. } = fixture().await;
    let open = || directory.credential(credential()).map(|secret| secret.expose().to_owned());
    assert_eq!((open(), open()), (Ok("sk-first".into()), Ok("sk-first".into())));
    assert_eq!(opener.0.load(Ordering::SeqCst), 1);
    clock.advance(MS_PER_HOUR);
    assert_eq!(open(), Ok("sk-first".into()));
    assert_eq!(opener.0.load(Ordering::SeqCst), 2);
    clock.advance(MS_PER_HOUR);
    directory.catch_up().await;
    assert_eq!(directory.policy.load().opened.len(), 0, "forgotten without being asked for");

    *store.credential.lock().unwrap() = Some(sealed(2, b"sk-second"));
    directory.reload_policy().await.unwrap();
    assert_eq!(open(), Ok("sk-second".into()));
    *store.credential.lock().unwrap() = Some(sealed(3, &[0xFF]));
    directory.reload_policy().await.unwrap();
    assert_eq!(open(), Err(Denial::Sealed));
    *store.credential.lock().unwrap() = None;
    directory.reload_policy().await.unwrap();
    assert_eq!(open(), Err(Denial::ProviderAuth));
}

#[tokio::test]
async fn keys_with_equal_terms_below_the_same_levels_share_both() {
    let Fixture { store, directory, key, .. } = fixture().await;
    let (other, third) = (virtual_key(2).id, virtual_key(3).id);
    let elsewhere = VirtualKey { owner: Owner::Person(PersonId::from_random(&[9; 12])), ..virtual_key(4) };
    let apart = elsewhere.id;
    for key in [virtual_key(2), virtual_key(3), elsewhere] {
        store.keys.lock().unwrap().insert(key.id, facts(&key));
    }
    let record = |id| directory.key(id).unwrap();
    let shared =
        |a: &KeyRecord, b: &KeyRecord| (Arc::ptr_eq(&a.effective, &b.effective), Arc::ptr_eq(&a.above, &b.above));
    let share = |a, b| shared(&record(a), &record(b));

    *store.limits.lock().unwrap() = vec![limited(BudgetScope::Organisation, 9)];
    store.profile.lock().unwrap().as_mut().unwrap().terms.watched = [CallRule::Models].into_iter().collect();
    directory.reload_policy().await.unwrap();
    assert_eq!((share(key, other), share(key, third), share(key, apart)), ((true, true), (true, true), (true, true)));
    let watched = |id| record(id).if_enforced.clone().unwrap();
    assert!(Arc::ptr_eq(&watched(key), &watched(other)), "what is only watched, too");
    directory.reload_key(other).await.unwrap();
    assert_eq!(share(key, other), (true, true), "read anew by itself");

    let before = record(key);
    let (terms, known) = (before.effective.requests_per_minute, &before);
    store.change(other, |facts| Arc::make_mut(&mut facts.terms).requests_per_minute = 7);
    directory.reload_key(other).await.unwrap();
    assert_eq!(share(key, other), (false, true));
    assert_eq!((record(other).effective.requests_per_minute, record(key).effective.requests_per_minute), (7, terms));
    assert_eq!((share(key, third), shared(known, &record(key))), ((true, true), (true, true)), "nobody else's changed");

    directory.reload_policy().await.unwrap();
    assert_eq!(shared(known, &record(key)), (true, true), "what has not changed stays the same value");
    store.limits.lock().unwrap().push(limited(BudgetScope::Team(team()), 3));
    directory.reload_levels().await.unwrap();
    assert_eq!((share(key, third), share(key, other), share(key, apart)), ((true, true), (false, true), (true, false)));
    assert_eq!(shared(known, &record(key)), (true, false));
    assert_eq!(shared(known, &record(apart)), (true, true), "its levels are those that stood above both");

    *store.limits.lock().unwrap() = vec![limited(BudgetScope::Organisation, 8)];
    directory.reload_levels().await.unwrap();
    assert_eq!((share(key, third), share(key, other), share(key, apart)), ((true, true), (false, true), (true, true)));
    assert_eq!(record(apart).above[0].limits.requests_per_minute, Some(8));

    store.profile.lock().unwrap().as_mut().unwrap().terms.requests_per_minute.maximum = 5;
    directory.reload_policy().await.unwrap();
    for id in [key, other, third, apart] {
        assert_eq!((record(id).effective.requests_per_minute, share(key, id)), (5, (true, true)));
    }
}
