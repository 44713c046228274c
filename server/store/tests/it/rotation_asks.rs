//! Rotations that owners were asked for.

use crate::given::{self, NOW, key_id, minted, person_id, team_id};
use crate::on_both_engines;
use domain::permission::Scope;
use domain::virtual_key::{KeyState, Owner, RevocationReason, VirtualKey};
use store::testing::TestDatabase;
use store::{RotationAsk, Store};

fn asked(key: u8, days: i64) -> RotationAsk {
    RotationAsk { key: key_id(key), due_at: NOW.plus_days(days), asked_at: NOW, asked_by: person_id(2) }
}

async fn put(store: &Store, ask: RotationAsk) {
    let mut tx = store.begin().await.unwrap();
    tx.put_rotation_ask(&ask).await.unwrap();
    tx.commit().await.unwrap();
}

on_both_engines! {
    async fn an_ask_is_seen_within_its_scope_until_it_is_met(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let mut tx = store.begin().await.unwrap();
        for (number, owner) in [
            (1, Owner::Person(person_id(1))),
            (2, Owner::Person(person_id(2))),
            (3, Owner::Team(team_id(1))),
            (4, Owner::Person(person_id(1))),
        ] {
            minted(&mut tx, number, &format!("key {number}"), owner).await;
        }
        tx.commit().await.unwrap();
        for ask in [asked(1, 9), asked(2, 3), asked(3, 5), asked(1, 7)] {
            put(&store, ask).await;
        }
        let all = store.rotation_asks(&Scope::Everyone, NOW, 9).await.unwrap();
        assert_eq!(all, [asked(2, 3), asked(3, 5), asked(1, 7)], "the later ask counts");
        assert_eq!(store.rotation_asks(&Scope::Everyone, NOW, 1).await.unwrap(), [asked(2, 3)]);
        let own = Scope::Own { person: person_id(1), teams: vec![team_id(1)] };
        assert_eq!(store.rotation_asks(&own, NOW, 9).await.unwrap(), [asked(3, 5), asked(1, 7)]);
        let booked = Scope::Within { person: person_id(9), teams: vec![], centres: vec!["4711".into()] };
        assert_eq!(store.rotation_asks(&booked, NOW, 9).await.unwrap(), all, "every key is booked there");
        assert_eq!(store.rotation_asks_of(&[key_id(1), key_id(4)]).await.unwrap(), [asked(1, 7)]);
        assert_eq!(store.rotation_asks(&Scope::Everyone, NOW.plus_days(99), 9).await.unwrap(), [], "expired by then");

        let state = KeyState::Revoked { at: NOW, by: person_id(1), reason: RevocationReason::Replaced };
        let mut tx = store.begin().await.unwrap();
        assert_eq!(tx.rotation_ask(key_id(1)).await.unwrap(), Some(asked(1, 7)));
        assert_eq!(tx.rotation_ask(key_id(4)).await.unwrap(), None);
        assert!(tx.delete_rotation_ask(key_id(1)).await.unwrap());
        assert!(!tx.delete_rotation_ask(key_id(1)).await.unwrap());
        tx.update_key(&VirtualKey { state, ..given::key(3, "key 3", Owner::Team(team_id(1))) }).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(store.rotation_asks(&own, NOW, 9).await.unwrap(), []);
    }

    async fn an_ask_is_told_of_once_and_anew_when_another_takes_its_place(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let (one, other) = (Owner::Person(person_id(1)), Owner::Person(person_id(2)));
        let mut tx = store.begin().await.unwrap();
        for (number, owner) in [(1, other), (2, one), (3, one), (4, Owner::Team(team_id(1)))] {
            minted(&mut tx, number, &format!("key {number}"), owner).await;
        }
        tx.commit().await.unwrap();
        for ask in [asked(1, 9), asked(2, 5), asked(3, 5), asked(4, 1)] {
            put(&store, ask).await;
        }
        let untold = async |limit| {
            let found = store.untold_rotation_asks(NOW, limit).await.unwrap();
            found.into_iter().map(|untold| (untold.ask, untold.owner, untold.name)).collect::<Vec<_>>()
        };
        let all = untold(9).await;
        let of_one = [(asked(2, 5), one, "key 2".to_owned()), (asked(3, 5), one, "key 3".to_owned())];
        assert_eq!(all[..2], of_one);
        assert_eq!((all[2].1, all[3].1, all.len()), (other, Owner::Team(team_id(1)), 4));
        assert_eq!(untold(2).await, of_one);
        assert_eq!(store.untold_rotation_asks(NOW.plus_days(4_000), 9).await.unwrap(), [], "they have expired by then");

        let mark = async |asks: &[RotationAsk]| {
            let mut tx = store.begin().await.unwrap();
            let marked = tx.mark_rotation_asks_told(asks, NOW.plus_ms(1)).await.unwrap();
            tx.commit().await.unwrap();
            marked
        };
        let later = RotationAsk { asked_at: NOW.plus_ms(5), ..asked(3, 8) };
        put(&store, later).await;
        assert_eq!(mark(&[asked(2, 5), asked(3, 5)]).await, [key_id(2)], "another ask took the place of the second");
        assert_eq!(mark(&[asked(2, 5), later]).await, [key_id(3)], "each once");
        assert_eq!(untold(9).await.len(), 2);
        put(&store, RotationAsk { asked_at: NOW.plus_ms(6), ..asked(2, 3) }).await;
        assert_eq!(untold(1).await[0].0.due_at, NOW.plus_days(3), "another day is told anew");
    }

    async fn only_keys_of_the_scope_are_among_those_asked_for(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let mut tx = store.begin().await.unwrap();
        for (number, person) in [(1, 1), (2, 2), (3, 1)] {
            minted(&mut tx, number, &format!("key {number}"), Owner::Person(person_id(person))).await;
        }
        tx.commit().await.unwrap();
        let ids = [key_id(1), key_id(2), key_id(9)];
        let own = Scope::Own { person: person_id(1), teams: vec![] };
        for (scope, expected) in [(&Scope::Everyone, vec![2, 1]), (&own, vec![1])] {
            let found = store.keys_among(&ids, scope, NOW).await.unwrap();
            let found: Vec<_> = found.into_iter().map(|item| item.key.id).collect();
            assert_eq!(found, expected.into_iter().map(key_id).collect::<Vec<_>>());
        }
    }
}
