//! `/admin/cost-centres`: each in a line with what is booked to it, what belongs to none, and ended ones at the end.

use super::{state, validity};
use crate::chrome::Place;
use crate::components::{Cell, Chip, Column, Crumb, NameCell, PageHead, Rates, Spent, Table};
use crate::pages::admin::{Happened, at_least_none, document, may_change, notice};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use leptos::prelude::*;
use portal::administration::cost_centres::{Booked, CentreList, CentreRow};
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Query {
    /// How many lines a file added and changed.
    added: Option<u32>,
    changed: Option<u32>,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let Query { added, changed } = input.query()?;
    let list = visit.portal.cost_centres(&visit.caller).await?;
    let happened = added.zip(changed).map(|(added, changed)| {
        Happened::well(format!("The file is taken in: {added} added, {changed} changed, nothing else touched."))
    });
    let model = Model { list, may_change: may_change(&visit), happened };
    Ok(Answer::ok(document(&visit, Place::Budgets, "Cost centres", |_| view(model))))
}

#[derive(Debug, Clone)]
pub struct Model {
    pub list: CentreList,
    pub may_change: bool,
    pub happened: Option<Happened>,
}

pub fn view(model: Model) -> impl IntoView {
    let Model { list, may_change, happened } = model;
    let acts = may_change.then(|| {
        view! {
            <a class="button primary" href=paths::NEW_COST_CENTRE>"Add a cost centre"</a>
            <a class="button" href=paths::COST_CENTRE_FILE>"Import a file"</a>
        }
    });
    let columns = vec![
        Column::text("Cost centre"),
        Column::text("State"),
        Column::text("Valid"),
        Column::text("Contact"),
        Column::number("Live keys"),
        Column::number("Spent this month"),
    ];
    let rows: Vec<_> = list.rows.iter().map(row).collect();
    let adjusted = list.adjusted.then(|| {
        view! {
            <p class="muted">
                "Some of this month's spend was moved to another cost centre since, which is not among these figures: "
                <a href=paths::COST_STATEMENT>"Statement"</a>"."
            </p>
        }
        .into_any()
    });
    let context = "What a key spends is booked to the cost centre that it carries, and stays there.";
    view! {
        <PageHead
            title="Cost centres" context=context.into_any()
            crumb=Crumb { text: "Budgets".to_owned(), href: paths::BUDGETS.to_owned() }
        >
            {acts}
            <a class="button" href=paths::COST_STATEMENT>"Statement"</a>
            <a class="button" href=paths::COMMITMENTS>"Commitments"</a>
            <a href=paths::usage_by_cost_centre()>"Usage by cost centre"</a>
        </PageHead>
        {notice(happened)}
        <Table columns=columns caption="Cost centres">
            {rows}
            {unallocated(list.unallocated)}
        </Table>
        {adjusted}
        <Rates conversion=list.conversion in_dollars="budgets and statements"/>
    }
}

fn row(row: &CentreRow) -> impl IntoView + use<> {
    let CentreRow { centre, standing, booked } = row;
    let (tone, text) = state(*standing);
    let entry = &centre.entry;
    let (label, validity) = (entry.label(), validity(entry));
    let contact = entry.contact.clone();
    view! {
        <tr>
            <NameCell name=label href=paths::cost_centre(centre.id)/>
            <Cell label="State"><Chip tone=tone text=text/></Cell>
            <Cell label="Valid">{validity}</Cell>
            <Cell label="Contact">{contact}</Cell>
            {figures(*booked)}
        </tr>
    }
}

/// What belongs to none is a line like any other, also where it is nothing.
fn unallocated(booked: Booked) -> impl IntoView {
    const NOTHING: Option<&str> = None;
    view! {
        <tr>
            <NameCell name="Unallocated" note="keys without a cost centre".into_any()/>
            <Cell label="State">{NOTHING}</Cell>
            <Cell label="Valid">{NOTHING}</Cell>
            <Cell label="Contact">{NOTHING}</Cell>
            {figures(booked)}
        </tr>
    }
}

fn figures(booked: Booked) -> impl IntoView {
    let keys = crate::format::grouped(at_least_none(booked.keys));
    view! {
        <Cell label="Live keys" number=true>{keys}</Cell>
        <Cell label="Spent this month" number=true><Spent cost=booked.spend_this_month shown=booked.shown/></Cell>
    }
}
