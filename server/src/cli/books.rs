//! `keywright ledger verify`, as the running process does it: every account added up again from the calls, and compared
//! with its counter in the database and with the account in memory.
//!
//! Nothing stops for it. With `--repair` the figures become what the calls add up to, and the audit log says so.

use super::commands::Commands;
use super::socket::Answer;
use crate::gateway::reconcile::{Accounts, Drift, drifting};
use domain::audit::{Actor, AuditEntry};
use domain::budget::{BudgetLine, Consumed};
use domain::money::NanoUsd;
use serde_json::json;
use std::collections::BTreeMap;
use store::{LedgerSums, StoreError};

/// Lines of drift that are printed; an answer has a bounded length.
const PRINTED: usize = 100;

struct Findings {
    sums: LedgerSums,
    counters: Vec<Drift>,
    memory: Vec<Drift>,
    /// In words: what no repair puts right.
    others: Vec<String>,
}

impl Commands {
    pub(super) async fn verify_ledger(&self, repair: bool) -> Result<Answer, StoreError> {
        let before = self.ledger.accounts();
        if let Err(error) = self.ingest.flush().await {
            return Ok(Answer::Failed(format!("not everything is in the database yet: {error}; try again")));
        }
        let found = self.compare(&before).await?;
        let Findings { sums, counters, memory, others } = &found;
        if counters.is_empty() && memory.is_empty() && others.is_empty() {
            let spent = sums.keys.values().fold(NanoUsd::ZERO, |sum, key| sum.plus(key.by_events));
            return Ok(Answer::Done(vec![format!(
                "{} keys, {} accounts, {spent} in all: events, rollups, counters and budgets agree, and adjustments add up to \
                 nothing. Drift 0.",
                sums.keys.len(),
                sums.accounts.len()
            )]));
        }
        let mut lines = found.lines();
        if !repair {
            lines.push("Repair the accounts with: keywright ledger verify --repair".into());
            return Ok(Answer::Failed(format!("the sums do not agree:\n{}", lines.join("\n"))));
        }
        self.repair(&found).await?;
        lines.push(format!("{} accounts were set to what their calls add up to.", counters.len() + memory.len()));
        if !others.is_empty() {
            return Ok(Answer::Failed(format!("rollups and adjustments are not repaired:\n{}", lines.join("\n"))));
        }
        Ok(Answer::Done(lines))
    }

    async fn compare(&self, before: &Accounts) -> Result<Findings, StoreError> {
        let sums = self.store.ledger_sums().await?;
        let truth: BTreeMap<BudgetLine, Consumed> =
            sums.accounts.iter().map(|(&line, account)| (line, account.by_events)).collect();
        let wrong = sums.accounts.iter().filter(|(_, account)| account.kept != account.by_events);
        let counters = wrong.map(|(&line, account)| Drift { line, says: account.kept, should: account.by_events });
        let rollups = sums.keys.iter().filter(|(_, key)| !key.agrees()).map(|(key, it)| {
            format!("rollup   {key}: {} by events, {} by hours, {} by days", it.by_events, it.by_hours, it.by_days)
        });
        let unbalanced = sums
            .unbalanced
            .iter()
            .map(|(id, sum)| format!("adjusted {id}: its rows add up to {sum}, and not to nothing"));
        Ok(Findings {
            counters: counters.collect(),
            memory: drifting(&self.ledger, before, &truth).await,
            others: rollups.chain(unbalanced).collect(),
            sums,
        })
    }

    async fn repair(&self, found: &Findings) -> Result<(), StoreError> {
        let mut tx = self.store.begin().await?;
        for drift in &found.counters {
            tx.correct_counter(drift.line, drift.says, drift.should).await?;
        }
        let shown: Vec<String> = found.lines().into_iter().take(PRINTED).collect();
        tx.append_audit(&AuditEntry {
            at: self.clock.now(),
            actor: Actor::System("command line".into()),
            address: None,
            action: "ledger.repaired".into(),
            object_kind: "ledger".into(),
            object: "ledger".into(),
            object_name: "Ledger".into(),
            before: Some(json!({ "drift": shown })),
            after: Some(json!({ "counters": found.counters.len(), "accounts": found.memory.len() })),
        })
        .await?;
        tx.commit().await?;
        for drift in &found.memory {
            self.ledger.correct(drift.line, drift.says, drift.should);
        }
        Ok(())
    }
}

impl Findings {
    fn lines(&self) -> Vec<String> {
        let counters = self.counters.iter().map(|drift| format!("counter  {drift}"));
        let memory = self.memory.iter().map(|drift| format!("memory   {drift}"));
        let all: Vec<String> = counters.chain(memory).chain(self.others.iter().cloned()).collect();
        let left_out = all.len().saturating_sub(PRINTED);
        let more = (left_out > 0).then(|| format!("and {left_out} more"));
        all.into_iter().take(PRINTED).chain(more).collect()
    }
}

#[cfg(test)]
mod tests;
