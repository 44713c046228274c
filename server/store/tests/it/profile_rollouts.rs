//! What keys that exist have yet to come to, and what keys spent by the profile that they are under.

use crate::given::{self, NOW, call, person_id, profile_id};
use crate::on_both_engines;
use domain::day::Days;
use domain::money::NanoUsd;
use domain::profile_rollout::{MoveOn, Rollout};
use domain::usage::UsageRecord;
use domain::virtual_key::Owner;
use std::collections::HashMap;
use store::testing::TestDatabase;
use store::{ProfileSpend, StoreError};

on_both_engines! {
    async fn a_profile_has_one_rollout_at_most_and_a_key_is_released_alone(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let dated = Rollout { profile: profile_id(1), version: 8, moves: MoveOn::At(NOW.plus_days(10)) };
        let rotated = Rollout { version: 9, moves: MoveOn::NextRotation, ..dated };
        let mut tx = store.begin().await.unwrap();
        let key = given::minted(&mut tx, 1, "old", Owner::Person(person_id(1))).await;
        let other = given::minted(&mut tx, 2, "other", Owner::Person(person_id(1))).await;
        assert_eq!(tx.keep_keys_at(profile_id(1), 1).await.unwrap(), 2);
        assert_eq!(tx.rollout_for_update(profile_id(1)).await.unwrap(), None);
        tx.put_rollout(&dated).await.unwrap();
        assert_eq!(tx.rollout_for_update(profile_id(1)).await.unwrap(), Some(dated));
        tx.put_rollout(&rotated).await.unwrap();
        assert_eq!(tx.rollout_of_key(key.id).await.unwrap(), Some(rotated));
        assert_eq!(tx.rollout_of_key(given::key_id(9)).await.unwrap(), None);
        tx.release_key(key.id).await.unwrap();
        assert_eq!(tx.release_key(given::key_id(9)).await, Err(StoreError::NotFound));
        tx.commit().await.unwrap();

        assert_eq!(store.rollout(profile_id(1)).await.unwrap(), Some(rotated));
        assert_eq!(store.rollout(profile_id(9)).await.unwrap(), None);
        assert_eq!(store.rollouts().await.unwrap(), [rotated]);
        let version_of = async |id| store.key_with_secrets(id).await.unwrap().unwrap().key.profile_version;
        assert_eq!((version_of(key.id).await, version_of(other.id).await), (None, Some(1)));

        let mut tx = store.begin().await.unwrap();
        assert!(tx.delete_rollout(profile_id(1)).await.unwrap());
        assert!(!tx.delete_rollout(profile_id(1)).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(store.rollouts().await.unwrap(), []);
    }

    async fn spend_is_summed_by_profile_whatever_is_summed_up_already(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let mut tx = store.begin().await.unwrap();
        tx.insert_profile(&given::profile(2, "Service"), NOW).await.unwrap();
        let mut keys = Vec::new();
        for (number, profile) in [(1, 1), (2, 1), (3, 2)] {
            let key = given::key(number, &format!("key {number}"), Owner::Person(person_id(1)));
            let key = domain::virtual_key::VirtualKey { profile: profile_id(profile), ..key };
            tx.insert_key(&key, &given::secret(1)).await.unwrap();
            keys.push(key.id);
        }
        tx.commit().await.unwrap();
        let cost = |key: usize, days_ago: i64, sequence, cost| UsageRecord {
            cost: NanoUsd::from_nano(cost),
            ..call(keys[key], NOW.plus_days(-days_ago), sequence)
        };
        let calls = [cost(0, 0, 1, 1), cost(0, 2, 2, 10), cost(1, 1, 3, 100), cost(2, 1, 4, 1_000), cost(2, 9, 5, 7)];
        store.ingest(&calls).await.unwrap();
        let today = Days::utc().of(NOW);
        let spent_by = |keys, cost| ProfileSpend { keys, cost: NanoUsd::from_nano(cost) };
        let spent = async || store.spend_by_profile(today.plus(-2), today.plus(1)).await.unwrap();
        let expected =
            HashMap::from([(profile_id(1), spent_by(2, 111)), (profile_id(2), spent_by(1, 1_000))]);
        assert_eq!(spent().await, expected);
        while store.sum_up_a_day(today).await.unwrap().is_some() {}
        assert_eq!(spent().await, expected, "from the totals of days that are over");
        assert_eq!(store.spend_by_profile(today.plus(1), today.plus(2)).await.unwrap(), HashMap::new());
    }
}
