//! The two engines behind one face. Nothing outside this package learns which one it talks to.

use crate::StoreError;
use crate::error::bounded;
use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, PgPool, Postgres, Sqlite, SqliteConnection, SqlitePool, Transaction};

#[derive(Clone)]
pub(crate) enum Engine {
    /// One connection writes; the readers never wait for it (WAL).
    Sqlite {
        writer: SqlitePool,
        readers: SqlitePool,
    },
    Postgres(PgPool),
}

/// A connection of one engine, to run a statement on.
pub(crate) enum On<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
}

impl On<'_> {
    /// The same connection for a statement before another one.
    pub(crate) fn again(&mut self) -> On<'_> {
        match self {
            Self::Sqlite(connection) => On::Sqlite(connection),
            Self::Postgres(connection) => On::Postgres(connection),
        }
    }
}

pub(crate) enum Reader {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
}

impl Reader {
    pub(crate) fn on(&mut self) -> On<'_> {
        match self {
            Self::Sqlite(connection) => On::Sqlite(connection),
            Self::Postgres(connection) => On::Postgres(connection),
        }
    }
}

pub(crate) enum Writer {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Writer {
    pub(crate) fn on(&mut self) -> On<'_> {
        match self {
            Self::Sqlite(transaction) => On::Sqlite(transaction),
            Self::Postgres(transaction) => On::Postgres(transaction),
        }
    }

    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(transaction) => bounded(transaction.commit()).await,
            Self::Postgres(transaction) => bounded(transaction.commit()).await,
        }
    }
}

impl Engine {
    pub(crate) async fn reader(&self) -> Result<Reader, StoreError> {
        Ok(match self {
            Self::Sqlite { readers, .. } => Reader::Sqlite(readers.acquire().await?),
            Self::Postgres(pool) => Reader::Postgres(pool.acquire().await?),
        })
    }

    /// `immediate` takes SQLite's write lock at once: a transaction that read first and wrote later could find that
    /// somebody else wrote in between, and fail.
    pub(crate) async fn writer(&self) -> Result<Writer, StoreError> {
        Ok(match self {
            Self::Sqlite { writer, .. } => Writer::Sqlite(bounded(writer.begin_with("begin immediate")).await?),
            Self::Postgres(pool) => Writer::Postgres(bounded(pool.begin()).await?),
        })
    }

    /// A transaction that only reads, and sees everything as it stands when it first does. On SQLite nobody waits for it.
    pub(crate) async fn snapshot(&self) -> Result<Writer, StoreError> {
        const REPEATABLE: &str = "begin isolation level repeatable read read only";
        Ok(match self {
            Self::Sqlite { readers, .. } => Writer::Sqlite(bounded(readers.begin()).await?),
            Self::Postgres(pool) => Writer::Postgres(bounded(pool.begin_with(REPEATABLE)).await?),
        })
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}
