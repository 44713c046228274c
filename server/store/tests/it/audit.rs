//! The audit log: appending, reading, and finding that it was tampered with.

use crate::given::{NOW, person_id};
use crate::on_both_engines;
use domain::audit::{Actor, AuditEntry, Broken, ChainCheck};
use domain::time::Timestamp;
use serde_json::json;
use store::testing::TestDatabase;
use store::{AuditFilter, Store};

fn entry(number: i64) -> AuditEntry {
    let person = number % 2 == 0;
    AuditEntry {
        at: NOW.plus_ms(number),
        actor: if person { Actor::Person(person_id(1)) } else { Actor::System("command line".into()) },
        address: person.then(|| "192.0.2.7".into()),
        action: if number < 4 { "key.minted".into() } else { "profile.changed".into() },
        object_kind: "key".into(),
        object: format!("kwr_{number}"),
        object_name: "ci “quoted”".into(),
        before: person.then(|| json!({"b": 1, "a": [null, true, "ü"]})),
        after: Some(json!({"z": 9_007_199_254_740_993_i64, "name": "x"})),
    }
}

async fn six_entries(store: &Store) {
    let mut tx = store.begin().await.unwrap();
    for number in 1..=6 {
        assert_eq!(tx.append_audit(&entry(number)).await.unwrap(), number);
    }
    tx.commit().await.unwrap();
}

async fn checked(store: &Store) -> Result<(), Broken> {
    let mut check = ChainCheck::default();
    loop {
        let page = store.audit_scan(check.next - 1, 4).await.unwrap();
        if page.is_empty() {
            return Ok(());
        }
        page.iter().try_for_each(|row| check.accept(row))?;
    }
}

on_both_engines! {
    async fn entries_are_chained_and_read_back_whole(database: &TestDatabase) {
        let store = database.open().await;
        six_entries(&store).await;
        assert_eq!(checked(&store).await, Ok(()));
        let rows = store.audit_scan(0, 100).await.unwrap();
        let entries: Vec<_> = rows.into_iter().map(|row| row.entry).collect();
        assert_eq!(entries, (1..=6).map(entry).collect::<Vec<_>>());
    }

    async fn an_entry_goes_with_its_transaction(database: &TestDatabase) {
        let store = database.open().await;
        six_entries(&store).await;
        let mut tx = store.begin().await.unwrap();
        assert_eq!(tx.append_audit(&entry(7)).await.unwrap(), 7);
        drop(tx);
        let mut tx = store.begin().await.unwrap();
        assert_eq!(tx.append_audit(&entry(8)).await.unwrap(), 7, "no gap where one was undone");
        tx.commit().await.unwrap();
        assert_eq!(checked(&store).await, Ok(()));
    }

    async fn tampering_in_the_database_is_found(database: &TestDatabase) {
        let store = database.open().await;
        six_entries(&store).await;
        assert_eq!(database.tamper("update audit set object_name = 'y' where seq = 3").await, 1);
        assert_eq!(checked(&store).await, Err(Broken::Content(3)));
        assert_eq!(database.tamper("delete from audit where seq = 2").await, 1);
        assert_eq!(checked(&store).await, Err(Broken::Sequence(2)));
    }

    async fn the_log_is_filtered_newest_first(database: &TestDatabase) {
        let store = database.open().await;
        six_entries(&store).await;
        let found = async |filter: AuditFilter, before, limit| {
            let page = store.audit_page(&filter, before, limit).await.unwrap();
            page.into_iter().map(|row| row.seq).collect::<Vec<_>>()
        };
        let any = AuditFilter::default;
        let action = |text: &str| AuditFilter { action: Some(text.into()), ..any() };
        let at = |ms: i64| -> Option<Timestamp> { Some(NOW.plus_ms(ms)) };
        assert_eq!(found(any(), None, 2).await, [6, 5]);
        assert_eq!(found(any(), Some(5), 2).await, [4, 3]);
        assert_eq!(found(AuditFilter { actors: Some(vec![person_id(1)]), ..any() }, None, 9).await, [6, 4, 2]);
        assert!(found(AuditFilter { actors: Some(vec![]), ..any() }, None, 9).await.is_empty());
        assert_eq!(found(AuditFilter { object: Some("kwr_3".into()), ..any() }, None, 9).await, [3]);
        assert_eq!(found(action("key.minted"), None, 9).await, [3, 2, 1]);
        assert_eq!(found(action("profile."), None, 9).await, [6, 5, 4]);
        assert_eq!(found(action("key"), None, 9).await, Vec::<i64>::new(), "a word alone is no prefix");
        assert_eq!(found(AuditFilter { from: at(2), until: at(4), ..any() }, None, 9).await, [3, 2]);
    }
}
