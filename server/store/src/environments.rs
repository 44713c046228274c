//! Environments: the list that keys are minted from.

use crate::column::{from_json, to_json};
use crate::dialect::locked;
use crate::row::{one, row, rows, run};
use crate::{Result, Store, Tx};
use domain::environment::Environment;
use domain::time::Timestamp;

row! { EnvironmentRow {
    name: String, profiles: String, roles: String, teams: String, archived: bool, version: i64,
} }

impl EnvironmentRow {
    fn into_environment(self) -> Result<Environment> {
        Ok(Environment {
            name: self.name,
            profiles: from_json(&self.profiles, "environment profiles")?,
            roles: from_json(&self.roles, "environment roles")?,
            teams: from_json(&self.teams, "environment teams")?,
            archived: self.archived,
            version: self.version,
        })
    }
}

macro_rules! select_environment {
    ($rest:literal) => {
        concat!("select name, profiles, roles, teams, archived, version from environment ", $rest)
    };
}

impl Store {
    /// Archived ones too, in the order in which they were made.
    pub async fn environments(&self) -> Result<Vec<Environment>> {
        const LIST: &str = select_environment!("order by created_at, name");
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), EnvironmentRow, LIST)?;
        found.into_iter().map(EnvironmentRow::into_environment).collect()
    }

    pub async fn environment(&self, name: &str) -> Result<Option<Environment>> {
        let mut reader = self.engine.reader().await?;
        let found = one!(reader.on(), EnvironmentRow, select_environment!("where name = $1"), name)?;
        found.map(EnvironmentRow::into_environment).transpose()
    }
}

impl Tx {
    /// Nobody else changes it until this transaction ends.
    pub async fn environment_for_update(&mut self, name: &str) -> Result<Option<Environment>> {
        let found = one!(self.on(), EnvironmentRow, locked!(select_environment!("where name = $1")), name)?;
        found.map(EnvironmentRow::into_environment).transpose()
    }

    /// A name that is there is [`crate::Constraint::EnvironmentName`].
    pub async fn insert_environment(&mut self, environment: &Environment, now: Timestamp) -> Result<()> {
        const INSERT: &str = "insert into environment (name, profiles, roles, teams, archived, version, created_at)
            values ($1, $2, $3, $4, $5, $6, $7)";
        run!(
            self.on(),
            INSERT,
            &environment.name,
            to_json(&environment.profiles)?,
            to_json(&environment.roles)?,
            to_json(&environment.teams)?,
            environment.archived,
            environment.version,
            now.as_ms(),
        )
        .map(|_| ())
    }

    /// False if it is no longer at the version that the edit started from. `environment.version` is the new one.
    pub async fn update_environment(&mut self, environment: &Environment, expected_version: i64) -> Result<bool> {
        const UPDATE: &str = "update environment set profiles = $3, roles = $4, teams = $5, archived = $6, version = $7
            where name = $1 and version = $2";
        let met = run!(
            self.on(),
            UPDATE,
            &environment.name,
            expected_version,
            to_json(&environment.profiles)?,
            to_json(&environment.roles)?,
            to_json(&environment.teams)?,
            environment.archived,
            environment.version,
        )?;
        Ok(met > 0)
    }
}
