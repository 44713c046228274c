//! Statements that are put together from fixed pieces, and that bind numbers alone.
//!
//! No value ever enters a text: what varies is which pieces there are, and how many numbers a list has.

use crate::Result;
use crate::engine::On;

/// A statement with the numbers that it binds.
#[derive(Default)]
pub(crate) struct Binds(pub(crate) Vec<i64>);

impl Binds {
    pub(crate) fn put(&mut self, number: i64) -> String {
        self.0.push(number);
        format!("${}", self.0.len())
    }
    pub(crate) fn list(&mut self, numbers: &[i64]) -> String {
        let all: Vec<String> = numbers.iter().map(|&number| self.put(number)).collect();
        all.join(", ")
    }
}

/// Runs a statement that was put together here, of numbers alone.
pub(crate) async fn read<R>(on: On<'_>, text: String, binds: &[i64]) -> Result<Vec<R>>
where
    R: for<'r> sqlx::FromRow<'r, sqlx::sqlite::SqliteRow> + for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow>,
    R: Send + Unpin,
{
    let text = sqlx::AssertSqlSafe(text);
    match on {
        On::Sqlite(connection) => {
            let mut query = sqlx::query_as::<sqlx::Sqlite, R>(text);
            for number in binds {
                query = query.bind(number);
            }
            crate::error::bounded(query.fetch_all(connection)).await
        }
        On::Postgres(connection) => {
            let mut query = sqlx::query_as::<sqlx::Postgres, R>(text);
            for number in binds {
                query = query.bind(number);
            }
            crate::error::bounded(query.fetch_all(connection)).await
        }
    }
}

/// As [`read`], for a change.
pub(crate) async fn change(on: On<'_>, text: String, binds: &[i64]) -> Result<()> {
    let text = sqlx::AssertSqlSafe(text);
    match on {
        On::Sqlite(connection) => {
            let mut query = sqlx::query::<sqlx::Sqlite>(text);
            for number in binds {
                query = query.bind(number);
            }
            crate::error::bounded(query.execute(connection)).await.map(|_| ())
        }
        On::Postgres(connection) => {
            let mut query = sqlx::query::<sqlx::Postgres>(text);
            for number in binds {
                query = query.bind(number);
            }
            crate::error::bounded(query.execute(connection)).await.map(|_| ())
        }
    }
}
