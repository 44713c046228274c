//! Dollars in another currency, for people to read. Nothing is decided by it: budgets and prices are dollars.
//!
//! A rate holds from its day until the next one's, and each day's spend is converted at that day's rate. Amounts are
//! exact: a nano-dollar at a rate of nine decimals is a whole number of 10⁻¹⁸ units, so that parts, days and groups add
//! up to their total to the last digit. They are rounded once, where they are printed, half away from zero. A day before
//! the first rate has none, and an amount that would need it is not converted at all.

use crate::currency::Currency;
use crate::day::Day;
use crate::money::NanoUsd;
use std::fmt;

mod draft;
mod rate;

pub use draft::{ExchangeProblem, MOST_RATES, RateDraft, read_currency};
pub use rate::Rate;

/// Digits after the point of what is kept: nine of dollars and nine of the rate.
const DIGITS: u32 = 18;

/// An exact amount in another currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Converted {
    currency: Currency,
    /// 10⁻¹⁸ units. The largest amount of dollars at the largest rate fills less than a ten-thousandth of its range, so
    /// that no sum of the days of a page can leave it.
    atto: i128,
}

impl Converted {
    pub const fn nothing(currency: Currency) -> Self {
        Self { currency, atto: 0 }
    }
    pub const fn of(amount: NanoUsd, rate: Rate, currency: Currency) -> Self {
        Self { currency, atto: amount.as_nano() as i128 * rate.as_nano() as i128 }
    }
    pub const fn currency(self) -> Currency {
        self.currency
    }
    pub const fn is_zero(self) -> bool {
        self.atto == 0
    }
    /// Of amounts in the same currency.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self { atto: self.atto.saturating_add(other.atto), ..self }
    }
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self { atto: self.atto.saturating_sub(other.atto), ..self }
    }
    /// In the currency's smallest coin, rounded half away from zero.
    pub const fn in_coins(self) -> i128 {
        let coin = 10_u128.pow(DIGITS - self.currency.decimals() as u32);
        let coins = ((self.atto.unsigned_abs() + coin / 2) / coin) as i128;
        if self.atto < 0 { -coins } else { coins }
    }
}

impl fmt::Display for Converted {
    /// Every digit that is not zero, at least those of a coin, without the currency: `1149.60`, `0.000000276`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, atto, unit) = (if self.atto < 0 { "-" } else { "" }, self.atto.unsigned_abs(), 10_u128.pow(DIGITS));
        let fraction = format!("{:018}", atto % unit);
        let kept = fraction.trim_end_matches('0').len().max(usize::from(self.currency.decimals()));
        match &fraction[..kept] {
            "" => write!(f, "{sign}{}", atto / unit),
            fraction => write!(f, "{sign}{}.{fraction}", atto / unit),
        }
    }
}

/// A rate and the day from which it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DatedRate {
    pub from: Day,
    pub rate: Rate,
}

/// The currency that people read, and its rates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    pub currency: Currency,
    /// By day.
    rates: Vec<DatedRate>,
}

/// Days in a row that have the same rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    pub from: Day,
    /// Exclusive.
    pub until: Day,
    /// With the day from which it holds, which may lie before the period.
    pub rate: DatedRate,
}

/// What a range of days is converted at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conversion {
    /// Every day has a rate: the periods follow each other without a gap.
    Rated { currency: Currency, periods: Vec<Period> },
    /// Some days lie before the first rate, if there is any: what was spent then stays in dollars.
    Unrated { currency: Currency, first: Option<Day> },
}

impl Exchange {
    pub fn new(currency: Currency, mut rates: Vec<DatedRate>) -> Self {
        rates.sort_unstable();
        Self { currency, rates }
    }
    pub fn rates(&self) -> &[DatedRate] {
        &self.rates
    }
    pub fn on(&self, day: Day) -> Option<DatedRate> {
        let after = self.rates.partition_point(|rate| rate.from <= day);
        after.checked_sub(1).and_then(|at| self.rates.get(at)).copied()
    }
    /// Of the days from the first to the one before `until`.
    pub fn over(&self, from: Day, until: Day) -> Conversion {
        let Some(first) = self.on(from) else {
            return Conversion::Unrated { currency: self.currency, first: self.rates.first().map(|rate| rate.from) };
        };
        let later = self.rates.iter().copied().filter(|rate| from < rate.from && rate.from < until);
        let rates: Vec<DatedRate> = std::iter::once(first).chain(later).collect();
        let ends = rates.iter().skip(1).map(|next| next.from).chain([until]);
        let periods = rates.iter().zip(ends).map(|(&rate, until)| Period { from: rate.from.max(from), until, rate });
        Conversion::Rated { currency: self.currency, periods: periods.collect() }
    }
}

impl Conversion {
    pub const fn currency(&self) -> Currency {
        match self {
            Self::Rated { currency, .. } | Self::Unrated { currency, .. } => *currency,
        }
    }
    pub fn periods(&self) -> &[Period] {
        match self {
            Self::Rated { periods, .. } => periods,
            Self::Unrated { .. } => &[],
        }
    }
    /// The rate, where all days have the same.
    pub fn only(&self) -> Option<Rate> {
        match self.periods() {
            [period] => Some(period.rate.rate),
            _ => None,
        }
    }
    /// What was spent in all of these days, where they have the same rate.
    pub fn whole(&self, amount: NanoUsd) -> Option<Converted> {
        self.only().map(|rate| Converted::of(amount, rate, self.currency()))
    }
    /// The sum of what was spent on each day, at the day's rate; `None` if a day is not among those that have one.
    pub fn by_day(&self, spent: impl IntoIterator<Item = (Day, NanoUsd)>) -> Option<Converted> {
        let Self::Rated { currency, periods } = self else { return None };
        spent.into_iter().try_fold(Converted::nothing(*currency), |sum, (day, amount)| {
            let at = periods.partition_point(|period| period.until <= day);
            let period = periods.get(at).filter(|period| period.from <= day)?;
            Some(sum.plus(Converted::of(amount, period.rate.rate, *currency)))
        })
    }
}

#[cfg(test)]
mod tests;
