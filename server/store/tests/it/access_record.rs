//! The access record: searched by what a call was, newest first, with the names of its key.

use crate::given::{self, NOW, call, key_id, person_id, team_id};
use crate::on_both_engines;
use domain::id::EventId;
use domain::permission::Scope;
use domain::usage::{Outcome, UsageRecord};
use domain::virtual_key::Owner;
use store::testing::TestDatabase;
use store::{CallFilter, KeyNames};

on_both_engines! {
    async fn calls_are_found_by_each_thing_that_is_asked_for(database: &TestDatabase) {
        let store = database.open().await;
        let (one, other) = (key_id(1), key_id(2));
        let calls = [
            call(one, NOW.plus_days(-2), 1),
            UsageRecord { model: "rare".into(), ..call(one, NOW.plus_days(-1), 2) },
            UsageRecord { network: "10.9.9.9".into(), ..call(other, NOW, 3) },
            UsageRecord { outcome: Outcome::Denied, denial: Some("model_not_allowed".into()), ..call(other, NOW, 4) },
        ];
        store.ingest(&calls).await.unwrap();
        let found = async |filter: CallFilter| {
            let found = store.search_calls(&Scope::Everyone, &filter, None, 9).await.unwrap();
            assert_eq!(found.next, None);
            found.calls.iter().map(|found| 1 + calls.iter().position(|call| call.id == found.id).unwrap()).collect::<Vec<_>>()
        };
        let any = CallFilter::default;
        assert_eq!(found(any()).await, [4, 3, 2, 1]);
        assert_eq!(found(CallFilter { key: Some(one), ..any() }).await, [2, 1]);
        assert_eq!(found(CallFilter { model: Some("rare".into()), ..any() }).await, [2]);
        assert_eq!(found(CallFilter { network: Some("10.9.9.9".into()), ..any() }).await, [3]);
        assert_eq!(found(CallFilter { outcome: Some(Outcome::Denied), ..any() }).await, [4]);
        assert_eq!(found(CallFilter { denial: Some("model_not_allowed".into()), ..any() }).await, [4]);
        assert!(found(CallFilter { denial: Some("never".into()), ..any() }).await.is_empty());
        assert_eq!(found(CallFilter { from: Some(NOW.plus_days(-1)), until: Some(NOW), ..any() }).await, [2]);
    }

    async fn a_search_goes_on_where_the_one_before_ended(database: &TestDatabase) {
        let store = database.open().await;
        let calls: Vec<_> = (1..=5).map(|sequence| call(key_id(1), NOW, sequence)).collect();
        store.ingest(&calls).await.unwrap();
        let mut seen = Vec::new();
        let mut before = None;
        loop {
            let found = store.search_calls(&Scope::Everyone, &CallFilter::default(), before, 2).await.unwrap();
            seen.extend(found.calls.iter().map(|call| call.id));
            before = found.next;
            if before.is_none() {
                break;
            }
        }
        let newest_first: Vec<EventId> = calls.iter().rev().map(|call| call.id).collect();
        assert_eq!(seen, newest_first);
    }

    async fn keys_are_named_with_their_owners(database: &TestDatabase) {
        let store = database.open().await;
        let mut tx = store.begin().await.unwrap();
        tx.insert_person(&given::person(1, "Ada")).await.unwrap();
        tx.insert_team(&given::team(1, "Billing")).await.unwrap();
        tx.insert_profile(&given::profile(1, "Standard"), NOW).await.unwrap();
        for (number, owner) in [(1, Owner::Person(person_id(1))), (2, Owner::Team(team_id(1)))] {
            tx.insert_key(&given::key(number, &format!("key {number}"), owner), &given::secret(1)).await.unwrap();
        }
        tx.commit().await.unwrap();
        let calls: Vec<_> = (1..=2).map(|number| call(key_id(number), NOW, u16::from(number))).collect();
        store.ingest(&calls).await.unwrap();
        let seen = async |scope: Scope| {
            let found = store.search_calls(&scope, &CallFilter::default(), None, 9).await.unwrap();
            found.calls.into_iter().map(|call| call.key).collect::<Vec<_>>()
        };
        let person = person_id(2);
        assert_eq!(seen(Scope::Own { person: person_id(1), teams: vec![] }).await, [key_id(1)]);
        assert_eq!(seen(Scope::Own { person, teams: vec![team_id(1)] }).await, [key_id(2)]);
        let within = |code: &str| Scope::Within { person, teams: vec![], centres: vec![code.to_owned()] };
        assert_eq!(seen(within("4711")).await, [key_id(2), key_id(1)]);
        assert_eq!(seen(within("4712")).await, []);
        let names = store.key_names(&[key_id(1), key_id(2), key_id(9)]).await.unwrap();
        let named = |number: u8| names.get(&key_id(number)).cloned();
        let expected = |name: &str, owner: &str| Some(KeyNames { name: name.into(), owner: owner.into() });
        assert_eq!((named(1), named(2), named(9)), (expected("key 1", "Ada"), expected("key 2", "Billing"), None));
    }
}
