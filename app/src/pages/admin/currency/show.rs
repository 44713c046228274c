//! `/admin/currency`: the currency, and its rates with the days that each holds.

use crate::chrome::Place;
use crate::components::{Cell, Column, Crumb, EmptyState, ErrorSummary, NameCell, PageHead, Section, Table, TextField};
use crate::pages::admin::{Happened, document, may_change, notice};
use crate::pages::form::{Reasons, Sent, sent};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use crate::words::exchange::date;
use domain::currency::Currency;
use domain::exchange::{DatedRate, Exchange};
use leptos::prelude::*;
use serde::Deserialize;

const TITLE: &str = "Display currency";

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Query {
    saved: Option<String>,
    added: Option<String>,
    removed: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    currency: String,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let Query { saved, added, removed } = input.query()?;
    let mut model = load(&visit).await?;
    model.happened = match (saved, added, removed, &model.exchange) {
        (Some(_), .., Some(exchange)) => Some(Happened::well(format!(
            "Saved. Pages of spend show {} where its days have a rate.",
            exchange.currency
        ))),
        (Some(_), .., None) => Some(Happened::well("Saved. Pages of spend show US dollars alone.")),
        (None, Some(_), ..) => Some(Happened::well("The rate is added, and counts from the next page on.")),
        (None, None, Some(_), _) => Some(Happened::well("The rate is removed. Its days have the rate before it now.")),
        (None, None, None, _) => None,
    };
    Ok(Answer::ok(document(&visit, Place::Budgets, TITLE, |_| view(model))))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let Form { currency } = input.form()?;
    match sent(visit.portal.set_display_currency(visit.administrator()?, &currency).await)? {
        Sent::Done(_) => Ok(Answer::SeeOther(format!("{}?saved=yes", paths::CURRENCY))),
        Sent::Before(made) => Ok(Answer::SeeOther(paths::made(made))),
        Sent::Refused(reasons) => {
            let model = Model { typed: currency, reasons, ..load(&visit).await? };
            Ok(Answer::refused(document(&visit, Place::Budgets, TITLE, |_| view(model))))
        }
    }
}

async fn load(visit: &Visit) -> Result<Model, PageError> {
    let exchange = visit.portal.display_currency(&visit.caller).await?;
    let typed = exchange.as_ref().map(|exchange| exchange.currency.to_string()).unwrap_or_default();
    Ok(Model { exchange, typed, reasons: Reasons::default(), happened: None, may_change: may_change(visit) })
}

#[derive(Debug, Clone)]
pub struct Model {
    pub exchange: Option<Exchange>,
    /// The code as typed.
    pub typed: String,
    pub reasons: Reasons,
    pub happened: Option<Happened>,
    pub may_change: bool,
}

pub fn view(model: Model) -> impl IntoView {
    let Model { exchange, typed, reasons, happened, may_change } = model;
    let context = "Pages of spend show it beside dollars. Money is kept, budgeted, priced and charged in US dollars.";
    let form = may_change.then(|| {
        view! {
            <ErrorSummary undone="the currency can be saved" wrong=reasons.summary(|field| field == "currency")/>
            <form class="form" method="post" action=paths::CURRENCY>
                <TextField
                    name="currency" label="Currency" value=typed placeholder="EUR"
                    hint="Its code of three letters. Empty: US dollars alone." problem=reasons.at("currency")
                />
                <div class="actions"><button class="button primary" type="submit">"Save currency"</button></div>
            </form>
        }
    });
    let unset = (exchange.is_none() && !may_change).then(|| {
        view! { <EmptyState text="No display currency is set: pages show US dollars alone. Administrators set one."/> }
    });
    view! {
        <PageHead
            title=TITLE context=context.into_any()
            crumb=Crumb { text: "Budgets".to_owned(), href: paths::BUDGETS.to_owned() }
        >
            <a href=format!("{}?object=display_currency", paths::AUDIT)>"History"</a>
        </PageHead>
        {notice(happened)}
        {form}
        {unset}
        {exchange.map(|exchange| rates(&exchange, may_change))}
    }
}

fn rates(exchange: &Exchange, may_change: bool) -> impl IntoView + use<> {
    let currency = exchange.currency;
    let add = may_change.then(|| view! { <a class="button" href=paths::NEW_RATE>"Add a rate"</a> });
    let body = if exchange.rates().is_empty() {
        let text = format!("No rate for {currency} yet. Until there is one, amounts are in US dollars.");
        view! { <EmptyState text=text/> }.into_any()
    } else {
        let ends = exchange.rates().iter().skip(1).map(|next| Some(next.from.plus(-1))).chain([None]);
        let mut rows: Vec<_> = exchange
            .rates()
            .iter()
            .zip(ends)
            .map(|(&rate, last)| {
                let until = last.map_or_else(|| "until further notice".to_owned(), |last| format!("to {}", date(last)));
                row(currency, rate, until, may_change)
            })
            .collect();
        rows.reverse();
        let mut columns = vec![Column::text("From"), Column::text("To"), Column::number("One US dollar is")];
        columns.extend(may_change.then(|| Column::text("Remove")));
        view! { <Table columns=columns caption="Rates" compact=true>{rows}</Table> }.into_any()
    };
    let before = exchange.rates().first().map(|first| {
        let text = format!("What was spent before {} stays in US dollars.", date(first.from));
        view! { <p class="muted">{text}</p> }
    });
    view! { <Section id="rates" title=format!("Rates of {currency}") aside=add.into_any()>{body}{before}</Section> }
}

fn row(currency: Currency, rate: DatedRate, until: String, may_change: bool) -> impl IntoView + use<> {
    let (from, amount) = (date(rate.from), format!("{} {currency}", rate.rate));
    let remove = may_change.then(|| {
        let label = format!("Remove the rate from {from}");
        view! { <Cell label="Remove"><a href=paths::remove_rate(rate.from) aria-label=label>"Remove…"</a></Cell> }
    });
    view! {
        <tr>
            <NameCell name=from/>
            <Cell label="To">{until}</Cell>
            <Cell label="One US dollar is" number=true>{amount}</Cell>
            {remove}
        </tr>
    }
}
