//! Dollars in three precisions: two decimals in tables, three significant ones for single calls, all nine on the page of
//! a call and in files (that one is `NanoUsd`'s own `Display`).

use crate::format::count::grouped;
use domain::money::NanoUsd;

const NANO_PER_CENT: u64 = 10_000_000;

/// `$1,250.40`. Rounds to the nearest cent, but never turns something into nothing: below half a cent it says `<$0.01`.
pub fn usd(amount: NanoUsd) -> String {
    let nano = amount.as_nano().unsigned_abs();
    let cents = (nano + NANO_PER_CENT / 2) / NANO_PER_CENT;
    if nano > 0 && cents == 0 {
        return format!("{}$0.01", if amount < NanoUsd::ZERO { ">−" } else { "<" });
    }
    format!("{}${}.{:02}", minus(amount), grouped(cents / 100), cents % 100)
}

/// For the cost of one call: two decimals from a dollar on, three significant digits below (`$0.0195`, `$0.000003`).
pub fn usd_fine(amount: NanoUsd) -> String {
    let nano = amount.as_nano().unsigned_abs();
    if nano == 0 || nano >= 1_000_000_000 {
        return usd(amount);
    }
    let digits = nano.ilog10() + 1;
    let step = 10_u64.pow(digits.saturating_sub(3));
    let rounded = (nano + step / 2) / step * step;
    let exact = NanoUsd::from_nano(i64::try_from(rounded).unwrap_or(i64::MAX)).to_string();
    format!("{}{exact}", minus(amount))
}

/// As a form field holds it: no sign, no separators, two decimals at least (`50.00`).
pub fn typed_usd(amount: NanoUsd) -> String {
    amount.to_string().replace('$', "")
}

/// For the value axis of a chart: no more decimals than the amount needs (`$20`, `$0.5`, `$1,500`).
pub fn axis_usd(amount: NanoUsd) -> String {
    let nano = amount.as_nano().unsigned_abs();
    let whole = grouped(nano / 1_000_000_000);
    let fraction = format!("{:09}", nano % 1_000_000_000);
    match fraction.trim_end_matches('0') {
        "" => format!("{}${whole}", minus(amount)),
        kept => format!("{}${whole}.{kept:0<2}", minus(amount)),
    }
}

/// A true minus sign: as wide as a digit, unlike a hyphen.
fn minus(amount: NanoUsd) -> &'static str {
    if amount < NanoUsd::ZERO { "−" } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nano(nano: i64) -> NanoUsd {
        NanoUsd::from_nano(nano)
    }

    #[test]
    fn tables_show_cents_and_never_round_something_to_nothing() {
        assert_eq!(usd(NanoUsd::ZERO), "$0.00");
        assert_eq!(usd(nano(12_400_000_000)), "$12.40");
        assert_eq!(usd(nano(12_404_999_999)), "$12.40");
        assert_eq!(usd(nano(12_405_000_000)), "$12.41");
        assert_eq!(usd(nano(4_312_080_000_000)), "$4,312.08");
        assert_eq!(usd(nano(1)), "<$0.01");
        assert_eq!(usd(nano(4_999_999)), "<$0.01");
        assert_eq!(usd(nano(5_000_000)), "$0.01");
        assert_eq!(usd(nano(-310_000_000_000)), "−$310.00");
        assert_eq!(usd(nano(-1)), ">−$0.01");
        assert_eq!(usd(nano(i64::MAX)), "$9,223,372,036.85");
        assert_eq!(usd(nano(i64::MIN)), "−$9,223,372,036.85");
    }

    #[test]
    fn a_call_shows_three_significant_digits() {
        assert_eq!(usd_fine(NanoUsd::ZERO), "$0.00");
        assert_eq!(usd_fine(nano(300_000)), "$0.0003");
        assert_eq!(usd_fine(nano(19_512_345)), "$0.0195");
        assert_eq!(usd_fine(nano(123_456_789)), "$0.123");
        assert_eq!(usd_fine(nano(999_999_999)), "$1.00");
        assert_eq!(usd_fine(nano(3)), "$0.000000003");
        assert_eq!(usd_fine(nano(1_995_000_000)), "$2.00");
        assert_eq!(usd_fine(nano(-300_000)), "−$0.0003");
    }

    #[test]
    fn a_field_holds_what_can_be_typed_again() {
        for amount in [nano(50_000_000_000), nano(1_250_000_000_000), nano(1)] {
            assert_eq!(NanoUsd::parse_dollars(&typed_usd(amount)), Some(amount));
        }
        assert_eq!(typed_usd(nano(50_000_000_000)), "50.00");
    }

    #[test]
    fn an_axis_shows_only_the_decimals_it_needs() {
        assert_eq!(axis_usd(nano(20_000_000_000)), "$20");
        assert_eq!(axis_usd(nano(1_500_000_000_000)), "$1,500");
        assert_eq!(axis_usd(nano(500_000_000)), "$0.50");
        assert_eq!(axis_usd(nano(200_000)), "$0.0002");
    }
}
