//! How many units of a currency one dollar is, to nine decimals.

use std::fmt;

const NANO: i64 = 1_000_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate(i64);

impl Rate {
    /// Less than a thousandth of a unit for a dollar, or more than a million of them, is a slip: no currency is there.
    pub const LEAST: Self = Self(NANO / 1_000);
    pub const MOST: Self = Self(NANO * 1_000_000);

    pub fn from_nano(nano: i64) -> Option<Self> {
        (Self::LEAST.0..=Self::MOST.0).contains(&nano).then_some(Self(nano))
    }
    pub const fn as_nano(self) -> i64 {
        self.0
    }
    /// `0.92`, `149.5`: digits and at most nine decimals, whatever the size. A comma is not guessed at: in some countries
    /// it stands before the decimals and in others between the thousands.
    pub(super) fn parse(text: &str) -> Option<i64> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(fraction) || fraction.len() > 9 {
            return None;
        }
        let fraction: i64 = format!("{fraction:0<9}").parse().ok()?;
        // More digits than there are numbers is a size like any other that is too large.
        let whole: i64 = whole.parse().unwrap_or(i64::MAX);
        Some(whole.saturating_mul(NANO).saturating_add(fraction))
    }
    /// More than tenfold, either way.
    pub const fn is_far_from(self, other: Self) -> bool {
        self.0 / 10 > other.0 || other.0 / 10 > self.0
    }
}

impl fmt::Display for Rate {
    /// `0.92`, `149.5`, `1`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fraction = format!("{:09}", self.0 % NANO);
        match fraction.trim_end_matches('0') {
            "" => write!(f, "{}", self.0 / NANO),
            kept => write!(f, "{}.{kept}", self.0 / NANO),
        }
    }
}
