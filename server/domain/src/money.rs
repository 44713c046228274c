//! Money as integers: prices in pico-dollars per unit, amounts in nano-dollars. No floats.

use serde::{Deserialize, Serialize};
use std::fmt;

pub const NANO_PER_DOLLAR: i64 = 1_000_000_000;
pub const PICO_PER_NANO: i128 = 1_000;

/// An amount in nano-dollars (10⁻⁹ USD). `i64` holds about nine billion dollars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NanoUsd(i64);

impl NanoUsd {
    pub const ZERO: Self = Self(0);
    pub const MAX: Self = Self(i64::MAX);

    pub const fn from_nano(nano: i64) -> Self {
        Self(nano)
    }
    pub const fn from_dollars(dollars: i64) -> Self {
        Self(dollars.saturating_mul(NANO_PER_DOLLAR))
    }
    pub const fn as_nano(self) -> i64 {
        self.0
    }
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
    /// A sum of products in pico-dollars, rounded up once; saturates instead of wrapping.
    pub fn from_pico_rounded_up(pico: i128) -> Self {
        let nano = pico.div_euclid(PICO_PER_NANO) + i128::from(pico.rem_euclid(PICO_PER_NANO) != 0);
        Self(i64::try_from(nano).unwrap_or(if nano < 0 { i64::MIN } else { i64::MAX }))
    }
    /// Reads what a person types: `50`, `50.00`, `$1,250.5`, at most nine decimals, not negative.
    pub fn parse_dollars(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix('$').unwrap_or(text).trim();
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let whole = whole.replace(',', "");
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !digits(&whole) || !digits(fraction) || fraction.len() > 9 {
            return None;
        }
        let fraction: i64 = format!("{fraction:0<9}").parse().ok()?;
        let whole: i64 = whole.parse().ok()?;
        whole.checked_mul(NANO_PER_DOLLAR)?.checked_add(fraction).map(Self)
    }
}

impl fmt::Display for NanoUsd {
    /// Every digit that is not zero, at least two decimals: `$12.40`, `$0.000300001`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let nano = self.0.unsigned_abs();
        let dollars = nano / NANO_PER_DOLLAR.unsigned_abs();
        let (mut fraction, mut places) = (nano % NANO_PER_DOLLAR.unsigned_abs(), 9);
        while places > 2 && fraction.is_multiple_of(10) {
            fraction /= 10;
            places -= 1;
        }
        write!(f, "{sign}${dollars}.{fraction:0places$}")
    }
}

/// A price in pico-dollars (10⁻¹² USD) for one unit: a token, an image, a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PicoUsd(i64);

impl PicoUsd {
    pub const fn from_pico(pico: i64) -> Self {
        Self(pico)
    }
    pub const fn as_pico(self) -> i64 {
        self.0
    }
    /// What `count` units cost, in pico-dollars.
    pub const fn times(self, count: u64) -> i128 {
        self.0 as i128 * count as i128
    }
    /// The price of a million units, as people compare them.
    pub fn per_million(self) -> NanoUsd {
        NanoUsd::from_pico_rounded_up(self.times(1_000_000))
    }
    /// From the price of a million units, as people type it: one nano-dollar a million is too fine to keep, so that
    /// the smallest step is a micro-dollar a million.
    pub fn from_per_million(dollars: NanoUsd) -> Option<Self> {
        (dollars.as_nano() % 1_000 == 0).then(|| Self(dollars.as_nano() / 1_000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn typed_dollars_are_read_exactly() {
        let nano = |text| NanoUsd::parse_dollars(text).map(NanoUsd::as_nano);
        assert_eq!(nano("50"), Some(50_000_000_000));
        assert_eq!(nano(" $1,250.5 "), Some(1_250_500_000_000));
        assert_eq!(nano("0.000000001"), Some(1));
        for broken in ["", ".", ".5", "-1", "1e3", "1.0000000001", "12 3", "99999999999999999999", "1.-5"] {
            assert_eq!(nano(broken), None, "{broken}");
        }
    }

    #[test]
    fn sums_round_up_once() {
        assert_eq!(NanoUsd::from_pico_rounded_up(1), NanoUsd::from_nano(1));
        assert_eq!(NanoUsd::from_pico_rounded_up(2_000), NanoUsd::from_nano(2));
        assert_eq!(NanoUsd::from_pico_rounded_up(i128::MAX / 2), NanoUsd::MAX);
    }

    #[test]
    fn a_price_for_a_million_is_read_back() {
        let price = PicoUsd::from_per_million(NanoUsd::from_dollars(3)).unwrap();
        assert_eq!((price.as_pico(), price.per_million()), (3_000_000, NanoUsd::from_dollars(3)));
        assert_eq!(PicoUsd::from_per_million(NanoUsd::from_nano(1)), None);
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(nano in 0..i64::MAX) {
            prop_assert_eq!(NanoUsd::parse_dollars(&NanoUsd::from_nano(nano).to_string()), Some(NanoUsd::from_nano(nano)));
        }
    }
}
