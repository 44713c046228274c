//! A small installation, and what every seeded one promises.

use super::*;
use crate::clock::SystemRandomness;
use domain::day::Days;
use domain::dimension::Dimension;
use domain::permission::Scope;
use portal::bootstrap::bootstrap;
use portal::sealing::RootKey;
use store::{KeyFilter, KeyView, Ranked, SpendQuery};
use zeroize::Zeroizing;

struct Fixed;
impl domain::time::Clock for Fixed {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(1_800_000_000_000)
    }
}

const SMALL: Scale = Scale { keys: 60, people: 20, calls: 3_000, days: 10, seed: 1 };

async fn filled(store: &Store, scale: Scale) -> Result<(), NotSeeded> {
    let root = RootKey::new(Zeroizing::new([7; 32]));
    let sealing = bootstrap(store, root, &Fixed, &SystemRandomness).await.unwrap();
    let around = Surroundings {
        store,
        sealing: &sealing,
        random: &SystemRandomness,
        now: domain::time::Clock::now(&Fixed),
        zone: TimeZone::UTC,
        progress: &|_| {},
    };
    fill(&around, scale).await
}

#[tokio::test]
async fn what_is_made_adds_up() {
    let store = Store::open("sqlite::memory:").await.unwrap();
    filled(&store, SMALL).await.unwrap();
    let now = domain::time::Clock::now(&Fixed);
    let sums = store.ledger_sums().await.unwrap();
    assert!(sums.accounts.values().all(|account| account.kept == account.by_events));
    assert!(sums.keys.values().all(store::KeyCost::agrees));
    let filter = KeyFilter { search: None, owner: None, environment: None, view: KeyView::All, now };
    assert_eq!(store.list_keys(&Scope::Everyone, &filter, None, 1).await.unwrap().total, 60);
    assert_eq!(store.people_count().await.unwrap(), 20);

    let today = Days::utc().of(now);
    let query = SpendQuery { scope: &Scope::Everyone, filters: &[], from: today.plus(-9), until: today.plus(1) };
    let groups = store.spend_by(&query, Dimension::Application, None, Ranked::costliest(50)).await.unwrap();
    assert_eq!(groups.total.requests, 3_000);
    assert!(groups.total.denials > 0 && groups.total.failures > 0);
    let spike = SpendQuery { from: today.plus(-7), until: today.plus(-6), ..query };
    let culprit = store.spend_by(&spike, Dimension::Application, None, Ranked::costliest(1)).await.unwrap();
    let (theirs, all) = (culprit.largest[0].sums.cost, culprit.total.cost);
    assert!(culprit.largest[0].value.is_some() && theirs.as_nano() * 2 > all.as_nano(), "{theirs} of {all}");
}

#[tokio::test]
async fn only_an_empty_database_is_filled() {
    let store = Store::open("sqlite::memory:").await.unwrap();
    filled(&store, SMALL).await.unwrap();
    assert!(matches!(filled(&store, SMALL).await, Err(NotSeeded::NotEmpty)));
    let other = Store::open("sqlite::memory:").await.unwrap();
    assert!(matches!(filled(&other, Scale { keys: 1, ..SMALL }).await, Err(NotSeeded::TooSmall)));
}
