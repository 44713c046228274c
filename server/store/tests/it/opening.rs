//! Opening, locking, transactions, settings, and what happens when the database is not there.

use crate::on_both_engines;
use std::time::Duration;
use store::testing::TestDatabase;
use store::{Constraint, Store, StoreError};

on_both_engines! {
    async fn a_database_is_migrated_once_and_opened_again(database: &TestDatabase) {
        let store = database.open().await;
        store.ping().await.unwrap();
        let mut tx = store.begin().await.unwrap();
        tx.put_setting("pepper", &[0, 1, 255]).await.unwrap();
        tx.commit().await.unwrap();
        store.close().await;
        assert_eq!(store.ping().await, Err(StoreError::Unavailable), "closed is closed");

        let store = database.open().await;
        assert_eq!(store.setting("pepper").await.unwrap(), Some(vec![0, 1, 255]));
        assert_eq!(store.setting("salt").await.unwrap(), None);
    }

    async fn processes_that_start_together_migrate_once(database: &TestDatabase) {
        let mut openings = tokio::task::JoinSet::new();
        for _ in 0..6 {
            let url = database.url.clone();
            openings.spawn(async move { Store::open(&url).await });
        }
        for opened in openings.join_all().await {
            opened.unwrap().ping().await.unwrap();
        }
    }

    async fn settings_are_replaced_or_kept(database: &TestDatabase) {
        let store = database.open().await;
        let mut tx = store.begin().await.unwrap();
        assert!(tx.put_setting_if_absent("mark", b"first").await.unwrap());
        assert!(!tx.put_setting_if_absent("mark", b"second").await.unwrap());
        tx.put_setting("other", b"old").await.unwrap();
        tx.put_setting("other", b"").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(store.setting("mark").await.unwrap(), Some(b"first".to_vec()));
        assert_eq!(store.setting("other").await.unwrap(), Some(Vec::new()));
    }

    async fn a_dropped_transaction_leaves_nothing(database: &TestDatabase) {
        let store = database.open().await;
        let mut tx = store.begin().await.unwrap();
        tx.put_setting("mark", b"x").await.unwrap();
        assert_eq!(store.setting("mark").await.unwrap(), None, "not seen before the commit");
        drop(tx);
        let mut tx = store.begin().await.unwrap();
        assert!(tx.put_setting_if_absent("mark", b"y").await.unwrap());
    }

    async fn one_process_holds_the_exclusive_lock(database: &TestDatabase) {
        let (one, two) = (database.open().await, database.open().await);
        let mut held = one.lock_exclusive().await.unwrap().expect("nobody holds it");
        assert!(held.is_held().await);
        assert!(two.lock_exclusive().await.unwrap().is_none());
        two.ping().await.unwrap();
        drop(held);
        // PostgreSQL notices the end of a connection in its own time; asking again is what a second process does.
        let mut taken = two.lock_exclusive().await.unwrap();
        while taken.is_none() {
            taken = two.lock_exclusive().await.unwrap();
        }
    }

    async fn a_newer_schema_is_refused_once_it_took_something_away(database: &TestDatabase) {
        database.open().await.close().await;
        database
            .tamper("insert into _sqlx_migrations (version, description, success, checksum, execution_time)
                values (9999, 'of the future', true, '', 0)")
            .await;
        database.open().await.close().await;
        assert_eq!(database.tamper("update schema_floor set number = 9999").await, 1);
        let refused = Store::open(&database.url).await.err();
        assert!(matches!(refused, Some(StoreError::SchemaTooNew { needed: 9999, .. })), "{refused:?}");
        assert!(refused.unwrap().to_string().contains("start the newer release"));
    }

    async fn a_changed_migration_is_refused(database: &TestDatabase) {
        database.open().await.close().await;
        database.tamper("update _sqlx_migrations set checksum = '' where version = 1").await;
        assert_eq!(Store::open(&database.url).await.err(), Some(StoreError::Internal));
    }

    async fn a_row_that_cannot_be_read_is_corrupt(database: &TestDatabase) {
        let store = database.open().await;
        crate::given::people_and_profile(&store).await;
        database.tamper("update person set claimed_roles = '[\"emperor\"]' where name_folded like 'ada%'").await;
        assert_eq!(store.person(crate::given::person_id(1)).await, Err(StoreError::Corrupt("role")));
    }

    async fn an_error_says_nothing_of_the_database(database: &TestDatabase) {
        let store = database.open().await;
        crate::given::people_and_profile(&store).await;
        let mut tx = store.begin().await.unwrap();
        let twin = store::Person { id: crate::given::person_id(3), ..crate::given::person(1, "Twin") };
        let error = tx.insert_person(&twin).await.unwrap_err();
        assert_eq!(error, StoreError::Conflict(Constraint::Person));
        assert_eq!(error.to_string(), "this would break a rule of the database: Person");
    }
}

#[tokio::test]
async fn a_database_in_memory_lasts_as_long_as_the_store() {
    let store = Store::open("sqlite::memory:").await.unwrap();
    let mut tx = store.begin().await.unwrap();
    tx.put_setting("mark", b"x").await.unwrap();
    tx.commit().await.unwrap();
    assert!(store.setting("mark").await.unwrap().is_some());
    let other = Store::open("sqlite::memory:").await.unwrap();
    assert!(other.setting("mark").await.unwrap().is_none(), "each has its own");
    assert!(store.lock_exclusive().await.unwrap().is_some());
}

#[tokio::test]
async fn a_file_that_another_process_keeps_locked_is_unavailable() {
    use sqlx::{Connection, Executor};
    let database = TestDatabase::sqlite();
    let store = database.open().await;
    let mut other = sqlx::SqliteConnection::connect(&database.url).await.unwrap();
    other.execute("begin immediate").await.unwrap();
    assert_eq!(store.begin().await.err(), Some(StoreError::Unavailable));
    store.ping().await.unwrap();
    other.execute("rollback").await.unwrap();
    store.begin().await.unwrap().commit().await.unwrap();
}

#[tokio::test]
async fn a_second_writer_waits_for_the_first_but_not_forever() {
    let database = TestDatabase::sqlite();
    let store = database.open().await;
    let first = store.begin().await.unwrap();
    let started = std::time::Instant::now();
    assert_eq!(store.begin().await.err(), Some(StoreError::Unavailable));
    assert!(started.elapsed() < Duration::from_secs(4));
    drop(first);
    store.begin().await.unwrap().commit().await.unwrap();
}

#[tokio::test]
async fn files_are_for_the_account_of_the_process_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&format!("sqlite:{}", folder.path().join("keywright.db").display())).await.unwrap();
    let _lock = store.lock_exclusive().await.unwrap();
    store.begin().await.unwrap().put_setting("mark", b"x").await.unwrap();
    let mut files = 0;
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{}", file.path().display());
        files += 1;
    }
    assert_eq!(files, 4, "the database, its log with index, and the lock");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("not.db");
    std::fs::write(&path, "this is a letter, and long enough not to be taken for an empty file".repeat(20)).unwrap();
    let url = format!("sqlite:{}", path.display());
    assert_eq!(Store::open(&url).await.err(), Some(StoreError::Corrupt("database file")));
}

#[tokio::test]
async fn addresses_that_lead_nowhere_are_refused() {
    assert_eq!(Store::open("mysql://localhost/x").await.err(), Some(StoreError::Internal));
    assert_eq!(Store::open("sqlite:/nowhere/at/all.db").await.err(), Some(StoreError::Unavailable));
    let closed = "postgres://keywright@127.0.0.1:1/x";
    assert_eq!(Store::open(closed).await.err(), Some(StoreError::Unavailable));
}

#[tokio::test]
async fn a_server_that_ends_our_connections_is_unavailable_and_then_works_again() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let store = database.open().await;
    let mut lock = store.lock_exclusive().await.unwrap().unwrap();
    let mut tx = store.begin().await.unwrap();
    database
        .tamper(
            "select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid()",
        )
        .await;
    assert_eq!(tx.put_setting("mark", b"x").await, Err(StoreError::Unavailable));
    drop(tx);
    assert!(!lock.is_held().await, "the lock went with its connection");
    store.ping().await.unwrap();
    assert_eq!(store.setting("mark").await.unwrap(), None);
}

#[tokio::test]
async fn a_lost_lock_is_taken_again_unless_somebody_else_has_it() {
    for database in TestDatabase::of_each_engine().await {
        let store = database.open().await;
        let mut lock = store.lock_exclusive().await.unwrap().unwrap();
        assert_eq!(lock.keep(&store).await, Ok(true));
        if !database.is_postgres() {
            continue;
        }
        let lose = "select pg_terminate_backend(pid) from pg_stat_activity join pg_locks using (pid)
            where datname = current_database() and locktype = 'advisory'";
        database.tamper(lose).await;
        assert_eq!(lock.keep(&store).await, Ok(true), "taken again");
        assert!(lock.is_held().await);
        database.tamper(lose).await;
        let other = database.open().await;
        let taken = other.lock_exclusive().await.unwrap();
        assert!(taken.is_some());
        assert_eq!(lock.keep(&store).await, Ok(false));
    }
}
