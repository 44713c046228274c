//! `/approvals/lapsing`: grants that end within a week, the first to end first.

use super::{Tab, page, tabs};
use crate::components::{Cell, Column, EmptyState, NameCell, PageHead, Table, when};
use crate::format::Calendar;
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use crate::words;
use leptos::prelude::*;
use portal::requests::{GrantRow, Queue};

pub struct Model {
    pub grants: Vec<GrantRow>,
    pub waiting: i64,
    pub calendar: Calendar,
}

pub async fn show(visit: Visit, _: Input) -> Result<Answer, PageError> {
    let Queue { lapsing, waiting_count, .. } = visit.portal.approvals(&visit.caller).await?;
    let model = Model { grants: lapsing, waiting: waiting_count, calendar: visit.calendar() };
    Ok(Answer::ok(page(&visit, "Lapsing soon", || view(model))))
}

pub fn view(model: Model) -> impl IntoView {
    let Model { grants, waiting, calendar } = model;
    let count = grants.len();
    let list = if grants.is_empty() {
        let text = "No grant ends within seven days. Each ends by itself; nothing has to be done for it.";
        view! { <EmptyState text=text/> }.into_any()
    } else {
        let columns = vec![
            Column::text("Key"),
            Column::text("Was given"),
            Column::text("Ends"),
            Column::text("Owner"),
            Column::text("Request"),
        ];
        let rows = grants.into_iter().map(|row| line(row, &calendar)).collect_view();
        view! { <Table columns=columns caption="Grants that end soon">{rows}</Table> }.into_any()
    };
    view! {
        <PageHead title="Approvals"/>
        {tabs(Tab::Lapsing, Some(waiting), Some(count))}
        {list}
    }
}

fn line(row: GrantRow, calendar: &Calendar) -> impl IntoView + use<> {
    let GrantRow { grant, key_name, owner_name } = row;
    let ends = grant.until.map(|until| when(calendar, until));
    view! {
        <tr>
            <NameCell name=key_name href=paths::key(grant.key)/>
            <Cell label="Was given">{words::figures(&grant.more).join(", ")}</Cell>
            <Cell label="Ends">{ends}</Cell>
            <Cell label="Owner">{owner_name}</Cell>
            <Cell label="Request"><a href=paths::request(grant.request)>"Open"</a></Cell>
        </tr>
    }
}
