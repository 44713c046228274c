//! Pages of keys come from indexes: none is put together by looking at every key and sorting.

use super::{PAGE_OF_EVERYONE, PAGE_OF_OWN};
use crate::engine::On;
use crate::testing::TestDatabase;
use sqlx::{AssertSqlSafe, Row};

/// How SQLite goes about a statement.
pub(crate) async fn plan(text: &str) -> Vec<String> {
    let database = TestDatabase::sqlite();
    let store = database.open().await;
    let mut reader = store.engine.reader().await.unwrap();
    let On::Sqlite(connection) = reader.on() else { unreachable!("a SQLite database was opened") };
    let explained = AssertSqlSafe(format!("explain query plan {text}"));
    let rows = sqlx::query(explained).fetch_all(connection).await.unwrap();
    rows.iter().map(|row| row.get::<String, _>("detail")).collect()
}

#[tokio::test]
async fn a_page_is_walked_along_an_index_and_not_sorted() {
    for (text, index) in [(PAGE_OF_EVERYONE, "virtual_key_by_age"), (PAGE_OF_OWN, "virtual_key_")] {
        let steps = plan(text).await;
        let keys = steps.iter().find(|step| step.contains("virtual_key")).unwrap();
        assert!(keys.contains(&format!("USING INDEX {index}")), "{steps:?}");
        let last_use = steps.iter().find(|step| step.contains("key_last_use")).unwrap();
        assert!(last_use.starts_with("SEARCH"), "{steps:?}");
    }
    let everyones = plan(PAGE_OF_EVERYONE).await;
    assert!(everyones.iter().all(|step| !step.contains("TEMP B-TREE")), "{everyones:?}");
}

#[tokio::test]
async fn a_search_reads_no_key_that_it_leaves_out() {
    let left_out = "select id from virtual_key where search_folded like '%s%' and state <> 'revoked' and expires_at > 1
        order by created_at desc, id desc";
    let steps = plan(left_out).await;
    assert_eq!(steps, ["SCAN virtual_key USING COVERING INDEX virtual_key_by_age"]);
}
