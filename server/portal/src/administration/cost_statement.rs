//! What a month cost each cost centre: what its keys spent, and its part of what is paid whatever is called.
//!
//! Always true: the lines add up to what the month's calls cost and to the whole of each commitment, to the nano-dollar.
//! Nothing of it is kept: a month that is not over changes with each call.

use super::commitments::{CommitmentRow, named};
use super::demand;
use crate::{Portal, PortalError};
use domain::commitment::{Month, shared};
use domain::dimension::Dimension;
use domain::id::{CostCentreId, ProviderId};
use domain::money::NanoUsd;
use domain::permission::{Permission, Scope};
use domain::person::Caller;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use store::SpendQuery;

/// Cost centres that a statement has lines for; more than any company has.
const MOST_LINES: u32 = 200_000;

#[derive(Debug, Clone)]
pub struct CostStatement {
    pub month: Month,
    /// The month is not over.
    pub running: bool,
    /// By code; what belongs to none is last, also where it is nothing.
    pub rows: Vec<StatementRow>,
    /// What is shared in this month.
    pub commitments: Vec<CommitmentRow>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementRow {
    /// `None`: what belongs to no cost centre.
    pub code: Option<String>,
    /// Absent for a code that was typed before there was a list.
    pub id: Option<CostCentreId>,
    pub label: String,
    /// What its keys spent.
    pub metered: NanoUsd,
    /// Its part of commitments.
    pub shared: NanoUsd,
}

impl StatementRow {
    pub const fn total(&self) -> NanoUsd {
        self.metered.plus(self.shared)
    }
}

impl CostStatement {
    /// Of all lines: metered and shared.
    pub fn sums(&self) -> (NanoUsd, NanoUsd) {
        let sum = |of: fn(&StatementRow) -> NanoUsd| self.rows.iter().map(of).fold(NanoUsd::ZERO, NanoUsd::plus);
        (sum(|row| row.metered), sum(|row| row.shared))
    }
}

/// What cost centres spent, by code; what belongs to none is first.
type Spent = BTreeMap<Option<String>, NanoUsd>;

impl Portal {
    /// `None`: the month that is running.
    pub async fn cost_statement(&self, caller: &Caller, month: Option<Month>) -> Result<CostStatement, PortalError> {
        demand(caller, Permission::SeeAdministration)?;
        self.demand_all_spend(caller).await?;
        self.gateway.catch_up().await;
        let today = Month::of(self.today());
        let month = month.unwrap_or(today);
        let metered = self.spent_by_centre(month, None).await?;
        let mut valid = self.store.commitments().await?;
        valid.retain(|commitment| commitment.entry.is_valid_in(month));
        let mut at: HashMap<ProviderId, Spent> = HashMap::new();
        for provider in valid.iter().filter_map(|commitment| commitment.entry.provider) {
            if let Entry::Vacant(unasked) = at.entry(provider) {
                unasked.insert(self.spent_by_centre(month, Some(provider)).await?);
            }
        }
        let mut parts: Spent = BTreeMap::new();
        for commitment in &valid {
            let used = commitment.entry.provider.and_then(|provider| at.get(&provider)).unwrap_or(&metered);
            let used: Vec<(Option<String>, NanoUsd)> = used.iter().map(|(code, cost)| (code.clone(), *cost)).collect();
            for (code, part) in shared(commitment.entry.monthly, &used) {
                let sum = parts.entry(code).or_default();
                *sum = sum.plus(part);
            }
        }
        let providers = self.provider_choices(caller).await?;
        Ok(CostStatement {
            month,
            running: month >= today,
            rows: self.statement_rows(metered, &parts).await?,
            commitments: valid.into_iter().map(|commitment| named(commitment, &providers)).collect(),
        })
    }

    async fn spent_by_centre(&self, month: Month, at: Option<ProviderId>) -> Result<Spent, PortalError> {
        let filters: Vec<_> = at.map(|id| (Dimension::Provider, Some(id.to_string()))).into_iter().collect();
        let (from, until) = (month.first_day(), month.plus(1).first_day());
        let query = SpendQuery { scope: &Scope::Everyone, filters: &filters, from, until };
        let found = self.store.spend_by(&query, Dimension::CostCentre, None, MOST_LINES, 0).await?;
        let spent = found.largest.into_iter().map(|group| (group.value, group.sums.cost));
        Ok(spent.filter(|(_, cost)| *cost != NanoUsd::ZERO).collect())
    }

    async fn statement_rows(&self, metered: Spent, parts: &Spent) -> Result<Vec<StatementRow>, PortalError> {
        let centres = self.store.cost_centres().await?.into_iter();
        let known: HashMap<String, (CostCentreId, String)> =
            centres.map(|centre| (centre.entry.code.clone(), (centre.id, centre.entry.label()))).collect();
        // What belongs to none has a line in any case, and so has whoever began to spend while this was read.
        let mut lines = metered;
        lines.entry(None).or_default();
        for code in parts.keys() {
            lines.entry(code.clone()).or_default();
        }
        let row = |(code, metered): (Option<String>, NanoUsd)| {
            let entry = code.as_ref().and_then(|code| known.get(code));
            StatementRow {
                id: entry.map(|(id, _)| *id),
                label: match (entry, &code) {
                    (Some((_, label)), _) => label.clone(),
                    (None, Some(code)) => code.clone(),
                    (None, None) => "Unallocated".to_owned(),
                },
                shared: parts.get(&code).copied().unwrap_or_default(),
                metered,
                code,
            }
        };
        let mut rows: Vec<StatementRow> = lines.into_iter().map(row).collect();
        rows.rotate_left(1);
        Ok(rows)
    }
}
