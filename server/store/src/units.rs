//! Business units: teams that share a budget. Which teams they are stands with the teams.

use crate::column::{folded, parsed};
use crate::error::exactly_one;
use crate::row::{rows, run};
use crate::{Result, Store, Tx};
use domain::id::UnitId;
use domain::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    pub id: UnitId,
    pub name: String,
    pub created_at: Timestamp,
}

impl Store {
    /// By name.
    pub async fn units(&self) -> Result<Vec<Unit>> {
        let mut reader = self.engine.reader().await?;
        let all = "select id, name, created_at from unit order by name_folded";
        let found = rows!(reader.on(), (String, String, i64), all)?;
        let unit = |(id, name, at): (String, String, i64)| {
            Ok(Unit { id: parsed(&id, "unit id")?, name, created_at: Timestamp::from_ms(at) })
        };
        found.into_iter().map(unit).collect()
    }
}

impl Tx {
    pub async fn insert_unit(&mut self, unit: &Unit) -> Result<()> {
        const INSERT: &str = "insert into unit (id, name, name_folded, created_at) values ($1, $2, $3, $4)";
        let at = unit.created_at.as_ms();
        run!(self.on(), INSERT, unit.id.to_string(), &unit.name, folded(&unit.name), at).map(|_| ())
    }

    pub async fn rename_unit(&mut self, unit: UnitId, name: &str) -> Result<()> {
        const RENAME: &str = "update unit set name = $2, name_folded = $3 where id = $1";
        exactly_one(run!(self.on(), RENAME, unit.to_string(), name, folded(name))?)
    }
}
