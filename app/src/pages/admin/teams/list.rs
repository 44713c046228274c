//! `/admin/teams`: every team with its leads.

use crate::chrome::Place;
use crate::components::{Cell, Chip, Column, EmptyState, NameCell, PageHead, Table, Tone};
use crate::format::{Calendar, grouped};
use crate::pages::admin::{count, document, may_change};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::order::{Order, SortColumn};
use leptos::prelude::*;
use portal::administration::teams::TeamRow;
use serde::Deserialize;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Query {
    sort: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TeamColumn {
    Name,
    Members,
    Since,
}

impl SortColumn for TeamColumn {
    const ALL: &'static [Self] = &[Self::Name, Self::Members, Self::Since];

    fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Members => "members",
            Self::Since => "since",
        }
    }
    fn largest_first(self) -> bool {
        self != Self::Name
    }
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let query: Query = input.query()?;
    let order = Order::from_word(&query.sort).unwrap_or(Order::by(TeamColumn::Name));
    let model = Model { teams: visit.portal.teams(&visit.caller).await?, order, may_change: may_change(&visit) };
    Ok(Answer::ok(document(&visit, Place::Teams, "Teams", |calendar| view(calendar, model))))
}

#[derive(Debug, Clone)]
pub struct Model {
    /// By name.
    pub teams: Vec<TeamRow>,
    pub order: Order<TeamColumn>,
    pub may_change: bool,
}

pub fn view(calendar: &Calendar, model: Model) -> impl IntoView + use<> {
    let Model { mut teams, order, may_change } = model;
    let add = may_change.then(|| view! { <a class="button primary" href=paths::NEW_TEAM>"Add team"</a> });
    if teams.is_empty() {
        let text = "No teams yet. A team owns keys together; its leads mint and revoke them.";
        return view! { <PageHead title="Teams"/><EmptyState text=text>{add}</EmptyState> }.into_any();
    }
    match order.by {
        TeamColumn::Name => {}
        TeamColumn::Members => teams.sort_by_key(|team| team.members),
        TeamColumn::Since => teams.sort_by_key(|team| team.created_at),
    }
    if order.descending {
        teams.reverse();
    }
    let sorting =
        |column: Column, by| column.sorting(by, Some(order), |order| format!("{}?sort={}", paths::TEAMS, order.word()));
    let columns = vec![
        sorting(Column::text("Team"), TeamColumn::Name),
        Column::text("Leads"),
        sorting(Column::number("Members"), TeamColumn::Members),
        sorting(Column::text("Since"), TeamColumn::Since),
    ];
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
