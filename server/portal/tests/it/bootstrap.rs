use crate::support::*;
use domain::time::{Clock, Timestamp};
use portal::bootstrap::{BootstrapError, bootstrap, is_new};
use store::Store;
use store::testing::TestDatabase;

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        START
    }
}

async fn start(store: &Store, root_byte: u8, seed: u64) -> Result<portal::sealing::Sealing, BootstrapError> {
    bootstrap(store, root(root_byte), &Noon, &Seeded::new(seed)).await
}

#[tokio::test]
async fn a_second_start_finds_what_the_first_one_made() {
    let database = TestDatabase::sqlite();
    let store = database.open().await;
    assert!(is_new(&store).await.unwrap());
    let first = start(&store, 1, 1).await.unwrap();
    assert!(!is_new(&store).await.unwrap());
    let second = start(&store, 1, 2).await.unwrap();
    assert_eq!(first.pepper(1).unwrap().expose(), second.pepper(1).unwrap().expose());
    assert_eq!(store.profiles().await.unwrap().len(), 1);
    let actions: Vec<String> = store.audit_scan(0, 10).await.unwrap().into_iter().map(|row| row.entry.action).collect();
    assert_eq!(actions, ["installation.initialised", "profile.created"]);
}

#[tokio::test]
async fn a_wrong_root_secret_stays_sealed_and_replaces_nothing() {
    let database = TestDatabase::sqlite();
    let store = database.open().await;
    let right = start(&store, 1, 1).await.unwrap();
    assert!(matches!(start(&store, 2, 2).await, Err(BootstrapError::Sealed)));
    let again = start(&store, 1, 3).await.unwrap();
    assert_eq!(right.pepper(1).unwrap().expose(), again.pepper(1).unwrap().expose());
}

#[tokio::test]
async fn what_is_missing_is_damage_and_not_a_first_start() {
    for name in ["root_check", "pepper.1", "organisation"] {
        let database = TestDatabase::sqlite();
        let store = database.open().await;
        start(&store, 1, 1).await.unwrap();
        assert_eq!(database.tamper(&format!("delete from setting where name = '{name}'")).await, 1);
        assert!(matches!(start(&store, 1, 2).await, Err(BootstrapError::Damaged(_))), "{name}");
        assert!(store.setting(name).await.unwrap().is_none(), "{name} was made anew");
    }
}

#[tokio::test]
async fn the_verifier_key_is_not_readable_in_the_database() {
    let database = TestDatabase::sqlite();
    let store = database.open().await;
    let sealing = start(&store, 1, 1).await.unwrap();
    let kept = store.setting("pepper.1").await.unwrap().unwrap();
    let pepper = *sealing.pepper(1).unwrap().expose();
    assert!(!kept.windows(8).any(|window| pepper.windows(8).any(|part| part == window)));
}
