//! What was moved of the month's spend: two lines for each adjustment, at the cost centre that has less and at the one that
//! has as much more.

use super::name_cell;
use crate::components::{Cell, Column, Section, Table, when};
use crate::format::{Calendar, usd};
use crate::pages::admin::adjustments::span;
use crate::paths;
use domain::money::NanoUsd;
use leptos::prelude::*;
use portal::administration::cost_statement::AdjustedRow;

pub(super) fn section(calendar: &Calendar, all: &[AdjustedRow], may_change: bool) -> Option<AnyView> {
    if all.is_empty() {
        return None;
    }
    let rows = all.iter().map(|line| row(calendar, line, may_change)).collect_view();
    let columns = vec![
        Column::text("Cost centre"),
        Column::number("Moved"),
        Column::text("Key"),
        Column::text("Why"),
        Column::text("Made"),
        Column::text("Adjustment"),
    ];
    let section = view! {
        <Section id="adjustments" title="Moved between cost centres">
            <Table columns=columns caption="Moved between cost centres" compact=true>{rows}</Table>
            <p class="muted">
                "What was moved counts in the month in which it was spent, whenever that was written down. Budgets and limits are \
                 not concerned, and usage shows what each call was charged to."
            </p>
        </Section>
    };
    Some(section.into_any())
}

fn row(calendar: &Calendar, line: &AdjustedRow, may_change: bool) -> impl IntoView + use<> {
    let direction = if line.amount < NanoUsd::ZERO { "to" } else { "from" };
    let other = format!("{direction} {}", line.other.label);
    let (name, days) = (line.key.name.clone(), span(line.days.0, line.days.1));
    let key = match line.opens_key {
        true => view! { <a href=paths::key(line.key.id)>{name}</a> }.into_any(),
        false => name.into_any(),
    };
    let standing = match (line.undone, line.undoes) {
        (true, _) => Some("taken back"),
        (false, true) => Some("takes another back"),
        (false, false) => None,
    };
    let page = paths::adjustment(line.adjustment);
    let undo = (may_change && !line.undone).then(|| view! { " "<a href=format!("{page}#undo")>"Undo"</a> });
    let (centre, made) = (name_cell(&line.centre, "no cost centre"), when(calendar, line.at));
    let ways = view! { <a href=page>"Open"</a>{undo} }.into_any();
    let ways = match standing {
        Some(standing) => view! { <Cell label="Adjustment" note=standing.into_any()>{ways}</Cell> }.into_any(),
        None => view! { <Cell label="Adjustment">{ways}</Cell> }.into_any(),
    };
    let (amount, why, by) = (usd(line.amount), line.why.clone(), line.by_name.clone());
    view! {
        <tr>
            {centre}
            <Cell label="Moved" number=true note=other.into_any()>{amount}</Cell>
            <Cell label="Key" note=days.into_any()>{key}</Cell>
            <Cell label="Why">{why}</Cell>
            <Cell label="Made" note=by.into_any()>{made}</Cell>
            {ways}
        </tr>
    }
}
