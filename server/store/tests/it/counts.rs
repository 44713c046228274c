//! How many there are of what administrators look after.

use crate::given::{self, NOW, person_id, profile_id};
use crate::on_both_engines;
use domain::order::Order;
use domain::virtual_key::{KeyState, Owner, RevocationReason, VirtualKey};
use std::collections::HashMap;
use store::testing::TestDatabase;

on_both_engines! {
    async fn people_are_counted(database: &TestDatabase) {
        let store = database.open().await;
        assert_eq!(store.people_count().await.unwrap(), 0);
        given::people_and_profile(&store).await;
        let mut tx = store.begin().await.unwrap();
        tx.insert_person(&given::person(8, "One more")).await.unwrap();
        tx.commit().await.unwrap();
        let everyone = store.people(None, Order::default(), None, 100).await.unwrap().people.len();
        assert_eq!(store.people_count().await.unwrap(), i64::try_from(everyone).unwrap());
    }

    async fn live_keys_are_counted_by_profile(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let owner = Owner::Person(person_id(1));
        let mut tx = store.begin().await.unwrap();
        let gone = given::minted(&mut tx, 1, "gone", owner).await;
        let kept = given::minted(&mut tx, 2, "kept", owner).await;
        let state = KeyState::Revoked { at: NOW, by: person_id(1), reason: RevocationReason::Replaced };
        tx.update_key(&VirtualKey { state, ..gone }).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(store.live_keys_by_profile(NOW).await.unwrap(), HashMap::from([(profile_id(1), 1)]));
        assert_eq!(store.live_keys_by_profile(kept.expires_at).await.unwrap(), HashMap::new(), "expired ones do not count");
    }
}
