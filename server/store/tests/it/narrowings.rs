//! Endpoints that a key calls, and terms that it had before it was narrowed.

use crate::given::{self, NOW, call, key_id, minted, person_id};
use crate::on_both_engines;
use domain::model::Endpoint;
use domain::right_size::Narrowing;
use domain::usage::{Outcome, UsageRecord};
use domain::virtual_key::{KeyTerms, Owner};
use store::testing::TestDatabase;

on_both_engines! {
    async fn endpoints_are_counted_by_day_without_refused_calls(database: &TestDatabase) {
        let store = database.open().await;
        let key = key_id(1);
        let to = |endpoint, record: UsageRecord| UsageRecord { endpoint, outcome: Outcome::Answered, ..record };
        let records = [
            to(Some(Endpoint::Messages), call(key, NOW.plus_days(-1), 1)),
            to(Some(Endpoint::Messages), call(key, NOW, 2)),
            to(Some(Endpoint::Embeddings), call(key, NOW, 3)),
            to(None, call(key, NOW, 4)),
            UsageRecord { outcome: Outcome::Denied, ..to(Some(Endpoint::Rerank), call(key, NOW, 5)) },
            to(Some(Endpoint::Rerank), call(key_id(2), NOW, 6)),
        ];
        store.ingest(&records[..2]).await.unwrap();
        store.ingest(&records).await.unwrap();
        let both = [(Endpoint::Embeddings, 1), (Endpoint::Messages, 2)];
        assert_eq!(store.endpoint_calls(key, NOW.plus_days(-1)).await.unwrap(), both);
        assert_eq!(store.endpoint_calls(key, NOW).await.unwrap(), both.map(|(endpoint, _)| (endpoint, 1)));
        assert_eq!(store.endpoint_calls(key_id(3), NOW).await.unwrap(), []);

        let mut tx = store.begin().await.unwrap();
        assert_eq!(tx.delete_endpoint_calls_before(NOW).await.unwrap(), 1);
        tx.commit().await.unwrap();
        let left = store.endpoint_calls(key, NOW.plus_days(-9)).await.unwrap();
        assert_eq!(left, both.map(|(endpoint, _)| (endpoint, 1)));
    }

    async fn the_last_narrowing_is_kept_until_it_is_taken_back(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let mut tx = store.begin().await.unwrap();
        let key = minted(&mut tx, 1, "ci", Owner::Person(person_id(1))).await;
        let narrowed = |concurrency, days| Narrowing {
            before: key.terms.clone(),
            after: KeyTerms { concurrency, ..key.terms.clone() },
            at: NOW.plus_days(days),
            by: person_id(2),
        };
        tx.put_narrowing(key_id(1), &narrowed(3, 0)).await.unwrap();
        assert_eq!(tx.narrowing_of(key_id(1)).await.unwrap(), Some(narrowed(3, 0)));
        tx.put_narrowing(key_id(1), &narrowed(2, 1)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(store.narrowing(key_id(1)).await.unwrap(), Some(narrowed(2, 1)));
        assert_eq!(store.narrowing(key_id(2)).await.unwrap(), None);
        let mut tx = store.begin().await.unwrap();
        tx.delete_narrowing(key_id(1)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(store.narrowing(key_id(1)).await.unwrap(), None);
    }
}
