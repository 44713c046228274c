//! Brings a database's schema up to date: paired migrations, forward only, built into the binary.
//!
//! A database that a newer release has changed is opened as long as that release only added to it; the table
//! `schema_floor` says which migration a binary must know. So the previous release keeps running on the next schema,
//! and anything older is refused before it can do harm.

use crate::engine::On;
use crate::row::rows;
use crate::{Result, StoreError};
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqlSafeStr, SqliteConnection};
use std::borrow::Cow;
use std::path::Path;

/// Number and name are those of both files.
struct Pair {
    number: i64,
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

macro_rules! pair {
    ($number:literal, $file:literal) => {
        Pair {
            number: $number,
            name: $file,
            sqlite: include_str!(concat!("../../../migrations/sqlite/", $file, ".sql")),
            postgres: include_str!(concat!("../../../migrations/postgres/", $file, ".sql")),
        }
    };
}

const MIGRATIONS: &[Pair] = &[pair!(1, "0001_first_schema")];

/// The newest migration that this binary knows.
fn known() -> i64 {
    MIGRATIONS.last().map_or(0, |pair| pair.number)
}

fn migrator(text: impl Fn(&Pair) -> &'static str) -> Migrator {
    let migration = |pair: &Pair| {
        let sql = text(pair).into_sql_str();
        Migration::new(pair.number, Cow::Borrowed(pair.name), MigrationType::Simple, sql, false)
    };
    let mut migrator = Migrator::with_migrations(MIGRATIONS.iter().map(migration).collect());
    // Whether unknown ones are bearable is for the floor to say.
    migrator.set_ignore_missing(true);
    migrator
}

/// Migrates a file. SQLite's own locks keep two processes apart; a file that already holds something is migrated on a
/// copy first, so that a migration that would not fit the data leaves the original as it was.
pub(crate) async fn sqlite(path: &Path, options: &SqliteConnectOptions) -> Result<()> {
    let migrator = migrator(|pair| pair.sqlite);
    let mut connection = SqliteConnection::connect_with(options).await?;
    let applied = applied(On::Sqlite(&mut connection), "select count(*) from sqlite_master where name = $1").await?;
    if applied > 0 {
        refuse_newer(On::Sqlite(&mut connection)).await?;
        if applied < known() {
            rehearse(&migrator, &mut connection, path, options).await?;
        }
    }
    migrator.run_direct(None, &mut connection, false).await.map_err(of_migration)?;
    refuse_newer(On::Sqlite(&mut connection)).await?;
    connection.close().await?;
    Ok(())
}

async fn rehearse(
    migrator: &Migrator,
    connection: &mut SqliteConnection,
    path: &Path,
    options: &SqliteConnectOptions,
) -> Result<()> {
    let copy = path.with_extension("migrating");
    let remove = |path: &Path| match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::error!(error = %error, "the copy of the database cannot be removed");
            Err(StoreError::Unavailable)
        }
        _ => Ok(()),
    };
    remove(&copy)?;
    let quoted = copy.to_string_lossy().replace('\'', "''");
    sqlx::query(AssertSqlSafe(format!("vacuum into '{quoted}'"))).execute(&mut *connection).await?;
    let mut rehearsal = SqliteConnection::connect_with(&options.clone().filename(&copy)).await?;
    let outcome = migrator.run_direct(None, &mut rehearsal, false).await.map_err(of_migration);
    let broken = rows!(On::Sqlite(&mut rehearsal), (String,), "select \"table\" from pragma_foreign_key_check");
    let verdict = rows!(On::Sqlite(&mut rehearsal), (String,), "select * from pragma_integrity_check");
    rehearsal.close().await?;
    for suffix in ["", "-wal", "-shm"] {
        remove(&path.with_extension(format!("migrating{suffix}")))?;
    }
    outcome?;
    if !broken?.is_empty() || verdict?.iter().any(|(line,)| line != "ok") {
        return Err(StoreError::Corrupt("database file"));
    }
    Ok(())
}

/// Migrates a server's database under sqlx's advisory lock, so that processes that start together do not collide.
pub(crate) async fn postgres(options: &PgConnectOptions) -> Result<()> {
    let limits = [("lock_timeout", "3s"), ("statement_timeout", "10min")];
    let mut connection = PgConnection::connect_with(&options.clone().options(limits)).await?;
    let there = "select count(*) from pg_tables where schemaname = current_schema() and tablename = $1";
    if applied(On::Postgres(&mut connection), there).await? > 0 {
        refuse_newer(On::Postgres(&mut connection)).await?;
    }
    migrator(|pair| pair.postgres).run_direct(None, &mut connection, false).await.map_err(of_migration)?;
    refuse_newer(On::Postgres(&mut connection)).await?;
    connection.close().await?;
    Ok(())
}

/// The newest migration applied; 0 for an empty database.
async fn applied(mut on: On<'_>, table_exists: &'static str) -> Result<i64> {
    let there = rows!(on.again(), (i64,), table_exists, "_sqlx_migrations")?;
    if there.first().is_none_or(|(count,)| *count == 0) {
        return Ok(0);
    }
    let newest = "select cast(coalesce(max(version), 0) as bigint) from _sqlx_migrations where success";
    Ok(rows!(on, (i64,), newest)?.first().map_or(0, |(number,)| *number))
}

async fn refuse_newer(on: On<'_>) -> Result<()> {
    let floor = rows!(on, (i64,), "select cast(coalesce(max(number), 0) as bigint) from schema_floor")?;
    let needed = floor.first().map_or(0, |(number,)| *number);
    if needed > known() { Err(StoreError::SchemaTooNew { needed, known: known() }) } else { Ok(()) }
}

fn of_migration(error: MigrateError) -> StoreError {
    match error {
        MigrateError::Execute(source) => source.into(),
        other => {
            tracing::error!(error = %other, "the database could not be migrated");
            StoreError::Internal
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_come_in_pairs_and_are_all_built_in() {
        let files = |engine: &str| {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations").join(engine);
            let mut names: Vec<String> = std::fs::read_dir(folder)
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            names.sort();
            names
        };
        let built_in: Vec<String> = MIGRATIONS.iter().map(|pair| format!("{}.sql", pair.name)).collect();
        assert_eq!(files("sqlite"), built_in);
        assert_eq!(files("postgres"), built_in);
    }

    #[test]
    fn numbers_are_those_of_the_files_without_gaps() {
        for (index, pair) in MIGRATIONS.iter().enumerate() {
            assert_eq!(pair.number, i64::try_from(index).unwrap() + 1);
            assert!(pair.name.starts_with(&format!("{:04}_", pair.number)), "{}", pair.name);
        }
    }
}
