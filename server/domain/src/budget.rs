//! Budgets: a spending cap for a calendar window, and the arithmetic of spent, reserved and left.
//!
//! Every window is computed from the moment of the request; no job resets anything. A request belongs to the window of
//! its admission, whenever it is settled.

use crate::id::{ApplicationId, CostCentreId, KeyId, PersonId, ProfileId, TeamId, UnitId};
use crate::limits::Counted;
use crate::money::NanoUsd;
use crate::time::{MS_PER_HOUR, Timestamp};
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A calendar window in the organisation's time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    Hour,
    Day,
    /// From Monday.
    Week,
    Month,
    Quarter,
    /// From the beginning, never reset.
    Total,
}

impl Window {
    pub const ALL: [Self; 6] = [Self::Hour, Self::Day, Self::Week, Self::Month, Self::Quarter, Self::Total];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Total => "total",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|window| window.word() == word)
    }

    /// When the window that holds `now` began. [`Window::Total`] began at 0.
    pub fn start(self, now: Timestamp, zone: &TimeZone) -> Timestamp {
        if self == Self::Hour {
            return full_hour(now, zone);
        }
        self.first_day(now, zone).map_or(Timestamp::from_ms(0), |day| midnight(day, zone))
    }

    /// When the next window begins; `None` for [`Window::Total`].
    pub fn resets_at(self, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        if self == Self::Hour {
            return Some(full_hour(now, zone).plus_ms(MS_PER_HOUR));
        }
        let first = self.first_day(now, zone)?;
        let span = match self {
            Self::Day => jiff::Span::new().days(1),
            Self::Week => jiff::Span::new().weeks(1),
            Self::Month => jiff::Span::new().months(1),
            Self::Quarter => jiff::Span::new().months(3),
            Self::Hour | Self::Total => return None,
        };
        first.checked_add(span).ok().map(|day| midnight(day, zone))
    }

    fn first_day(self, now: Timestamp, zone: &TimeZone) -> Option<Date> {
        let today = now.to_jiff().to_zoned(zone.clone()).date();
        let of_month = |month: i8| Date::new(today.year(), month, 1).ok();
        match self {
            Self::Day => Some(today),
            Self::Week => {
                let back = i64::from(today.weekday().since(Weekday::Monday));
                today.checked_sub(jiff::Span::new().days(back)).ok()
            }
            Self::Month => of_month(today.month()),
            Self::Quarter => of_month((today.month() - 1) / 3 * 3 + 1),
            Self::Hour | Self::Total => None,
        }
    }
}

/// The hour as clocks in the zone show it: some zones are half an hour off the others.
fn full_hour(now: Timestamp, zone: &TimeZone) -> Timestamp {
    let offset = i64::from(zone.to_offset(now.to_jiff()).seconds()) * 1_000;
    now.plus_ms(-(now.as_ms() + offset).rem_euclid(MS_PER_HOUR))
}

/// The first moment of a day: usually 00:00, one o'clock where a zone skips midnight.
fn midnight(day: Date, zone: &TimeZone) -> Timestamp {
    zone.to_ambiguous_zoned(day.at(0, 0, 0, 0))
        .compatible()
        .map_or(Timestamp::from_ms(0), |moment| Timestamp::from_ms(moment.timestamp().as_millisecond()))
}

/// Whose money or traffic it is, from the widest to the narrowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BudgetScope {
    Organisation,
    /// A business unit: several teams.
    Unit(UnitId),
    /// All keys that are booked to it, whoever owns them.
    CostCentre(CostCentreId),
    /// All keys that carry its name, whoever owns them.
    Application(ApplicationId),
    Team(TeamId),
    Person(PersonId),
    /// All keys of an access profile together.
    Profile(ProfileId),
    Key(KeyId),
}

impl BudgetScope {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Organisation => "organisation",
            Self::Unit(_) => "unit",
            Self::CostCentre(_) => "cost_centre",
            Self::Application(_) => "application",
            Self::Team(_) => "team",
            Self::Person(_) => "person",
            Self::Profile(_) => "profile",
            Self::Key(_) => "key",
        }
    }
    /// Reads what [`fmt::Display`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "organisation" {
            return Some(Self::Organisation);
        }
        (text.parse().map(Self::Team))
            .or_else(|_| text.parse().map(Self::Unit))
            .or_else(|_| text.parse().map(Self::CostCentre))
            .or_else(|_| text.parse().map(Self::Application))
            .or_else(|_| text.parse().map(Self::Profile))
            .or_else(|_| text.parse().map(Self::Person))
            .or_else(|_| text.parse().map(Self::Key))
            .ok()
    }
}

impl fmt::Display for BudgetScope {
    /// The text that the store keeps: `organisation` or the id with its prefix.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Organisation => f.write_str("organisation"),
            Self::Unit(id) => id.fmt(f),
            Self::CostCentre(id) => id.fmt(f),
            Self::Application(id) => id.fmt(f),
            Self::Team(id) => id.fmt(f),
            Self::Profile(id) => id.fmt(f),
            Self::Person(id) => id.fmt(f),
            Self::Key(id) => id.fmt(f),
        }
    }
}

/// A cap as people set it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Cap {
    pub window: Window,
    pub limit: NanoUsd,
}

/// One account of the ledger: this scope's money in the window that began then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BudgetLine {
    pub scope: BudgetScope,
    pub window: Window,
    pub window_start: Timestamp,
}

/// What was used of an account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Consumed {
    pub spent: NanoUsd,
    pub requests: u64,
    /// Input and output together.
    pub tokens: u64,
}

impl Consumed {
    /// Stops at the largest numbers.
    pub const fn plus(self, other: Self) -> Self {
        Self {
            spent: self.spent.plus(other.spent),
            requests: self.requests.saturating_add(other.requests),
            tokens: self.tokens.saturating_add(other.tokens),
        }
    }
    /// Counts stop at 0.
    pub const fn minus(self, other: Self) -> Self {
        Self {
            spent: self.spent.minus(other.spent),
            requests: self.requests.saturating_sub(other.requests),
            tokens: self.tokens.saturating_sub(other.tokens),
        }
    }
    pub const fn counted(&self, what: Counted) -> u64 {
        match what {
            Counted::Requests => self.requests,
            Counted::Tokens => self.tokens,
        }
    }
}

/// The three figures that always appear together, from one ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BudgetFigures {
    pub scope: BudgetScope,
    pub window: Window,
    pub limit: NanoUsd,
    pub spent: NanoUsd,
    pub reserved: NanoUsd,
    /// What is guaranteed to levels that this call does not belong to, and that they have not used yet.
    pub kept_for_others: NanoUsd,
    pub resets_at: Option<Timestamp>,
}

impl BudgetFigures {
    /// What new calls may still reserve; never negative.
    pub fn left(&self) -> NanoUsd {
        self.limit.minus(self.spent).minus(self.reserved).minus(self.kept_for_others).max(NanoUsd::ZERO)
    }
    /// Spent as a percentage of the limit, for words and bars; 100 and more when used up.
    pub fn percent_spent(&self) -> i64 {
        if self.limit <= NanoUsd::ZERO {
            return 100;
        }
        let percent = i128::from(self.spent.as_nano()) * 100 / i128::from(self.limit.as_nano());
        i64::try_from(percent).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::from_ms(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    #[test]
    fn windows_follow_the_calendar_of_the_organisation() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let now = at("2026-11-21T08:10:00Z");
        let rows = [
            (Window::Hour, "2026-11-21T08:00:00Z", Some("2026-11-21T09:00:00Z")),
            (Window::Day, "2026-11-20T23:00:00Z", Some("2026-11-21T23:00:00Z")),
            (Window::Week, "2026-11-15T23:00:00Z", Some("2026-11-22T23:00:00Z")),
            (Window::Month, "2026-10-31T23:00:00Z", Some("2026-11-30T23:00:00Z")),
            (Window::Quarter, "2026-09-30T22:00:00Z", Some("2026-12-31T23:00:00Z")),
            (Window::Total, "1970-01-01T00:00:00Z", None),
        ];
        for (window, start, end) in rows {
            assert_eq!(window.start(now, &berlin), at(start), "{window:?}");
            assert_eq!(window.resets_at(now, &berlin), end.map(at), "{window:?}");
        }
    }

    #[test]
    fn days_with_a_change_of_clocks_have_23_and_25_hours() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let hours = |day: &str| {
            let now = at(day);
            Window::Day.resets_at(now, &berlin).unwrap().since(Window::Day.start(now, &berlin)) / MS_PER_HOUR
        };
        assert_eq!(hours("2026-03-29T10:00:00Z"), 23);
        assert_eq!(hours("2026-10-25T10:00:00Z"), 25);
    }

    #[test]
    fn a_scope_is_read_back_from_its_text() {
        for scope in [
            BudgetScope::Organisation,
            BudgetScope::Unit(UnitId::from_random(&[3; 12])),
            BudgetScope::CostCentre(CostCentreId::from_random(&[3; 12])),
            BudgetScope::Application(ApplicationId::from_random(&[3; 12])),
            BudgetScope::Team(TeamId::from_random(&[3; 12])),
            BudgetScope::Profile(ProfileId::from_random(&[3; 12])),
            BudgetScope::Person(PersonId::from_random(&[3; 12])),
            BudgetScope::Key(KeyId::from_random(&[3; 12])),
        ] {
            assert_eq!(BudgetScope::parse(&scope.to_string()), Some(scope));
        }
        assert_eq!(BudgetScope::parse("nonsense"), None);
    }

    proptest! {
        #[test]
        fn every_moment_lies_in_its_own_window(ms in 0..4_000_000_000_000i64, which in 0usize..5) {
            let zone = TimeZone::get("America/Santiago").unwrap();
            let window = Window::ALL[which];
            let now = Timestamp::from_ms(ms);
            let (start, end) = (window.start(now, &zone), window.resets_at(now, &zone).unwrap());
            prop_assert!(start <= now && now < end);
            prop_assert_eq!(window.start(end, &zone), end);
        }
    }
}
