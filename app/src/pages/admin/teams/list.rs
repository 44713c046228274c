//! `/admin/teams`: every team with its leads.

use crate::chrome::Place;
use crate::components::{Cell, Chip, Column, EmptyState, NameCell, PageHead, Table, Tone};
use crate::format::{Calendar, grouped};
use crate::pages::admin::{count, document, may_change};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use leptos::prelude::*;
use portal::administration::teams::TeamRow;

pub async fn show(visit: Visit, _: Input) -> Result<Answer, PageError> {
    let model = Model { teams: visit.portal.teams(&visit.caller).await?, may_change: may_change(&visit) };
    Ok(Answer::ok(document(&visit, Place::Teams, "Teams", |calendar| view(calendar, model))))
}

#[derive(Debug, Clone)]
pub struct Model {
    pub teams: Vec<TeamRow>,
    pub may_change: bool,
}

pub fn view(calendar: &Calendar, model: Model) -> impl IntoView + use<> {
    let Model { teams, may_change } = model;
    let add = may_change.then(|| view! { <a class="button primary" href=paths::NEW_TEAM>"Add team"</a> });
    if teams.is_empty() {
        let text = "No teams yet. A team owns keys together; its leads mint and revoke them.";
        return view! { <PageHead title="Teams"/><EmptyState text=text>{add}</EmptyState> }.into_any();
    }
    let columns = vec![Column::text("Team"), Column::text("Leads"), Column::number("Members"), Column::text("Since")];
    let rows = teams.into_iter().map(|team| {
        let leads = if team.leads.is_empty() {
            view! { <Chip tone=Tone::Warn text="No lead"/> }.into_any()
        } else {
            team.leads.join(", ").into_any()
        };
        let since = calendar.date(team.created_at);
        view! {
            <tr>
                <NameCell name=team.name href=paths::team(team.id)/>
                <Cell label="Leads">{leads}</Cell>
                <Cell label="Members" number=true>{grouped(count(team.members))}</Cell>
                <Cell label="Since">{since}</Cell>
            </tr>
        }
    });
    let rows = rows.collect_view();
    view! {
        <PageHead title="Teams">{add}</PageHead>
        <Table columns=columns caption="Teams" compact=true>{rows}</Table>
    }
    .into_any()
}
