//! Which days are looked at, and which they are compared with: always as many, and the same ones of the month before
//! where the range is a month.

use domain::day::Day;
use jiff::civil::Date;

/// Days from the first to the one after the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayRange {
    pub from: Day,
    pub until: Day,
}

impl DayRange {
    pub const fn days(self) -> i32 {
        self.until.since(self.from)
    }
    pub fn first(self) -> Date {
        self.from.date()
    }
    pub fn last(self) -> Date {
        self.until.plus(-1).date()
    }
    pub fn holds(self, day: Day) -> bool {
        self.from <= day && day < self.until
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    ThisMonth,
    LastMonth,
    /// So many days, today included.
    Last(u16),
    /// From the first to the last.
    Between(Date, Date),
}

/// More than this is no page: it is a file.
const LONGEST: i32 = 400;

impl Preset {
    /// The range; one that is too long keeps its last days, one that is the wrong way round is turned.
    pub fn range(self, today: Day) -> DayRange {
        let range = match self {
            Self::ThisMonth => DayRange { from: today.first_of_month(), until: today.plus(1) },
            Self::LastMonth => {
                let until = today.first_of_month();
                DayRange { from: until.plus_months(-1), until }
            }
            Self::Last(days) => DayRange { from: today.plus(1 - i32::from(days.max(1))), until: today.plus(1) },
            Self::Between(one, other) => {
                DayRange { from: Day::of(one.min(other)), until: Day::of(one.max(other)).plus(1) }
            }
        };
        DayRange { from: range.from.max(range.until.plus(-LONGEST)), ..range }
    }

    /// What the range is compared with.
    pub fn earlier(self, today: Day) -> DayRange {
        let range = self.range(today);
        match self {
            Self::ThisMonth => {
                let from = range.from.plus_months(-1);
                DayRange { from, until: from.plus(range.days()).min(range.from) }
            }
            Self::LastMonth => DayRange { from: range.from.plus_months(-1), until: range.from },
            Self::Last(_) | Self::Between(..) => DayRange { from: range.from.plus(-range.days()), until: range.from },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn days(preset: Preset, today: Date) -> [String; 4] {
        let today = Day::of(today);
        let (range, earlier) = (preset.range(today), preset.earlier(today));
        [range.first(), range.last(), earlier.first(), earlier.last()].map(|date| date.to_string())
    }

    #[test]
    fn a_month_stands_beside_the_same_days_of_the_one_before() {
        let this = days(Preset::ThisMonth, date(2026, 11, 21));
        assert_eq!(this, ["2026-11-01", "2026-11-21", "2026-10-01", "2026-10-21"]);
        let long = days(Preset::ThisMonth, date(2026, 3, 31));
        assert_eq!(long, ["2026-03-01", "2026-03-31", "2026-02-01", "2026-02-28"], "never a day twice");
        let last = days(Preset::LastMonth, date(2026, 11, 21));
        assert_eq!(last, ["2026-10-01", "2026-10-31", "2026-09-01", "2026-09-30"]);
    }

    #[test]
    fn days_stand_beside_as_many_before_them() {
        assert_eq!(days(Preset::Last(7), date(2026, 11, 21)), ["2026-11-15", "2026-11-21", "2026-11-08", "2026-11-14"]);
        let turned = Preset::Between(date(2026, 11, 3), date(2026, 11, 1));
        assert_eq!(days(turned, date(2026, 11, 21)), ["2026-11-01", "2026-11-03", "2026-10-29", "2026-10-31"]);
        let ages = Preset::Between(date(1, 1, 1), date(2026, 11, 1));
        assert_eq!(ages.range(Day::of(date(2026, 11, 21))).days(), LONGEST);
    }
}
