//! What the levels above keys set for everything below them.

use crate::column::{from_json, parsed_if, to_json};
use crate::row::{one, row, rows, run};
use crate::{Result, Store, StoreError, Tx};
use domain::budget::BudgetScope;
use domain::id::PersonId;
use domain::limits::Limits;
use domain::time::Timestamp;

/// The limits of one level. None at all are kept too, once there were some, so that the version goes on growing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeLimits {
    pub scope: BudgetScope,
    pub limits: Limits,
    /// 1 for the first; grows with each edit.
    pub version: i64,
    pub updated_at: Timestamp,
    pub updated_by: Option<PersonId>,
}

row! { LimitsRow { scope: String, limits: String, version: i64, updated_at: i64, updated_by: Option<String> } }

impl LimitsRow {
    fn into_limits(self) -> Result<ScopeLimits> {
        Ok(ScopeLimits {
            scope: BudgetScope::parse(&self.scope).ok_or(StoreError::Corrupt("limited scope"))?,
            limits: from_json(&self.limits, "limits")?,
            version: self.version,
            updated_at: Timestamp::from_ms(self.updated_at),
            updated_by: parsed_if(self.updated_by.as_deref(), "person id")?,
        })
    }
}

impl Store {
    /// Every level that ever had limits.
    pub async fn all_limits(&self) -> Result<Vec<ScopeLimits>> {
        const LIST: &str = "select scope, limits, version, updated_at, updated_by from scope_limits order by scope";
        let mut reader = self.engine.reader().await?;
        rows!(reader.on(), LimitsRow, LIST)?.into_iter().map(LimitsRow::into_limits).collect()
    }

    pub async fn limits_of(&self, scope: BudgetScope) -> Result<Option<ScopeLimits>> {
        const FIND: &str = "select scope, limits, version, updated_at, updated_by from scope_limits where scope = $1";
        let mut reader = self.engine.reader().await?;
        one!(reader.on(), LimitsRow, FIND, scope.to_string())?.map(LimitsRow::into_limits).transpose()
    }
}

impl Tx {
    /// False if the level is no longer at the version before `limits.version`, the one that the edit started from.
    pub async fn put_limits(&mut self, limits: &ScopeLimits) -> Result<bool> {
        const FIRST: &str = "insert into scope_limits (scope, limits, version, updated_at, updated_by)
            values ($1, $2, $3, $4, $5) on conflict (scope) do nothing";
        const NEXT: &str = "update scope_limits set limits = $2, version = $3, updated_at = $4, updated_by = $5
            where scope = $1 and version = $3 - 1";
        let text = if limits.version == 1 { FIRST } else { NEXT };
        let met = run!(
            self.on(),
            text,
            limits.scope.to_string(),
            to_json(&limits.limits)?,
            limits.version,
            limits.updated_at.as_ms(),
            limits.updated_by.map(|person| person.to_string()),
        )?;
        Ok(met == 1)
    }
}
