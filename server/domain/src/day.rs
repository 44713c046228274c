//! Days of the organisation's calendar, as sums of usage are kept by.
//!
//! A call belongs to the day on which it was let in, in the zone that the organisation had then: a zone that is changed
//! later moves no call that was counted before.

use crate::time::Timestamp;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan, Unit};
use serde::{Deserialize, Serialize};

/// Days since 1 January 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Day(i32);

const FIRST: Date = date(1970, 1, 1);

impl Day {
    pub const fn from_number(number: i32) -> Self {
        Self(number)
    }
    pub const fn number(self) -> i32 {
        self.0
    }
    pub fn of(date: Date) -> Self {
        let span = FIRST.until((Unit::Day, date)).map_or(0, |span| span.get_days());
        Self(span)
    }
    /// Clamped to the years that a calendar knows.
    pub fn date(self) -> Date {
        let edge = if self.0 < 0 { Date::MIN } else { Date::MAX };
        Span::new().try_days(self.0).ok().and_then(|span| FIRST.checked_add(span).ok()).unwrap_or(edge)
    }
    #[must_use]
    pub const fn plus(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }
    /// Days from `earlier` to here.
    pub const fn since(self, earlier: Self) -> i32 {
        self.0.saturating_sub(earlier.0)
    }
    pub fn first_of_month(self) -> Self {
        Self::of(self.date().first_of_month())
    }
    /// The same day some months away; the month's last where it has none such.
    #[must_use]
    pub fn plus_months(self, months: i32) -> Self {
        Self::of(self.date().checked_add(months.months()).unwrap_or_else(|_| self.date()))
    }
}

/// Cuts time into days.
#[derive(Debug, Clone)]
pub struct Days(TimeZone);

impl Days {
    pub const fn in_zone(zone: TimeZone) -> Self {
        Self(zone)
    }
    pub const fn utc() -> Self {
        Self(TimeZone::UTC)
    }
    pub fn of(&self, moment: Timestamp) -> Day {
        Day::of(moment.to_jiff().to_zoned(self.0.clone()).date())
    }
    /// The day's first moment: usually 00:00, one o'clock where a zone skips midnight.
    pub fn start(&self, day: Day) -> Timestamp {
        let midnight = self.0.to_ambiguous_zoned(day.date().at(0, 0, 0, 0)).compatible();
        midnight.map_or(Timestamp::from_ms(0), |moment| Timestamp::from_ms(moment.timestamp().as_millisecond()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::MS_PER_DAY;
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::from_ms(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    #[test]
    fn a_day_is_that_of_the_zone() {
        let berlin = Days::in_zone(TimeZone::get("Europe/Berlin").unwrap());
        assert_eq!(berlin.of(at("2026-11-20T22:59:59Z")).date(), date(2026, 11, 20));
        assert_eq!(berlin.of(at("2026-11-20T23:00:00Z")).date(), date(2026, 11, 21));
        assert_eq!(berlin.start(Day::of(date(2026, 11, 21))), at("2026-11-20T23:00:00Z"));
        assert_eq!(Days::utc().of(Timestamp::from_ms(0)), Day::from_number(0));
        assert_eq!(Days::utc().of(Timestamp::from_ms(-1)), Day::from_number(-1));
    }

    #[test]
    fn months_keep_the_day_where_they_have_it() {
        let day = |year, month, day| Day::of(date(year, month, day));
        assert_eq!(day(2026, 3, 31).plus_months(-1), day(2026, 2, 28));
        assert_eq!(day(2026, 11, 21).plus_months(-1), day(2026, 10, 21));
        assert_eq!(day(2026, 11, 21).first_of_month(), day(2026, 11, 1));
    }

    proptest! {
        #[test]
        fn numbers_and_dates_are_the_same(number in -200_000..2_000_000_i32) {
            let day = Day::from_number(number);
            prop_assert_eq!(Day::of(day.date()), day);
            prop_assert_eq!(day.plus(1).since(day), 1);
        }

        #[test]
        fn a_moment_lies_between_its_day_and_the_next(days in 0..30_000_i64, ms in 0..MS_PER_DAY) {
            let moment = Timestamp::from_ms(days * MS_PER_DAY + ms);
            for zone in ["Europe/Berlin", "Asia/Kolkata", "America/Santiago", "Pacific/Apia"] {
                let days = Days::in_zone(TimeZone::get(zone).unwrap());
                let day = days.of(moment);
                prop_assert!(days.start(day) <= moment && moment < days.start(day.plus(1)), "{}", zone);
            }
        }
    }
}
