//! `/admin/currency/rates/new`: a rate and the day from which it holds.

use super::crumb;
use crate::chrome::Place;
use crate::components::{ErrorSummary, PageHead, TextField};
use crate::pages::admin::document;
use crate::pages::form::{Reasons, Sent, sent};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::exchange::RateDraft;
use leptos::prelude::*;
use serde::Deserialize;

const TITLE: &str = "Add a rate";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    /// The one that the form was shown for.
    currency: String,
    from: String,
    rate: String,
}

pub async fn show(visit: Visit, _: Input) -> Result<Answer, PageError> {
    visit.administrator()?;
    let Some(exchange) = visit.portal.display_currency(&visit.caller).await? else {
        // There is nothing to add a rate for yet.
        return Ok(Answer::SeeOther(paths::CURRENCY.to_owned()));
    };
    let currency = exchange.currency.to_string();
    let model = Model { currency, draft: RateDraft::default(), reasons: Reasons::default() };
    Ok(Answer::ok(document(&visit, Place::Budgets, TITLE, |_| view(model))))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let Form { currency, from, rate } = input.form()?;
    let draft = RateDraft { from, rate };
    match sent(visit.portal.add_exchange_rate(visit.administrator()?, &currency, &draft).await)? {
        Sent::Done(()) => Ok(Answer::SeeOther(format!("{}?added=yes", paths::CURRENCY))),
        Sent::Before(made) => Ok(Answer::SeeOther(paths::made(made))),
        Sent::Refused(reasons) => {
            let model = Model { currency, draft, reasons };
            Ok(Answer::refused(document(&visit, Place::Budgets, TITLE, |_| view(model))))
        }
    }
}

#[derive(Debug, Clone)]
pub struct Model {
    pub currency: String,
    /// As typed.
    pub draft: RateDraft,
    pub reasons: Reasons,
}

pub fn view(model: Model) -> impl IntoView {
    let Model { currency, draft: RateDraft { from, rate }, reasons } = model;
    let wrong = reasons.summary(|field| ["from", "rate"].contains(&field));
    view! {
        <PageHead title=format!("Add a rate of {currency}") crumb=crumb()/>
        <ErrorSummary undone="the rate can be added" wrong=wrong/>
        <form class="form" method="post" action=paths::NEW_RATE>
            <input type="hidden" name="currency" value=currency.clone()/>
            <TextField
                name="from" label="From" value=from placeholder="2027-01-01" required=true
                hint="It holds from this day until the next rate's. Days that are over change, too, on pages and in files."
                problem=reasons.at("from")
            />
            <TextField
                name="rate" label="One US dollar is" value=rate placeholder="0.92" required=true bound=currency
                input_mode="decimal" hint="At most nine decimals, behind a point." problem=reasons.at("rate")
            />
            <div class="actions">
                <button class="button primary" type="submit">"Add rate"</button>
                <a class="button plain" href=paths::CURRENCY>"Cancel"</a>
            </div>
        </form>
    }
}
