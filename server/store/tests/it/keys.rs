//! Virtual keys: minting, changing, listing, and who may see which.

use crate::given::{self, NOW, key_id, minted, person_id, profile_id, secret, team_id};
use crate::on_both_engines;
use domain::id::KeyId;
use domain::order::Order;
use domain::permission::Scope;
use domain::virtual_key::{ConsumerKind, KeySecret, KeyState, Owner, RevocationReason, VirtualKey};
use store::testing::TestDatabase;
use store::{Constraint, CountedBy, KeyFilter, KeyToServe, KeyView, KeyWithSecrets, LastUse, Store, StoreError};

const ADA: u8 = 1;
const GRACE: u8 = 2;

fn ada() -> Owner {
    Owner::Person(person_id(ADA))
}
fn own(person: u8) -> Scope {
    Scope::Own { person: person_id(person), teams: vec![] }
}
fn everything() -> KeyFilter {
    KeyFilter { search: None, owner: None, environment: None, view: KeyView::All, now: NOW }
}

/// Ada's 1 and 2, Grace's 3, the team's 4.
async fn four_keys(store: &Store) {
    given::people_and_profile(store).await;
    let mut tx = store.begin().await.unwrap();
    minted(&mut tx, 1, "ci", ada()).await;
    minted(&mut tx, 2, "laptop", ada()).await;
    minted(&mut tx, 3, "ci", Owner::Person(person_id(GRACE))).await;
    minted(&mut tx, 4, "service", Owner::Team(team_id(1))).await;
    tx.commit().await.unwrap();
}

async fn listed(store: &Store, scope: &Scope, filter: &KeyFilter) -> Vec<KeyId> {
    let page = store.list_keys(scope, filter, None, 50).await.unwrap();
    let uncounted = store.keys_page(scope, filter, Order::default(), None, 50).await.unwrap();
    assert_eq!((&uncounted.items, uncounted.next), (&page.items, page.next.clone()));
    let by = CountedBy { expiring_before: filter.now, unused_since: [filter.now; 3], ending_after: filter.now };
    let counts = store.key_counts(scope, filter, by).await.unwrap();
    assert!(counts.live <= counts.everything && page.total <= counts.everything);
    assert_eq!(page.total, i64::try_from(page.items.len()).unwrap());
    assert_eq!(page.next, None);
    page.items.into_iter().map(|item| item.key.id).collect()
}

async fn change(store: &Store, key: VirtualKey) {
    let mut tx = store.begin().await.unwrap();
    tx.update_key(&key).await.unwrap();
    tx.commit().await.unwrap();
}

fn revoked() -> KeyState {
    KeyState::Revoked { at: NOW, by: person_id(GRACE), reason: RevocationReason::Compromised }
}

on_both_engines! {
    async fn a_key_is_read_back_whole(database: &TestDatabase) {
        let store = database.open().await;
        four_keys(&store).await;
        let key = given::key(1, "ci", ada());
        let found = store.key(key.id, &own(ADA)).await.unwrap().unwrap();
        assert_eq!(found.key, key);
        assert_eq!((found.owner_name.as_str(), found.profile_name.as_str()), ("Ada Lovelace", "Standard"));
        assert_eq!((found.last_use, found.rotating), (None, false));
        let of_team = store.key(key_id(4), &Scope::Everyone).await.unwrap().unwrap();
        assert_eq!(of_team.owner_name, "Compilers");
        let loaded = KeyWithSecrets { key, secrets: vec![secret(1)] };
        assert_eq!(store.key_with_secrets(key_id(1)).await.unwrap(), Some(loaded));
        assert_eq!(store.key_with_secrets(key_id(9)).await.unwrap(), None);
    }

    async fn a_key_outside_the_scope_does_not_exist(database: &TestDatabase) {
        let store = database.open().await;
        four_keys(&store).await;
        let lead = Scope::Own { person: person_id(GRACE), teams: vec![team_id(1)] };
        let lead_elsewhere = Scope::Own { person: person_id(GRACE), teams: vec![team_id(2)] };
        let rows = [
            (1, own(ADA), true),
            (1, own(GRACE), false),
            (1, lead.clone(), false),
            (1, Scope::Everyone, true),
            (4, own(ADA), false),
            (4, lead.clone(), true),
            (4, lead_elsewhere, false),
            (9, Scope::Everyone, false),
        ];
        for (number, scope, seen) in rows {
            assert_eq!(store.key(key_id(number), &scope).await.unwrap().is_some(), seen, "{number} {scope:?}");
            let mut tx = store.begin().await.unwrap();
            let to_change = tx.key_for_update(key_id(number), &scope).await.unwrap();
            assert_eq!(to_change.is_some(), seen, "to change: {number} {scope:?}");
        }
        assert_eq!(listed(&store, &own(ADA), &everything()).await, [key_id(2), key_id(1)]);
        assert_eq!(listed(&store, &lead, &everything()).await, [key_id(4), key_id(3)]);
        assert_eq!(listed(&store, &own(9), &everything()).await, []);
        assert_eq!(listed(&store, &Scope::Everyone, &everything()).await.len(), 4);
        let adas = KeyFilter { owner: Some(ada()), ..everything() };
        assert_eq!(listed(&store, &own(GRACE), &adas).await, [], "a filter widens nothing");
    }

    async fn every_change_of_a_key_is_kept(database: &TestDatabase) {
        let store = database.open().await;
        four_keys(&store).await;
        let mut key = given::key(1, "renamed", Owner::Team(team_id(1)));
        key.consumer = ConsumerKind::Ci;
        key.application = None;
        key.environment = "prod".into();
        key.cost_centre = None;
        key.tags = vec![];
        key.terms.requests_per_minute = 1;
        key.expires_at = NOW.plus_days(60);
        let unused = KeyState::DisabledUnused { at: NOW.plus_ms(4), days: 60 };
        for state in
            [KeyState::Disabled { at: NOW.plus_ms(3), by: person_id(ADA) }, unused, KeyState::Active, revoked()]
        {
            key.state = state;
            change(&store, key.clone()).await;
            assert_eq!(store.key_with_secrets(key.id).await.unwrap().unwrap().key, key);
        }
        let mut tx = store.begin().await.unwrap();
        assert_eq!(tx.update_key(&given::key(9, "x", ada())).await, Err(StoreError::NotFound));
    }

    async fn an_owners_live_keys_have_different_names(database: &TestDatabase) {
        let store = database.open().await;
        four_keys(&store).await;
        let taken = Err(StoreError::Conflict(Constraint::KeyName));
        let mut tx = store.begin().await.unwrap();
        assert_eq!(tx.insert_key(&given::key(5, "CI", ada()), &secret(1)).await, taken);
        drop(tx);
        let mut tx = store.begin().await.unwrap();
        assert_eq!(tx.update_key(&given::key(2, "Ci", ada())).await, taken, "nor by renaming");
        drop(tx);
        change(&store, VirtualKey { state: revoked(), ..given::key(1, "ci", ada()) }).await;
        let mut tx = store.begin().await.unwrap();
        minted(&mut tx, 5, "CI", ada()).await;
        tx.commit().await.unwrap();
    }

    async fn the_two_newest_secrets_are_loaded(database: &TestDatabase) {
        let store = database.open().await;
        four_keys(&store).await;
        let ended = NOW.plus_days(1);
        let mut tx = store.begin().await.unwrap();
        tx.insert_secret(key_id(1), &secret(2)).await.unwrap();
        tx.end_secret(key_id(1), 1, ended).await.unwrap();
        assert_eq!(tx.end_secret(key_id(1), 9, ended).await, Err(StoreError::NotFound));
        tx.commit().await.unwrap();
        let old = |version| KeySecret { valid_until: Some(ended), ..secret(version) };
        let loaded = store.key_with_secrets(key_id(1)).await.unwrap().unwrap();
        assert_eq!(loaded.secrets, [secret(2), old(1)]);
        assert!(store.key(key_id(1), &Scope::Everyone).await.unwrap().unwrap().rotating);
        for (now, rotating) in [(NOW, true), (ended, false)] {
            let filter = KeyFilter { now, view: KeyView::Live, owner: Some(ada()), ..everything() };
            let page = store.list_keys(&Scope::Everyone, &filter, None, 9).await.unwrap();
            let item = page.items.into_iter().find(|item| item.key.id == key_id(1)).unwrap();
            assert_eq!(item.rotating, rotating);
        }

        let mut tx = store.begin().await.unwrap();
        tx.insert_secret(key_id(1), &secret(3)).await.unwrap();
        let to_change = tx.key_for_update(key_id(1), &Scope::Everyone).await.unwrap().unwrap();
        assert_eq!(to_change.secrets, [secret(3), secret(2)]);
        assert_eq!(tx.delete_secrets_below(key_id(1), 3).await.unwrap(), 2);
        tx.commit().await.unwrap();
        assert_eq!(store.key_with_secrets(key_id(1)).await.unwrap().unwrap().secrets, [secret(3)]);
        let mut tx = store.begin().await.unwrap();
        let twice = tx.insert_secret(key_id(1), &secret(3)).await;
        assert_eq!(twice, Err(StoreError::Conflict(Constraint::Other)));
    }

    async fn all_keys_are_scanned_page_by_page(database: &TestDatabase) {
        let store = database.open().await;
        four_keys(&store).await;
        let first = store.all_keys(None, 3).await.unwrap();
        let rest = store.all_keys(first.last().map(|loaded| loaded.key.id), 3).await.unwrap();
        assert_eq!((first.len(), rest.len()), (3, 1));
        let mut ids: Vec<_> = first.iter().chain(&rest).map(|loaded| loaded.key.id).collect();
        assert!(ids.is_sorted_by_key(ToString::to_string));
        ids.dedup();
        assert_eq!(ids.len(), 4);
        assert!(first.iter().chain(&rest).all(|loaded| loaded.secrets == [secret(1)]));
    }

    async fn keys_are_read_for_serving_as_they_are_read_one_by_one(database: &TestDatabase) {
        let store = database.open().await;
        four_keys(&store).await;
        let mut tx = store.begin().await.unwrap();
        for version in [2, 3] {
            tx.insert_secret(key_id(2), &secret(version)).await.unwrap();
        }
        tx.delete_secrets_below(key_id(3), 9).await.unwrap();
        tx.commit().await.unwrap();
        change(&store, VirtualKey { state: revoked(), profile_version: Some(4), ..given::key(1, "ci", ada()) }).await;
        let application = Some("\"quoted\\\" ü 🔑, [1]".into());
        change(&store, VirtualKey { application, ..given::key(2, "laptop", ada()) }).await;

        let first = store.served_keys(None, 3).await.unwrap();
        let rest = store.served_keys(first.last().map(|one| one.key.id), 3).await.unwrap();
        assert_eq!((first.len(), rest.len()), (3, 1));
        let served: Vec<KeyToServe> = first.into_iter().chain(rest).collect();
        let kept = store.all_keys(None, 10).await.unwrap();
        assert_eq!(served, kept.into_iter().map(KeyToServe::from).collect::<Vec<_>>());
        let secrets = |key| served.iter().find(|one| one.key.id == key_id(key)).unwrap().secrets.as_slice();
        assert_eq!((secrets(2), secrets(3)), (&[secret(3), secret(2)][..], &[][..]));
    }

    async fn live_keys_under_a_profile_are_counted(database: &TestDatabase) {
        let store = database.open().await;
        four_keys(&store).await;
        let count = async |now| {
            let mut tx = store.begin().await.unwrap();
            tx.live_keys_of(person_id(ADA), profile_id(1), now).await.unwrap()
        };
        assert_eq!(count(NOW).await, 2);
        assert_eq!(count(NOW.plus_days(30)).await, 0, "expired ones do not count");
        let disabled = KeyState::Disabled { at: NOW, by: person_id(ADA) };
        change(&store, VirtualKey { state: disabled, ..given::key(2, "laptop", ada()) }).await;
        assert_eq!(count(NOW).await, 2, "disabled ones do");
        change(&store, VirtualKey { state: revoked(), ..given::key(1, "ci", ada()) }).await;
        assert_eq!(count(NOW).await, 1, "revoked ones do not");
        let mut tx = store.begin().await.unwrap();
        assert_eq!(tx.live_keys_of(person_id(ADA), profile_id(2), NOW).await.unwrap(), 0);
    }

    async fn live_keys_are_counted_for_each_profile(database: &TestDatabase) {
        let store = database.open().await;
        four_keys(&store).await;
        assert_eq!(store.live_keys_by_profile(NOW).await.unwrap(), [(profile_id(1), 4)].into(), "whoever owns them");
        change(&store, VirtualKey { state: revoked(), ..given::key(1, "ci", ada()) }).await;
        assert_eq!(store.live_keys_by_profile(NOW).await.unwrap(), [(profile_id(1), 3)].into());
        assert!(store.live_keys_by_profile(NOW.plus_days(30)).await.unwrap().is_empty(), "expired ones do not count");
    }

    async fn the_list_is_filtered(database: &TestDatabase) {
        let store = database.open().await;
        four_keys(&store).await;
        change(&store, VirtualKey { state: revoked(), ..given::key(1, "ci", ada()) }).await;
        let soon = VirtualKey { expires_at: NOW.plus_days(2), environment: "prod".into(), ..given::key(2, "laptop", ada()) };
        change(&store, soon).await;
        let long_ago = VirtualKey { expires_at: NOW, application: None, ..given::key(3, "ci", Owner::Person(person_id(GRACE))) };
        change(&store, long_ago).await;

        let with = |view| KeyFilter { view, ..everything() };
        let searched = |text: &str| KeyFilter { search: Some(text.into()), ..everything() };
        let id = key_id(4).to_string();
        let rows = [
            (with(KeyView::Live), vec![4, 2]),
            (with(KeyView::Ended), vec![3, 1]),
            (with(KeyView::ExpiringBefore(NOW.plus_days(2))), vec![]),
            (with(KeyView::ExpiringBefore(NOW.plus_days(3))), vec![2]),
            (KeyFilter { owner: Some(ada()), ..everything() }, vec![2, 1]),
            (KeyFilter { owner: Some(Owner::Team(team_id(1))), ..everything() }, vec![4]),
            (KeyFilter { environment: Some("prod".into()), ..everything() }, vec![2]),
            (searched("LAP"), vec![2]),
            (searched(&id.to_uppercase()), vec![4]),
            (searched("RÉSUMÉ"), vec![4, 2, 1]),
            (searched("%"), vec![]),
            (KeyFilter { owner: Some(ada()), ..searched("ci") }, vec![1]),
        ];
        for (filter, expected) in rows {
            let expected: Vec<_> = expected.into_iter().map(key_id).collect();
            assert_eq!(listed(&store, &Scope::Everyone, &filter).await, expected, "{filter:?}");
        }
    }

    async fn keys_not_used_for_long_are_found(database: &TestDatabase) {
        let store = database.open().await;
        four_keys(&store).await;
        store.ingest(&[given::call(key_id(1), NOW.plus_days(5), 1)]).await.unwrap();
        let used = LastUse { at: NOW.plus_days(5), network: "192.0.2.7".into(), agent: "openai-python/2.1".into() };
        let found = store.key(key_id(1), &Scope::Everyone).await.unwrap().unwrap();
        assert_eq!(found.last_use, Some(used));
        for (since, expected) in [(NOW, vec![]), (NOW.plus_days(5), vec![2]), (NOW.plus_days(6), vec![2, 1])] {
            let filter = KeyFilter { view: KeyView::UnusedSince(since), owner: Some(ada()), ..everything() };
            let expected: Vec<_> = expected.into_iter().map(key_id).collect();
            assert_eq!(listed(&store, &Scope::Everyone, &filter).await, expected, "{since:?}");
        }
    }

    async fn keys_that_nobody_ever_used_and_those_that_end_late_are_found(database: &TestDatabase) {
        let store = database.open().await;
        four_keys(&store).await;
        store.ingest(&[given::call(key_id(1), NOW.plus_days(5), 1)]).await.unwrap();
        let late = VirtualKey { expires_at: NOW.plus_days(400), ..given::key(4, "service", Owner::Team(team_id(1))) };
        change(&store, late).await;
        change(&store, VirtualKey { state: revoked(), ..given::key(2, "laptop", ada()) }).await;
        for (view, expected) in [
            (KeyView::NeverUsed, vec![4, 3]),
            (KeyView::EndingAfter(NOW.plus_days(365)), vec![4]),
            (KeyView::EndingAfter(NOW.plus_days(400)), vec![]),
        ] {
            let expected: Vec<_> = expected.into_iter().map(key_id).collect();
            assert_eq!(listed(&store, &Scope::Everyone, &KeyFilter { view, ..everything() }).await, expected, "{view:?}");
        }
        let by = CountedBy {
            expiring_before: NOW,
            unused_since: [NOW, NOW.plus_days(4), NOW.plus_days(6)],
            ending_after: NOW.plus_days(365),
        };
        let counts = store.key_counts(&Scope::Everyone, &everything(), by).await.unwrap();
        assert_eq!((counts.unused, counts.never_used, counts.ending_late), ([0, 2, 3], 2, 1));
    }

    async fn a_report_tells_spend_and_teams(database: &TestDatabase) {
        let store = database.open().await;
        four_keys(&store).await;
        let days = domain::day::Days::utc();
        let cost = |key: u8, days_ago: i64, sequence, nano| domain::usage::UsageRecord {
            cost: domain::money::NanoUsd::from_nano(nano),
            ..given::call(key_id(key), NOW.plus_days(-days_ago), sequence)
        };
        store.ingest(&[cost(1, 0, 1, 5), cost(1, 3, 2, 7), cost(1, 9, 3, 90), cost(3, 0, 4, 4)]).await.unwrap();
        let spent = store.spend_of_keys(&[key_id(1), key_id(2)], days.of(NOW.plus_days(-3))).await.unwrap();
        assert_eq!(spent, [(key_id(1), domain::money::NanoUsd::from_nano(12))].into());

        let mut tx = store.begin().await.unwrap();
        tx.insert_team(&given::team(7, "Search")).await.unwrap();
        tx.put_membership(team_id(1), person_id(ADA), false).await.unwrap();
        tx.put_membership(team_id(7), person_id(ADA), true).await.unwrap();
        tx.commit().await.unwrap();
        let teams = store.team_names_of(&[person_id(ADA), person_id(GRACE)]).await.unwrap();
        assert_eq!(teams, [(person_id(ADA), vec!["Compilers".to_owned(), "Search".to_owned()])].into());
    }

    async fn pages_do_not_shift_when_keys_are_minted_meanwhile(database: &TestDatabase) {
        let store = database.open().await;
        four_keys(&store).await;
        // Two keys of the same moment: the id decides.
        let mut tx = store.begin().await.unwrap();
        let twin = VirtualKey { created_at: given::key(3, "", ada()).created_at, ..given::key(5, "twin", ada()) };
        tx.insert_key(&twin, &secret(1)).await.unwrap();
        tx.commit().await.unwrap();

        let mut seen = Vec::new();
        let mut cursor = None;
        for round in 0..3 {
            let page = store.list_keys(&Scope::Everyone, &everything(), cursor.as_deref(), 2).await.unwrap();
            assert_eq!(page.total, 5 + round);
            seen.extend(page.items.into_iter().map(|item| item.key.id));
            cursor = page.next;
            let number = 20 + u8::try_from(round).unwrap();
            let mut tx = store.begin().await.unwrap();
            minted(&mut tx, number, &format!("later {number}"), ada()).await;
            tx.commit().await.unwrap();
        }
        assert_eq!(cursor, None);
        assert_eq!(seen, [4, 5, 3, 2, 1].map(key_id));
        let lost = store.list_keys(&Scope::Everyone, &everything(), Some("nonsense"), 1).await.unwrap();
        assert_eq!(lost.items[0].key.id, key_id(22), "a broken cursor starts at the beginning");
    }
}
