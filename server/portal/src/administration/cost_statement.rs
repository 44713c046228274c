//! What a month cost each cost centre: what its keys spent, its part of what is paid whatever is called, and what was moved
//! to it or away from it.
//!
//! Always true: the lines add up to what the month's calls cost and to the whole of each commitment, to the nano-dollar;
//! what was moved adds up to nothing. An adjustment counts in the month of the spend that it moves, whenever it is made,
//! and changes nobody's part of a commitment. Nothing of it is kept: a month that is not over changes with each call.

use super::adjustments::{CentreNames, NamedCentre, NamedKey};
use super::commitments::{CommitmentRow, named};
use super::demand;
use crate::{Portal, PortalError};
use domain::commitment::{Month, shared};
use domain::day::Day;
use domain::dimension::Dimension;
use domain::id::{AdjustmentId, ProviderId};
use domain::money::NanoUsd;
use domain::permission::{Permission, Scope};
use domain::person::Caller;
use domain::time::Timestamp;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use store::{AdjustedLine, Ranked, SpendQuery};

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
    /// What was moved of this month's spend: a line for where it was taken from and one for where it went, those of a cost
    /// centre together and in the order of the rows.
    pub adjusted: Vec<AdjustedRow>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementRow {
    pub centre: NamedCentre,
    /// What its keys spent.
    pub metered: NanoUsd,
    /// Its part of commitments.
    pub shared: NanoUsd,
    /// What was moved to it, less what was moved away.
    pub moved: NanoUsd,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdjustedRow {
    pub adjustment: AdjustmentId,
    pub centre: NamedCentre,
    /// Where it came from or went to.
    pub other: NamedCentre,
    /// Of this month's days; below nothing where it was taken.
    pub amount: NanoUsd,
    pub key: NamedKey,
    /// The key's page is open to the caller.
    pub opens_key: bool,
    /// Over all its months.
    pub days: (Day, Day),
    pub why: String,
    pub by_name: String,
    pub at: Timestamp,
    /// It takes another one back.
    pub undoes: bool,
    pub undone: bool,
}

impl StatementRow {
    pub const fn total(&self) -> NanoUsd {
        self.metered.plus(self.shared).plus(self.moved)
    }
}

impl CostStatement {
    /// Of all lines: metered and shared. What was moved adds up to nothing.
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
        let names = CentreNames::of_list(&self.store.cost_centres().await?);
        let lines = self.store.adjusted(month.first_day(), month.plus(1).first_day()).await?;
        let rows = statement_rows(&names, metered, &parts, &lines);
        Ok(CostStatement {
            month,
            running: month >= today,
            adjusted: self.adjusted_rows(caller, &names, &rows, lines).await?,
            rows,
            commitments: valid.into_iter().map(|commitment| named(commitment, &providers)).collect(),
        })
    }

    async fn spent_by_centre(&self, month: Month, at: Option<ProviderId>) -> Result<Spent, PortalError> {
        let filters: Vec<_> = at.map(|id| (Dimension::Provider, Some(id.to_string()))).into_iter().collect();
        let (from, until) = (month.first_day(), month.plus(1).first_day());
        let query = SpendQuery { scope: &Scope::Everyone, filters: &filters, from, until };
        let found = self.store.spend_by(&query, Dimension::CostCentre, None, Ranked::costliest(MOST_LINES)).await?;
        let spent = found.largest.into_iter().map(|group| (group.value, group.sums.cost));
        Ok(spent.filter(|(_, cost)| *cost != NanoUsd::ZERO).collect())
    }

    async fn adjusted_rows(
        &self,
        caller: &Caller,
        names: &CentreNames,
        rows: &[StatementRow],
        mut lines: Vec<AdjustedLine>,
    ) -> Result<Vec<AdjustedRow>, PortalError> {
        if lines.is_empty() {
            return Ok(Vec::new());
        }
        let keys: Vec<_> = lines.iter().map(|line| line.moved.key).collect();
        let people: Vec<_> = lines.iter().map(|line| line.by).collect();
        let (keys, people) = (self.store.owned_names(&keys).await?, self.names_for(caller, &people).await?);
        let opens_key = self.sees_all_calls(caller).await?;
        let nth: HashMap<&Option<String>, usize> =
            rows.iter().enumerate().map(|(nth, row)| (&row.centre.code, nth)).collect();
        lines.sort_by_key(|line| nth.get(&line.centre).copied());
        let row = |line: AdjustedLine| {
            let moved = line.moved;
            let other = if line.amount < NanoUsd::ZERO { moved.to } else { moved.from };
            let name = keys.get(&moved.key).map_or_else(|| moved.key.to_string(), |(name, _)| name.clone());
            AdjustedRow {
                adjustment: line.id,
                centre: names.named(line.centre),
                other: names.named(other),
                amount: line.amount,
                key: NamedKey { id: moved.key, name },
                opens_key,
                days: (moved.first, moved.last),
                why: line.why,
                by_name: people.get(&line.by).cloned().unwrap_or_default(),
                at: line.at,
                undoes: line.undoes.is_some(),
                undone: line.undone_by.is_some(),
            }
        };
        Ok(lines.into_iter().map(row).collect())
    }
}

fn statement_rows(names: &CentreNames, metered: Spent, parts: &Spent, adjusted: &[AdjustedLine]) -> Vec<StatementRow> {
    let mut moved: Spent = BTreeMap::new();
    for line in adjusted {
        let sum = moved.entry(line.centre.clone()).or_default();
        *sum = sum.plus(line.amount);
    }
    // What belongs to none has a line in any case, and so has whoever began to spend while this was read.
    let mut lines = metered;
    lines.entry(None).or_default();
    for code in parts.keys().chain(moved.keys()) {
        lines.entry(code.clone()).or_default();
    }
    let row = |(code, metered): (Option<String>, NanoUsd)| {
        let of = |sums: &Spent| sums.get(&code).copied().unwrap_or_default();
        let (shared, moved) = (of(parts), of(&moved));
        StatementRow { centre: names.named(code), metered, shared, moved }
    };
    let mut rows: Vec<StatementRow> = lines.into_iter().map(row).collect();
    rows.rotate_left(1);
    rows
}
