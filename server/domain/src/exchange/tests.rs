use super::*;
use crate::refusal::Refusal;
use proptest::prelude::*;

fn eur() -> Currency {
    Currency::from_code("EUR").unwrap()
}
fn day(text: &str) -> Day {
    Day::of(text.parse().unwrap())
}
fn rate(text: &str) -> Rate {
    Rate::from_nano(Rate::parse(text).unwrap()).unwrap()
}
fn dated(from: &str, text: &str) -> DatedRate {
    DatedRate { from: day(from), rate: rate(text) }
}
fn two() -> Exchange {
    Exchange::new(eur(), vec![dated("2026-10-15", "0.93"), dated("2026-10-01", "0.92")])
}

#[test]
fn a_rate_holds_from_its_day_until_the_next() {
    let exchange = two();
    for (on, expected) in [
        ("2026-09-30", None),
        ("2026-10-01", Some("0.92")),
        ("2026-10-14", Some("0.92")),
        ("2026-10-15", Some("0.93")),
        ("2030-01-01", Some("0.93")),
    ] {
        assert_eq!(exchange.on(day(on)).map(|dated| dated.rate), expected.map(rate), "{on}");
    }
}

#[test]
fn a_month_across_two_rates_is_the_sum_of_its_days() {
    let month = two().over(day("2026-10-01"), day("2026-11-01"));
    let spans: Vec<(Day, Day)> = month.periods().iter().map(|period| (period.from, period.until)).collect();
    let change = day("2026-10-15");
    assert_eq!(spans, [(day("2026-10-01"), change), (change, day("2026-11-01"))]);
    assert_eq!((month.only(), month.whole(NanoUsd::from_dollars(1))), (None, None));
    // 10 × 0.92 + 20 × 0.93
    let spent = [("2026-10-14", 10), ("2026-10-15", 15), ("2026-10-31", 5)];
    let sum = month.by_day(spent.map(|(on, dollars)| (day(on), NanoUsd::from_dollars(dollars)))).unwrap();
    assert_eq!((sum.to_string().as_str(), sum.in_coins()), ("27.80", 2_780));
    assert_eq!(month.by_day([(day("2026-11-01"), NanoUsd::ZERO)]), None, "a day that was not asked for");
}

#[test]
fn one_rate_converts_a_whole_and_a_day_without_one_converts_nothing() {
    let exchange = two();
    let late = exchange.over(day("2026-10-20"), day("2026-10-21"));
    assert_eq!((late.only(), late.periods()[0].rate.from), (Some(rate("0.93")), day("2026-10-15")));
    let early = exchange.over(day("2026-09-30"), day("2026-10-31"));
    assert_eq!(early, Conversion::Unrated { currency: eur(), first: Some(day("2026-10-01")) });
    assert_eq!((early.whole(NanoUsd::MAX), early.by_day([])), (None, None));
    let none = Exchange::new(eur(), vec![]).over(day("2026-10-01"), day("2026-10-02"));
    assert_eq!(none, Conversion::Unrated { currency: eur(), first: None });
}

#[test]
fn amounts_are_printed_exactly_and_in_coins() {
    let of = |nano, text, code| Converted::of(NanoUsd::from_nano(nano), rate(text), Currency::from_code(code).unwrap());
    for (amount, exactly, coins) in [
        (of(1_250_400_000_000, "0.92", "EUR"), "1150.368", 115_037),
        (of(300, "0.92", "EUR"), "0.000000276", 0),
        (of(-5_000_000, "1", "EUR"), "-0.005", -1),
        (of(5_000_000, "1", "EUR"), "0.005", 1),
        (of(4_999_999, "1", "EUR"), "0.004999999", 0),
        (of(1_000_000_000, "149.5", "JPY"), "149.5", 150),
        (of(2_000_000_000, "149.5", "JPY"), "299", 299),
        (of(1_000_000_000, "0.307", "KWD"), "0.307", 307),
    ] {
        assert_eq!((amount.to_string().as_str(), amount.in_coins()), (exactly, coins));
    }
}

fn codes(from: &str, rate: &str) -> Vec<(&'static str, &'static str)> {
    let draft = RateDraft { from: from.to_owned(), rate: rate.to_owned() };
    let refusals: Vec<Refusal> = draft.read(&two(), day("2026-11-21")).err().unwrap_or_default();
    refusals.iter().map(|refusal| (refusal.field, refusal.reason.code())).collect()
}

#[test]
fn a_rate_that_overlaps_or_is_a_slip_is_refused_and_all_of_it_at_once() {
    assert_eq!(codes(" 2026-12-01 ", " 0.925 "), []);
    assert_eq!(codes("2027-11-22", "0.9"), []);
    assert_eq!(codes("2026-10-15", "0.93"), [("from", "day_has_rate")]);
    assert_eq!(codes("2027-11-23", "0.9"), [("from", "day_out_of_bounds")]);
    assert_eq!(codes("1999-12-31", "0.9"), [("from", "day_out_of_bounds")]);
    assert_eq!(codes("", ""), [("from", "not_a_day"), ("rate", "not_a_rate")]);
    assert_eq!(codes("1.12.2026", "0,92"), [("from", "not_a_day"), ("rate", "not_a_rate")]);
    for malformed in ["-1", "+1", "1e3", ".5", "1.", "0.1234567891", "∞", "1 000", "0x1"] {
        assert_eq!(codes("2026-12-01", malformed), [("rate", "not_a_rate")], "{malformed}");
    }
    for absurd in ["0", "0.000999999", "1000001", "1000000.000000001", "99999999999999999999999"] {
        assert_eq!(codes("2026-12-01", absurd), [("rate", "rate_out_of_bounds")], "{absurd}");
    }
    // Beside the rates before and after it.
    for slip in ["9.4", "92", "0.09"] {
        assert_eq!(codes("2026-12-01", slip), [("rate", "far_from_other_rate")], "{slip}");
        assert_eq!(codes("2026-09-01", slip), [("rate", "far_from_other_rate")], "{slip}");
    }
    assert_eq!(codes("2026-12-01", "9.3"), []);
}

#[test]
fn what_was_added_before_is_recognised() {
    let among = |from: &str, rate: &str| RateDraft { from: from.to_owned(), rate: rate.to_owned() }.is_among(&two());
    assert!(among("2026-10-15", "0.930") && among(" 2026-10-01", "0.92"));
    assert!(
        !among("2026-10-15", "0.92") && !among("2026-10-16", "0.93") && !among("2026-09-01", "0.92") && !among("", "")
    );
}

#[test]
fn a_currency_is_a_code_and_none_is_none() {
    assert_eq!(read_currency(" "), Ok(None));
    assert_eq!(read_currency(" eur "), Ok(Some(eur())));
    let code = |typed| read_currency(typed).unwrap_err().reason.code();
    assert_eq!([code("usd"), code("euros"), code("XXX")], ["dollars_already", "not_a_currency", "not_a_currency"]);
}

prop_compose! {
    fn any_rate()(nano in Rate::LEAST.as_nano()..=Rate::MOST.as_nano()) -> Rate {
        Rate::from_nano(nano).unwrap()
    }
}
prop_compose! {
    /// Rates from day 0 on, and what was spent on each of up to 400 days.
    fn a_year()(
        first in any_rate(),
        others in proptest::collection::btree_map(1..400_i32, any_rate(), 0..20),
        spent in proptest::collection::vec(any::<i64>(), 1..400),
    ) -> (Exchange, Vec<(Day, NanoUsd)>) {
        let rates = std::iter::once((0, first)).chain(others);
        let rates = rates.map(|(on, rate)| DatedRate { from: Day::from_number(on), rate });
        let days = (0..).map(Day::from_number).zip(spent.into_iter().map(NanoUsd::from_nano));
        (Exchange::new(eur(), rates.collect()), days.collect())
    }
}

proptest! {
    #[test]
    fn days_add_up_to_their_total_and_nothing_overflows((exchange, days) in a_year()) {
        let until = Day::from_number(400);
        let whole = exchange.over(Day::from_number(0), until);
        let total = whole.by_day(days.iter().copied()).unwrap();
        // A reference in another arithmetic: sums of what each day is by itself.
        let each: i128 = days.iter().map(|(day, amount)| {
            i128::from(amount.as_nano()) * i128::from(exchange.on(*day).unwrap().rate.as_nano())
        }).sum();
        prop_assert_eq!(total.atto, each);
        // However the days are cut, and in whatever order.
        let of_periods = whole.periods().iter().map(|period| {
            let within = days.iter().copied().filter(|(day, _)| period.from <= *day && *day < period.until);
            exchange.over(period.from, period.until).by_day(within).unwrap()
        });
        prop_assert_eq!(of_periods.fold(Converted::nothing(eur()), Converted::plus), total);
        prop_assert_eq!(whole.by_day(days.iter().rev().copied()).unwrap(), total);
        prop_assert_eq!(total.minus(total), Converted::nothing(eur()));
    }

    #[test]
    fn periods_follow_each_other_without_a_gap((exchange, _) in a_year(), from in 0..400_i32, days in 1..400_i32) {
        let (from, until) = (Day::from_number(from), Day::from_number(from + days));
        let conversion = exchange.over(from, until);
        let periods = conversion.periods();
        prop_assert_eq!((periods[0].from, periods[periods.len() - 1].until), (from, until));
        for pair in periods.windows(2) {
            prop_assert!(pair[0].until == pair[1].from && pair[0].from < pair[0].until);
        }
        for period in periods {
            prop_assert_eq!(exchange.on(period.from), Some(period.rate));
            prop_assert_eq!(exchange.on(period.until.plus(-1)), Some(period.rate));
        }
    }

    #[test]
    fn a_coin_is_at_most_half_a_coin_away(nano in any::<i64>(), rate in any_rate(), code in 0..3_usize) {
        let currency = Currency::from_code(["EUR", "JPY", "KWD"][code]).unwrap();
        let amount = Converted::of(NanoUsd::from_nano(nano), rate, currency);
        let coin = 10_i128.pow(DIGITS - u32::from(currency.decimals()));
        prop_assert!((amount.in_coins() * coin - amount.atto).abs() * 2 <= coin);
        let opposite = Converted { atto: -amount.atto, ..amount };
        prop_assert_eq!(opposite.in_coins(), -amount.in_coins());
    }

    #[test]
    fn a_rate_is_read_back_as_it_is_printed(rate in any_rate()) {
        prop_assert_eq!(Rate::parse(&rate.to_string()), Some(rate.as_nano()));
    }
}
