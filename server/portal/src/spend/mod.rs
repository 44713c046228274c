//! Spend as people explore it: by whatever they group it by, beside an earlier range, narrowed step by step.
//!
//! The scope follows from the caller: one's own keys; as a lead also everything that was spent under the team, though its
//! members' own keys stay without a name; as an administrator or auditor everyone's. Totals are those of the ledger:
//! what belongs to none is a group like any other, and what is not listed is summed into a rest.

mod found;
mod names;
mod range;
mod shown;
mod trend;
mod views;

pub(crate) use found::LatelySpent;
pub use range::{DayRange, Preset};
pub use trend::Trends;
pub use views::{KeptView, ViewChoices};

use crate::{Portal, PortalError};
use domain::commitment::Month;
use domain::day::{Day, Days};
use domain::dimension::Dimension;
use domain::exchange::{Conversion, Converted};
use domain::money::NanoUsd;
use domain::order::{Order, SpendColumn};
use domain::permission::{Permission, Scope};
use domain::person::{Caller, Role};
use domain::time::{MS_PER_DAY, Timestamp};
use found::Found;
use names::Names;
use shown::Shown;
use std::cmp::Reverse;
use store::{DaySpend, GroupSpend, Ranked, SpendQuery, UsageSums};

pub use store::UsageSums as SpendSums;

/// Groups that a page lists; the rest is one line.
const LISTED: u32 = 50;
/// Groups with a colour of their own.
const COLOURED: usize = 6;
const MOVERS: u32 = 6;
/// Groups that a file lists.
const FILED: u32 = 200_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpendQuestion {
    pub preset: Preset,
    pub compare: bool,
    pub by: Dimension,
    /// Each dimension at most once; `None` is what belongs to none.
    pub filters: Vec<(Dimension, Option<String>)>,
    pub order: Order<SpendColumn>,
}

/// One value of a dimension as people know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub value: Option<String>,
    /// `None`: the value itself is the name, or there is none.
    pub name: Option<String>,
    /// The caller may open its page.
    pub may_open: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpendGroup {
    pub of: Named,
    pub sums: UsageSums,
    /// What it cost in the earlier range.
    pub earlier: NanoUsd,
    /// What it cost in the display currency, where every day has a rate; also absent of those that only moved.
    pub shown: Option<Converted>,
}

/// The groups of one dimension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breakdown {
    pub by: Dimension,
    /// In the order that was asked for; what belongs to none is always here if there is any.
    pub groups: Vec<SpendGroup>,
    /// How many groups are not listed, and what they cost.
    pub rest: (i64, UsageSums),
    pub rest_shown: Option<Converted>,
}

/// One bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpendDay {
    pub day: Day,
    /// Of each of the series, in their order, and last of all others.
    pub costs: Vec<NanoUsd>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spend {
    pub today: Day,
    /// `None`: just now.
    pub as_of: Option<Timestamp>,
    pub range: DayRange,
    pub earlier: Option<DayRange>,
    pub filters: Vec<(Dimension, Named)>,
    pub total: UsageSums,
    /// What the range is converted at; `None`: dollars alone.
    pub conversion: Option<Conversion>,
    pub total_shown: Option<Converted>,
    pub earlier_total: NanoUsd,
    /// What the month will have cost at this pace; only of the running month.
    pub forecast: Option<NanoUsd>,
    pub main: Breakdown,
    /// A second look at what is left, where the first is by model.
    pub beside: Option<Breakdown>,
    pub movers: Vec<SpendGroup>,
    pub series: Vec<Named>,
    pub days: Vec<SpendDay>,
    /// Of the groups of `main`, in their order.
    pub trends: Trends,
    /// What belongs to no value of the dimension.
    pub unallocated: NanoUsd,
    pub unallocated_shown: Option<Converted>,
    /// It is everyone's spend, and not only one's own or that of one's teams.
    pub of_everyone: bool,
    /// What these days cost was moved between cost centres, last in this month, which is not among the sums; only where they
    /// are grouped by cost centre, and for whoever may read its statement.
    pub adjusted: Option<Month>,
    /// The pages of people and teams are open to the caller.
    pub opens_people: bool,
}

/// Every group of a range, for a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpendFile {
    pub range: DayRange,
    pub groups: Vec<SpendGroup>,
    pub conversion: Option<Conversion>,
}

impl Portal {
    /// How a caller most likely wants to see spend.
    pub fn usual_dimension(caller: &Caller) -> Dimension {
        if caller.has(Role::Administrator) {
            Dimension::Team
        } else if caller.has(Role::Auditor) {
            Dimension::CostCentre
        } else if caller.is_lead() {
            Dimension::Person
        } else {
            Dimension::Key
        }
    }

    pub async fn spend(&self, caller: &Caller, question: &SpendQuestion) -> Result<Spend, PortalError> {
        self.gateway.catch_up().await;
        let (now, days) = (self.clock.now(), Days::in_zone(self.settings.zone.clone()));
        let today = days.of(now);
        let (range, by) = (question.preset.range(today), question.by);
        let earlier = question.compare.then(|| question.preset.earlier(today));
        let scope = self.sight(caller).await?.spend;
        let query = SpendQuery { scope: &scope, filters: &question.filters, from: range.from, until: range.until };
        let before = earlier.map(|range| (range.from, range.until));
        let (as_of, Found { groups: found, days: each }) = self.found(&query, by, question.order, before).await?;

        let listed = listed(&found);
        let coloured = coloured(&found.largest);
        let colour = |nth: usize| coloured.iter().position(|&at| at == nth);
        let bars: Vec<DaySpend> =
            each.iter().map(|spend| DaySpend { nth: spend.nth.and_then(colour), ..spend.clone() }).collect();
        let conversion = self.conversion(range.from, range.until).await?;
        let shown = Shown { conversion: conversion.as_ref(), listed: &listed, days: &each };

        let names = self.names(caller, &scope, by, values(&found)).await?;
        let named = |group: &GroupSpend| named(&names, &shown, group);
        let filters = self.named_filters(caller, &scope, &question.filters).await?;
        let beside = match by == Dimension::Model && !question.filters.is_empty() {
            true => {
                let by = Dimension::Key;
                let groups = self
                    .store
                    .spend_by(&query, by, before, Ranked { order: question.order, limit: LISTED, movers: 0 })
                    .await?;
                Some(self.beside(caller, &query, by, &groups, conversion.as_ref()).await?)
            }
            false => None,
        };
        let reads_statement = scope == Scope::Everyone && Permission::SeeAdministration.allows(Some(caller));
        let adjusted = match by == Dimension::CostCentre && reads_statement {
            true => self.store.last_adjusted(range.from, range.until).await?.map(Month::of),
            false => None,
        };
        let is_month = question.preset == Preset::ThisMonth;
        Ok(Spend {
            today,
            as_of,
            range,
            earlier,
            filters,
            total: found.total,
            total_shown: shown.total(found.total.cost),
            earlier_total: found.earlier_total,
            forecast: is_month.then(|| {
                let month = range.from.plus_months(1);
                let whole = days.start(month).since(days.start(range.from));
                at_this_pace(found.total.cost, now.since(days.start(range.from)), whole)
            }),
            movers: found.movers.iter().filter(|group| group.value.is_some()).map(named).collect(),
            series: coloured.iter().map(|&at| names.of(found.largest[at].value.clone())).collect(),
            days: by_day(range, coloured.len(), &bars),
            trends: trend::trends(range, listed.len(), &each),
            unallocated: found.unallocated.as_ref().map_or(NanoUsd::ZERO, |group| group.sums.cost),
            unallocated_shown: found.unallocated.as_ref().and_then(|group| shown.group(group)),
            main: breakdown(by, &found, shown.total(found.total.cost), named),
            of_everyone: scope == Scope::Everyone,
            adjusted,
            opens_people: scope == Scope::Everyone && self.namer(caller).await?.knows_everybody(),
            beside,
            conversion,
        })
    }

    async fn beside(
        &self,
        caller: &Caller,
        query: &SpendQuery<'_>,
        by: Dimension,
        found: &store::Groups,
        conversion: Option<&Conversion>,
    ) -> Result<Breakdown, PortalError> {
        let listed = listed(found);
        // With one rate the sums say enough.
        let days = match conversion {
            Some(conversion) if conversion.periods().len() > 1 => self.store.spend_by_day(query, by, &listed).await?,
            _ => Vec::new(),
        };
        let shown = Shown { conversion, listed: &listed, days: &days };
        let names = self.names(caller, query.scope, by, values(found)).await?;
        Ok(breakdown(by, found, shown.total(found.total.cost), |group| named(&names, &shown, group)))
    }

    /// Every group, for a file.
    pub async fn spend_groups(&self, caller: &Caller, question: &SpendQuestion) -> Result<SpendFile, PortalError> {
        self.gateway.catch_up().await;
        let today = Days::in_zone(self.settings.zone.clone()).of(self.clock.now());
        let range = question.preset.range(today);
        let earlier = question.preset.earlier(today);
        let scope = self.sight(caller).await?.spend;
        let query = SpendQuery { scope: &scope, filters: &question.filters, from: range.from, until: range.until };
        let ranked = Ranked { order: question.order, limit: FILED, movers: 0 };
        let found = self.store.spend_by(&query, question.by, Some((earlier.from, earlier.until)), ranked).await?;
        let conversion = self.conversion(range.from, range.until).await?;
        let names = self.names(caller, &scope, question.by, values(&found)).await?;
        let shown = Shown { conversion: conversion.as_ref(), listed: &[], days: &[] };
        let mut groups: Vec<SpendGroup> = found.largest.iter().map(|group| named(&names, &shown, group)).collect();
        if let Some(conversion) = conversion.as_ref().filter(|conversion| conversion.periods().len() > 1) {
            let mut amounts = self.shown_by(&query, question.by, conversion).await?;
            let nothing = Converted::nothing(conversion.currency());
            for group in &mut groups {
                group.shown = Some(amounts.remove(&group.of.value).unwrap_or(nothing));
            }
        }
        tell_unallocated(question.by, &mut groups, |group| named(&names, &shown, group));
        Ok(SpendFile { range, groups, conversion })
    }
}

fn named(names: &Names, shown: &Shown<'_>, group: &GroupSpend) -> SpendGroup {
    SpendGroup {
        of: names.of(group.value.clone()),
        sums: group.sums,
        earlier: group.earlier,
        shown: shown.group(group),
    }
}

/// Where the costliest of those that are listed are, costliest first.
fn coloured(listed: &[GroupSpend]) -> Vec<usize> {
    let mut costly: Vec<usize> = (0..listed.len()).filter(|&at| listed[at].sums.cost > NanoUsd::ZERO).collect();
    costly.sort_by_key(|&at| Reverse(listed[at].sums.cost));
    costly.truncate(COLOURED);
    costly
}

/// The values that a page lists, in its order: what belongs to none is among them, if there is any.
fn listed(found: &store::Groups) -> Vec<Option<String>> {
    let mut listed: Vec<Option<String>> = found.largest.iter().map(|group| group.value.clone()).collect();
    if found.unallocated.is_some() && !listed.contains(&None) {
        listed.push(None);
    }
    listed
}

/// Every value that a page shows the name of.
fn values(groups: &store::Groups) -> Vec<String> {
    let shown = groups.largest.iter().chain(&groups.movers);
    shown.filter_map(|group| group.value.clone()).collect()
}

fn breakdown(
    by: Dimension,
    found: &store::Groups,
    total_shown: Option<Converted>,
    named: impl Fn(&GroupSpend) -> SpendGroup,
) -> Breakdown {
    let mut groups: Vec<SpendGroup> = found.largest.iter().map(&named).collect();
    if let Some(none) = found.unallocated.as_ref().filter(|_| groups.iter().all(|group| group.of.value.is_some())) {
        groups.push(named(none));
    }
    let listed = i64::try_from(groups.len()).unwrap_or(i64::MAX);
    let rest = groups.iter().fold(found.total, |rest, group| less(rest, &group.sums));
    tell_unallocated(by, &mut groups, named);
    let rest_shown = shown::rest(total_shown, &groups);
    Breakdown { by, groups, rest: ((found.count - listed).max(0), rest), rest_shown }
}

/// That nothing was spent without a cost centre is worth a line, too.
fn tell_unallocated(by: Dimension, groups: &mut Vec<SpendGroup>, named: impl Fn(&GroupSpend) -> SpendGroup) {
    if by == Dimension::CostCentre && !groups.is_empty() && groups.iter().all(|group| group.of.value.is_some()) {
        groups.push(named(&GroupSpend { value: None, sums: UsageSums::default(), earlier: NanoUsd::ZERO }));
    }
}

fn less(from: UsageSums, part: &UsageSums) -> UsageSums {
    UsageSums {
        requests: from.requests - part.requests,
        failures: from.failures - part.failures,
        denials: from.denials - part.denials,
        input: from.input - part.input,
        cache_read: from.cache_read - part.cache_read,
        cache_write: from.cache_write - part.cache_write,
        output: from.output - part.output,
        cost: from.cost.minus(part.cost),
    }
}

/// A bar for each day of the range, also where nothing was spent.
fn by_day(range: DayRange, series: usize, spent: &[DaySpend]) -> Vec<SpendDay> {
    let mut days: Vec<SpendDay> = (0..range.days())
        .map(|nth| SpendDay { day: range.from.plus(nth), costs: vec![NanoUsd::ZERO; series + 1] })
        .collect();
    for spend in spent {
        let at = usize::try_from(spend.day.since(range.from)).ok();
        let day = at.and_then(|at| days.get_mut(at));
        if let Some(cost) = day.and_then(|day| day.costs.get_mut(spend.nth.unwrap_or(series))) {
            *cost = cost.plus(spend.cost);
        }
    }
    days
}

/// What a whole costs of which a part cost this. In the first hours there is no pace yet: at least a quarter of a day.
pub(crate) fn at_this_pace(spent: NanoUsd, part_ms: i64, whole_ms: i64) -> NanoUsd {
    let part = i128::from(part_ms.max(MS_PER_DAY / 4));
    let nano = i128::from(spent.as_nano()) * i128::from(whole_ms.max(part_ms)) / part;
    NanoUsd::from_nano(i64::try_from(nano).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forecast_goes_on_as_it_went() {
        let dollars = NanoUsd::from_dollars;
        assert_eq!(at_this_pace(dollars(10), 10 * MS_PER_DAY, 30 * MS_PER_DAY), dollars(30));
        assert_eq!(at_this_pace(dollars(1), 0, 30 * MS_PER_DAY), dollars(120), "not without bound");
        assert_eq!(at_this_pace(NanoUsd::MAX, MS_PER_DAY, 30 * MS_PER_DAY), NanoUsd::MAX);
    }
}
