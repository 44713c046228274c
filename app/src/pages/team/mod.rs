//! `/team/{id}`: a team for its leads and for those who see administration: members, budgets, and what its keys spent this
//! month. For others there is no such page.

pub mod successor;

use crate::chrome::Place;
use crate::components::{
    Cell, Chip, Column, EmptyState, Figures, NameCell, Notice, PageHead, Rates, Section, Spent, Table, Tone,
    spent_figures,
};
use crate::format::{Calendar, grouped};
use crate::html;
use crate::pages::admin::budgets::show::{context, traffic};
use crate::pages::admin::budgets::{meters, shares};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::id::TeamId;
use leptos::prelude::*;
use portal::team_page::{Share, TeamPage, TeamPart, TeamSpend};
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Query {
    done: Option<Done>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Done {
    HandedOver,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let team: TeamId = input.segment("id")?;
    let Query { done } = input.query()?;
    let page = visit.portal.team_page(&visit.caller, team).await?;
    let (name, calendar) = (page.level.row.name.clone(), visit.calendar());
    let chrome = visit.chrome(Place::Elsewhere);
    Ok(Answer::ok(html::document(&chrome, &name, || view(&calendar, page, done.is_some()))))
}

pub fn view(calendar: &Calendar, page: TeamPage, handed_over: bool) -> impl IntoView + use<> {
    let TeamPage { team, level, members, live_keys, spend, may_hand_over, sees_people } = page;
    let keys = format!("{}?owner={team}", paths::KEYS);
    let (title, context) = (level.row.name.clone(), context(&level, calendar).into_any());
    let administered =
        sees_people.then(|| view! { <a class="button" href=paths::team(team)>"Members in administration"</a> });
    let done = handed_over.then(|| {
        let text = "The keys have moved. What uses them goes on without a change.";
        view! { <div role="status"><Notice tone=Tone::Ok text=text/></div> }
    });
    view! {
        <PageHead title=title context=context>
            <a class="button" href=keys>{format!("Keys of the team: {live_keys} live")}</a>
            {administered}
        </PageHead>
        {done}
        {meters(&level.row, calendar)}
        {shares::section(&level, calendar)}
        {traffic(&level.row.limits)}
        {spent(calendar, spend)}
        <Section id="members" title="Members">{people(team, members, may_hand_over, sees_people)}</Section>
    }
}

fn people(team: TeamId, members: Vec<TeamPart>, may_hand_over: bool, sees_people: bool) -> AnyView {
    if members.is_empty() {
        return view! { <EmptyState text="Nobody is in the team yet. Administrators add people."/> }.into_any();
    }
    let mut columns = vec![Column::text("Person"), Column::text("Part"), Column::number("Answers for")];
    columns.extend(may_hand_over.then(|| Column::text("Leaving")));
    let rows = members.into_iter().map(|part| {
        let (tone, word) = match part.lead {
            _ if !part.active => (Tone::Bad, "Suspended"),
            Some(true) => (Tone::Info, "Lead"),
            Some(false) => (Tone::Plain, "Member"),
            None => (Tone::Warn, "Has left the team"),
        };
        let by_rule = part.by_rule.then(|| view! { <span class="note">"by a rule about sign-in"</span> });
        let href = if sees_people { paths::person(part.person) } else { String::new() };
        let keys = if part.keys == 1 { "1 key".to_owned() } else { format!("{} keys", part.keys) };
        let leaving = may_hand_over.then(|| {
            let to = format!("{}/successor?from={}", paths::led_team(team), part.person);
            let label = format!("Hand over the keys of {}", part.name);
            let link = (part.keys > 0).then(|| view! { <a href=to aria-label=label>"Hand over…"</a> });
            view! { <Cell label="Leaving">{link}</Cell> }
        });
        view! {
            <tr>
                <NameCell name=part.name.clone() href=href note=part.email.into_any()/>
                <Cell label="Part"><Chip tone=tone text=word/>{by_rule}</Cell>
                <Cell label="Answers for" number=true>{keys}</Cell>
                {leaving}
            </tr>
        }
    });
    let rows: Vec<_> = rows.collect();
    view! { <Table columns=columns caption="Members">{rows}</Table> }.into_any()
}

fn spent(calendar: &Calendar, spend: TeamSpend) -> impl IntoView + use<> {
    let since = calendar.date(spend.since);
    let body = if spend.by_model.is_empty() {
        view! { <EmptyState text=format!("No spend since {since}.")/> }.into_any()
    } else {
        let figures = spent_figures(format!("Spent since {since}"), spend.total, spend.total_shown);
        let partial = spend.partial.then(|| {
            view! { <Notice tone=Tone::Info text="The team has more keys than this page adds up: the most expensive ones are in here."/> }
        });
        view! {
            <Figures figures=figures/>
            <Rates conversion=spend.conversion in_dollars="budgets"/>
            {partial}
            {shares("Person", "Nobody known", spend.by_person)}
            {shares("Application", "No application named", spend.by_application)}
            {shares("Model", "Unknown", spend.by_model)}
        }
        .into_any()
    };
    view! { <Section id="spend" title="This month">{body}</Section> }
}

/// The rows that a list shows; what is left is one row.
const SHOWN: usize = 10;

fn shares(what: &'static str, unnamed: &'static str, all: Vec<Share>) -> impl IntoView {
    let rest = all.get(SHOWN..).filter(|rest| !rest.is_empty()).map(|rest| Share {
        name: format!("{} others", rest.len()),
        requests: rest.iter().map(|share| share.requests).sum(),
        cost: rest.iter().fold(domain::money::NanoUsd::ZERO, |sum, share| sum.plus(share.cost)),
        shown: rest.iter().map(|share| share.shown).reduce(|sum, part| Some(sum?.plus(part?))).flatten(),
    });
    let rows = all.into_iter().take(SHOWN).chain(rest).map(|share| {
        let name = if share.name.is_empty() { unnamed.to_owned() } else { share.name };
        let requests = grouped(u64::try_from(share.requests).unwrap_or(0));
        view! {
            <tr>
                <NameCell name=name/>
                <Cell label="Spent" number=true><Spent cost=share.cost shown=share.shown/></Cell>
                <Cell label="Requests" number=true>{requests}</Cell>
            </tr>
        }
    });
    let rows: Vec<_> = rows.collect();
    let columns = vec![Column::text(what), Column::number("Spent"), Column::number("Requests")];
    view! { <Table columns=columns caption=format!("Spend by {}", what.to_lowercase()) compact=true>{rows}</Table> }
}
