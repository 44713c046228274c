//! How far somebody's eyes reach where it is not as usual, and who is within such a reach.

use crate::column::{from_json, parsed, to_json};
use crate::row::{row, rows, run};
use crate::{Result, Store, StoreError, Tx};
use domain::data_scope::{DataScope, Holder, Reach};
use domain::id::{PersonId, TeamId};
use domain::permission::Scope;
use domain::time::Timestamp;
use std::collections::HashSet;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptScope {
    pub holder: Holder,
    pub scope: DataScope,
    /// Grows with each edit; an edit names the version it started from.
    pub version: i64,
    pub updated_at: Timestamp,
    pub updated_by: PersonId,
}

row! { Row {
    holder: String, spend: String, calls: String, names: String, audit: String, cost_centres: String, version: i64,
    updated_at: i64, updated_by: String,
} }

impl Row {
    fn into_kept(self) -> Result<KeptScope> {
        let reach = |word: &str| Reach::from_word(word).ok_or(StoreError::Corrupt("reach"));
        Ok(KeptScope {
            holder: Holder::parse(&self.holder).ok_or(StoreError::Corrupt("holder"))?,
            scope: DataScope {
                spend: reach(&self.spend)?,
                calls: reach(&self.calls)?,
                names: reach(&self.names)?,
                audit: reach(&self.audit)?,
                cost_centres: from_json(&self.cost_centres, "cost centres")?,
            },
            version: self.version,
            updated_at: Timestamp::from_ms(self.updated_at),
            updated_by: parsed(&self.updated_by, "person id")?,
        })
    }
}

macro_rules! select_scope {
    ($rest:literal) => {
        concat!(
            "select holder, spend, calls, names, audit, cost_centres, version, updated_at, updated_by from data_scope ",
            $rest
        )
    };
}

impl Store {
    /// Everything that was set.
    pub async fn data_scopes(&self) -> Result<Vec<KeptScope>> {
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), Row, select_scope!("order by holder"))?;
        found.into_iter().map(Row::into_kept).collect()
    }

    /// What was set about this person and about roles.
    pub async fn data_scopes_for(&self, person: PersonId) -> Result<Vec<KeptScope>> {
        let mut reader = self.engine.reader().await?;
        let text = select_scope!("where holder in ('developer', 'lead', 'auditor', $1)");
        let found = rows!(reader.on(), Row, text, person.to_string())?;
        found.into_iter().map(Row::into_kept).collect()
    }

    /// The people whom a scope reaches: oneself, members of the teams, and those whom the directory books to the cost
    /// centres. `None`: everybody.
    pub async fn people_within(&self, scope: &Scope) -> Result<Option<HashSet<PersonId>>> {
        const FIND: &str = "select person_id from membership where team_id in (select value from json_each($1))
            union select person_id from directory_record where cost_centre in (select value from json_each($2))";
        let (person, teams, centres): (_, &[TeamId], &[String]) = match scope {
            Scope::Everyone => return Ok(None),
            Scope::Own { person, teams } => (*person, teams, &[]),
            Scope::Within { person, teams, centres } => (*person, teams, centres),
        };
        let mut within = HashSet::from([person]);
        let mut reader = self.engine.reader().await?;
        for (id,) in rows!(reader.on(), (String,), FIND, to_json(teams)?, to_json(centres)?)? {
            within.insert(parsed(&id, "person id")?);
        }
        Ok(Some(within))
    }
}

impl Tx {
    /// False if it is not at the version before `kept.version`, which is 1 for the first.
    pub async fn put_data_scope(&mut self, kept: &KeptScope) -> Result<bool> {
        const INSERT: &str = "insert into data_scope
            (holder, spend, calls, names, audit, cost_centres, version, updated_at, updated_by)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (holder) do nothing";
        const UPDATE: &str = "update data_scope set spend = $2, calls = $3, names = $4, audit = $5, cost_centres = $6,
                version = $7, updated_at = $8, updated_by = $9
            where holder = $1 and version = $7 - 1";
        let KeptScope { holder, scope, version, updated_at, updated_by } = kept;
        let met = run!(
            self.on(),
            if *version == 1 { INSERT } else { UPDATE },
            holder.to_string(),
            scope.spend.word(),
            scope.calls.word(),
            scope.names.word(),
            scope.audit.word(),
            to_json(&scope.cost_centres)?,
            *version,
            updated_at.as_ms(),
            updated_by.to_string(),
        )?;
        Ok(met > 0)
    }

    /// Back to what is usual. False if it is no longer at this version.
    pub async fn delete_data_scope(&mut self, holder: Holder, version: i64) -> Result<bool> {
        const DELETE: &str = "delete from data_scope where holder = $1 and version = $2";
        Ok(run!(self.on(), DELETE, holder.to_string(), version)? > 0)
    }
}
