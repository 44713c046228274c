//! `/approvals/decided`: answers of the past, latest first.

use super::{Tab, page, tabs};
use crate::components::{Cell, Chip, Column, EmptyState, NameCell, PageHead, Table, when};
use crate::format::Calendar;
use crate::pages::requests::title;
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use crate::words;
use leptos::prelude::*;
use portal::requests::RequestRow;

pub struct Model {
    pub decided: Vec<RequestRow>,
    pub calendar: Calendar,
}

pub async fn show(visit: Visit, _: Input) -> Result<Answer, PageError> {
    let decided = visit.portal.decided_requests(&visit.caller).await?;
    let model = Model { decided, calendar: visit.calendar() };
    Ok(Answer::ok(page(&visit, "Decided requests", || view(model))))
}

pub fn view(model: Model) -> impl IntoView {
    let Model { decided, calendar } = model;
    let list = if decided.is_empty() {
        view! { <EmptyState text="Nothing has been answered yet. Answers stay here, with what was given and why not."/> }
            .into_any()
    } else {
        let columns = vec![
            Column::text("Who and what"),
            Column::text("State"),
            Column::text("Asked for"),
            Column::text("Answer"),
            Column::text("Asked"),
        ];
        let rows = decided.into_iter().map(|row| line(&row, &calendar)).collect_view();
        view! { <Table columns=columns caption="Answers of the past">{rows}</Table> }.into_any()
    };
    view! {
        <PageHead title="Approvals"/>
        {tabs(Tab::Decided, None, None)}
        {list}
    }
}

fn line(row: &RequestRow, calendar: &Calendar) -> impl IntoView + use<> {
    let (tone, word) = words::request_standing(row.standing);
    let answer = words::answer(&row.request, row.decided_by_name.as_deref(), calendar).unwrap_or_default();
    let (asked, note) = (when(calendar, row.request.asked_at), row.asked_by_name.clone());
    let (name, href, wish) = (title(row), paths::request(row.request.id), words::wish(&row.request, calendar));
    view! {
        <tr>
            <NameCell name=name href=href note=note.into_any()/>
            <Cell label="State"><Chip tone=tone text=word/></Cell>
            <Cell label="Asked for">{wish}</Cell>
            <Cell label="Answer">{answer}</Cell>
            <Cell label="Asked">{asked}</Cell>
        </tr>
    }
}
