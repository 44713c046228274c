//! Pages of keys come from indexes: none is put together by looking at every key and sorting.

use super::page::{MATCHING, walks};
use crate::engine::On;
use crate::testing::TestDatabase;
use domain::order::{KeyColumn, Order, SortColumn};
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
    for order in KeyColumn::ALL.iter().flat_map(|&by| [Order::by(by), Order::by(by).reversed()]) {
        for walk in walks(order) {
            let everyones = plan(walk.everyone).await;
            assert!(everyones.iter().all(|step| !step.contains("TEMP B-TREE")), "{order:?}: {everyones:?}");
            let first = everyones.first().unwrap();
            assert!(first.starts_with("SEARCH") && first.contains("INDEX"), "begins at its cursor: {everyones:?}");
            for text in [walk.everyone, walk.own] {
                let steps = plan(text).await;
                let rest = steps.iter().skip(1).filter(|step| step.starts_with("SCAN"));
                assert_eq!(rest.filter(|step| !step.contains("json_each")).count(), 0, "{order:?}: {steps:?}");
            }
            let own = plan(walk.own).await;
            let keys = own.iter().find(|step| step.contains("virtual_key")).unwrap();
            assert!(keys.starts_with("SEARCH virtual_key USING INDEX virtual_key_"), "{own:?}");
        }
    }
}

#[tokio::test]
async fn the_few_that_match_are_found_in_one_index() {
    let covering = |step: &String| step.contains("USING COVERING INDEX virtual_key_by");
    for walk in walks(Order::by(KeyColumn::LastUse)).iter().filter_map(|walk| walk.few) {
        let steps = plan(walk).await;
        assert!(steps.iter().any(|step| step.starts_with("SCAN found") && covering(step)), "{steps:?}");
        assert!(steps.iter().all(|step| !step.starts_with("SCAN") || step.starts_with("SCAN found")), "{steps:?}");
    }
    let counted = plan(MATCHING).await;
    assert!(counted.iter().any(covering), "{counted:?}");
}

#[tokio::test]
async fn a_search_reads_no_key_that_it_leaves_out() {
    let left_out = "select id from virtual_key where search_folded like '%s%' and state <> 'revoked' and expires_at > 1
        order by created_at desc, id desc";
    let steps = plan(left_out).await;
    assert_eq!(steps, ["SCAN virtual_key USING COVERING INDEX virtual_key_by_age"]);
}
