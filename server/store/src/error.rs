//! Why the store could not do something, as data. The database's own words are logged here and go no further.

use sqlx::error::{DatabaseError, ErrorKind};
use std::time::Duration;

/// A statement that takes longer than this is given up.
pub(crate) const STATEMENT_LIMIT: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The database is gone, locked, full or too slow. Trying again later may help.
    #[error("the database is not available at the moment")]
    Unavailable,
    #[error("this would break a rule of the database: {0:?}")]
    Conflict(Constraint),
    /// A change did not meet the row that it was meant for.
    #[error("there is no such row")]
    NotFound,
    /// A row holds what no version of Keywright writes there; the word names the place.
    #[error("the database holds an unreadable {0}")]
    Corrupt(&'static str),
    /// The database was changed by a newer release, which took away something that this one needs.
    #[error(
        "the database's schema needs a Keywright that knows migration {needed}, and this one knows up to {known}: \
         start the newer release, or restore a backup made before it"
    )]
    SchemaTooNew { needed: i64, known: i64 },
    #[error("the database refused a statement; the log has the reason")]
    Internal,
}

/// Which rule of the schema a change would have broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Constraint {
    /// An owner's keys that are not revoked have different names.
    KeyName,
    ProfileName,
    ProviderName,
    ModelName,
    TeamName,
    UnitName,
    EnvironmentName,
    CostCentreCode,
    ApplicationName,
    CommitmentName,
    /// One account for one subject of an issuer.
    Person,
    Other,
}

impl Constraint {
    /// PostgreSQL names the constraint; SQLite lists its columns.
    fn of(error: &dyn DatabaseError) -> Self {
        let name = error.constraint().unwrap_or_else(|| error.message());
        let rules = [
            (Self::KeyName, "virtual_key_live_name", "virtual_key.owner_id, virtual_key.name_folded"),
            (Self::ProfileName, "access_profile_name", "access_profile.name_folded"),
            (Self::ProviderName, "provider_name", "provider.name_folded"),
            (Self::ModelName, "model_name", "model.name"),
            (Self::TeamName, "team_name", "team.name_folded"),
            (Self::UnitName, "unit_name", "unit.name_folded"),
            (Self::EnvironmentName, "environment_pkey", "environment.name"),
            (Self::CostCentreCode, "cost_centre_code", "cost_centre.code"),
            (Self::CommitmentName, "commitment_name", "commitment.name"),
            (Self::ApplicationName, "application_name", "application.name"),
            (Self::Person, "person_subject", "person.issuer, person.subject"),
        ];
        let broken = |constraint: &str, columns: &str| {
            name == constraint || name.strip_prefix("UNIQUE constraint failed: ") == Some(columns)
        };
        rules
            .into_iter()
            .find(|(_, constraint, columns)| broken(constraint, columns))
            .map_or(Self::Other, |rule| rule.0)
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let verdict = match &error {
            sqlx::Error::Database(database) => of_database(database.as_ref()),
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Protocol(_)
            | sqlx::Error::BeginFailed => Self::Unavailable,
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => Self::Corrupt("column"),
            _ => Self::Internal,
        };
        match verdict {
            Self::Conflict(_) => tracing::debug!(error = %error, "a change would break a rule of the database"),
            Self::Unavailable => tracing::warn!(error = %error, "the database is not available"),
            _ => tracing::error!(error = %error, "the database refused a statement"),
        }
        verdict
    }
}

fn of_database(error: &dyn DatabaseError) -> StoreError {
    match error.kind() {
        ErrorKind::UniqueViolation
        | ErrorKind::ForeignKeyViolation
        | ErrorKind::NotNullViolation
        | ErrorKind::CheckViolation => return StoreError::Conflict(Constraint::of(error)),
        _ => {}
    }
    let code = error.code().unwrap_or_default();
    if error.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some() {
        return of_sqlite(code.parse().unwrap_or(0));
    }
    // Class 08 connection, 53 resources, 57 operator intervention (shutdown, cancelled statement), 40 serialization and
    // deadlock, 55 object not in prerequisite state (lock timeout), 58 system error.
    let transient = ["08", "53", "57", "40", "55", "58"];
    if transient.iter().any(|class| code.starts_with(class)) || code == "25006" {
        StoreError::Unavailable
    } else {
        StoreError::Internal
    }
}

/// The low byte of an extended result code is the primary one.
fn of_sqlite(code: i32) -> StoreError {
    const BUSY: i32 = 5;
    const LOCKED: i32 = 6;
    const READ_ONLY: i32 = 8;
    const IO_ERROR: i32 = 10;
    const CORRUPT: i32 = 11;
    const FULL: i32 = 13;
    const CANNOT_OPEN: i32 = 14;
    const NOT_A_DATABASE: i32 = 26;
    match code & 0xff {
        BUSY | LOCKED | READ_ONLY | IO_ERROR | FULL | CANNOT_OPEN => StoreError::Unavailable,
        CORRUPT | NOT_A_DATABASE => StoreError::Corrupt("database file"),
        _ => StoreError::Internal,
    }
}

tokio::task_local! {
    static PATIENT: ();
}

/// Lets statements take as long as they do: what happens to a whole database, once and before anybody waits for it.
pub(crate) async fn patiently<T>(work: impl Future<Output = T>) -> T {
    PATIENT.scope((), work).await
}

/// Waits for a statement, but not forever. Dropping it rolls back the transaction that it was in.
pub(crate) async fn bounded<T>(statement: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, StoreError> {
    let statement = crate::tally::noted(statement);
    if PATIENT.try_with(|()| ()).is_ok() {
        return statement.await.map_err(StoreError::from);
    }
    match tokio::time::timeout(STATEMENT_LIMIT, statement).await {
        Ok(answer) => answer.map_err(StoreError::from),
        Err(_) => {
            tracing::warn!("the database took too long for a statement");
            Err(StoreError::Unavailable)
        }
    }
}

/// A change of one row met exactly that row.
pub(crate) fn exactly_one(rows: u64) -> Result<(), StoreError> {
    if rows == 1 { Ok(()) } else { Err(StoreError::NotFound) }
}
