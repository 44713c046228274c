//! Words for reviews of keys.

use domain::day::Day;
use domain::key_review::{Decision, Quarter};

/// `Q4 2026`
pub fn quarter(quarter: Quarter) -> String {
    format!("Q{} {}", quarter.number(), quarter.first_day().date().year())
}

/// `31 Oct 2026`
pub fn day(day: Day) -> String {
    super::exchange::date(day)
}

pub const fn decision(decision: Decision) -> &'static str {
    match decision {
        Decision::Keep => "Kept",
        Decision::Revoke => "Revoked",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_is_said_with_its_year() {
        assert_eq!(quarter("2026-Q4".parse().unwrap()), "Q4 2026");
    }
}
