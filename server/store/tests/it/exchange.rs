//! The display currency and its rates.

use crate::on_both_engines;
use domain::currency::Currency;
use domain::day::Day;
use domain::exchange::{DatedRate, Exchange, Rate};
use store::testing::TestDatabase;
use store::{Constraint, StoreError};

fn rate(day: i32, nano: i64) -> DatedRate {
    DatedRate { from: Day::from_number(day), rate: Rate::from_nano(nano).unwrap() }
}

on_both_engines! {
    async fn a_currency_is_shown_with_its_own_rates_and_keeps_them_while_another_one_is(database: &TestDatabase) {
        let store = database.open().await;
        let [eur, jpy] = ["EUR", "JPY"].map(|code| Currency::from_code(code).unwrap());
        assert_eq!(store.exchange().await.unwrap(), None, "dollars alone");
        let mut tx = store.begin().await.unwrap();
        assert_eq!(tx.exchange_for_update().await.unwrap(), None);
        tx.put_display_currency(Some(eur)).await.unwrap();
        assert_eq!(tx.exchange_for_update().await.unwrap(), Some(Exchange::new(eur, vec![])));
        tx.commit().await.unwrap();
        assert_eq!(store.exchange().await.unwrap(), Some(Exchange::new(eur, vec![])));

        let (early, late) = (rate(20_000, 920_000_000), rate(20_031, Rate::MOST.as_nano()));
        let mut tx = store.begin().await.unwrap();
        tx.insert_exchange_rate(eur, late).await.unwrap();
        tx.insert_exchange_rate(eur, early).await.unwrap();
        tx.insert_exchange_rate(jpy, rate(20_000, 149_500_000_000)).await.unwrap();
        let both = Some(Exchange::new(eur, vec![early, late]));
        assert_eq!(tx.exchange_for_update().await.unwrap(), both);
        tx.commit().await.unwrap();
        assert_eq!(store.exchange().await.unwrap(), both);

        let mut tx = store.begin().await.unwrap();
        let twice = tx.insert_exchange_rate(eur, rate(20_000, 930_000_000)).await;
        assert_eq!(twice, Err(StoreError::Conflict(Constraint::Other)));
        drop(tx);
        let mut tx = store.begin().await.unwrap();
        tx.delete_exchange_rate(eur, late.from).await.unwrap();
        tx.delete_exchange_rate(eur, Day::from_number(1)).await.unwrap();
        tx.put_display_currency(Some(jpy)).await.unwrap();
        tx.commit().await.unwrap();
        let yen = Exchange::new(jpy, vec![rate(20_000, 149_500_000_000)]);
        assert_eq!(store.exchange().await.unwrap(), Some(yen));
        let mut tx = store.begin().await.unwrap();
        tx.put_display_currency(Some(eur)).await.unwrap();
        assert_eq!(tx.exchange_for_update().await.unwrap(), Some(Exchange::new(eur, vec![early])), "it was kept");
        tx.put_display_currency(None).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(store.exchange().await.unwrap(), None);
    }
}
