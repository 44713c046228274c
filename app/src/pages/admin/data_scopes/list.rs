//! `/admin/data-scopes`: the roles, and people for whom something else was said.

use super::{holder, reach};
use crate::chrome::Place;
use crate::components::{Cell, Column, Crumb, NameCell, PageHead, Table};
use crate::pages::admin::{Happened, document, notice};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::data_scope::{DataScope, Holder};
use leptos::prelude::*;
use portal::administration::data_scopes::ScopeRow;
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Query {
    cleared: Option<String>,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let Query { cleared } = input.query()?;
    let rows = visit.portal.data_scopes(&visit.caller).await?;
    let happened = cleared.map(|_| Happened::well("It is as usual again, from the next page on."));
    Ok(Answer::ok(document(&visit, Place::People, "What people see", |_| view(Model { rows, happened }))))
}

#[derive(Debug, Clone)]
pub struct Model {
    pub rows: Vec<ScopeRow>,
    pub happened: Option<Happened>,
}

pub fn view(model: Model) -> impl IntoView {
    let Model { rows, happened } = model;
    let columns = vec![
        Column::text("Who"),
        Column::text("Spend"),
        Column::text("Keys and calls"),
        Column::text("Names"),
        Column::text("Audit log"),
    ];
    let lines: Vec<_> = rows.iter().map(line).collect();
    let context =
        "Apart from what people may do. Roles add up; what is said about a person counts instead of their roles.";
    view! {
        <PageHead
            title="What people see" context=context.into_any()
            crumb=Crumb { text: "People".to_owned(), href: paths::PEOPLE.to_owned() }
        />
        {notice(happened)}
        <Table columns=columns caption="What people see">{lines}</Table>
        <p class="muted">
            "Administrators see everything: whoever sets this can always set it anew. To say something else about one
            person, open their page and choose “What they see”."
        </p>
    }
}

fn line(row: &ScopeRow) -> impl IntoView + use<> {
    let note = match (row.holder, row.version, row.sees_everything) {
        (_, _, true) => "an administrator: sees everything",
        (Holder::Role(_), 0, _) => "as usual",
        (Holder::Role(_), ..) => "changed",
        (Holder::Person(_), ..) => "instead of their roles",
    };
    let DataScope { spend, calls, names, audit, .. } = row.scope;
    let (name, href) = (holder(row), paths::data_scope(row.holder));
    view! {
        <tr>
            <NameCell name=name href=href note=note.into_any()/>
            <Cell label="Spend">{reach(spend)}</Cell>
            <Cell label="Keys and calls">{reach(calls)}</Cell>
            <Cell label="Names">{reach(names)}</Cell>
            <Cell label="Audit log">{reach(audit)}</Cell>
        </tr>
    }
}
