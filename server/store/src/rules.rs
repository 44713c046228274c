//! Rules that approve requests by themselves. A rule is made and removed, never changed: what it decided stays explained.

use crate::column::{from_json, parsed, to_json};
use crate::error::exactly_one;
use crate::row::{row, rows, run};
use crate::{Result, Store, Tx};
use domain::access_rule::AccessRule;
use domain::id::ApprovalRuleId;
use domain::time::Timestamp;

row! { RuleRow { id: String, name: String, conditions: String, created_by: String, created_at: i64 } }

impl Store {
    /// Oldest first: the first that fits decides.
    pub async fn rules(&self) -> Result<Vec<AccessRule>> {
        const LIST: &str =
            "select id, name, conditions, created_by, created_at from approval_rule order by created_at, id";
        let mut reader = self.engine.reader().await?;
        let rule = |row: RuleRow| {
            Ok(AccessRule {
                id: parsed(&row.id, "rule id")?,
                name: row.name,
                conditions: from_json(&row.conditions, "rule")?,
                created_by: parsed(&row.created_by, "person id")?,
                created_at: Timestamp::from_ms(row.created_at),
            })
        };
        rows!(reader.on(), RuleRow, LIST)?.into_iter().map(rule).collect()
    }
}

impl Tx {
    pub async fn insert_rule(&mut self, rule: &AccessRule) -> Result<()> {
        const INSERT: &str = "insert into approval_rule (id, name, conditions, created_by, created_at)
            values ($1, $2, $3, $4, $5)";
        run!(
            self.on(),
            INSERT,
            rule.id.to_string(),
            &rule.name,
            to_json(&rule.conditions)?,
            rule.created_by.to_string(),
            rule.created_at.as_ms(),
        )
        .map(|_| ())
    }

    pub async fn delete_rule(&mut self, id: ApprovalRuleId) -> Result<()> {
        exactly_one(run!(self.on(), "delete from approval_rule where id = $1", id.to_string())?)
    }
}
