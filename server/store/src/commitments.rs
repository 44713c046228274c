//! Commitments: what is paid a month whatever is called. How an amount is shared is worked out when it is read.

use crate::column::{count, parsed, parsed_if};
use crate::dialect::locked;
use crate::row::{one, row, rows, run};
use crate::{Result, Store, Tx};
use domain::commitment::{Commitment, CommitmentEntry, Month};
use domain::day::Day;
use domain::id::CommitmentId;
use domain::money::NanoUsd;
use domain::time::Timestamp;

row! { CommitmentRow {
    id: String, name: String, provider: Option<String>, monthly: i64, from_month: i64, until_month: Option<i64>,
    version: i64,
} }

impl CommitmentRow {
    fn into_commitment(self) -> Result<Commitment> {
        let month = |first_day: i64| count(first_day, "month").map(Day::from_number).map(Month::of);
        Ok(Commitment {
            id: parsed(&self.id, "commitment id")?,
            entry: CommitmentEntry {
                name: self.name,
                provider: parsed_if(self.provider.as_deref(), "provider id")?,
                monthly: NanoUsd::from_nano(self.monthly),
                from: month(self.from_month)?,
                until: self.until_month.map(month).transpose()?,
            },
            version: self.version,
        })
    }
}

macro_rules! select_commitment {
    ($rest:literal) => {
        concat!("select id, name, provider, monthly, from_month, until_month, version from commitment ", $rest)
    };
}

fn number(month: Month) -> i64 {
    i64::from(month.first_day().number())
}

impl Store {
    /// By name, ended ones too.
    pub async fn commitments(&self) -> Result<Vec<Commitment>> {
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), CommitmentRow, select_commitment!("order by name"))?;
        found.into_iter().map(CommitmentRow::into_commitment).collect()
    }

    pub async fn commitment(&self, id: CommitmentId) -> Result<Option<Commitment>> {
        let mut reader = self.engine.reader().await?;
        let found = one!(reader.on(), CommitmentRow, select_commitment!("where id = $1"), id.to_string())?;
        found.map(CommitmentRow::into_commitment).transpose()
    }
}

impl Tx {
    /// Nobody else changes it until this transaction ends.
    pub async fn commitment_for_update(&mut self, id: CommitmentId) -> Result<Option<Commitment>> {
        let found = one!(self.on(), CommitmentRow, locked!(select_commitment!("where id = $1")), id.to_string())?;
        found.map(CommitmentRow::into_commitment).transpose()
    }

    /// A name that is there is [`crate::Constraint::CommitmentName`].
    pub async fn insert_commitment(&mut self, commitment: &Commitment, now: Timestamp) -> Result<()> {
        const INSERT: &str = "insert into commitment
            (id, name, provider, monthly, from_month, until_month, version, created_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8)";
        let entry = &commitment.entry;
        run!(
            self.on(),
            INSERT,
            commitment.id.to_string(),
            &entry.name,
            entry.provider.map(|provider| provider.to_string()),
            entry.monthly.as_nano(),
            number(entry.from),
            entry.until.map(number),
            commitment.version,
            now.as_ms(),
        )
        .map(|_| ())
    }

    /// False if it is no longer at the version that the edit started from. `commitment.version` is the new one.
    pub async fn update_commitment(&mut self, commitment: &Commitment, expected_version: i64) -> Result<bool> {
        const UPDATE: &str = "update commitment set name = $3, provider = $4, monthly = $5, from_month = $6,
                until_month = $7, version = $8
            where id = $1 and version = $2";
        let entry = &commitment.entry;
        let met = run!(
            self.on(),
            UPDATE,
            commitment.id.to_string(),
            expected_version,
            &entry.name,
            entry.provider.map(|provider| provider.to_string()),
            entry.monthly.as_nano(),
            number(entry.from),
            entry.until.map(number),
            commitment.version,
        )?;
        Ok(met > 0)
    }
}
