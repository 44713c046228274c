//! The course of each listed group: what it cost from day to day, in as many points as a small drawing can show.

use super::DayRange;
use domain::day::Day;
use domain::money::NanoUsd;
use store::DaySpend;

/// Points of one course. A longer range has several days in a point.
const MOST_POINTS: i32 = 31;

/// The courses of several groups over the same days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trends {
    /// The first day of each point.
    pub points: Vec<Day>,
    pub days_a_point: i32,
    /// In the order of the groups, each with an amount for every point.
    pub of: Vec<Vec<NanoUsd>>,
}

/// `spent` names each group by its place.
pub(super) fn trends(range: DayRange, groups: usize, spent: &[DaySpend]) -> Trends {
    let days = range.days().max(1);
    let days_a_point = (days + MOST_POINTS - 1) / MOST_POINTS;
    let count = (days + days_a_point - 1) / days_a_point;
    let points: Vec<Day> = (0..count).map(|point| range.from.plus(point * days_a_point)).collect();
    let mut of = vec![vec![NanoUsd::ZERO; points.len()]; groups];
    for spend in spent {
        let point = usize::try_from(spend.day.since(range.from) / days_a_point).ok();
        let course = spend.nth.and_then(|nth| of.get_mut(nth));
        if let Some(amount) = course.zip(point).and_then(|(course, point)| course.get_mut(point)) {
            *amount = amount.plus(spend.cost);
        }
    }
    Trends { points, days_a_point, of }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spent(range: DayRange, day: i32, nth: Option<usize>, nano: i64) -> DaySpend {
        DaySpend { day: range.from.plus(day), nth, cost: NanoUsd::from_nano(nano) }
    }
    fn range(days: i32) -> DayRange {
        let from = Day::from_number(20_000);
        DayRange { from, until: from.plus(days) }
    }

    #[test]
    fn a_month_has_a_point_a_day_and_every_amount_its_place() {
        let month = range(31);
        let found =
            trends(month, 2, &[spent(month, 0, Some(0), 1), spent(month, 30, Some(1), 2), spent(month, 3, None, 9)]);
        assert_eq!((found.points.len(), found.days_a_point), (31, 1));
        assert_eq!((found.of[0][0], found.of[1][30]), (NanoUsd::from_nano(1), NanoUsd::from_nano(2)));
        let sum: i64 = found.of.iter().flatten().map(|amount| amount.as_nano()).sum();
        assert_eq!(sum, 3, "what is of no group is nobody's course");
    }

    #[test]
    fn a_longer_range_has_several_days_in_a_point_and_loses_none() {
        for days in [32, 90, 400] {
            let long = range(days);
            let each: Vec<_> = (0..days).map(|day| spent(long, day, Some(0), 1)).collect();
            let found = trends(long, 1, &each);
            assert!(found.points.len() <= 31, "{days}");
            assert_eq!(found.of[0].iter().map(|amount| amount.as_nano()).sum::<i64>(), i64::from(days));
        }
        assert_eq!(trends(range(0), 1, &[]).of[0].len(), 1);
    }
}
