//! The same amounts in the display currency. Where all days have one rate it converts the sums; else each day is
//! converted at its own, which takes the days of what is listed.

use super::SpendGroup;
use crate::{Portal, PortalError};
use domain::day::Day;
use domain::dimension::Dimension;
use domain::exchange::{Conversion, Converted};
use domain::money::NanoUsd;
use std::collections::HashMap;
use store::{DaySpend, GroupSpend, SpendQuery};

/// What is listed, with its days.
#[derive(Clone, Copy)]
pub(super) struct Shown<'a> {
    pub(super) conversion: Option<&'a Conversion>,
    /// The values that the days name by their place.
    pub(super) listed: &'a [Option<String>],
    pub(super) days: &'a [DaySpend],
}

impl Shown<'_> {
    /// `None` where there is no currency, a day without a rate, or a group that is not listed.
    pub(super) fn group(&self, group: &GroupSpend) -> Option<Converted> {
        let cost = group.sums.cost;
        if cost == NanoUsd::ZERO {
            return self.conversion?.by_day([]);
        }
        self.conversion?.whole(cost).or_else(|| {
            let nth = self.listed.iter().position(|value| *value == group.value)?;
            self.by_day(|day| day.nth == Some(nth))
        })
    }
    pub(super) fn total(&self, cost: NanoUsd) -> Option<Converted> {
        self.conversion?.whole(cost).or_else(|| self.by_day(|_| true))
    }
    fn by_day(&self, of: impl Fn(&DaySpend) -> bool) -> Option<Converted> {
        let days = self.days.iter().filter(|day| of(day)).map(|day| (day.day, day.cost));
        self.conversion?.by_day(days)
    }
}

/// Of a whole and what of it is listed.
pub(super) fn rest(total: Option<Converted>, groups: &[SpendGroup]) -> Option<Converted> {
    groups.iter().try_fold(total?, |rest, group| group.shown.map(|shown| rest.minus(shown)))
}

impl Portal {
    /// Everything that was spent in the display currency, by value: one question, however many rates there are. What cost
    /// nothing is absent, and all of it where a day has no rate.
    pub(crate) async fn shown_by(
        &self,
        query: &SpendQuery<'_>,
        by: Dimension,
        conversion: &Conversion,
    ) -> Result<HashMap<Option<String>, Converted>, PortalError> {
        let mut shown: HashMap<Option<String>, Converted> = HashMap::new();
        let (periods, currency) = (conversion.periods(), conversion.currency());
        if periods.is_empty() {
            return Ok(shown);
        }
        let begins: Vec<Day> = periods.iter().map(|period| period.from).collect();
        for part in self.store.spend_by_period(query, by, &begins).await? {
            let Some(period) = periods.get(part.nth) else { continue };
            let amount = Converted::of(part.cost, period.rate.rate, currency);
            let sum = shown.entry(part.value).or_insert_with(|| Converted::nothing(currency));
            *sum = sum.plus(amount);
        }
        Ok(shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::currency::Currency;
    use domain::exchange::{DatedRate, Exchange, Rate};
    use store::UsageSums;

    #[test]
    fn what_is_not_listed_is_in_no_group() {
        let day = Day::from_number;
        let rate = |from, nano| DatedRate { from: day(from), rate: Rate::from_nano(nano).unwrap() };
        let rates = vec![rate(0, 500_000_000), rate(1, 900_000_000)];
        let conversion = Exchange::new(Currency::from_code("EUR").unwrap(), rates).over(day(0), day(2));
        let spent = |on, nth, dollars| DaySpend { day: day(on), nth, cost: NanoUsd::from_dollars(dollars) };
        let days = [spent(0, Some(0), 10), spent(1, Some(0), 1), spent(1, None, 100)];
        let listed = [Some("a".to_owned())];
        let shown = Shown { conversion: Some(&conversion), listed: &listed, days: &days };
        let group = |value: Option<&str>, dollars| {
            let sums = UsageSums { cost: NanoUsd::from_dollars(dollars), ..UsageSums::default() };
            let group = GroupSpend { value: value.map(str::to_owned), sums, earlier: NanoUsd::ZERO };
            shown.group(&group).map(|amount| amount.to_string())
        };
        assert_eq!(group(Some("a"), 11).as_deref(), Some("5.90"));
        assert_eq!(group(None, 0).as_deref(), Some("0.00"), "nothing is nothing, listed or not");
        assert_eq!(group(Some("only moved"), 5), None);
        assert_eq!(shown.total(NanoUsd::from_dollars(111)).unwrap().to_string(), "95.90");
        let dollars = Shown { conversion: None, ..shown };
        assert_eq!(dollars.total(NanoUsd::from_dollars(111)), None);
    }
}
