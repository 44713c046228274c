//! `/admin/cost-centres/statement`: what a month cost each cost centre, metered, shared and moved, and the same as a file.

mod adjusted;
mod file;

use crate::chrome::Place;
use crate::components::{Cell, Column, Crumb, NameCell, Notice, PageHead, Section, Table, Tone};
use crate::format::{Calendar, usd};
use crate::pages::admin::adjustments::month_name;
use crate::pages::admin::{document, may_change};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::commitment::Month;
use domain::money::NanoUsd;
use leptos::prelude::*;
use portal::administration::adjustments::NamedCentre;
use portal::administration::commitments::CommitmentRow;
use portal::administration::cost_statement::{CostStatement, StatementRow};
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Query {
    month: Option<String>,
}

impl Query {
    /// A month that is none has no statement.
    fn month(&self) -> Result<Option<Month>, PageError> {
        self.month.as_deref().map(|text| Month::parse(text).ok_or(PageError::NotFound)).transpose()
    }
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let month = input.query::<Query>()?.month()?;
    let statement = visit.portal.cost_statement(&visit.caller, month).await?;
    let (title, may_change) = (format!("Statement {}", statement.month), may_change(&visit));
    Ok(Answer::ok(document(&visit, Place::Budgets, &title, |calendar| view(calendar, &statement, may_change))))
}

pub async fn download(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let month = input.query::<Query>()?.month()?;
    let statement = visit.portal.cost_statement(&visit.caller, month).await?;
    Ok(Answer::Download {
        name: format!("cost-centres-{}.csv", statement.month),
        content_type: "text/csv; charset=utf-8",
        body: file::csv(&statement, &visit.calendar()).into_bytes(),
    })
}

pub fn view(calendar: &Calendar, statement: &CostStatement, may_change: bool) -> impl IntoView + use<> {
    let month = statement.month;
    let title = format!("Statement {}", month_name(month));
    let (metered, shared) = statement.sums();
    let total = metered.plus(shared);
    let context = format!("{} metered · {} shared · {} in all", usd(metered), usd(shared), usd(total));
    let running = statement.running.then(|| {
        let text = "This month is not over: figures change with each call, and so do the parts of what is shared.";
        view! { <Notice tone=Tone::Info text=text/> }
    });
    let (earlier, later) = (paths::cost_statement(month.plus(-1)), paths::cost_statement(month.plus(1)));
    let later = (!statement.running).then(|| view! { <a class="button" href=later>"Next month"</a> });
    let has_moved = !statement.adjusted.is_empty();
    let mut columns = vec![Column::text("Cost centre"), Column::number("Metered"), Column::number("Shared")];
    columns.extend(has_moved.then(|| Column::number("Moved")));
    columns.push(Column::number("Total"));
    let rows = statement.rows.iter().map(|line| row(line, has_moved, may_change.then_some(month))).collect_view();
    let sums = sums("Total", Figures { metered, shared, moved: has_moved.then_some(NanoUsd::ZERO) });
    view! {
        <PageHead
            title=title context=context.into_any()
            crumb=Crumb { text: "Cost centres".to_owned(), href: paths::COST_CENTRES.to_owned() }
        >
            <a class="button" href=earlier>"Month before"</a>
            {later}
            <a href=paths::cost_statement_file(month)>"CSV"</a>
        </PageHead>
        {running}
        <Table columns=columns caption="What the month cost each cost centre" compact=true>{rows}{sums}</Table>
        {adjusted::section(calendar, &statement.adjusted, may_change)}
        {commitments(&statement.commitments)}
    }
}

/// What a cost centre was charged can be moved from here by whoever may, for which the month is given.
fn row(row: &StatementRow, has_moved: bool, movable: Option<Month>) -> impl IntoView + use<> {
    let StatementRow { metered, shared, moved, .. } = *row;
    let way_on = movable.filter(|_| metered.plus(moved) > NanoUsd::ZERO).map(|month| {
        let href = paths::move_spend_from(&row.centre.choice(), month);
        let label = format!("Move some of what was charged to {}", row.centre.label);
        view! { <a href=href aria-label=label>"Move some"</a> }.into_any()
    });
    let figures = figures(Figures { metered, shared, moved: has_moved.then_some(moved) }, way_on);
    view! { <tr>{name_cell(&row.centre, "no cost centre, and what nobody used")}{figures}</tr> }
}

fn name_cell(centre: &NamedCentre, of_none: &'static str) -> impl IntoView + use<> {
    let name = centre.label.clone();
    match (centre.id, &centre.code) {
        (Some(id), _) => view! { <NameCell name=name href=paths::cost_centre(id)/> }.into_any(),
        (None, Some(_)) => view! { <NameCell name=name note="not in the list".into_any()/> }.into_any(),
        (None, None) => view! { <NameCell name=name note=of_none.into_any()/> }.into_any(),
    }
}

fn sums(name: &'static str, sums: Figures) -> impl IntoView {
    view! { <tr><NameCell name=name/>{figures(sums, None)}</tr> }
}

struct Figures {
    metered: NanoUsd,
    shared: NanoUsd,
    /// `None`: the statement has no such column.
    moved: Option<NanoUsd>,
}

fn figures(figures: Figures, way_on: Option<AnyView>) -> impl IntoView {
    let Figures { metered, shared, moved } = figures;
    let total = usd(metered.plus(shared).plus(moved.unwrap_or_default()));
    let spent = match way_on {
        Some(way_on) => view! { <Cell label="Metered" number=true note=way_on>{usd(metered)}</Cell> }.into_any(),
        None => view! { <Cell label="Metered" number=true>{usd(metered)}</Cell> }.into_any(),
    };
    let moved = moved.map(|moved| view! { <Cell label="Moved" number=true>{usd(moved)}</Cell> });
    view! {
        {spent}
        <Cell label="Shared" number=true>{usd(shared)}</Cell>
        {moved}
        <Cell label="Total" number=true><b>{total}</b></Cell>
    }
}

fn commitments(all: &[CommitmentRow]) -> impl IntoView + use<> {
    let body = if all.is_empty() {
        view! { <p class="muted">"Nothing is shared in this month."</p> }.into_any()
    } else {
        let rows = all.iter().map(|row| {
            let entry = &row.commitment.entry;
            let (name, amount) = (entry.name.clone(), usd(entry.monthly));
            let by = row.provider.as_ref().map_or_else(|| "all providers".to_owned(), Clone::clone);
            view! {
                <tr>
                    <NameCell name=name href=paths::commitment(row.commitment.id)/>
                    <Cell label="By what was spent at">{by}</Cell>
                    <Cell label="Amount" number=true>{amount}</Cell>
                </tr>
            }
        });
        let rows = rows.collect_view();
        let columns = vec![Column::text("Commitment"), Column::text("By what was spent at"), Column::number("Amount")];
        view! { <Table columns=columns caption="What is shared" compact=true>{rows}</Table> }.into_any()
    };
    view! {
        <Section id="shared" title="What is shared" aside=view! { <a href=paths::COMMITMENTS>"Commitments"</a> }.into_any()>
            {body}
        </Section>
    }
}
