//! Rules about claims, and what of a person's teams came from them.

use crate::column::{from_json, parsed, to_json};
use crate::row::{row, rows, run};
use crate::{Result, Store, Tx};
use domain::claim_rules::{ClaimRule, HeldMembership};
use domain::id::{PersonId, RuleId, TeamId};
use domain::time::Timestamp;
use std::collections::HashSet;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRule {
    pub id: RuleId,
    pub rule: ClaimRule,
    /// Grows with each edit; an edit names the version it started from.
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

row! { Row { id: String, body: String, version: i64, created_at: i64, updated_at: i64 } }

impl Row {
    fn into_rule(self) -> Result<KeptRule> {
        Ok(KeptRule {
            id: parsed(&self.id, "rule id")?,
            rule: from_json(&self.body, "rule")?,
            version: self.version,
            created_at: Timestamp::from_ms(self.created_at),
            updated_at: Timestamp::from_ms(self.updated_at),
        })
    }
}

const ALL: &str = "select id, body, version, created_at, updated_at from claim_rule order by created_at, id";

impl Store {
    /// In the order in which they count: oldest first.
    pub async fn claim_rules(&self) -> Result<Vec<KeptRule>> {
        let mut reader = self.engine.reader().await?;
        rows!(reader.on(), Row, ALL)?.into_iter().map(Row::into_rule).collect()
    }

    /// The members of the team whom a rule put there.
    pub async fn members_by_rule(&self, team: TeamId) -> Result<HashSet<PersonId>> {
        let mut reader = self.engine.reader().await?;
        let list = "select person_id from membership where team_id = $1 and by_rule";
        let found = rows!(reader.on(), (String,), list, team.to_string())?;
        found.into_iter().map(|(id,)| parsed(&id, "person id")).collect()
    }

    /// A person's teams, with who gave them.
    pub async fn held_memberships(&self, person: PersonId) -> Result<Vec<HeldMembership>> {
        let mut reader = self.engine.reader().await?;
        rows!(reader.on(), (String, bool, bool), HELD, person.to_string())?.into_iter().map(held).collect()
    }
}

const HELD: &str = "select team_id, lead, by_rule from membership where person_id = $1 order by team_id";

fn held((team, lead, by_rule): (String, bool, bool)) -> Result<HeldMembership> {
    Ok(HeldMembership { team: parsed(&team, "team id")?, lead, by_rule })
}

impl Tx {
    /// As [`Store::claim_rules`], for a change of them: they stay as they are until this transaction ends.
    pub async fn claim_rules_for_update(&mut self) -> Result<Vec<KeptRule>> {
        // The row that all changes of rules write first: the second of two waits here.
        self.put_setting("claim_rules", b"changing").await?;
        rows!(self.on(), Row, ALL)?.into_iter().map(Row::into_rule).collect()
    }

    pub async fn insert_claim_rule(&mut self, kept: &KeptRule) -> Result<()> {
        const INSERT: &str =
            "insert into claim_rule (id, body, version, created_at, updated_at) values ($1, $2, $3, $4, $5)";
        let (created, updated) = (kept.created_at.as_ms(), kept.updated_at.as_ms());
        run!(self.on(), INSERT, kept.id.to_string(), to_json(&kept.rule)?, kept.version, created, updated).map(|_| ())
    }

    /// False if another version is there, or none.
    pub async fn update_claim_rule(
        &mut self,
        id: RuleId,
        rule: &ClaimRule,
        from_version: i64,
        now: Timestamp,
    ) -> Result<bool> {
        const UPDATE: &str =
            "update claim_rule set body = $2, version = version + 1, updated_at = $4 where id = $1 and version = $3";
        Ok(run!(self.on(), UPDATE, id.to_string(), to_json(rule)?, from_version, now.as_ms())? == 1)
    }

    /// False if it is gone already.
    pub async fn delete_claim_rule(&mut self, id: RuleId) -> Result<bool> {
        Ok(run!(self.on(), "delete from claim_rule where id = $1", id.to_string())? == 1)
    }

    /// As [`Store::held_memberships`], as this transaction sees it.
    pub async fn memberships_held(&mut self, person: PersonId) -> Result<Vec<HeldMembership>> {
        rows!(self.on(), (String, bool, bool), HELD, person.to_string())?.into_iter().map(held).collect()
    }

    /// Never touches a membership that was given by hand.
    pub async fn put_membership_by_rule(&mut self, team: TeamId, person: PersonId, lead: bool) -> Result<()> {
        const PUT: &str = "insert into membership (team_id, person_id, lead, by_rule) values ($1, $2, $3, $4)
            on conflict (team_id, person_id) do update set lead = excluded.lead where membership.by_rule";
        self.moves_keys = true;
        run!(self.on(), PUT, team.to_string(), person.to_string(), lead, true).map(|_| ())
    }

    /// False if there is none that a rule gave.
    pub async fn delete_membership_by_rule(&mut self, team: TeamId, person: PersonId) -> Result<bool> {
        const DELETE: &str = "delete from membership where team_id = $1 and person_id = $2 and by_rule";
        self.moves_keys = true;
        Ok(run!(self.on(), DELETE, team.to_string(), person.to_string())? == 1)
    }
}
