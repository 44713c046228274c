//! What is asked about spend, and the days of a chart.
//!
//! The statements are put together in [`crate::usage_source`] from fixed pieces; what varies is bound.

use crate::engine::On;
use crate::statement::{Binds, read};
use crate::usage_source::{NOBODY, Numbered};
use crate::{Result, Store, StoreError};
use domain::day::Day;
use domain::dimension::Dimension;
use domain::money::NanoUsd;
use domain::permission::Scope;
use std::collections::HashMap;

/// What was used, summed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UsageSums {
    pub requests: i64,
    /// Broken off by the provider or Keywright, or answered with an error.
    pub failures: i64,
    pub denials: i64,
    /// Read from no cache.
    pub input: i64,
    pub cache_read: i64,
    pub cache_write: i64,
    pub output: i64,
    pub cost: NanoUsd,
}

/// Whose spend, and of which days.
#[derive(Debug, Clone)]
pub struct SpendQuery<'a> {
    /// Of a person: what their own keys spent, and everything that was spent under the teams.
    pub scope: &'a Scope,
    /// Only calls with these values; `None` is those without any.
    pub filters: &'a [(Dimension, Option<String>)],
    pub from: Day,
    /// Exclusive.
    pub until: Day,
}

/// What one value cost on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DaySpend {
    pub day: Day,
    /// `None`: all values that were not asked for.
    pub nth: Option<usize>,
    pub cost: NanoUsd,
}

/// What a value cost on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DailyCost {
    pub value: Option<String>,
    pub day: Day,
    pub cost: NanoUsd,
}

crate::row::row! { SumsRow {
    requests: i64, failures: i64, denials: i64, input: i64, cache_read: i64, cache_write: i64, output: i64, cost: i64,
} }

impl From<SumsRow> for UsageSums {
    fn from(row: SumsRow) -> Self {
        Self {
            requests: row.requests,
            failures: row.failures,
            denials: row.denials,
            input: row.input,
            cache_read: row.cache_read,
            cache_write: row.cache_write,
            output: row.output,
            cost: NanoUsd::from_nano(row.cost),
        }
    }
}

impl Store {
    /// What these values cost on each day, and what all others did; days and values without cost are absent.
    pub async fn spend_by_day(
        &self,
        query: &SpendQuery<'_>,
        by: Dimension,
        values: &[Option<String>],
    ) -> Result<Vec<DaySpend>> {
        let numbered = self.numbered(query, None).await?;
        let wanted = self.label_numbers(by, values).await?;
        let mut found: Vec<(i64, i64, i64)> = Vec::new();
        let mut reader = self.engine.reader().await?;
        if numbered.reads_totals() {
            // The sums of all values from the dimension that has fewest; the wanted ones by their own rows.
            let mut binds = Binds::default();
            let all = numbered.source(Dimension::Environment, query.from, query.until, &mut binds);
            let text = format!(
                "select day, cast({NOBODY} as bigint), cast(sum(cost) as bigint) from ({all}) spend group by day"
            );
            found.extend(read::<(i64, i64, i64)>(reader.on(), text, &binds.0).await?);
            if !wanted.is_empty() {
                found.extend(self.wanted_days(reader.on(), &numbered, query, by, &wanted).await?);
            }
        } else {
            let mut binds = Binds::default();
            let all = numbered.source(by, query.from, query.until, &mut binds);
            let list = if wanted.is_empty() { NOBODY.to_string() } else { binds.list(&wanted) };
            let text = format!(
                "select day, nth, cast(sum(cost) as bigint) from (
                    select day, case when value in ({list}) then value else {NOBODY} end as nth, cost from ({all}) spend
                ) named group by day, nth"
            );
            found.extend(read::<(i64, i64, i64)>(reader.on(), text, &binds.0).await?);
        }
        let nth = |value: i64| wanted.iter().position(|&number| number == value && number != NOBODY);
        let mut days: Vec<DaySpend> = Vec::with_capacity(found.len());
        for (day, value, cost) in found {
            let day = Day::from_number(i32::try_from(day).map_err(|_| StoreError::Corrupt("usage day"))?);
            days.push(DaySpend { day, nth: nth(value), cost: NanoUsd::from_nano(cost) });
        }
        if numbered.reads_totals() {
            leave_the_rest(&mut days);
        }
        days.sort_by_key(|spend| (spend.day, spend.nth));
        Ok(days)
    }

    /// What each value cost on each day, for comparing days; values and days without cost are absent.
    pub async fn daily_costs(&self, query: &SpendQuery<'_>, by: Dimension) -> Result<Vec<DailyCost>> {
        let numbered = self.numbered(query, None).await?;
        let mut binds = Binds::default();
        let all = numbered.source(by, query.from, query.until, &mut binds);
        let text = format!(
            "select label.text, spend.day, cast(sum(spend.cost) as bigint) from ({all}) spend
            left join label on label.num = spend.value group by spend.value, label.text, spend.day
            having sum(spend.cost) <> 0"
        );
        let mut reader = self.engine.reader().await?;
        let found: Vec<(Option<String>, i64, i64)> = read(reader.on(), text, &binds.0).await?;
        let daily = |(value, day, cost): (Option<String>, i64, i64)| {
            let day = i32::try_from(day).map_err(|_| StoreError::Corrupt("usage day"))?;
            Ok(DailyCost { value, day: Day::from_number(day), cost: NanoUsd::from_nano(cost) })
        };
        found.into_iter().map(daily).collect()
    }

    async fn wanted_days(
        &self,
        on: On<'_>,
        numbered: &Numbered,
        query: &SpendQuery<'_>,
        by: Dimension,
        wanted: &[i64],
    ) -> Result<Vec<(i64, i64, i64)>> {
        let mut binds = Binds::default();
        let (from, until) = (i64::from(query.from.number()), i64::from(query.until.number()));
        let is_open = |day: &i64| numbered.open.contains(day);
        let over: Vec<i64> = (from..until).filter(|day| !is_open(day)).collect();
        let mut parts = Vec::new();
        if !over.is_empty() {
            let (totals, days, list) = (numbered.totals(by, &mut binds), binds.list(&over), binds.list(wanted));
            parts.push(format!("select day, value, cost from {totals} and day in ({days}) and value in ({list})"));
        }
        let open: Vec<i64> = (from..until).filter(is_open).collect();
        if !open.is_empty() {
            let days = binds.list(&open);
            let rows = numbered.rows(by, &format!("d.day in ({days})"), &mut binds);
            let list = binds.list(wanted);
            parts.push(format!("select day, value, cost from ({rows}) spend where value in ({list})"));
        }
        let all = parts.join(" union all ");
        let text = format!("select day, value, cast(sum(cost) as bigint) from ({all}) named group by day, value");
        read(on, text, &binds.0).await
    }
}

/// Takes what is named out of the sums of all.
fn leave_the_rest(days: &mut Vec<DaySpend>) {
    let mut named: HashMap<Day, NanoUsd> = HashMap::new();
    for spend in days.iter().filter(|spend| spend.nth.is_some()) {
        let sum = named.entry(spend.day).or_default();
        *sum = sum.plus(spend.cost);
    }
    for spend in days.iter_mut().filter(|spend| spend.nth.is_none()) {
        spend.cost = spend.cost.minus(named.get(&spend.day).copied().unwrap_or_default());
    }
    days.retain(|spend| spend.cost != NanoUsd::ZERO);
}
