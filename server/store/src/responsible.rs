//! Who answers for keys, for the day when they leave; and what a team's keys spent, by key and model.

use crate::column::parsed;
use crate::keys::{KeyRow, key_columns, owner_id};
use crate::row::{row, rows, run};
use crate::{Result, Store, Tx};
use domain::id::{KeyId, PersonId, TeamId};
use domain::money::NanoUsd;
use domain::time::Timestamp;
use domain::virtual_key::{Owner, VirtualKey};
use std::ops::Range;

/// A key with the person who answers for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnsweredFor {
    pub key: VirtualKey,
    pub responsible: PersonId,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyModelSpend {
    pub key: KeyId,
    pub model: String,
    pub requests: i64,
    pub cost: NanoUsd,
}

row! { ResponsibleRow { responsible: String } + { key: KeyRow } }
row! { SpendRow { key: String, model: String, requests: i64, cost: i64 } }

impl ResponsibleRow {
    fn into_answered_for(self) -> Result<AnsweredFor> {
        Ok(AnsweredFor { key: self.key.into_key()?, responsible: parsed(&self.responsible, "person id")? })
    }
}

impl Store {
    /// Live keys that the person owns or answers for, by name; at most `limit`.
    pub async fn keys_answered_for(&self, person: PersonId, now: Timestamp, limit: u32) -> Result<Vec<AnsweredFor>> {
        const LIST: &str = concat!(
            "select coalesce(responsible_id, created_by) as responsible, ",
            key_columns!(),
            " from virtual_key
            where (owner_id = $1 or responsible_id = $1 or (created_by = $1 and responsible_id is null))
              and (owner_id = $1 or owner_id like 'team\\_%' escape '\\')
              and state <> 'revoked' and expires_at > $2
            order by name_folded, virtual_key.id limit $3"
        );
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), ResponsibleRow, LIST, person.to_string(), now.as_ms(), i64::from(limit))?;
        found.into_iter().map(ResponsibleRow::into_answered_for).collect()
    }

    /// All keys of the team, also those that have ended, with whoever answers for each; newest first, at most `limit`.
    pub async fn team_keys(&self, team: TeamId, limit: u32) -> Result<Vec<AnsweredFor>> {
        const LIST: &str = concat!(
            "select coalesce(responsible_id, created_by) as responsible, ",
            key_columns!(),
            " from virtual_key where owner_id = $1 order by virtual_key.created_at desc, virtual_key.id limit $2"
        );
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), ResponsibleRow, LIST, owner_id(Owner::Team(team)), i64::from(limit))?;
        found.into_iter().map(ResponsibleRow::into_answered_for).collect()
    }

    /// What the team's keys spent in these hours of UTC, most expensive first.
    pub async fn team_spend(&self, team: TeamId, hours: Range<i64>, limit: u32) -> Result<Vec<KeyModelSpend>> {
        const SUM: &str = "select virtual_key.id as key, model_label.text as model,
                cast(sum(requests) as bigint) as requests, cast(sum(cost) as bigint) as cost
            from virtual_key
            join label key_label on key_label.kind = 'key' and key_label.text = virtual_key.id
            join usage_hour on key_num = key_label.num and hour >= $2 and hour < $3
            join label model_label on model_label.num = model_num
            where owner_id = $1
            group by virtual_key.id, model_label.text order by cost desc, virtual_key.id, model_label.text limit $4";
        let mut reader = self.engine.reader().await?;
        let found =
            rows!(reader.on(), SpendRow, SUM, owner_id(Owner::Team(team)), hours.start, hours.end, i64::from(limit))?;
        let spend = |row: SpendRow| {
            Ok(KeyModelSpend {
                key: parsed(&row.key, "key id")?,
                model: row.model,
                requests: row.requests,
                cost: NanoUsd::from_nano(row.cost),
            })
        };
        found.into_iter().map(spend).collect()
    }
}

impl Tx {
    /// True if the key is there.
    pub async fn put_responsible(&mut self, key: KeyId, person: PersonId) -> Result<bool> {
        const PUT: &str = "update virtual_key set responsible_id = $2 where id = $1";
        Ok(run!(self.on(), PUT, key.to_string(), person.to_string())? == 1)
    }
}
