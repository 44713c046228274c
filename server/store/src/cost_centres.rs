//! Cost centres: the list, which keys carry one, and what a team's keys carry by default.

use crate::column::{count, parsed};
use crate::dialect::locked;
use crate::error::exactly_one;
use crate::row::{one, row, rows, run};
use crate::{Result, Store, Tx};
use domain::cost_centre::{CentreEntry, CostCentre};
use domain::day::Day;
use domain::id::{CostCentreId, KeyId, TeamId};
use domain::time::Timestamp;
use std::collections::HashMap;

row! { CentreRow {
    id: String, code: String, name: String, contact: Option<String>, valid_from: Option<i64>, valid_until: Option<i64>,
    version: i64,
} }

impl CentreRow {
    fn into_centre(self) -> Result<CostCentre> {
        let day = |number: Option<i64>| number.map(|day| count(day, "day").map(Day::from_number)).transpose();
        Ok(CostCentre {
            id: parsed(&self.id, "cost centre id")?,
            entry: CentreEntry {
                valid_from: day(self.valid_from)?,
                valid_until: day(self.valid_until)?,
                code: self.code,
                name: self.name,
                contact: self.contact,
            },
            version: self.version,
        })
    }
}

macro_rules! select_centre {
    ($rest:literal) => {
        concat!("select id, code, name, contact, valid_from, valid_until, version from cost_centre ", $rest)
    };
}

fn number(day: Option<Day>) -> Option<i64> {
    day.map(|day| i64::from(day.number()))
}

impl Store {
    /// By code, ended ones too.
    pub async fn cost_centres(&self) -> Result<Vec<CostCentre>> {
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), CentreRow, select_centre!("order by code"))?;
        found.into_iter().map(CentreRow::into_centre).collect()
    }

    pub async fn cost_centre(&self, id: CostCentreId) -> Result<Option<CostCentre>> {
        let mut reader = self.engine.reader().await?;
        let found = one!(reader.on(), CentreRow, select_centre!("where id = $1"), id.to_string())?;
        found.map(CentreRow::into_centre).transpose()
    }

    pub async fn cost_centre_of_code(&self, code: &str) -> Result<Option<CostCentre>> {
        let mut reader = self.engine.reader().await?;
        let found = one!(reader.on(), CentreRow, select_centre!("where code = $1"), code)?;
        found.map(CentreRow::into_centre).transpose()
    }

    /// Keys that are neither revoked nor expired, by the code that they carry; `None`: none.
    pub async fn live_keys_by_cost_centre(&self, now: Timestamp) -> Result<HashMap<Option<String>, i64>> {
        const COUNT: &str = "select cost_centre, count(*) from virtual_key
            where state <> 'revoked' and expires_at > $1 group by cost_centre";
        let mut reader = self.engine.reader().await?;
        let counted = rows!(reader.on(), (Option<String>, i64), COUNT, now.as_ms())?;
        Ok(counted.into_iter().collect())
    }

    /// What the keys of a team carry if nothing else is said.
    pub async fn team_cost_centre(&self, team: TeamId) -> Result<Option<String>> {
        let mut reader = self.engine.reader().await?;
        let text = "select booked_to from team where id = $1";
        let found = one!(reader.on(), (Option<String>,), text, team.to_string())?;
        Ok(found.and_then(|(code,)| code))
    }
}

impl Tx {
    /// Nobody else changes it until this transaction ends.
    pub async fn cost_centre_for_update(&mut self, id: CostCentreId) -> Result<Option<CostCentre>> {
        let found = one!(self.on(), CentreRow, locked!(select_centre!("where id = $1")), id.to_string())?;
        found.map(CentreRow::into_centre).transpose()
    }

    /// A code that is there is [`crate::Constraint::CostCentreCode`].
    pub async fn insert_cost_centre(&mut self, centre: &CostCentre, now: Timestamp) -> Result<()> {
        const INSERT: &str = "insert into cost_centre
            (id, code, name, contact, valid_from, valid_until, version, created_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8)";
        let entry = &centre.entry;
        run!(
            self.on(),
            INSERT,
            centre.id.to_string(),
            &entry.code,
            &entry.name,
            &entry.contact,
            number(entry.valid_from),
            number(entry.valid_until),
            centre.version,
            now.as_ms(),
        )
        .map(|_| ())
    }

    /// False if it is no longer at the version that the edit started from. `centre.version` is the new one; the code stays
    /// as it is.
    pub async fn update_cost_centre(&mut self, centre: &CostCentre, expected_version: i64) -> Result<bool> {
        const UPDATE: &str = "update cost_centre set name = $3, contact = $4, valid_from = $5, valid_until = $6,
                version = $7
            where id = $1 and version = $2";
        let entry = &centre.entry;
        let met = run!(
            self.on(),
            UPDATE,
            centre.id.to_string(),
            expected_version,
            &entry.name,
            &entry.contact,
            number(entry.valid_from),
            number(entry.valid_until),
            centre.version,
        )?;
        Ok(met > 0)
    }

    /// Books whatever keys carry this code to another one from now on. Answers which.
    pub async fn move_cost_centre(&mut self, from: &str, to: &str) -> Result<Vec<KeyId>> {
        const MOVE: &str = "update virtual_key set cost_centre = $2 where cost_centre = $1 returning id";
        self.moves_keys = true;
        let moved = rows!(self.on(), (String,), MOVE, from, to)?;
        run!(self.on(), "update team set booked_to = $2 where booked_to = $1", from, to)?;
        moved.into_iter().map(|(id,)| parsed(&id, "key id")).collect()
    }

    pub async fn put_team_cost_centre(&mut self, team: TeamId, code: Option<&str>) -> Result<()> {
        exactly_one(run!(self.on(), "update team set booked_to = $2 where id = $1", team.to_string(), code)?)
    }
}
