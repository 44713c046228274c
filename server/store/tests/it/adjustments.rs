//! Past spend that was moved to another cost centre: kept day by day, never more than there was, and nothing of the whole.

use crate::concurrency::at_once;
use crate::given::{self, NOW, call, key_id, person_id};
use crate::on_both_engines;
use domain::adjustment::{Adjustment, Move, covers, movable, standing, sum};
use domain::day::{Day, Days};
use domain::id::AdjustmentId;
use domain::money::NanoUsd;
use domain::permission::Scope;
use domain::usage::UsageRecord;
use domain::virtual_key::Owner;
use store::testing::TestDatabase;
use store::{AdjustedLine, Store, StoreError};

fn today() -> Day {
    Days::utc().of(NOW)
}

fn code(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// Key 1 is booked to 4711; it spent this much two days ago, yesterday and today.
async fn spent(store: &Store, amounts: [i64; 3]) {
    given::people_and_profile(store).await;
    let mut tx = store.begin().await.unwrap();
    given::minted(&mut tx, 1, "laptop", Owner::Person(person_id(1))).await;
    tx.commit().await.unwrap();
    let mut calls = Vec::new();
    for (ago, nano) in (0_u16..).zip(amounts.into_iter().rev()) {
        let at = NOW.plus_days(-i64::from(ago));
        calls.push(UsageRecord { cost: NanoUsd::from_nano(nano), ..call(key_id(1), at, ago) });
    }
    store.ingest(&calls).await.unwrap();
}

fn wanted(from: Option<String>, to: Option<String>) -> Move {
    Move { key: key_id(1), first: today().plus(-30), last: today(), from, to }
}

/// Moves all that is there, if there is anything.
async fn move_all(store: &Store, number: u8, moved: Move) -> NanoUsd {
    let mut tx = store.begin().await.unwrap();
    tx.key_for_update(moved.key, &Scope::Everyone).await.unwrap().unwrap();
    let books = tx.books(moved.key, moved.first, moved.last.plus(1)).await.unwrap();
    let days = movable(&books, moved.from.as_deref());
    let amount = sum(&days);
    if amount == NanoUsd::ZERO {
        return amount;
    }
    tx.insert_adjustment(&Adjustment { moved, days, ..adjustment(number) }).await.unwrap();
    tx.commit().await.unwrap();
    amount
}

fn adjustment(number: u8) -> Adjustment {
    Adjustment {
        id: AdjustmentId::from_random(&[number; 12]),
        moved: wanted(code("4711"), code("4712")),
        days: vec![],
        why: "It was Sales' all along; \"said\" the 5 %".into(),
        by: person_id(2),
        at: NOW.plus_ms(i64::from(number)),
        undoes: None,
    }
}

async fn there(store: &Store) -> Vec<(Option<String>, i64)> {
    let books = store.books(key_id(1), today().plus(-30), today().plus(1)).await.unwrap();
    standing(&books).into_iter().map(|(centre, sum)| (centre, sum.as_nano())).collect()
}

fn lines(found: &[AdjustedLine]) -> Vec<(Option<&str>, i64)> {
    found.iter().map(|line| (line.centre.as_deref(), line.amount.as_nano())).collect()
}

on_both_engines! {
    async fn what_was_moved_is_kept_whole_and_its_days_count_where_they_lie(database: &TestDatabase) {
        let store = database.open().await;
        spent(&store, [100, 20, 3]).await;
        assert_eq!(there(&store).await, [(code("4711"), 123)]);
        assert_eq!(move_all(&store, 1, Move { last: today().plus(-1), ..wanted(code("4711"), None) }).await.as_nano(), 120);
        assert_eq!(there(&store).await, [(None, 120), (code("4711"), 3)]);
        let kept = store.adjustment(adjustment(1).id).await.unwrap().unwrap();
        let moved = Move { last: today().plus(-1), ..wanted(code("4711"), None) };
        assert_eq!(kept, Adjustment { moved, days: kept.days.clone(), ..adjustment(1) });
        let days: Vec<_> = kept.days.iter().map(|day| (day.day.since(today()), day.amount.as_nano())).collect();
        assert_eq!(days, [(-2, 100), (-1, 20)], "a day that was not asked for stays");
        assert_eq!(store.adjustment(adjustment(9).id).await.unwrap(), None);

        let all = store.adjusted(today().plus(-30), today().plus(1)).await.unwrap();
        assert_eq!(lines(&all), [(Some("4711"), -120), (None, 120)]);
        assert_eq!((&all[0].moved, &all[0].why, all[0].by, all[0].at), (&kept.moved, &kept.why, kept.by, kept.at));
        let yesterday = store.adjusted(today().plus(-1), today()).await.unwrap();
        assert_eq!(lines(&yesterday), [(Some("4711"), -20), (None, 20)]);
        assert_eq!(store.adjusted(today(), today().plus(9)).await.unwrap(), []);
        assert_eq!(store.last_adjusted(today().plus(-9), today().plus(9)).await.unwrap(), Some(today().plus(-1)));
        assert_eq!(store.last_adjusted(today(), today().plus(9)).await.unwrap(), None);
        assert_eq!(store.books(key_id(2), today().plus(-30), today().plus(1)).await.unwrap(), []);
    }

    async fn what_was_moved_can_be_moved_on_and_back_and_is_undone_once(database: &TestDatabase) {
        let store = database.open().await;
        spent(&store, [100, 0, 3]).await;
        move_all(&store, 1, wanted(code("4711"), code("4712"))).await;
        let first = store.adjustment(adjustment(1).id).await.unwrap().unwrap();
        let books = store.books(key_id(1), today().plus(-30), today().plus(1)).await.unwrap();
        assert!(covers(&movable(&books, Some("4712")), &first.days));
        assert_eq!(store.undone_by(first.id).await.unwrap(), None);

        let undoing = Adjustment { moved: first.moved.back(), days: first.days.clone(), undoes: Some(first.id), ..adjustment(2) };
        let mut tx = store.begin().await.unwrap();
        assert_eq!(tx.undone_by(first.id).await.unwrap(), None);
        tx.insert_adjustment(&undoing).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(there(&store).await, [(code("4711"), 103)]);
        assert_eq!(store.undone_by(first.id).await.unwrap(), Some(undoing.id));
        assert_eq!(store.adjustment(undoing.id).await.unwrap(), Some(undoing.clone()));
        let all = store.adjusted(today().plus(-30), today().plus(1)).await.unwrap();
        let told: Vec<_> = all.iter().map(|line| (line.id, line.undoes, line.undone_by)).collect();
        assert_eq!(told, [(first.id, None, Some(undoing.id)), (first.id, None, Some(undoing.id)), (undoing.id, Some(first.id), None), (undoing.id, Some(first.id), None)]);
        assert_eq!(all.iter().map(|line| line.amount.as_nano()).sum::<i64>(), 0);

        let mut tx = store.begin().await.unwrap();
        let again = tx.insert_adjustment(&Adjustment { id: adjustment(3).id, ..undoing }).await;
        assert!(matches!(again, Err(StoreError::Conflict(_))), "{again:?}");
    }

    async fn a_key_that_changed_its_cost_centre_has_spent_at_each(database: &TestDatabase) {
        let store = database.open().await;
        spent(&store, [0, 0, 70]).await;
        let mut tx = store.begin().await.unwrap();
        tx.move_cost_centre("4711", "4712").await.unwrap();
        tx.commit().await.unwrap();
        let later = UsageRecord { cost: NanoUsd::from_nano(5), ..call(key_id(1), NOW, 9) };
        store.ingest(&[later]).await.unwrap();
        assert_eq!(there(&store).await, [(code("4711"), 70), (code("4712"), 5)]);
        move_all(&store, 1, wanted(code("4712"), code("4711"))).await;
        assert_eq!(there(&store).await, [(code("4711"), 75)]);
        while store.sum_up_a_day(today()).await.unwrap().is_some() {}
        assert_eq!(there(&store).await, [(code("4711"), 75)], "the days themselves stay");
    }

    async fn two_at_the_same_time_do_not_move_more_than_was_spent(database: &TestDatabase) {
        let store = database.open().await;
        spent(&store, [100, 20, 3]).await;
        let moved = at_once(&store, |store, number| async move {
            let to = if number % 2 == 0 { None } else { code("4712") };
            move_all(&store, number + 1, wanted(code("4711"), to)).await.as_nano()
        })
        .await;
        assert_eq!(moved.iter().filter(|&&nano| nano == 123).count(), 1);
        assert_eq!(moved.iter().sum::<i64>(), 123);
        assert_eq!(there(&store).await.iter().map(|(_, nano)| *nano).sum::<i64>(), 123);
    }

    async fn rows_that_do_not_add_up_are_found(database: &TestDatabase) {
        let store = database.open().await;
        spent(&store, [100, 20, 3]).await;
        move_all(&store, 1, wanted(code("4711"), code("4712"))).await;
        assert_eq!(store.ledger_sums().await.unwrap().unbalanced, [].into());
        assert_eq!(database.tamper("delete from adjustment_entry where amount = -20").await, 1);
        let found = store.ledger_sums().await.unwrap().unbalanced;
        assert_eq!(found, [(adjustment(1).id, NanoUsd::from_nano(20))].into());
    }
}
