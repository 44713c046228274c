//! What is said about the display currency: why something typed is none, and at which rates a page is converted.

use domain::day::Day;
use domain::exchange::{Conversion, ExchangeProblem, Period, Rate};

/// `4 Dec 2026`
pub fn date(day: Day) -> String {
    day.date().strftime("%-d %b %Y").to_string()
}

pub(super) fn refused(problem: ExchangeProblem) -> String {
    match problem {
        ExchangeProblem::NotACurrency => {
            "This is not a currency. Enter its code of three letters, such as EUR, GBP or JPY.".to_owned()
        }
        ExchangeProblem::Dollars => "Dollars are shown already. Leave the field empty to show nothing else.".to_owned(),
        ExchangeProblem::NotADay => "Enter the first day of the rate, such as 2027-02-18.".to_owned(),
        ExchangeProblem::DayOutOfBounds { first, last } => {
            format!("A rate can begin from {} to {}. Enter such a day.", date(first), date(last))
        }
        ExchangeProblem::NotARate => {
            "Enter how many units one US dollar is, in digits with a point and at most nine decimals: 0.92".to_owned()
        }
        ExchangeProblem::RateOutOfBounds => format!(
            "No currency has such a rate. Enter how many units one US dollar is, between {} and {}.",
            Rate::LEAST,
            Rate::MOST
        ),
        ExchangeProblem::DayHasRate { rate } => {
            format!("A rate of {rate} holds from this day already. Remove that one first, or choose another day.")
        }
        ExchangeProblem::FarFrom { other } => format!(
            "This is over ten times the rate of {} from {}, or under a tenth of it. Look for a point in the wrong place; \
             if that other rate is the wrong one, remove it first.",
            other.rate,
            date(other.from)
        ),
    }
}

/// `0.92 from 1 Oct 2026`
pub fn rate(period: &Period) -> String {
    format!("{} from {}", period.rate.rate, date(period.rate.from))
}

/// Rates that a sentence can hold.
const TOLD: usize = 3;

/// Which rate, and from which day; or why the page is in dollars.
pub fn sentence(conversion: &Conversion) -> String {
    let currency = conversion.currency();
    match conversion {
        Conversion::Unrated { first: None, .. } => {
            format!("There is no rate for {currency} yet, so that amounts are in US dollars. Administrators add one.")
        }
        Conversion::Unrated { first: Some(first), .. } => format!(
            "There is no rate for {currency} before {}, so that amounts of these days are in US dollars. Administrators \
             add one.",
            date(*first)
        ),
        Conversion::Rated { periods, .. } => match periods.as_slice() {
            [only] => format!("In {currency}: one US dollar is {}.", rate(only)),
            several => {
                let told = several.iter().take(TOLD).map(rate).collect::<Vec<_>>().join(", ");
                let more = match several.len().saturating_sub(TOLD) {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                format!("In {currency}, each day at its own rate: one US dollar is {told}{more}.")
            }
        },
    }
}

/// For a column of a file: `0.92`; of several `0.92 from 2026-10-01; 0.93 from 2026-10-15`.
pub fn in_a_file(conversion: &Conversion) -> String {
    match (conversion, conversion.only()) {
        (_, Some(only)) => only.to_string(),
        (Conversion::Unrated { first: None, .. }, None) => "none".to_owned(),
        (Conversion::Unrated { first: Some(first), .. }, None) => format!("none before {}", first.date()),
        (Conversion::Rated { periods, .. }, None) => {
            let each = periods.iter().map(|part| format!("{} from {}", part.rate.rate, part.rate.from.date()));
            each.collect::<Vec<_>>().join("; ")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::currency::Currency;
    use domain::exchange::{DatedRate, Exchange};

    fn day(text: &str) -> Day {
        Day::of(text.parse().unwrap())
    }
    fn said(rates: &[(&str, i64)], until: &str) -> (String, String) {
        let rates =
            rates.iter().map(|&(from, nano)| DatedRate { from: day(from), rate: Rate::from_nano(nano).unwrap() });
        let exchange = Exchange::new(Currency::from_code("EUR").unwrap(), rates.collect());
        let conversion = exchange.over(day("2026-10-01"), day(until));
        (sentence(&conversion), in_a_file(&conversion))
    }

    #[test]
    fn a_page_says_which_rate_and_which_day() {
        let rates = [
            ("2026-09-15", 920_000_000),
            ("2026-10-15", 930_000_000),
            ("2026-10-16", 940_000_000),
            ("2026-10-17", 950_000_000),
        ];
        let (text, cell) = said(&rates, "2026-10-10");
        assert_eq!((&*text, &*cell), ("In EUR: one US dollar is 0.92 from 15 Sep 2026.", "0.92"));
        let (text, cell) = said(&rates, "2026-10-16");
        assert!(text.ends_with("one US dollar is 0.92 from 15 Sep 2026, 0.93 from 15 Oct 2026."), "{text}");
        assert_eq!(cell, "0.92 from 2026-09-15; 0.93 from 2026-10-15");
        let (text, cell) = said(&rates, "2026-11-01");
        assert!(text.ends_with("0.94 from 16 Oct 2026 and 1 more."), "{text}");
        assert!(cell.ends_with("0.95 from 2026-10-17"), "a file leaves none out");
        let (text, cell) = said(&rates[1..], "2026-11-01");
        assert!(text.starts_with("There is no rate for EUR before 15 Oct 2026"), "{text}");
        assert_eq!(cell, "none before 2026-10-15");
        let (text, cell) = said(&[], "2026-11-01");
        assert!(text.starts_with("There is no rate for EUR yet") && cell == "none", "{text}");
    }

    #[test]
    fn a_refusal_says_what_to_do() {
        let other = DatedRate { from: day("2026-10-01"), rate: Rate::from_nano(920_000_000).unwrap() };
        let text = refused(ExchangeProblem::FarFrom { other });
        assert!(text.contains("the rate of 0.92 from 1 Oct 2026"), "{text}");
        assert!(refused(ExchangeProblem::RateOutOfBounds).ends_with("between 0.001 and 1000000."));
        let (first, last) = (day("2000-01-01"), day("2027-11-22"));
        let text = refused(ExchangeProblem::DayOutOfBounds { first, last });
        assert!(text.contains("from 1 Jan 2000 to 22 Nov 2027"), "{text}");
    }
}
