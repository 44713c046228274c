//! Brings a database's schema up to date: paired migrations, forward only, built into the binary.
//!
//! A database that a newer release has changed is opened as long as that release only added to it; the table
//! `schema_floor` says which migration a binary must know. So the previous release keeps running on the next schema,
//! and anything older is refused before it can do harm.

use crate::engine::On;
use crate::row::rows;
use crate::{Result, StoreError};
use sqlx::migrate::{Migrate, MigrateError, Migration, MigrationType, Migrator};
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, PgConnection, SqlSafeStr, SqliteConnection};
use std::borrow::Cow;
use std::time::Duration;

/// How long a process waits for another one that migrates the same database: it may have a large one to check.
const TURN_LIMIT: Duration = Duration::from_secs(600);

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

const MIGRATIONS: &[Pair] = &[
    pair!(1, "0001_first_schema"),
    pair!(2, "0002_limits_of_levels"),
    pair!(3, "0003_timeouts_of_providers"),
    pair!(4, "0004_usage_beside_text"),
    pair!(5, "0005_accounts_add_up"),
    pair!(6, "0006_stored_responses"),
    pair!(7, "0007_discounts_and_attempts"),
    pair!(8, "0008_usage_by_day"),
    pair!(10, "0010_requests_and_grants"),
    pair!(12, "0012_versions_that_keys_follow"),
    pair!(13, "0013_environments"),
    pair!(14, "0014_key_policy"),
    pair!(15, "0015_claims_and_sessions"),
    pair!(16, "0016_responsible_people"),
    pair!(17, "0017_callers"),
    pair!(18, "0018_notifications"),
    pair!(19, "0019_mail"),
    pair!(20, "0020_views_of_usage"),
    pair!(21, "0021_rotations_asked_for"),
    pair!(22, "0022_unused_keys"),
    pair!(23, "0023_cost_centres"),
    pair!(24, "0024_data_scopes"),
    pair!(26, "0026_totals_within"),
    pair!(27, "0027_right_sizing"),
    pair!(29, "0029_display_currency"),
    pair!(31, "0031_changes_that_keys_come_to"),
    pair!(33, "0033_applications"),
    pair!(35, "0035_keys_by_age"),
    pair!(36, "0036_key_reviews"),
    pair!(37, "0037_commitments"),
    pair!(40, "0040_watched_rules"),
    pair!(41, "0041_news_of_dated_changes"),
    pair!(42, "0042_calls_that_are_dropped"),
    pair!(43, "0043_adjustments"),
    pair!(44, "0044_told_rotations"),
    pair!(45, "0045_search_by_age"),
    pair!(46, "0046_keys_in_order"),
    pair!(47, "0047_newest_dropped_call"),
];

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

/// Migrates a file, all of it or nothing: one transaction holds the write lock, so that processes that start together
/// wait for each other, and undoes everything if the data does not fit the new schema. Foreign keys are checked at the
/// end and not by each statement, since a table is changed by making it anew.
pub(crate) async fn sqlite(options: &SqliteConnectOptions) -> Result<()> {
    let mut connection = SqliteConnection::connect_with(&waiting_its_turn(options)).await?;
    let mut transaction = connection.begin_with("begin immediate").await?;
    let there = "select count(*) from sqlite_master where name = $1";
    let before = applied(On::Sqlite(&mut transaction), there).await?;
    if before > 0 {
        refuse_newer(On::Sqlite(&mut transaction)).await?;
    }
    migrator(|pair| pair.sqlite).run_direct(None, &mut *transaction, false).await.map_err(of_migration)?;
    refuse_newer(On::Sqlite(&mut transaction)).await?;
    if before < known() {
        if before > 0 {
            tracing::info!("the database's schema is new: looking whether everything still holds together");
        }
        check(On::Sqlite(&mut transaction)).await?;
    }
    transaction.commit().await?;
    connection.close().await?;
    Ok(())
}

fn waiting_its_turn(options: &SqliteConnectOptions) -> SqliteConnectOptions {
    options.clone().foreign_keys(false).busy_timeout(TURN_LIMIT)
}

/// Reads everything, which takes minutes where a database is large.
async fn check(mut on: On<'_>) -> Result<()> {
    let strays = rows!(on.again(), (String,), "select \"table\" from pragma_foreign_key_check")?;
    let verdict = rows!(on, (String,), "select integrity_check from pragma_integrity_check")?;
    if strays.is_empty() && verdict.iter().all(|(line,)| line == "ok") {
        return Ok(());
    }
    tracing::error!(
        strays = strays.len(),
        "after migrating, the database would not hold together: nothing was changed"
    );
    Err(StoreError::Corrupt("database file"))
}

/// Migrates a server's database under sqlx's advisory lock, so that processes that start together do not collide. A
/// process waits long for its turn, but a migration waits for no table: whoever wants to use that one waits behind it.
pub(crate) async fn postgres(options: &PgConnectOptions) -> Result<()> {
    let limit = format!("{}s", TURN_LIMIT.as_secs());
    let limits = [("lock_timeout", limit.as_str()), ("statement_timeout", limit.as_str())];
    let mut connection = PgConnection::connect_with(&options.clone().options(limits)).await?;
    connection.lock().await.map_err(of_migration)?;
    sqlx::query("set lock_timeout = '3s'").execute(&mut connection).await?;
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
        MigrateError::ExecuteMigration(source, number) => {
            tracing::error!("migration {number} failed: nothing of it was kept");
            source.into()
        }
        other => {
            tracing::error!(error = %other, "the database could not be migrated");
            StoreError::Internal
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

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

    /// With a clock that leaps as soon as everything waits, whatever has a limit has passed it.
    #[tokio::test(start_paused = true)]
    async fn migrating_may_take_as_long_as_it_takes() {
        let folder = tempfile::tempdir().unwrap();
        let file = SqliteConnectOptions::new().filename(folder.path().join("new.db")).create_if_missing(true);
        assert!(sqlite(&file).await.is_err(), "or this test shows nothing");
        crate::error::patiently(sqlite(&file)).await.unwrap();
    }

    #[tokio::test]
    async fn a_process_waits_longer_for_a_migration_than_for_a_statement() {
        let options = SqliteConnectOptions::new().in_memory(true).busy_timeout(Duration::from_secs(2));
        let mut connection = SqliteConnection::connect_with(&waiting_its_turn(&options)).await.unwrap();
        let (waits,): (i64,) = sqlx::query_as("pragma busy_timeout").fetch_one(&mut connection).await.unwrap();
        assert_eq!(waits, 600_000);
    }

    #[tokio::test]
    async fn a_process_waits_longer_for_its_turn_than_a_migration_for_a_table() {
        let Some(database) = crate::testing::TestDatabase::postgres().await else { return };
        let options: PgConnectOptions = database.url.parse().unwrap();
        let mut first = PgConnection::connect_with(&options).await.unwrap();
        first.lock().await.unwrap();
        let second = tokio::spawn(async move { postgres(&options).await });
        let waits = "select count(*) from pg_stat_activity where datname = current_database() \
                     and wait_event = 'advisory' and clock_timestamp() - query_start > '3.5 s'";
        while !second.is_finished() {
            let (long,): (i64,) = sqlx::query_as(waits).fetch_one(&mut first).await.unwrap();
            if long > 0 {
                break;
            }
        }
        first.unlock().await.unwrap();
        assert_eq!(second.await.unwrap(), Ok(()));
    }

    #[test]
    fn numbers_are_those_of_the_files_and_grow() {
        assert!(MIGRATIONS.is_sorted_by(|earlier, later| earlier.number < later.number));
        for pair in MIGRATIONS {
            assert!(pair.name.starts_with(&format!("{:04}_", pair.number)), "{}", pair.name);
        }
    }
}
