//! `/requests`: what I asked for, with whom it waits, and what came of it.

use super::{page, title};
use crate::chrome::Place;
use crate::components::{Cell, Chip, Column, EmptyState, NameCell, PageHead, Table, when};
use crate::format::Calendar;
use crate::paths::{self, RequestAct};
use crate::visit::{Answer, Input, PageError, Visit};
use crate::words;
use domain::access_request::{RequestState, Wish};
use leptos::prelude::*;
use portal::requests::RequestRow;

pub struct Model {
    pub requests: Vec<RequestRow>,
    pub calendar: Calendar,
}

pub async fn show(visit: Visit, _: Input) -> Result<Answer, PageError> {
    let requests = visit.portal.my_requests(&visit.caller).await?;
    let model = Model { requests, calendar: visit.calendar() };
    Ok(Answer::ok(page(&visit, Place::Requests, "Requests", || view(model))))
}

pub fn view(model: Model) -> impl IntoView {
    let Model { requests, calendar } = model;
    if requests.is_empty() {
        let text = "You have asked for nothing yet. Where guardrails end, the mint form and each key's page offer to \
                    ask for more.";
        return view! {
            <PageHead title="Requests"/>
            <EmptyState text=text><a class="button" href=paths::KEYS>"To the keys"</a></EmptyState>
        }
        .into_any();
    }
    let columns = vec![
        Column::text("Request"),
        Column::text("State"),
        Column::text("Asks for"),
        Column::text("What happens next"),
        Column::text("Asked"),
    ];
    let rows = requests.into_iter().map(|row| line(row, &calendar)).collect_view();
    view! {
        <PageHead title="Requests"/>
        <Table columns=columns caption="What I asked for">{rows}</Table>
    }
    .into_any()
}

fn line(row: RequestRow, calendar: &Calendar) -> impl IntoView + use<> {
    let (tone, word) = words::request_standing(row.standing);
    let asks = words::wish(&row.request, calendar);
    let why = format!("\u{201c}{}\u{201d}", row.request.reason);
    let asked = when(calendar, row.request.asked_at);
    let next = next(&row, calendar);
    let withdraw = row.standing.is_open().then(|| {
        let href = paths::request_act(row.request.id, RequestAct::Withdraw);
        view! { " "<a href=href>"Withdraw"</a> }
    });
    view! {
        <tr>
            <NameCell name=title(&row) href=paths::request(row.request.id)/>
            <Cell label="State"><Chip tone=tone text=word/></Cell>
            <Cell label="Asks for" note=why.into_any()>{asks}</Cell>
            <Cell label="What happens next">{next}{withdraw}</Cell>
            <Cell label="Asked">{asked}</Cell>
        </tr>
    }
}

/// With whom it waits, or what came of it and what to do now.
pub(super) fn next(row: &RequestRow, calendar: &Calendar) -> String {
    let request = &row.request;
    if row.standing.is_open() {
        let who = words::deciders_named(&row.waits_with, request.deciders);
        let promised = calendar.date_time(request.promised_at);
        return match row.standing {
            domain::access_request::Standing::Overdue => {
                format!("Waits with {who}. An answer was promised by {promised}: remind them.")
            }
            _ => format!("Waits with {who}, who should answer by {promised}."),
        };
    }
    let Some(answer) = words::answer(request, row.decided_by_name.as_deref(), calendar) else {
        return format!("Nobody answered by {}. Ask again if it is still needed.", calendar.day(request.lapses_at()));
    };
    match (&request.state, &request.wish) {
        (RequestState::Approved { .. }, Wish::NewKey { .. }) => {
            format!("{answer} The secret is taken on the request's page.")
        }
        _ => answer,
    }
}
