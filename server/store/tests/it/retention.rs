//! Calls that are dropped by themselves, and everything that stays.

use crate::given::{NOW, call, key_id};
use crate::on_both_engines;
use domain::day::Days;
use domain::dimension::Dimension;
use domain::permission::Scope;
use domain::usage::UsageRecord;
use std::collections::HashSet;
use store::testing::TestDatabase;
use store::{LedgerSums, Ranked, SpendQuery, Store};

async fn books(store: &Store) -> LedgerSums {
    let sums = store.ledger_sums().await.unwrap();
    assert!(!sums.accounts.is_empty() && !sums.keys.is_empty());
    for (line, account) in &sums.accounts {
        assert_eq!(account.kept, account.by_events, "{line:?}");
    }
    for (key, cost) in &sums.keys {
        assert!(cost.agrees(), "{key}: {cost:?}");
    }
    sums
}

on_both_engines! {
    async fn old_calls_go_and_what_they_added_up_to_stays(database: &TestDatabase) {
        let store = database.open().await;
        let at = |key, days_ago: i64, sequence| call(key_id(key), NOW.plus_days(-days_ago), sequence);
        let calls = [at(1, 60, 1), at(2, 60, 2), at(1, 40, 3), at(2, 10, 4), at(1, 0, 5)];
        store.ingest(&calls).await.unwrap();
        let days = Days::utc();
        let query = SpendQuery {
            scope: &Scope::Everyone,
            filters: &[],
            from: days.of(NOW).plus(-90),
            until: days.of(NOW).plus(1),
        };
        let spent = async || store.spend_by(&query, Dimension::Key, None, Ranked::costliest(9)).await.unwrap();
        let (books_before, spent_before) = (books(&store).await, spent().await);

        let before = calls[2].id.made_at();
        assert_eq!(store.drop_calls_before(before).await.unwrap(), 2, "those of this moment stay");
        assert_eq!(store.drop_calls_before(before).await.unwrap(), 0);
        let mut kept = vec![];
        for call in &calls {
            kept.push(store.call(call.id).await.unwrap().is_some());
        }
        assert_eq!(kept, [false, false, true, true, true]);
        assert_eq!(store.storage().await.unwrap().oldest_call, Some(before));
        assert_eq!((books(&store).await, spent().await), (books_before, spent_before));

        assert_eq!(store.drop_calls_before(NOW.plus_ms(1)).await.unwrap(), 3, "what was carried is added to");
        assert_eq!(store.storage().await.unwrap().oldest_call, None);
        store.ingest(&[at(1, 0, 6)]).await.unwrap();
        let (of, first) = (books(&store).await, key_id(1));
        assert_eq!(of.keys[&first].by_events.as_nano(), 4 * calls[0].cost.as_nano());
    }

    /// As a process does that starts and reads a journal which goes back further than calls are kept.
    async fn a_call_that_was_dropped_is_not_counted_again(database: &TestDatabase) {
        let store = database.open().await;
        let at = |days_ago: i64, sequence| call(key_id(1), NOW.plus_days(-days_ago), sequence);
        let calls = [at(60, 1), at(40, 2), at(40, 3)];
        store.ingest(&calls).await.unwrap();
        store.drop_calls_before(NOW.plus_days(-31)).await.unwrap();
        let before = books(&store).await;

        let store = database.open().await;
        let ids = calls.each_ref().map(|call| call.id);
        assert_eq!(store.ingested(&ids).await.unwrap(), HashSet::from(ids));
        assert_eq!(store.last_event().await.unwrap(), Some(ids[2]), "no id is given twice");
        assert_eq!(store.ingest(&calls).await.unwrap().inserted, 0);
        assert_eq!((books(&store).await, store.storage().await.unwrap().oldest_call), (before, None));
        let later = [calls[1].clone(), at(1, 4)];
        assert_eq!(store.ingest(&later).await.unwrap().inserted, 1);
        assert_eq!(books(&store).await.keys[&key_id(1)].by_events.as_nano(), 4 * calls[0].cost.as_nano());
    }

    async fn a_call_that_is_dropped_while_it_is_brought_again_is_not_counted_twice(database: &TestDatabase) {
        let store = database.open().await;
        let old = call(key_id(1), NOW.plus_days(-40), 1);
        let mut dropping = store.begin().await.unwrap();
        dropping.put_setting("calls_dropped_up_to", &old.id.as_i64().to_be_bytes()).await.unwrap();
        let counting = tokio::spawn({
            let store = store.clone();
            async move { store.ingest(&[old]).await }
        });
        // Until it has come to where it waits.
        for _ in 0..20_000 {
            tokio::task::yield_now().await;
        }
        assert!(!counting.is_finished());
        dropping.commit().await.unwrap();
        assert_eq!(counting.await.unwrap().unwrap().inserted, 0);
    }

    async fn many_go_piece_by_piece_and_leave_room(database: &TestDatabase) {
        let store = database.open().await;
        let old = |sequence| call(key_id(1), NOW.plus_days(-50), sequence);
        let calls: Vec<UsageRecord> = (0..2_001).map(old).collect();
        for piece in calls.chunks(500) {
            store.ingest(piece).await.unwrap();
        }
        let full = store.storage().await.unwrap();
        assert!(full.in_use > 0 && full.in_use <= full.bytes, "{full:?}");
        let mut dropped = vec![];
        while dropped.last() != Some(&0) {
            dropped.push(store.drop_calls_before(NOW).await.unwrap());
        }
        assert_eq!(dropped, [2_000, 1, 0]);
        books(&store).await;
    }
}
