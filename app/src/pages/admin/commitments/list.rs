//! `/admin/commitments`: each in a line, those that have ended too.

use super::{has_ended, validity};
use crate::chrome::Place;
use crate::components::{Cell, Chip, Column, Crumb, EmptyState, NameCell, PageHead, Table, Tone};
use crate::format::usd;
use crate::pages::admin::{Happened, document, may_change, notice};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use leptos::prelude::*;
use portal::administration::commitments::{CommitmentList, CommitmentRow};
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Query {
    saved: Option<String>,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let Query { saved } = input.query()?;
    let happened = saved.map(|_| Happened::well("Saved. Statements have it in each of its months."));
    let list = visit.portal.commitments(&visit.caller).await?;
    let model = Model { list, may_change: may_change(&visit), happened };
    Ok(Answer::ok(document(&visit, Place::Budgets, "Commitments", |_| view(model))))
}

#[derive(Debug, Clone)]
pub struct Model {
    pub list: CommitmentList,
    pub may_change: bool,
    pub happened: Option<Happened>,
}

pub fn view(model: Model) -> impl IntoView {
    let Model { list, may_change, happened } = model;
    let add = may_change.then(|| {
        view! { <a class="button primary" href=paths::NEW_COMMITMENT>"Add a commitment"</a> }
    });
    let body = if list.rows.is_empty() {
        let text = "Nothing is paid by the month: cost centres pay for what their keys call.";
        view! { <EmptyState text=text/> }.into_any()
    } else {
        let columns = vec![
            Column::text("Commitment"),
            Column::text("Provider"),
            Column::number("A month"),
            Column::text("Months"),
            Column::text("State"),
        ];
        let rows = list.rows.iter().map(|row| line(row, &list)).collect_view();
        view! { <Table columns=columns caption="Commitments">{rows}</Table> }.into_any()
    };
    let context =
        "What a provider is paid a month whatever is called, shared among cost centres by what they spent there.";
    view! {
        <PageHead
            title="Commitments" context=context.into_any()
            crumb=Crumb { text: "Cost centres".to_owned(), href: paths::COST_CENTRES.to_owned() }
        >
            {add}
            <a href=paths::COST_STATEMENT>"Statement"</a>
        </PageHead>
        {notice(happened)}
        {body}
    }
}

fn line(row: &CommitmentRow, list: &CommitmentList) -> impl IntoView + use<> {
    let entry = &row.commitment.entry;
    let (tone, state) = if has_ended(entry, list.month) {
        (Tone::Plain, "Ended")
    } else if entry.is_valid_in(list.month) {
        (Tone::Ok, "Shared this month")
    } else {
        (Tone::Plain, "Not yet")
    };
    let (name, provider) = (entry.name.clone(), row.provider.clone().unwrap_or_else(|| "All providers".to_owned()));
    let (monthly, months) = (usd(entry.monthly), validity(entry));
    view! {
        <tr>
            <NameCell name=name href=paths::commitment(row.commitment.id)/>
            <Cell label="Provider">{provider}</Cell>
            <Cell label="A month" number=true>{monthly}</Cell>
            <Cell label="Months">{months}</Cell>
            <Cell label="State"><Chip tone=tone text=state/></Cell>
        </tr>
    }
}
