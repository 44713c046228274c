//! Spend by whatever people group it by: the sums of a range beside those of an earlier one, the largest groups and those
//! that changed most.
//!
//! The statements are put together from fixed pieces; what varies is bound.

use crate::engine::On;
use crate::statement::{Binds, read};
use crate::usage_days::{SpendQuery, SumsRow, UsageSums};
use crate::usage_source::{Numbered, SUMMED, counted};
use crate::{Result, Store, StoreError};
use domain::day::Day;
use domain::dimension::Dimension;
use domain::money::NanoUsd;
use domain::order::{Order, SpendColumn};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::fmt::Write as _;

/// One value of a dimension: in the range, and what it cost in the earlier one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupSpend {
    /// An id or a name, as the dimension has it; `None` is what belongs to none.
    pub value: Option<String>,
    pub sums: UsageSums,
    pub earlier: NanoUsd,
}

/// Which groups are kept of all, and in which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ranked {
    pub order: Order<SpendColumn>,
    /// How many of the first in it.
    pub limit: u32,
    /// How many of those whose cost changed most.
    pub movers: u32,
}

impl Ranked {
    pub fn costliest(limit: u32) -> Self {
        Self { order: Order::default(), limit, movers: 0 }
    }

    /// Sorts as the statement does, whose rows come in any order.
    fn place_of(&self, sums: &UsageSums) -> impl Ord + use<> {
        let by = match self.order.by {
            SpendColumn::Spend => sums.cost.as_nano(),
            SpendColumn::Requests => sums.requests,
            SpendColumn::Refused => sums.denials,
        };
        (if self.order.descending { -by } else { by }, Reverse((sums.cost, sums.requests)))
    }

    /// What the order goes by, which is summed for all groups.
    const fn column(&self) -> &'static str {
        match self.order.by {
            SpendColumn::Spend => "cost",
            SpendColumn::Requests => "requests",
            SpendColumn::Refused => "denials",
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Groups {
    /// The first in the order that was asked for.
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

crate::row::row! { GroupRow { part: i64, text: Option<String>, value: i64, earlier: i64 } + { sums: SumsRow } }
crate::row::row! { RankRow { part: i64, text: Option<String>, value: i64, earlier: i64 } }
crate::row::row! { ValueRow { value: i64 } + { sums: SumsRow } }

impl Store {
    /// The groups of a range, beside an earlier range.
    pub async fn spend_by(
        &self,
        query: &SpendQuery<'_>,
        by: Dimension,
        earlier: Option<(Day, Day)>,
        ranked: Ranked,
    ) -> Result<Groups> {
        let numbered = self.numbered(query, earlier).await?;
        // Totals are many where values are: of those only what ranks them is summed for all.
        let totals = numbered.reads_totals();
        let of_all = ["requests", "cost", "denials"];
        let summed = match (totals, ranked.order.by) {
            (true, SpendColumn::Refused) => &of_all[..],
            (true, _) => &of_all[..2],
            (false, _) => &SUMMED[..],
        };
        let (text, binds) = ranking(&numbered, query, by, earlier, summed, ranked);
        let mut snapshot = self.engine.snapshot().await?;
        let mut groups = Groups::default();
        if totals {
            let found: Vec<RankRow> = read(snapshot.on(), text, &binds.0).await?;
            let values: Vec<i64> = found.iter().filter(|row| row.part != TOTAL).map(|row| row.value).collect();
            let sums = sums_of(snapshot.on(), &numbered, query, by, &values).await?;
            let none = UsageSums::default();
            for row in found {
                let sums = sums.get(&row.value).copied().unwrap_or(none);
                groups.take(row.part, row.value, row.text, NanoUsd::from_nano(row.earlier), sums)?;
            }
            groups.total = total(snapshot.on(), &numbered, query).await?;
        } else {
            let found: Vec<GroupRow> = read(snapshot.on(), text, &binds.0).await?;
            for row in found {
                groups.take(row.part, row.value, row.text, NanoUsd::from_nano(row.earlier), row.sums.into())?;
            }
        }
        snapshot.commit().await?;
        groups.largest.sort_by_key(|group| ranked.place_of(&group.sums));
        groups.movers.sort_by_key(|group| Reverse(group.sums.cost.minus(group.earlier).as_nano().unsigned_abs()));
        Ok(groups)
    }
}

/// The row that holds the count of groups and the sums of all.
const TOTAL: i64 = 0;
const LARGEST: i64 = 1;
const MOVER: i64 = 2;
const UNALLOCATED: i64 = 3;

/// The groups of both ranges, of which the largest, those that changed most, the one without a value, and all together
/// are kept.
fn ranking(
    numbered: &Numbered,
    query: &SpendQuery<'_>,
    by: Dimension,
    earlier: Option<(Day, Day)>,
    summed: &[&str],
    ranked: Ranked,
) -> (String, Binds) {
    let mut binds = Binds::default();
    let now = numbered.source(by, query.from, query.until, &mut binds);
    let columns = summed.join(", ");
    // Only what is summed: what is sorted by group is as wide as what stands here.
    let mut rows = format!("select value, 0 as earlier, {columns} from ({now}) now");
    if let Some((from, until)) = earlier {
        let before = numbered.source(by, from, until, &mut binds);
        let nothing = vec!["0"; summed.len()].join(", ");
        let _ = write!(rows, " union all select value, cost, {nothing} from ({before}) before");
    }
    let sum = |column: &&str| format!("cast(coalesce(sum({column}), 0) as bigint) as {column}");
    let sums = summed.iter().map(sum).collect::<Vec<_>>().join(", ");
    let (limit, movers) = (binds.put(i64::from(ranked.limit)), binds.put(i64::from(ranked.movers)));
    let (column, way) = (ranked.column(), if ranked.order.descending { "desc" } else { "asc" });
    let text = format!(
        "with grouped as materialized (
            select value, cast(coalesce(sum(earlier), 0) as bigint) as earlier, {sums} from ({rows}) spend group by value
        )
        select part, label.text, value, earlier, {columns} from (
            select * from (select cast({LARGEST} as bigint) as part, value, earlier, {columns} from grouped
                order by {column} {way}, cost desc, requests desc, value limit {limit}) largest
            union all select * from (select cast({MOVER} as bigint) as part, value, earlier, {columns} from grouped
                where cost <> earlier order by abs(cost - earlier) desc, value limit {movers}) movers
            union all select cast({UNALLOCATED} as bigint) as part, value, earlier, {columns} from grouped where value = 0
            union all select cast({TOTAL} as bigint) as part, count(*) as value,
                cast(coalesce(sum(earlier), 0) as bigint) as earlier, {sums} from grouped
        ) parts left join label on part <> {TOTAL} and label.num = value"
    );
    (text, binds)
}

/// Every sum of these values.
async fn sums_of(
    on: On<'_>,
    numbered: &Numbered,
    query: &SpendQuery<'_>,
    by: Dimension,
    values: &[i64],
) -> Result<HashMap<i64, UsageSums>> {
    if values.is_empty() {
        return Ok(HashMap::new());
    }
    let mut binds = Binds::default();
    let source = numbered.source(by, query.from, query.until, &mut binds);
    let (list, counted) = (binds.list(values), counted());
    let text = format!("select value, {counted} from ({source}) spend where value in ({list}) group by value");
    let found: Vec<ValueRow> = read(on, text, &binds.0).await?;
    Ok(found.into_iter().map(|row| (row.value, row.sums.into())).collect())
}

/// Every sum of everything, by the dimension that has fewest values.
async fn total(on: On<'_>, numbered: &Numbered, query: &SpendQuery<'_>) -> Result<UsageSums> {
    let mut binds = Binds::default();
    let source = numbered.source(Dimension::Environment, query.from, query.until, &mut binds);
    let text = format!("select {} from ({source}) spend", counted());
    let found: Vec<SumsRow> = read(on, text, &binds.0).await?;
    Ok(found.into_iter().next().map(UsageSums::from).unwrap_or_default())
}

impl Groups {
    fn take(&mut self, part: i64, value: i64, text: Option<String>, earlier: NanoUsd, sums: UsageSums) -> Result<()> {
        if part == TOTAL {
            (self.count, self.total, self.earlier_total) = (value, sums, earlier);
            return Ok(());
        }
        if value != 0 && text.is_none() {
            return Err(StoreError::Corrupt("label"));
        }
        let group = GroupSpend { value: text.filter(|_| value != 0), sums, earlier };
        match part {
            LARGEST => self.largest.push(group),
            MOVER => self.movers.push(group),
            _ => self.unallocated = Some(group),
        }
        Ok(())
    }
}
