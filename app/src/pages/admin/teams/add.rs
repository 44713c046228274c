//! `/admin/teams/{id}/add`: finds somebody and adds them.

use crate::chrome::Place;
use crate::components::{Cell, Column, Crumb, EmptyState, Filter, NameCell, PageHead, Table, TextField};
use crate::html;
use crate::pages::admin::people::list::some;
use crate::pages::admin::{encoded, more};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::order::Order;
use leptos::prelude::*;
use portal::administration::people::{PeoplePage, PersonRow};
use portal::administration::teams::TeamDetail;
use serde::Deserialize;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Query {
    pub q: String,
    pub after: String,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let query: Query = input.query()?;
    let team = visit.portal.team(&visit.caller, input.segment("id")?).await?;
    let people = visit.portal.people(&visit.caller, some(&query.q), Order::default(), some(&query.after)).await?;
    let model = Model { team, people, query };
    Ok(Answer::ok(html::document(&visit.chrome(Place::Teams), "Add a member", || view(model))))
}

#[derive(Debug, Clone)]
pub struct Model {
    pub team: TeamDetail,
    pub people: PeoplePage,
    pub query: Query,
}

pub fn view(model: Model) -> impl IntoView {
    let Model { team: TeamDetail { team, members, .. }, people, query } = model;
    let page = paths::team(team.id);
    let next = people.next.map(|after| format!("{page}/add?q={}&after={}", encoded(&query.q), encoded(&after)));
    let within = |person: &PersonRow| members.iter().any(|member| member.person == person.id);
    let empty = people.rows.is_empty().then(|| {
        view! { <EmptyState text="Nobody matches. People appear here when they first sign in; try a part of a name or address."/> }
    });
    let rows = people.rows.iter().map(|person| {
        let end = if within(person) {
            "In the team".into_any()
        } else {
            view! {
                <form method="post" action=format!("{page}/members")>
                    <input type="hidden" name="person" value=person.id.to_string()/>
                    <button class="button" type="submit" name="act" value="member" aria-label=format!("Add: {}", person.name)>"Add"</button>
                </form>
            }
            .into_any()
        };
        view! {
            <tr>
                <NameCell name=person.name.clone() note=person.email.clone().into_any()/>
                <Cell label="Add">{end}</Cell>
            </tr>
        }
    });
    let rows: Vec<_> = rows.collect();
    let table = (!rows.is_empty()).then(|| {
        view! { <Table columns=vec![Column::text("Person"), Column::text("Add")] caption="People">{rows}</Table> }
    });
    view! {
        <PageHead title=format!("Add a member to {}", team.name) crumb=Crumb { text: team.name.clone(), href: page.clone() }/>
        <Filter action=format!("{page}/add")>
            <div class="search"><TextField name="q" label="Search" kind="search" value=query.q placeholder="Name or e-mail address"/></div>
        </Filter>
        {empty}
        {table}
        {more(next)}
    }
}
