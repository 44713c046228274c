//! Spend over days, by whatever people group it by: sums of a range beside those of an earlier one, the largest groups
//! and those that changed most, and the days of a chart.
//!
//! The statements are put together in [`crate::usage_source`] from fixed pieces; what varies is bound.

use crate::engine::On;
use crate::statement::{Binds, read};
use crate::usage_source::{NOBODY, Numbered, SUMMED, counted};
use crate::{Result, Store, StoreError, codes};
use domain::day::Day;
use domain::dimension::Dimension;
use domain::money::NanoUsd;
use domain::permission::Scope;
use std::fmt::Write as _;

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

/// One value of a dimension: in the range, and what it cost in the earlier one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupSpend {
    /// An id or a name, as the dimension has it; `None` is what belongs to none.
    pub value: Option<String>,
    pub sums: UsageSums,
    pub earlier: NanoUsd,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Groups {
    /// Costliest first.
    pub largest: Vec<GroupSpend>,
    /// Those whose cost changed most, in either direction.
    pub movers: Vec<GroupSpend>,
    /// What belongs to none, if there is anything.
    pub unallocated: Option<GroupSpend>,
    /// How many there are.
    pub count: i64,
    pub total: UsageSums,
    pub earlier_total: NanoUsd,
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

crate::row::row! { GroupRow { part: i64, text: Option<String>, value: i64, earlier: i64 } + { sums: SumsRow } }

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
    /// The groups of a range, beside an earlier range: `limit` of the largest and `movers` of those that changed most.
    pub async fn spend_by(
        &self,
        query: &SpendQuery<'_>,
        by: Dimension,
        earlier: Option<(Day, Day)>,
        limit: u32,
        movers: u32,
    ) -> Result<Groups> {
        let numbered = self.numbered(query, earlier).await?;
        let mut binds = Binds::default();
        let now = numbered.source(by, query.from, query.until, &mut binds);
        let mut rows = format!("select 0 as past, now.* from ({now}) now");
        if let Some((from, until)) = earlier {
            let before = numbered.source(by, from, until, &mut binds);
            let _ = write!(rows, " union all select 1 as past, before.* from ({before}) before");
        }
        let sums = SUMMED.map(|column| {
            format!("cast(coalesce(sum(case when past = 0 then {column} end), 0) as bigint) as {column}")
        });
        let grouped = format!(
            "select value, {}, cast(coalesce(sum(case when past = 1 then cost end), 0) as bigint) as earlier
            from ({rows}) spend group by value",
            sums.join(", ")
        );
        let (columns, counted) = (SUMMED.join(", "), counted());
        let (limit, movers) = (binds.put(i64::from(limit)), binds.put(i64::from(movers)));
        let text = format!(
            "with grouped as materialized ({grouped})
            select part, label.text, value, earlier, {columns} from (
                select * from (select cast(1 as bigint) as part, value, earlier, {columns} from grouped
                    order by cost desc, requests desc, value limit {limit}) largest
                union all select * from (select cast(2 as bigint) as part, value, earlier, {columns} from grouped where cost <> earlier
                    order by abs(cost - earlier) desc, value limit {movers}) movers
                union all select cast(3 as bigint) as part, value, earlier, {columns} from grouped where value = 0
                union all select cast(0 as bigint) as part, count(*) as value,
                    cast(coalesce(sum(earlier), 0) as bigint) as earlier, {counted} from grouped
            ) parts left join label on part <> 0 and label.num = value"
        );
        let mut reader = self.engine.reader().await?;
        let found: Vec<GroupRow> = read(reader.on(), text, &binds.0).await?;
        let mut groups = Groups::default();
        for row in found {
            let earlier = NanoUsd::from_nano(row.earlier);
            let (sums, none) = (UsageSums::from(row.sums), row.value == 0);
            let value = match (row.part, none, row.text) {
                (0, ..) => {
                    (groups.count, groups.total, groups.earlier_total) = (row.value, sums, earlier);
                    continue;
                }
                (_, true, _) => None,
                (_, false, Some(text)) => Some(text),
                (_, false, None) => return Err(StoreError::Corrupt("label")),
            };
            let group = GroupSpend { value, sums, earlier };
            match row.part {
                1 => groups.largest.push(group),
                2 => groups.movers.push(group),
                _ => groups.unallocated = Some(group),
            }
        }
        groups.largest.sort_by_key(|group| std::cmp::Reverse((group.sums.cost, group.sums.requests)));
        groups
            .movers
            .sort_by_key(|group| std::cmp::Reverse(group.sums.cost.minus(group.earlier).as_nano().unsigned_abs()));
        Ok(groups)
    }

    /// What these values cost on each day, and what all others did; days and values without cost are absent.
    pub async fn spend_by_day(
        &self,
        query: &SpendQuery<'_>,
        by: Dimension,
        values: &[Option<String>],
    ) -> Result<Vec<DaySpend>> {
        let numbered = self.numbered(query, None).await?;
        let mut wanted = Vec::with_capacity(values.len());
        for value in values {
            wanted.push(self.label_number(by, value.as_deref()).await?);
        }
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
            let (code, days, list) = (binds.put(codes::of_dimension(by)), binds.list(&over), binds.list(wanted));
            parts.push(format!(
                "select day, value, cost from usage_total where dimension = {code} and day in ({days}) and value in ({list})"
            ));
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
    let mut named: std::collections::HashMap<Day, NanoUsd> = std::collections::HashMap::new();
    for spend in days.iter().filter(|spend| spend.nth.is_some()) {
        let sum = named.entry(spend.day).or_default();
        *sum = sum.plus(spend.cost);
    }
    for spend in days.iter_mut().filter(|spend| spend.nth.is_none()) {
        spend.cost = spend.cost.minus(named.get(&spend.day).copied().unwrap_or_default());
    }
    days.retain(|spend| spend.cost != NanoUsd::ZERO);
}
