//! `/admin/people/{id}`: one person: roles and where they come from, teams, keys, and the acts on the account.

use super::list::{self, state};
use super::sessions::EVERY;
use crate::chrome::Place;
use crate::components::{
    Cell, Check, Chip, Column, Crumb, EmptyState, Fact, Facts, Id, NameCell, PageHead, Section, SelectField,
    SelectOption, Table, Tone, when,
};
use crate::format::Calendar;
use crate::pages::admin::{Happened, at_least_none, counted, document, may_change, notice};
use crate::pages::sessions as session_list;
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::budget::BudgetScope;
use domain::data_scope::Holder;
use domain::directory_claims::GroupsTold;
use domain::person::Role;
use domain::session_mark::SessionMark;
use leptos::prelude::*;
use portal::administration::people::{PersonDetail, PersonRow};
use portal::administration::sign_in::PersonDirectory;
use portal::sessions::SessionView;
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Query {
    done: Option<Done>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Done {
    Suspended,
    Activated,
    Granted,
    Revoked,
    Team,
    SessionEnded,
    SignedOut,
    HandedOver,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let Query { done } = input.query()?;
    let person = input.segment("id")?;
    let detail = visit.portal.person(&visit.caller, person).await?;
    let sessions = visit.portal.sessions_of(&visit.caller, person).await?;
    let directory = visit.portal.person_directory(&visit.caller, person).await?;
    let name = detail.person.name.clone();
    let happened = done.map(|done| {
        Happened::well(match done {
            Done::Suspended => "Suspended. Sessions have ended and personal keys are refused from now on.",
            Done::Activated => "Switched on. Signing in and personal keys work again.",
            Done::Granted => "Administrator from the next page on.",
            Done::Revoked => "No longer an administrator by a grant from here.",
            Done::SessionEnded => "That session has ended. Keys go on working.",
            Done::SignedOut => "Signed out everywhere. Keys go on working.",
            Done::HandedOver => "The keys have moved. What uses them goes on without a change.",
            Done::Team => "Teams changed. It counts from the next page on.",
        })
    });
    let model = Model { detail, directory, sessions, current: input.session, may_change: may_change(&visit), happened };
    Ok(Answer::ok(document(&visit, Place::People, &name, |calendar| view(calendar, model))))
}

#[derive(Debug, Clone)]
pub struct Model {
    pub detail: PersonDetail,
    pub directory: Option<PersonDirectory>,
    pub sessions: Vec<SessionView>,
    /// The session that this page is read in.
    pub current: Option<SessionMark>,
    pub may_change: bool,
    pub happened: Option<Happened>,
}

pub fn view(calendar: &Calendar, model: Model) -> impl IntoView + use<> {
    let Model { detail, directory, sessions, current, may_change, happened } = model;
    let person = &detail.person;
    let (tone, word) = state(person.active);
    let context = view! {
        <Chip tone=tone text=word/>{format!(" {} ", person.email)}
        {detail.oneself.then_some("· this is you")}
    };
    let history = format!("{}?object={}", paths::AUDIT, person.id);
    let budgets = paths::level(BudgetScope::Person(person.id));
    let sees = paths::data_scope(Holder::Person(person.id));
    let sees = may_change.then(|| view! { <a class="button" href=sees>"What they see"</a> });
    let acts = (may_change && !detail.oneself).then(|| acts(person));
    let facts = vec![
        Fact::new("Roles", list::roles(person)).noted(origin(person)),
        Fact::new("Groups", if detail.groups.is_empty() { "none".to_owned() } else { detail.groups.join(", ") })
            .noted(groups_note(directory.as_ref())),
        Fact::new(
            "Cost centre",
            directory.as_ref().and_then(|record| record.cost_centre.clone()).unwrap_or_else(|| "none".to_owned()),
        )
        .noted("By a rule about sign-in. New keys that name none get it."),
        Fact::new("Keys", counted(at_least_none(detail.live_keys), "live key")),
        Fact::new(
            "Last sign-in",
            match person.last_sign_in_at {
                Some(at) => when(calendar, at).into_any(),
                None => "never".into_any(),
            },
        ),
        Fact::new("Here since", calendar.date(person.created_at)),
        Fact::new("Signs in at", view! { <Id text=person.issuer.clone()/> }),
    ];
    let end = format!("{}/sessions", paths::person(person.id));
    let everywhere = (may_change && !sessions.is_empty()).then(|| {
        view! {
            <form method="post" action=end.clone() class="actions">
                <input type="hidden" name="session" value=EVERY/>
                <button class="button" type="submit">"Sign out everywhere"</button>
            </form>
        }
    });
    let sessions = session_list::list(calendar, sessions, current, may_change.then_some(&*end));
    view! {
        <PageHead
            title=person.name.clone() context=context.into_any()
            crumb=Crumb { text: "People".to_owned(), href: paths::PEOPLE.to_owned() }
        >
            {acts}
            <a class="button" href=budgets>"Budgets and limits"</a>
            {sees}
            <a href=history>"History"</a>
        </PageHead>
        {notice(happened)}
        <div class="panel"><Facts facts=facts/></div>
        <Section id="teams" title="Teams">
            {memberships(&detail, directory.as_ref())}
            {(may_change && !detail.teams.is_empty()).then(|| add_to_team(&detail))}
        </Section>
        <Section id="sessions" title="Sessions">{sessions}{everywhere}</Section>
    }
}

/// Where roles come from: those granted here stay whatever the directory says.
fn origin(person: &PersonRow) -> String {
    let granted: Vec<&str> = person.granted_roles.iter().map(|role| role.word()).collect();
    if granted.is_empty() {
        "From the directory at each sign-in.".to_owned()
    } else {
        format!("Granted here, whatever the directory says: {}.", granted.join(", "))
    }
}

fn acts(person: &PersonRow) -> impl IntoView + use<> {
    let page = paths::person(person.id);
    let granted = person.granted_roles.contains(&Role::Administrator);
    let role = match (granted, person.roles.contains(&Role::Administrator)) {
        (true, _) => Some("Take back administrator…"),
        (false, false) => Some("Make administrator…"),
        // The directory says so; only the directory can take it back.
        (false, true) => None,
    };
    let role = role.map(|text| view! { <a class="button" href=format!("{page}/administrator")>{text}</a> });
    let (text, class) = if person.active { ("Suspend…", "button plain bad") } else { ("Switch on…", "button") };
    view! { {role}<a class="button" href=format!("{page}/successor")>"Hand over keys…"</a><a class=class href=format!("{page}/suspend")>{text}</a> }
}

fn groups_note(directory: Option<&PersonDirectory>) -> String {
    let Some(record) = directory else { return "As the directory sent them at the last sign-in.".to_owned() };
    let told = match record.told {
        GroupsTold::Listed => "As the directory sent them at the last sign-in.",
        GroupsTold::NotSent => "The directory sent no groups at the last sign-in; what is known is from before.",
        GroupsTold::TooMany => "Too many for the directory to list at the last sign-in; what is known is from before.",
    };
    if record.given_groups.is_empty() {
        told.to_owned()
    } else {
        format!("{told} Given by rules: {}.", record.given_groups.join(", "))
    }
}

fn memberships(detail: &PersonDetail, directory: Option<&PersonDirectory>) -> AnyView {
    if detail.memberships.is_empty() {
        return view! { <EmptyState text="In no team. Team keys and budgets come with a team."/> }.into_any();
    }
    let rows = detail.memberships.iter().map(|membership| {
        let (tone, text) = if membership.lead { (Tone::Info, "Lead") } else { (Tone::Plain, "Member") };
        let by_rule = directory.is_some_and(|record| record.teams_by_rule.contains(&membership.team));
        let origin = if by_rule { "by a rule about sign-in" } else { "by hand" };
        view! {
            <tr>
                <NameCell name=membership.team_name.clone() href=paths::team(membership.team)/>
                <Cell label="Part"><Chip tone=tone text=text/></Cell>
                <Cell label="Given"><span class="muted">{origin}</span></Cell>
            </tr>
        }
    });
    let rows = rows.collect_view();
    let columns = vec![Column::text("Team"), Column::text("Part"), Column::text("Given")];
    view! { <Table columns=columns caption="Teams" compact=true>{rows}</Table> }.into_any()
}

fn add_to_team(detail: &PersonDetail) -> impl IntoView + use<> {
    let options = detail.teams.iter().map(|team| SelectOption::new(team.id.to_string(), team.name.clone())).collect();
    view! {
        <form class="filter" method="post" action=format!("{}/teams", paths::person(detail.person.id))>
            <SelectField name="team" label="Add to team" options=options/>
            <Check name="lead" text="as a lead"/>
            <button class="button" type="submit">"Add"</button>
        </form>
    }
}
