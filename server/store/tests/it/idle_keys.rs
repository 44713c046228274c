//! Keys that nobody uses: whose silence is long enough, and who was told.

use crate::given::{self, NOW, call, key_id, minted, person_id, profile_id, team_id};
use crate::on_both_engines;
use domain::idle::Quiet;
use domain::permission::Scope;
use domain::virtual_key::{KeyState, Owner, VirtualKey};
use store::testing::TestDatabase;
use store::{KeptVersion, Store};

const NEWEST: fn() -> KeptVersion = || KeptVersion { profile: profile_id(1), version: None };

async fn three_keys(store: &Store) {
    given::people_and_profile(store).await;
    let mut tx = store.begin().await.unwrap();
    for (number, owner) in
        [(1, Owner::Person(person_id(1))), (2, Owner::Person(person_id(2))), (3, Owner::Team(team_id(1)))]
    {
        minted(&mut tx, number, &format!("key {number}"), owner).await;
    }
    tx.commit().await.unwrap();
}

on_both_engines! {
    async fn silence_ends_with_a_call_and_with_being_enabled(database: &TestDatabase) {
        let store = database.open().await;
        three_keys(&store).await;
        let (now, since) = (NOW.plus_days(20), NOW.plus_days(10));
        let quiet = async || {
            let found = store.quiet_keys(NEWEST(), since, now, None, 9).await.unwrap();
            let mut ids: Vec<_> = found.into_iter().map(|(key, _)| key.id).collect();
            ids.sort_by_key(|id| (1..9).position(|number| key_id(number) == *id));
            ids
        };
        assert_eq!(quiet().await, [key_id(1), key_id(2), key_id(3)]);
        store.ingest(&[call(key_id(1), NOW.plus_days(11), 1), call(key_id(2), NOW.plus_days(5), 2)]).await.unwrap();
        let mut tx = store.begin().await.unwrap();
        tx.put_told(key_id(2), NOW.plus_days(4)).await.unwrap();
        tx.put_told(key_id(2), NOW.plus_days(6)).await.unwrap();
        tx.put_enabled(key_id(3), NOW.plus_days(12)).await.unwrap();
        let expected = Quiet { since: call(key_id(2), NOW.plus_days(5), 2).id.made_at(), told_at: Some(NOW.plus_days(6)) };
        assert_eq!(tx.quiet_of(key_id(2)).await.unwrap(), Some(expected));
        assert_eq!(tx.quiet_of(key_id(9)).await.unwrap(), None);
        tx.commit().await.unwrap();
        assert_eq!(quiet().await, [key_id(2)]);
        let told = store.told_of_keys(&[key_id(1), key_id(2), key_id(3)]).await.unwrap();
        assert_eq!(told, [(key_id(2), expected)].into());
        assert_eq!(store.keys_told_of(&Scope::Everyone, now, 9).await.unwrap(), [key_id(2)]);
        let own = Scope::Own { person: person_id(1), teams: vec![team_id(1)] };
        assert_eq!(store.keys_told_of(&own, now, 9).await.unwrap(), []);
        let booked = Scope::Within { person: person_id(9), teams: vec![], centres: vec!["4711".into()] };
        assert_eq!(store.keys_told_of(&booked, now, 9).await.unwrap(), [key_id(2)]);
        store.ingest(&[call(key_id(2), NOW.plus_days(13), 3)]).await.unwrap();
        assert_eq!(store.keys_told_of(&Scope::Everyone, now, 9).await.unwrap(), [], "used since");
    }

    async fn each_version_has_its_keys(database: &TestDatabase) {
        let store = database.open().await;
        three_keys(&store).await;
        let mut tx = store.begin().await.unwrap();
        let kept = VirtualKey { profile_version: Some(1), ..given::key(1, "key 1", Owner::Person(person_id(1))) };
        tx.update_key(&kept).await.unwrap();
        let unused = KeyState::DisabledUnused { at: NOW, days: 60 };
        tx.update_key(&VirtualKey { state: unused, ..given::key(2, "key 2", Owner::Person(person_id(2))) }).await.unwrap();
        tx.commit().await.unwrap();
        let kept = KeptVersion { version: Some(1), ..NEWEST() };
        let ids = async |of, after| {
            let found = store.quiet_keys(of, NOW.plus_days(9), NOW.plus_days(9), after, 9).await.unwrap();
            found.into_iter().map(|(key, _)| key.id).collect::<Vec<_>>()
        };
        assert_eq!(ids(NEWEST(), None).await, [key_id(3)], "disabled ones are over");
        assert_eq!(ids(kept, None).await, [key_id(1)]);
        assert_eq!(ids(kept, Some(key_id(1))).await, []);
    }
}
