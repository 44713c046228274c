//! `/admin/teams/{id}`: members and leads of a team.

use super::cost_centre;
use crate::chrome::Place;
use crate::components::{Cell, Chip, Column, Crumb, EmptyState, ErrorSummary, NameCell, PageHead, Table, Tone};
use crate::format::Calendar;
use crate::pages::admin::{Happened, at_least_none, count, counted, document, may_change, notice};
use crate::pages::form::Reasons;
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::budget::BudgetScope;
use domain::id::TeamId;
use leptos::prelude::*;
use portal::administration::teams::{TeamDetail, TeamMember};
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Query {
    changed: Option<String>,
    /// Its cost centre was saved.
    booked: Option<String>,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let Query { changed, booked } = input.query()?;
    let detail = visit.portal.team(&visit.caller, input.segment("id")?).await?;
    let name = detail.team.name.clone();
    let happened = match (changed, booked) {
        (Some(_), _) => Some(Happened::well("Members changed. It counts from their next page on.")),
        (None, Some(_)) => Some(Happened::well("Saved. Keys that are minted from now on are booked there.")),
        (None, None) => None,
    };
    let centre = detail.cost_centre.clone().unwrap_or_default();
    let model = Model { detail, centre, may_change: may_change(&visit), happened, reasons: Reasons::default() };
    Ok(Answer::ok(document(&visit, Place::Teams, &name, |calendar| view(calendar, model))))
}

#[derive(Debug, Clone)]
pub struct Model {
    pub detail: TeamDetail,
    /// The code of the cost centre as chosen.
    pub centre: String,
    pub reasons: Reasons,
    pub may_change: bool,
    pub happened: Option<Happened>,
}

pub fn view(calendar: &Calendar, model: Model) -> impl IntoView + use<> {
    let Model { detail, centre, reasons, may_change, happened } = model;
    let TeamDetail { team, members, live_keys, cost_centre, cost_centres } = detail;
    let page = paths::team(team.id);
    let context = format!(
        "{} · {} · since {}",
        counted(count(members.len()), "member"),
        counted(at_least_none(live_keys), "live key"),
        calendar.date(team.created_at)
    );
    let add = may_change.then(|| view! { <a class="button primary" href=format!("{page}/add")>"Add a member"</a> });
    let history = format!("{}?object={}", paths::AUDIT, team.id);
    let budgets = paths::level(BudgetScope::Team(team.id));
    let body = if members.is_empty() {
        let text = "Nobody yet. Add a member, and make one of them the lead: leads mint and revoke the team's keys.";
        view! { <EmptyState text=text/> }.into_any()
    } else {
        let mut columns = vec![Column::text("Member"), Column::text("Part")];
        if may_change {
            columns.push(Column::text("Change"));
        }
        let rows = members.into_iter().map(|member| row(team.id, member, may_change)).collect_view();
        view! { <Table columns=columns caption="Members">{rows}</Table> }.into_any()
    };
    view! {
        <PageHead
            title=team.name.clone() context=context.into_any()
            crumb=Crumb { text: "Teams".to_owned(), href: paths::TEAMS.to_owned() }
        >
            {add}
            <a class="button" href=budgets>"Budgets and limits"</a>
            <a href=history>"History"</a>
        </PageHead>
        {notice(happened)}
        <ErrorSummary undone="the cost centre can be saved" wrong=reasons.summary(|field| field == "cost_centre")/>
        {body}
        {cost_centre::section(team.id, cost_centre, &cost_centres, centre, &reasons, may_change)}
    }
}

fn row(team: TeamId, member: TeamMember, may_change: bool) -> impl IntoView {
    let TeamMember { person, name, email, active, lead, by_rule } = member;
    let by_rule = by_rule.then(|| view! { <span class="note">"by a rule about sign-in"</span> });
    let (tone, part) = if lead { (Tone::Info, "Lead") } else { (Tone::Plain, "Member") };
    let suspended = (!active).then(|| view! { " "<Chip tone=Tone::Bad text="Suspended"/> });
    let page = paths::team(team);
    let change = may_change.then(|| {
        let (act, text) = if lead { ("member", "Take back lead") } else { ("lead", "Make lead") };
        let remove = format!("{page}/remove?person={person}");
        let (act_label, remove_label) = (format!("{text}: {name}"), format!("Remove: {name}"));
        let members = format!("{page}/members");
        view! {
            <Cell label="Change">
                <form class="actions" method="post" action=members>
                    <input type="hidden" name="person" value=person.to_string()/>
                    <button class="button" type="submit" name="act" value=act aria-label=act_label>{text}</button>
                    <a class="button plain bad" href=remove aria-label=remove_label>"Remove…"</a>
                </form>
            </Cell>
        }
    });
    view! {
        <tr>
            <NameCell name=name.clone() href=paths::person(person) note=email.into_any()/>
            <Cell label="Part"><Chip tone=tone text=part/>{suspended}{by_rule}</Cell>
            {change}
        </tr>
    }
}
