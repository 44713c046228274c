//! Dollars in three precisions: two decimals in tables, three significant ones for single calls, all nine on the page of
//! a call and in files (that one is `NanoUsd`'s own `Display`, or with separators where people read it). Other currencies
//! to their smallest coin.

use crate::format::count::grouped;
use domain::exchange::Converted;
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

/// Every digit that is not zero, with separators: `$1,000.00`, `$1,250.400001`.
pub fn usd_exact(amount: NanoUsd) -> String {
    let nano = amount.as_nano().unsigned_abs();
    let fraction = format!("{:09}", nano % 1_000_000_000);
    format!("{}${}.{:0<2}", minus(amount), grouped(nano / 1_000_000_000), fraction.trim_end_matches('0'))
}

/// `EUR 1,149.60`, `JPY 187`: the code before the amount, since signs such as `$` and `kr` are those of several currencies.
/// As [`usd`], it never turns something into nothing.
pub fn converted(amount: Converted) -> String {
    let (coins, currency) = (amount.in_coins(), amount.currency());
    let decimals = usize::from(currency.decimals());
    let sign = if coins < 0 { "−" } else { "" };
    let least = coins == 0 && !amount.is_zero();
    let coins = if least { 1 } else { coins.unsigned_abs() };
    let coin = 10_u128.pow(u32::from(currency.decimals()));
    // No page adds up as much as nine trillion of the largest rate: it would say so, and not wrap.
    let whole = grouped(u64::try_from(coins / coin).unwrap_or(u64::MAX));
    let fraction = if decimals == 0 { String::new() } else { format!(".{:0decimals$}", coins % coin) };
    let below = if least { "<" } else { "" };
    format!("{below}{sign}{currency}\u{a0}{whole}{fraction}")
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
    fn what_is_exact_has_separators_too() {
        for (amount, text) in [
            (0, "$0.00"),
            (1_000_000_000_000, "$1,000.00"),
            (1_250_400_001_000, "$1,250.400001"),
            (500_000_000, "$0.50"),
            (-1, "−$0.000000001"),
            (i64::MIN, "−$9,223,372,036.854775808"),
        ] {
            assert_eq!(usd_exact(nano(amount)), text);
        }
    }

    #[test]
    fn another_currency_is_shown_to_its_coin() {
        use domain::currency::Currency;
        use domain::exchange::Rate;
        let of = |amount, rate, code| {
            let rate = Rate::from_nano(rate).unwrap();
            converted(Converted::of(nano(amount), rate, Currency::from_code(code).unwrap()))
        };
        let one = 1_000_000_000;
        assert_eq!(of(1_250_400_000_000, 920_000_000, "EUR"), "EUR\u{a0}1,150.37");
        assert_eq!(of(0, one, "EUR"), "EUR\u{a0}0.00");
        assert_eq!(of(1, one, "EUR"), "<EUR\u{a0}0.01");
        assert_eq!(of(-2 * one, one, "EUR"), "−EUR\u{a0}2.00");
        assert_eq!(of(one, 149 * one + one / 2, "JPY"), "JPY\u{a0}150");
        assert_eq!(of(one, 307_000_000, "KWD"), "KWD\u{a0}0.307");
        assert_eq!(of(i64::MAX, Rate::MOST.as_nano(), "JPY"), "JPY\u{a0}9,223,372,036,854,776");
        assert_eq!(of(i64::MIN, Rate::MOST.as_nano(), "KWD"), "−KWD\u{a0}9,223,372,036,854,775.808");
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
