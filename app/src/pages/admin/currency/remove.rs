//! `/admin/currency/rates/{day}/remove`: what its days are converted at without it.

use super::crumb;
use crate::chrome::Place;
use crate::pages::admin::document;
use crate::pages::confirm::{self, Confirmation};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use crate::words::exchange::date;
use domain::day::Day;
use domain::exchange::{DatedRate, Exchange};
use jiff::civil::Date;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    currency: String,
}

fn day(input: &Input) -> Result<Day, PageError> {
    input.segment::<Date>("day").map(Day::of)
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    visit.administrator()?;
    let from = day(&input)?;
    let exchange = visit.portal.display_currency(&visit.caller).await?.ok_or(PageError::NotFound)?;
    let rate = exchange.rates().iter().copied().find(|rate| rate.from == from).ok_or(PageError::NotFound)?;
    let removal = removal(&exchange, rate);
    Ok(Answer::ok(document(&visit, Place::Budgets, "Remove a rate", |_| confirm::view(removal))))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let (from, Form { currency }) = (day(&input)?, input.form()?);
    visit.portal.remove_exchange_rate(visit.administrator()?, &currency, from).await?;
    Ok(Answer::SeeOther(format!("{}?removed=yes", paths::CURRENCY)))
}

pub fn removal(exchange: &Exchange, rate: DatedRate) -> Confirmation {
    let currency = exchange.currency;
    let then = match exchange.on(rate.from.plus(-1)) {
        Some(before) => format!(
            "Its days are converted at {} then, the rate from {}, on pages and in files, also those that are over.",
            before.rate,
            date(before.from)
        ),
        None => "Its days have no rate then: what was spent on them is shown in US dollars.".to_owned(),
    };
    Confirmation {
        title: format!("Remove the rate of {currency} from {}", date(rate.from)),
        crumb: crumb(),
        effects: vec![format!("It says that one US dollar is {} {currency}.", rate.rate), then],
        action: paths::remove_rate(rate.from),
        fields: vec![("currency", currency.to_string())],
        verb: "Remove the rate",
        dangerous: false,
        back: "Keep it",
    }
}
