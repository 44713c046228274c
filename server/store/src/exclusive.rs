//! Keeps a second process away: the ledger keeps budgets in memory, which is right only while it is alone.
//!
//! SQLite: a lock on the file `PATH.lock`, released by the system when the process ends, however it ends. PostgreSQL: an
//! advisory lock on a connection of its own, released when that connection ends.

use crate::engine::On;
use crate::error::bounded;
use crate::open::{Place, private_file};
use crate::row::rows;
use crate::{Result, Store, StoreError};
use sqlx::{Connection, PgConnection};
use std::fs::{File, TryLockError};
use std::path::Path;

/// Arbitrary and ours alone.
const LOCK: i64 = 7_523_100;

/// Held as long as it lives.
pub struct ExclusiveLock {
    hold: Hold,
}

enum Hold {
    File { _file: File },
    Connection(Box<PgConnection>),
}

impl ExclusiveLock {
    /// False if the connection that carried the lock is gone, so that another process may have taken it. A file's lock
    /// cannot be lost.
    pub async fn is_held(&mut self) -> bool {
        match &mut self.hold {
            Hold::File { .. } => true,
            Hold::Connection(connection) => bounded(connection.ping()).await.is_ok(),
        }
    }

    /// Takes a lost lock again; false if somebody else has it by now.
    pub async fn keep(&mut self, store: &Store) -> Result<bool> {
        if self.is_held().await {
            return Ok(true);
        }
        let Some(again) = store.lock_exclusive().await? else { return Ok(false) };
        tracing::warn!("the lock on the database was lost with its connection and has been taken again");
        *self = again;
        Ok(true)
    }
}

impl Store {
    /// `None` if another process (or another handle of this one) holds the lock.
    pub async fn lock_exclusive(&self) -> Result<Option<ExclusiveLock>> {
        match &self.place {
            Place::File(path) => lock_file(path),
            Place::Temporary(folder) => lock_file(&folder.path().join("keywright.db")),
            Place::Server(options) => {
                let mut connection = bounded(PgConnection::connect_with(options)).await?;
                let got = rows!(On::Postgres(&mut connection), (bool,), "select pg_try_advisory_lock($1)", LOCK)?;
                let got = got.first().is_some_and(|(got,)| *got);
                Ok(got.then(|| ExclusiveLock { hold: Hold::Connection(Box::new(connection)) }))
            }
        }
    }
}

fn lock_file(database: &Path) -> Result<Option<ExclusiveLock>> {
    let mut path = database.as_os_str().to_owned();
    path.push(".lock");
    let file = private_file(Path::new(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(ExclusiveLock { hold: Hold::File { _file: file } })),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => {
            tracing::error!(error = %error, "the file beside the database cannot be locked");
            Err(StoreError::Unavailable)
        }
    }
}
