//! By how much the prices of all calls that one provider answers are lowered or raised: a negotiated discount, or a
//! margin on top of the list.
//!
//! A whole number of basis points, so that −12.5 % is exact and no float comes near money. It changes a call's sum once,
//! before the sum is rounded; the list itself stays as it is.

use serde::{Deserialize, Serialize};
use std::fmt;

/// In basis points; negative is a discount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "i32", into = "i32")]
pub struct Markup(i32);

/// Beyond what a markup may be.
#[derive(Debug, thiserror::Error)]
#[error("a discount goes down to -100 % and a margin up to +1000 %")]
pub struct Excessive;

impl Markup {
    pub const NONE: Self = Self(0);
    /// Everything for nothing.
    pub const LOWEST: Self = Self(-10_000);
    /// Eleven times the list: beyond that it is a typing error.
    pub const HIGHEST: Self = Self(100_000);
    /// The factor of list prices.
    pub const WHOLE: i128 = 10_000;

    pub const fn from_basis_points(points: i32) -> Option<Self> {
        if points < Self::LOWEST.0 || points > Self::HIGHEST.0 { None } else { Some(Self(points)) }
    }
    pub const fn basis_points(self) -> i32 {
        self.0
    }
    /// What prices are multiplied by, in parts of [`Self::WHOLE`]; never negative.
    pub const fn factor(self) -> i128 {
        Self::WHOLE + self.0 as i128
    }
    pub fn is_none(self) -> bool {
        self == Self::NONE
    }

    /// Reads what a person types: `-12.5`, `−12.5 %`, `+10`, at most two decimals.
    pub fn parse_percent(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_suffix('%').map_or(text, str::trim_end);
        let (sign, digits) = match text.strip_prefix(['-', '\u{2212}']) {
            Some(digits) => (-1, digits),
            None => (1, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !is_number(whole) || !is_number(fraction) || fraction.len() > 2 {
            return None;
        }
        let whole: i32 = whole.parse().ok()?;
        let fraction: i32 = format!("{fraction:0<2}").parse().ok()?;
        Self::from_basis_points(sign * whole.checked_mul(100)?.checked_add(fraction)?)
    }

    /// Without its sign: `12.5 %`.
    pub fn size(self) -> String {
        let points = self.0.unsigned_abs();
        let text = format!("{}.{:02}", points / 100, points % 100);
        format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
    }
}

impl TryFrom<i32> for Markup {
    type Error = Excessive;
    fn try_from(points: i32) -> Result<Self, Excessive> {
        Self::from_basis_points(points).ok_or(Excessive)
    }
}

impl From<Markup> for i32 {
    fn from(markup: Markup) -> Self {
        markup.0
    }
}

impl fmt::Display for Markup {
    /// `−12.5 %`, `+5 %`, `0 %`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.0 {
            ..0 => "\u{2212}",
            0 => "",
            1.. => "+",
        };
        write!(f, "{sign}{}", self.size())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn typed_percents_are_read_exactly() {
        let points = |text| Markup::parse_percent(text).map(Markup::basis_points);
        for (text, expected) in [
            ("-12.5", -1_250),
            (" \u{2212}12.50 % ", -1_250),
            ("+10", 1_000),
            ("0", 0),
            ("-0.01%", -1),
            ("-100", -10_000),
            ("1000", 100_000),
        ] {
            assert_eq!(points(text), Some(expected), "{text}");
        }
        for wrong in ["", "%", "-", "--1", "1.234", "1,5", ".5", "1e2", "-100.01", "1000.01", "99999999999", "1 2"] {
            assert_eq!(points(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn one_that_is_beyond_its_range_is_not_read_back() {
        assert_eq!(serde_json::from_str::<Markup>("-1250").unwrap().to_string(), "\u{2212}12.5 %");
        assert!(serde_json::from_str::<Markup>("-10001").is_err());
        assert_eq!((Markup::LOWEST.factor(), Markup::NONE.factor(), Markup::HIGHEST.factor()), (0, 10_000, 110_000));
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(points in -10_000..=100_000i32) {
            let markup = Markup::from_basis_points(points).unwrap();
            prop_assert_eq!(Markup::parse_percent(&markup.to_string()), Some(markup));
        }
    }
}
