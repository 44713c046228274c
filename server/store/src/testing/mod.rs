//! Databases for tests: a temporary SQLite file, or a database of its own on a private PostgreSQL.
//!
//! The PostgreSQL is started from the system's binaries, once for each test process, and stopped when that process ends,
//! however it ends. A machine without the binaries fails the test; `KEYWRIGHT_TEST_ENGINES=sqlite` leaves PostgreSQL
//! out on purpose.

mod server;

use crate::Store;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

/// How SQLite goes about a statement: the steps of its query plan. What the statement binds is taken for null.
pub async fn sqlite_plan(file: &Path, statement: &str) -> Vec<String> {
    let url = format!("sqlite:{}", file.display());
    let mut connection = SqliteConnection::connect(&url).await.expect("the file is a database");
    let explain = AssertSqlSafe(format!("explain query plan {statement}"));
    let steps: Vec<(i64, i64, i64, String)> =
        sqlx::query_as(explain).fetch_all(&mut connection).await.expect("a statement that ran can be explained");
    connection.close().await.expect("the connection closes");
    steps.into_iter().map(|(.., step)| step).collect()
}

/// An empty database of one test.
pub struct TestDatabase {
    /// What [`Store::open`] takes.
    pub url: String,
    /// Removed with this value.
    _folder: Option<tempfile::TempDir>,
}

impl TestDatabase {
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let url = format!("sqlite:{}", folder.path().join("test.db").display());
        Self { url, _folder: Some(folder) }
    }

    /// `None` if PostgreSQL was left out on purpose.
    pub async fn postgres() -> Option<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        if std::env::var("KEYWRIGHT_TEST_ENGINES").is_ok_and(|engines| engines == "sqlite") {
            return None;
        }
        let server = server::running();
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let mut connection =
            PgConnection::connect(&server.url("postgres")).await.expect("the private PostgreSQL takes connections");
        let create = AssertSqlSafe(format!("create database {name}"));
        connection.execute(create).await.expect("a database can be created");
        connection.close().await.expect("the connection closes");
        Some(Self { url: server.url(&name), _folder: None })
    }

    /// One of each engine that is to be tested.
    pub async fn of_each_engine() -> Vec<Self> {
        std::iter::once(Self::sqlite()).chain(Self::postgres().await).collect()
    }

    pub async fn open(&self) -> Store {
        Store::open(&self.url).await.expect("an empty database can be opened")
    }

    pub fn is_postgres(&self) -> bool {
        self.url.starts_with("postgres:")
    }

    /// Does what the store does not offer: tampering, for tests that expect it to be noticed. Answers the rows met.
    pub async fn tamper(&self, sql: &str) -> u64 {
        let statement = AssertSqlSafe(sql.to_owned());
        if self.is_postgres() {
            let mut connection = PgConnection::connect(&self.url).await.expect("the database takes connections");
            connection.execute(statement).await.expect("the statement is right").rows_affected()
        } else {
            let mut connection = SqliteConnection::connect(&self.url).await.expect("the database opens");
            connection.execute(statement).await.expect("the statement is right").rows_affected()
        }
    }
}
