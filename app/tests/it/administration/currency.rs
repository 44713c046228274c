//! The display currency as the sample pages show it: with rates, with a refused code, without any, and a slip of a rate.

use app::pages::admin::currency::{rate, remove, show};
use app::pages::confirm::Confirmation;
use app::pages::form::Reasons;
use domain::currency::Currency;
use domain::day::Day;
use domain::exchange::{DatedRate, Exchange, Rate, RateDraft, read_currency};

fn day(text: &str) -> Day {
    Day::of(text.parse().unwrap())
}

fn exchange() -> Exchange {
    let rate = |from, nano| DatedRate { from: day(from), rate: Rate::from_nano(nano).unwrap() };
    let rates = vec![rate("2026-10-01", 920_000_000), rate("2026-11-01", 931_250_001), rate("2027-01-01", 930_000_000)];
    Exchange::new(Currency::from_code("EUR").unwrap(), rates)
}

pub(super) fn page(may_change: bool) -> show::Model {
    show::Model {
        exchange: Some(exchange()),
        typed: "EUR".to_owned(),
        reasons: Reasons::default(),
        happened: None,
        may_change,
    }
}

pub(super) fn none(may_change: bool) -> show::Model {
    let reasons = Reasons::from(vec![read_currency("<euro>").unwrap_err()]);
    show::Model { exchange: None, typed: "<euro>".to_owned(), reasons, happened: None, may_change }
}

pub(super) fn rate_refused() -> rate::Model {
    let draft = RateDraft { from: "2026-10-01".to_owned(), rate: "0,92".to_owned() };
    let reasons = Reasons::from(draft.read(&exchange(), day("2026-11-20")).unwrap_err());
    rate::Model { currency: "EUR".to_owned(), draft, reasons }
}

pub(super) fn removal() -> Confirmation {
    let exchange = exchange();
    remove::removal(&exchange, exchange.rates()[0])
}
