//! Who answers for keys, and what a team's keys spent.

use crate::given::{self, NOW, key_id, person_id, team_id};
use crate::on_both_engines;
use domain::virtual_key::{KeyState, Owner, RevocationReason, VirtualKey};
use store::testing::TestDatabase;

on_both_engines! {
    async fn a_key_is_answered_for_by_its_minter_until_somebody_else_is_named(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let (ada, grace) = (person_id(1), person_id(2));
        let mut tx = store.begin().await.unwrap();
        given::minted(&mut tx, 1, "own", Owner::Person(ada)).await;
        given::minted(&mut tx, 2, "of the team", Owner::Team(team_id(1))).await;
        given::minted(&mut tx, 3, "minted for another", Owner::Person(grace)).await;
        let revoked = given::minted(&mut tx, 4, "gone", Owner::Person(ada)).await;
        let state = KeyState::Revoked { at: NOW, by: ada, reason: RevocationReason::Replaced };
        tx.update_key(&VirtualKey { state, ..revoked }).await.unwrap();
        tx.commit().await.unwrap();
        let of = async |person| -> Vec<(String, bool)> {
            let found = store.keys_answered_for(person, NOW, 9).await.unwrap();
            found.into_iter().map(|found| (found.key.name, found.responsible == person)).collect()
        };
        assert_eq!(of(ada).await, [("of the team".into(), true), ("own".into(), true)]);
        assert_eq!(of(grace).await, [("minted for another".into(), false)], "what one owns is one's own");
        assert_eq!(store.keys_answered_for(ada, NOW, 1).await.unwrap().len(), 1);
        assert!(store.keys_answered_for(ada, NOW.plus_days(30), 9).await.unwrap().is_empty(), "expired");

        let mut tx = store.begin().await.unwrap();
        assert!(tx.put_responsible(key_id(2), grace).await.unwrap());
        assert!(!tx.put_responsible(key_id(9), grace).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(of(ada).await, [("own".into(), true)]);
        assert_eq!(of(grace).await, [("minted for another".into(), false), ("of the team".into(), true)]);
        let of_team = store.team_keys(team_id(1), 9).await.unwrap();
        assert_eq!((of_team.len(), of_team[0].key.id, of_team[0].responsible), (1, key_id(2), grace));
        assert!(store.team_keys(team_id(2), 9).await.unwrap().is_empty());
    }

    async fn a_teams_spend_is_added_up_by_key_and_model(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let mut tx = store.begin().await.unwrap();
        given::minted(&mut tx, 1, "one", Owner::Team(team_id(1))).await;
        given::minted(&mut tx, 2, "two", Owner::Team(team_id(1))).await;
        given::minted(&mut tx, 3, "own", Owner::Person(person_id(1))).await;
        tx.commit().await.unwrap();
        let mut calls = vec![];
        for (sequence, (key, days)) in (1_u16..).zip([(1, 0), (2, 0), (2, 0), (3, 0), (1, -2)]) {
            calls.push(given::call(key_id(key), NOW.plus_days(days), sequence));
        }
        store.ingest(&calls).await.unwrap();
        let spent = async |days: i64, limit| -> Vec<_> {
            let hours = NOW.plus_days(days).utc_hour()..NOW.utc_hour() + 1;
            let found = store.team_spend(team_id(1), hours, limit).await.unwrap();
            found.into_iter().map(|one| (one.key, one.model, one.requests, one.cost.as_nano())).collect()
        };
        let model = || "gpt-5-mini".to_owned();
        assert_eq!(spent(0, 9).await, [(key_id(2), model(), 2, 2_000), (key_id(1), model(), 1, 1_000)]);
        assert_eq!(spent(-2, 1).await.len(), 1);
        let hour = NOW.utc_hour();
        assert!(store.team_spend(team_id(1), hour - 1..hour, 9).await.unwrap().is_empty(), "the end is no part");
        assert_eq!(spent(-2, 9).await.iter().map(|one| one.3).sum::<i64>(), 4_000, "the person's own key is not the team's");
    }
}
