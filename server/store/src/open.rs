//! Opens a database: pools with their limits, migrations, and the two handles that the rest of the process uses.

use crate::engine::{Engine, On, Writer};
use crate::error::patiently;
use crate::label::Labels;
use crate::row::rows;
use crate::slices::Slices;
use crate::{Result, StoreError, migrate};
use domain::day::Days;
use sqlx::Connection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use std::fs::File;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// How long a caller waits for a connection, and SQLite for another process's lock.
const ACQUIRE_LIMIT: Duration = Duration::from_secs(2);
const SQLITE_READERS: u32 = 4;
const POSTGRES_CONNECTIONS: u32 = 16;
/// Every statement there is: ingest has one for each size of a piece.
const PREPARED_STATEMENTS: usize = 256;

/// The database. Cheap to clone: clones share pools and caches.
#[derive(Clone)]
pub struct Store {
    pub(crate) engine: Engine,
    pub(crate) place: Place,
    pub(crate) labels: Arc<Labels>,
    pub(crate) slices: Arc<Slices>,
    pub(crate) days: Days,
}

/// Where the database is, as far as locking it needs to know.
#[derive(Clone)]
pub(crate) enum Place {
    File(PathBuf),
    /// A folder that is removed when the last handle is dropped.
    Temporary(Arc<tempfile::TempDir>),
    Server(Box<PgConnectOptions>),
}

/// A transaction: seen by others at [`Tx::commit`], undone when dropped before.
pub struct Tx {
    pub(crate) writer: Writer,
    pub(crate) slices: Arc<Slices>,
    /// Keys may belong elsewhere after this.
    pub(crate) moves_keys: bool,
}

impl Store {
    /// Opens `sqlite:PATH`, `sqlite::memory:` (a database that lasts as long as the store) or `postgres://…`, and
    /// brings its schema up to date.
    pub async fn open(url: &str) -> Result<Self> {
        if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            return Self::open_postgres(url).await;
        }
        if url == "sqlite::memory:" {
            let folder = tempfile::tempdir().map_err(|error| {
                tracing::error!(error = %error, "no temporary folder for the database");
                StoreError::Unavailable
            })?;
            let path = folder.path().join("keywright.db");
            return Self::open_sqlite(&path, Place::Temporary(Arc::new(folder))).await;
        }
        let path = url.strip_prefix("sqlite:").ok_or_else(|| {
            tracing::error!("the database's address starts with neither `sqlite:` nor `postgres:`");
            StoreError::Internal
        })?;
        let path = PathBuf::from(path.strip_prefix("//").unwrap_or(path));
        private_file(&path)?;
        Self::open_sqlite(&path, Place::File(path.clone())).await
    }

    async fn open_sqlite(path: &Path, place: Place) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(ACQUIRE_LIMIT)
            .statement_cache_capacity(PREPARED_STATEMENTS);
        patiently(migrate::sqlite(&options)).await?;
        let pool = || {
            let options = SqlitePoolOptions::new().acquire_timeout(ACQUIRE_LIMIT).idle_timeout(None).max_lifetime(None);
            // SQLite ends a transaction by itself when the disk fails or is full. The driver does not notice, takes its
            // own rollback for failed and refuses every later transaction on that connection: it makes room for a new one.
            options.before_acquire(|connection, _| {
                let usable = !connection.is_in_transaction();
                Box::pin(async move { Ok(usable) })
            })
        };
        // A statement over many rows notes each page before it changes it, in case that it has to be undone: for usage of many
        // keys that was more than half of all that was written to disk (https://sqlite.org/tempfiles.html#stmtjrnl). A
        // larger buffer before the file would do as well, but one of more than 128 KB cannot be written out.
        let of_writer = options.clone().pragma("temp_store", "memory");
        let writer = pool().max_connections(1).connect_with(of_writer).await?;
        let readers = pool().max_connections(SQLITE_READERS).connect_with(options.pragma("query_only", "on")).await?;
        Ok(Self::new(Engine::Sqlite { writer, readers }, place))
    }

    async fn open_postgres(url: &str) -> Result<Self> {
        let options = PgConnectOptions::from_str(url)?
            .application_name("keywright")
            .statement_cache_capacity(PREPARED_STATEMENTS);
        patiently(migrate::postgres(&options)).await?;
        let limit = crate::error::STATEMENT_LIMIT.as_millis().to_string();
        let bounded = options.clone().options([("statement_timeout", limit.as_str())]);
        let pool = PgPoolOptions::new()
            .acquire_timeout(ACQUIRE_LIMIT)
            .max_connections(POSTGRES_CONNECTIONS)
            .connect_with(bounded)
            .await?;
        Ok(Self::new(Engine::Postgres(pool), Place::Server(Box::new(options))))
    }

    fn new(engine: Engine, place: Place) -> Self {
        Self { engine, place, labels: Arc::default(), slices: Arc::default(), days: Days::utc() }
    }

    /// The days by which usage is summed up from now on; without this, those of UTC.
    #[must_use]
    pub fn with_days(self, days: Days) -> Self {
        Self { days, ..self }
    }

    /// True if the database answers.
    pub async fn ping(&self) -> Result<()> {
        let mut reader = self.engine.reader().await?;
        rows!(reader.on(), (i64,), "select cast(1 as bigint)").map(|_| ())
    }

    /// Begins a transaction. On SQLite it is the only one that writes until it ends.
    pub async fn begin(&self) -> Result<Tx> {
        Ok(Tx { writer: self.engine.writer().await?, slices: self.slices.clone(), moves_keys: false })
    }

    /// Closes the pools after what is running has ended.
    pub async fn close(&self) {
        self.engine.close().await;
    }
}

/// Opens or makes a file that the account of the process alone may read: what is in the database is nobody else's.
/// SQLite gives its other files the same mode.
pub(crate) fn private_file(path: &Path) -> Result<File> {
    let mut options = File::options();
    options.create(true).append(true).mode(0o600);
    options.open(path).map_err(|error| {
        tracing::error!(error = %error, "the file {} cannot be opened for writing", path.display());
        StoreError::Unavailable
    })
}

impl Tx {
    pub async fn commit(self) -> Result<()> {
        let committed = self.writer.commit().await;
        // Also after a commit that failed: a database that answers too late may have committed all the same.
        if self.moves_keys {
            self.slices.forget();
        }
        committed
    }

    pub(crate) fn on(&mut self) -> On<'_> {
        self.writer.on()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_transaction_that_sqlite_ended_by_itself_is_the_last_of_its_connection_only() {
        let store = Store::open("sqlite::memory:").await.unwrap();
        let mut tx = store.begin().await.unwrap();
        let On::Sqlite(connection) = tx.on() else { panic!("another engine") };
        // What a full disk makes SQLite do.
        sqlx::query("rollback").execute(connection).await.unwrap();
        drop(tx);
        store.begin().await.unwrap().commit().await.unwrap();
    }

    #[tokio::test]
    async fn a_statement_may_change_megabytes() {
        let store = Store::open("sqlite::memory:").await.unwrap();
        let mut tx = store.begin().await.unwrap();
        let On::Sqlite(connection) = tx.on() else { panic!("another engine") };
        let made = "create table many (id integer primary key, text text not null) strict;
            insert into many (text) with recursive number (n) as (select 1 union all select n + 1 from number limit 40000)
                select printf('%0100d', n) from number";
        sqlx::raw_sql(made).execute(connection).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = store.begin().await.unwrap();
        let On::Sqlite(connection) = tx.on() else { panic!("another engine") };
        let changed = sqlx::query("update many set text = text || '!'").execute(connection).await.unwrap();
        assert_eq!(changed.rows_affected(), 40_000);
        tx.commit().await.unwrap();
    }
}
