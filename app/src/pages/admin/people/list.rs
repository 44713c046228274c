//! `/admin/people`: everybody who has signed in, searched on the server and read page by page.

use crate::chrome::Place;
use crate::components::{Cell, Chip, Column, EmptyState, Filter, NameCell, PageHead, Table, TextField, Tone, when};
use crate::format::Calendar;
use crate::pages::admin::{document, encoded, may_change, more};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use crate::words;
use domain::order::{Order, PersonColumn};
use leptos::prelude::*;
use portal::administration::people::{PeoplePage, PersonRow};
use serde::Deserialize;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Query {
    pub q: String,
    pub sort: String,
    /// The cursor of the page before.
    pub after: String,
}

impl Query {
    fn order(&self) -> Order<PersonColumn> {
        Order::from_word(&self.sort).unwrap_or_default()
    }

    fn address(&self, order: Order<PersonColumn>, after: &str) -> String {
        format!("{}?q={}&sort={}&after={}", paths::PEOPLE, encoded(&self.q), order.word(), encoded(after))
    }
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let query: Query = input.query()?;
    let may_change = may_change(&visit);
    let page = visit.portal.people(&visit.caller, some(&query.q), query.order(), some(&query.after)).await?;
    Ok(Answer::ok(document(&visit, Place::People, "People", |calendar| view(calendar, query, page, may_change))))
}

/// Nothing typed is no filter.
pub(in crate::pages::admin) fn some(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

pub fn view(calendar: &Calendar, query: Query, page: PeoplePage, may_change: bool) -> impl IntoView + use<> {
    let PeoplePage { rows, next } = page;
    let order = query.order();
    let next = next.map(|after| query.address(order, &after));
    let empty = rows.is_empty().then(|| {
        view! { <EmptyState text="Nobody matches. People appear here when they first sign in; try a part of a name or address."/> }
    });
    let table = (!rows.is_empty()).then(|| {
        let sorting = |column: Column, by| column.sorting(by, Some(order), |order| query.address(order, ""));
        let columns = vec![
            sorting(Column::text("Person"), PersonColumn::Name),
            Column::text("State"),
            Column::text("Roles"),
            sorting(Column::text("Last sign-in"), PersonColumn::LastSignIn),
            Column::text("Signs in at"),
        ];
        let rows = rows.into_iter().map(|person| row(calendar, person)).collect_view();
        view! { <Table columns=columns caption="People">{rows}</Table> }
    });
    let sees = may_change.then(|| view! { <a class="button" href=paths::DATA_SCOPES>"What people see"</a> });
    view! {
        <PageHead title="People">{sees}</PageHead>
        <Filter action=paths::PEOPLE>
            <div class="search"><TextField name="q" label="Search" kind="search" value=query.q placeholder="Name or e-mail address"/></div>
            <input type="hidden" name="sort" value=order.word()/>
        </Filter>
        {empty}
        {table}
        {more(next)}
    }
}

fn row(calendar: &Calendar, person: PersonRow) -> impl IntoView + use<> {
    let (tone, state) = state(person.active);
    let roles = roles(&person);
    let last = match person.last_sign_in_at {
        Some(at) => when(calendar, at).into_any(),
        None => "never".into_any(),
    };
    view! {
        <tr>
            <NameCell name=person.name.clone() href=paths::person(person.id) note=person.email.clone().into_any()/>
            <Cell label="State"><Chip tone=tone text=state/></Cell>
            <Cell label="Roles">{roles}</Cell>
            <Cell label="Last sign-in">{last}</Cell>
            <Cell label="Signs in at"><span class="muted">{person.issuer}</span></Cell>
        </tr>
    }
}

pub(super) const fn state(active: bool) -> (Tone, &'static str) {
    if active { (Tone::Ok, "Active") } else { (Tone::Bad, "Suspended") }
}

pub(super) fn roles(person: &PersonRow) -> String {
    let roles: Vec<&str> = person.roles.iter().map(|&role| words::role(role)).collect();
    if roles.is_empty() { "none".to_owned() } else { roles.join(", ") }
}
