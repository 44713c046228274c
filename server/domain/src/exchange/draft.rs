//! A currency and a rate as typed, and why they cannot be taken.

use super::{DatedRate, Exchange, Rate};
use crate::currency::Currency;
use crate::day::Day;
use crate::refusal::{Reason, Refusal};
use jiff::civil::date;

/// A rate for every day of ten years.
pub const MOST_RATES: usize = 4_000;

/// What is wrong with a currency or a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExchangeProblem {
    NotACurrency,
    /// They are shown already.
    Dollars,
    NotADay,
    /// Before there was anything to pay for, or more than a year ahead.
    DayOutOfBounds {
        first: Day,
        last: Day,
    },
    NotARate,
    RateOutOfBounds,
    /// A day has one rate.
    DayHasRate {
        rate: Rate,
    },
    /// More than ten times another one, or less than a tenth of it: a point that slipped.
    FarFrom {
        other: DatedRate,
    },
}

impl ExchangeProblem {
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotACurrency => "not_a_currency",
            Self::Dollars => "dollars_already",
            Self::NotADay => "not_a_day",
            Self::DayOutOfBounds { .. } => "day_out_of_bounds",
            Self::NotARate => "not_a_rate",
            Self::RateOutOfBounds => "rate_out_of_bounds",
            Self::DayHasRate { .. } => "day_has_rate",
            Self::FarFrom { .. } => "far_from_other_rate",
        }
    }
}

/// The currency that people want to read; nothing stands for none but dollars.
pub fn read_currency(typed: &str) -> Result<Option<Currency>, Refusal> {
    let refused = |problem| Refusal::new("currency", Reason::Exchange(problem));
    match typed.trim() {
        "" => Ok(None),
        code => match Currency::from_code(code) {
            None => Err(refused(ExchangeProblem::NotACurrency)),
            Some(Currency::USD) => Err(refused(ExchangeProblem::Dollars)),
            Some(currency) => Ok(Some(currency)),
        },
    }
}

/// A rate as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RateDraft {
    /// `2026-12-01`
    pub from: String,
    /// `0.92`
    pub rate: String,
}

impl RateDraft {
    /// The rate among those that there are, or every reason why it is none.
    pub fn read(&self, beside: &Exchange, today: Day) -> Result<DatedRate, Vec<Refusal>> {
        let day = self.day(beside, today).map_err(|problem| Refusal::new("from", Reason::Exchange(problem)));
        let rate = self.rate().map_err(|problem| Refusal::new("rate", Reason::Exchange(problem)));
        let mut refusals = Vec::new();
        match (day, rate) {
            (Ok(from), Ok(rate)) => match far_neighbour(from, rate, beside) {
                Some(other) => {
                    refusals.push(Refusal::new("rate", Reason::Exchange(ExchangeProblem::FarFrom { other })));
                }
                None => return Ok(DatedRate { from, rate }),
            },
            (day, rate) => refusals.extend(day.err().into_iter().chain(rate.err())),
        }
        Err(refusals)
    }

    /// A form that is sent twice finds what it added.
    pub fn is_among(&self, rates: &Exchange) -> bool {
        let there =
            self.from.trim().parse().ok().map(Day::of).and_then(|day| rates.on(day).filter(|on| on.from == day));
        there.is_some_and(|there| Rate::parse(self.rate.trim()) == Some(there.rate.as_nano()))
    }

    fn day(&self, beside: &Exchange, today: Day) -> Result<Day, ExchangeProblem> {
        let typed = self.from.trim().parse().map_err(|_| ExchangeProblem::NotADay)?;
        let (day, first, last) = (Day::of(typed), Day::of(date(2000, 1, 1)), today.plus(366));
        if !(first..=last).contains(&day) {
            return Err(ExchangeProblem::DayOutOfBounds { first, last });
        }
        match beside.rates().iter().find(|rate| rate.from == day) {
            Some(there) => Err(ExchangeProblem::DayHasRate { rate: there.rate }),
            None => Ok(day),
        }
    }

    fn rate(&self) -> Result<Rate, ExchangeProblem> {
        let nano = Rate::parse(self.rate.trim()).ok_or(ExchangeProblem::NotARate)?;
        Rate::from_nano(nano).ok_or(ExchangeProblem::RateOutOfBounds)
    }
}

/// The rate before or after this one, if it is of quite another size.
fn far_neighbour(from: Day, rate: Rate, beside: &Exchange) -> Option<DatedRate> {
    let after = beside.rates().iter().copied().find(|other| from < other.from);
    beside.on(from).into_iter().chain(after).find(|other| rate.is_far_from(other.rate))
}
