//! The first page: what was answered, what needs attention, one's own keys, and what to do first when there are none. Who came to oversee
//! or to administer finds the way there.

use super::keys::rows::{KeyTable, short_id};
use super::requests::title;
use super::reviews;
use crate::chrome::{Place, is_there};
use crate::components::{
    Cell, Chip, Column, Id, NameCell, Notice, PageHead, Section, StatusChip, Step, StepState, Steps, Table, Tone, WayOn,
};
use crate::format::{Calendar, grouped, usd};
use crate::html;
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use crate::words;
use domain::access_request::Standing;
use domain::data_scope::OfEveryone;
use domain::id::TeamId;
use domain::permission::Permission;
use domain::person::Role;
use domain::time::MS_PER_DAY;
use leptos::prelude::*;
use portal::keys::{FirstSteps, Home, KeyRow, KeyStatus};
use portal::requests::RequestRow;

pub struct Model {
    pub home: Home,
    /// Requests of the caller's own whose answer needs something of them.
    pub answers: Vec<RequestRow>,
    /// Requests of others that wait for the caller.
    pub to_decide: i64,
    pub to_review: Option<portal::keys::reviews::ReviewsWaiting>,
    pub name: String,
    /// The caller's roles let them hold keys.
    pub may_manage: bool,
    pub oversees: bool,
    pub administers: bool,
    pub of_everyone: OfEveryone,
    /// Teams that the caller leads.
    pub led: Vec<(TeamId, String)>,
    pub calendar: Calendar,
}

pub async fn show(visit: Visit, _: Input) -> Result<Answer, PageError> {
    let caller = &visit.caller;
    let led = caller.memberships.iter().filter(|membership| membership.lead);
    let model = Model {
        led: led.map(|membership| (membership.team, membership.team_name.clone())).collect(),
        home: visit.portal.home(caller).await?,
        answers: visit.portal.answers_to_read(caller).await?,
        to_decide: visit.portal.count_to_decide(caller).await?,
        to_review: visit.portal.reviews_waiting_for(caller).await?,
        name: caller.name.clone(),
        may_manage: Permission::ManageKeys.allows(Some(caller)),
        oversees: Permission::SeeAudit.allows(Some(caller)),
        administers: caller.has(Role::Administrator),
        of_everyone: visit.frame.around.of_everyone,
        calendar: visit.calendar(),
    };
    Ok(Answer::ok(html::document(&visit.chrome(Place::Elsewhere), "Home", || view(model))))
}

pub fn view(model: Model) -> impl IntoView {
    let Model {
        home,
        answers,
        to_decide,
        to_review,
        name,
        may_manage,
        oversees,
        administers,
        of_everyone,
        led,
        calendar,
    } = model;
    let steps = home.first_steps;
    // An administrator without keys has other things to do first.
    let newcomer = may_manage && !(steps.has_key && steps.has_called) && (!oversees || steps.has_key);
    let mint = may_manage && steps.may_mint;
    // The one primary button of a newcomer's page is that of the next step.
    let mint_class = if newcomer { "button" } else { "button primary" };
    let first_key = home.keys.first().cloned();
    let attention = (!home.attention.is_empty()).then(|| attention(home.attention, &calendar));
    let answers = (!answers.is_empty()).then(|| answered(answers, &calendar));
    let keys = (!home.keys.is_empty()).then(|| {
        let all = view! { <a href=paths::KEYS>"All keys"</a> }.into_any();
        view! {
            <Section id="keys" title="My keys" aside=all>
                <KeyTable caption="My keys" rows=home.keys calendar=calendar.clone()/>
            </Section>
        }
    });
    let greeting = format!("Hello, {name}");
    view! {
        <PageHead title=greeting>
            {(mint && steps.has_key).then(|| view! { <a class=mint_class href=paths::MINT>"Mint a key"</a> })}
        </PageHead>
        {to_answer(to_decide)}
        {to_review.map(reviews::waiting)}
        {answers}
        {newcomer.then(|| first_steps(steps, first_key))}
        {attention}
        {keys}
        {(!led.is_empty()).then(|| teams(led))}
        {oversees.then(|| oversight(administers, of_everyone, mint && !steps.has_key))}
    }
}

fn to_answer(count: i64) -> Option<impl IntoView> {
    let count = u64::try_from(count).ok().filter(|&count| count > 0)?;
    let (noun, verb) = if count == 1 { ("request", "waits") } else { ("requests", "wait") };
    let text = format!("{} {noun} {verb} for your answer.", grouped(count));
    let way_on = WayOn { text: "To the approvals".to_owned(), href: paths::APPROVALS.to_owned() };
    Some(view! { <Notice tone=Tone::Info text=text way_on=Some(way_on)/> })
}

fn answered(rows: Vec<RequestRow>, calendar: &Calendar) -> impl IntoView + use<> {
    let columns = vec![Column::text("Request"), Column::text("State"), Column::text("What came of it")];
    let rows = rows.into_iter().map(|row| {
        let (tone, word) = words::request_standing(row.standing);
        let href = paths::request(row.request.id);
        let came = words::answer(&row.request, row.decided_by_name.as_deref(), calendar);
        let act = (row.standing == Standing::Approved).then(|| {
            let take = format!("{href}#secret");
            view! { " "<a href=take>"Take the secret"</a> }
        });
        view! {
            <tr>
                <NameCell name=title(&row) href=href/>
                <Cell label="State"><Chip tone=tone text=word/></Cell>
                <Cell label="What came of it">{came}{act}</Cell>
            </tr>
        }
    });
    let rows = rows.collect_view();
    let all = view! { <a href=paths::REQUESTS>"All requests"</a> }.into_any();
    view! {
        <Section id="answers" title="Answers to your requests" aside=all>
            <Table columns=columns caption="Answers to your requests">{rows}</Table>
        </Section>
    }
}

fn first_steps(facts: FirstSteps, key: Option<KeyRow>) -> impl IntoView {
    let mint = match (facts.has_key, facts.may_mint) {
        (true, _) => step(StepState::Done, "Mint a key", "You have a key.", None),
        (false, true) => {
            let text = "A name, what it is for, done: limits and budget are filled in from your guardrails. The \
                        secret is shown once.";
            let button = view! { <a class="button primary" href=paths::MINT>"Mint a key"</a> }.into_any();
            step(StepState::Next, "Mint a key", text, Some(button))
        }
        (false, false) => {
            let text = "No guardrails let you mint keys yet. Ask an administrator to include you in one.";
            step(StepState::Next, "Be allowed to mint", text, None)
        }
    };
    let call = match (facts.has_key, key) {
        (true, Some(key)) => {
            let text = format!("Paste one of the snippets of {} into a terminal, with its secret.", key.name);
            let snippets = format!("{}#snippets", paths::key(key.id));
            let button = view! { <a class="button primary" href=snippets>"Open the snippets"</a> }.into_any();
            step(StepState::Next, "Make a call", &text, Some(button))
        }
        _ => step(
            StepState::Later,
            "Make a call",
            "Paste a ready command for your agent or language. The page says when the call arrives.",
            None,
        ),
    };
    let served = (!facts.models_served).then(|| {
        let text = "Nothing can be called yet. An administrator adds a provider and its models first.";
        step(StepState::Next, "Wait for a model", text, None)
    });
    let watch = step(
        StepState::Later,
        "Watch what it spends",
        "The key's page shows each call, what is left of the budget, and the way to rotate or revoke.",
        None,
    );
    let steps = [
        Some(step(StepState::Done, "Sign in", "You are signed in.", None)),
        served,
        Some(mint),
        Some(call),
        Some(watch),
    ];
    view! {
        <Section id="first-steps" title="First steps">
            <Steps steps=steps.into_iter().flatten().collect()/>
        </Section>
    }
}

fn step(state: StepState, title: &str, text: &str, action: Option<AnyView>) -> Step {
    Step { state, title: title.to_owned(), text: text.to_owned(), action }
}

fn attention(rows: Vec<KeyRow>, calendar: &Calendar) -> impl IntoView + use<> {
    let columns = vec![Column::text("Key"), Column::text("Status"), Column::text("What needs you")];
    let rows = rows.into_iter().map(|row| {
        let why = why(&row, calendar);
        let note = view! { <Id text=short_id(row.id)/>{format!(" · {} · {}", words::consumer_tag(row.consumer), row.environment)} };
        view! {
            <tr>
                <NameCell name=row.name href=paths::key(row.id) note=note.into_any()/>
                <Cell label="Status"><StatusChip status=words::key_status(row.status)/></Cell>
                <Cell label="What needs you">{why}</Cell>
            </tr>
        }
    });
    let rows = rows.collect_view();
    let all = view! { <a href=format!("{}?view=attention", paths::KEYS)>"All that need attention"</a> }.into_any();
    view! {
        <Section id="attention" title="Needs attention" aside=all>
            <Table columns=columns caption="Keys that need attention">{rows}</Table>
        </Section>
    }
}

/// The figure, the time and the next step.
fn why(row: &KeyRow, calendar: &Calendar) -> String {
    let left = row.budget.map(|figures| {
        let until = figures.resets_at.map(|at| format!(" until {}", calendar.day(at))).unwrap_or_default();
        (usd(figures.left()), usd(figures.limit), until)
    });
    if let Some(due) = &row.rotation_due {
        return format!("{} asks for a new secret by {}.", due.asked_by_name, calendar.day(due.due_at));
    }
    if let Some(ends) = row.idle_ends {
        let ends = calendar.relative(ends);
        return match &row.last_use {
            Some(used) => {
                format!("Not used since {}: disabled {ends} unless a call is made with it.", calendar.day(used.at))
            }
            None => format!("Never used: disabled {ends} unless a call is made with it."),
        };
    }
    match (row.status, left) {
        (KeyStatus::Idle, _) => "Disabled, since nobody used it. Enable it, or revoke it.".to_owned(),
        (KeyStatus::StoppedBudget, Some((_, limit, until))) => {
            format!("Its {limit} are used up: calls are refused{until}.")
        }
        (KeyStatus::OverEighty, Some((left, limit, until))) => format!("{left} of {limit} left{until}."),
        (KeyStatus::ExpiresSoon, _) => {
            format!("Expires {}. Extend it, or mint its successor.", calendar.relative(row.expires_at))
        }
        (KeyStatus::Rotating, _) => "Its old secret still works. Replace it wherever the key is used.".to_owned(),
        (KeyStatus::Suspended, _) => "Its owner's account is switched off: calls are refused.".to_owned(),
        _ => match &row.last_use {
            Some(used) => {
                let days = calendar.now.since(used.at) / MS_PER_DAY;
                format!("Not used for {days} days. Revoke it if nobody needs it.")
            }
            None => "Never used. Make its first call, or revoke it.".to_owned(),
        },
    }
}

fn teams(led: Vec<(TeamId, String)>) -> impl IntoView {
    let rows = led.into_iter().map(|(team, name)| {
        view! {
            <tr>
                <NameCell name=format!("Budgets of {name}") href=paths::led_team(team)/>
                <Cell label="What for">"What the team has left, and the limits that its keys share."</Cell>
            </tr>
        }
    });
    let rows = rows.collect_view();
    let columns = vec![Column::text("Page"), Column::text("What for")];
    view! {
        <Section id="teams" title="Teams that you lead">
            <Table columns=columns caption="Teams that you lead" compact=true>{rows}</Table>
        </Section>
    }
}

fn oversight(administers: bool, of_everyone: OfEveryone, may_mint: bool) -> impl IntoView {
    let everyones = format!("{}?owner=everyone", paths::KEYS);
    let (verb, what) = if administers { ("Change", "and change ") } else { ("See", "") };
    let whose = if of_everyone.calls { "Everyone's keys" } else { "All keys that you see" };
    let places = [
        (Place::Keys, "All keys", everyones, format!("{whose}, with spend, status and last use.")),
        (Place::Audit, "Audit log", paths::AUDIT.to_owned(), "Who changed what, when and from where.".to_owned()),
        (
            Place::Overview,
            "Overview",
            paths::ADMINISTRATION.to_owned(),
            "How the installation is, at a glance.".to_owned(),
        ),
        (
            Place::Providers,
            "Providers",
            paths::PROVIDERS.to_owned(),
            format!("See {what}where calls go, and whether it works."),
        ),
        (
            Place::Catalogue,
            "Models and prices",
            paths::CATALOGUE.to_owned(),
            format!("{verb} what can be called and what it costs."),
        ),
        (
            Place::Guardrails,
            "Guardrails",
            paths::GUARDRAILS.to_owned(),
            format!("{verb} who may mint what, within which limits."),
        ),
        (
            Place::Budgets,
            "Budgets",
            paths::BUDGETS.to_owned(),
            format!("{verb} what everybody together may spend, and what is left."),
        ),
        (Place::People, "People", paths::PEOPLE.to_owned(), format!("{verb} roles and accounts.")),
    ];
    let own = (Place::Keys, "Mint a key", paths::MINT.to_owned(), "A key of your own, to try it out.".to_owned());
    let places = places.into_iter().filter(|(place, ..)| is_there(*place, of_everyone)).chain(may_mint.then_some(own));
    let rows = places.map(|(_, name, href, about)| {
        view! { <tr><NameCell name=name href=href/><Cell label="What for">{about}</Cell></tr> }
    });
    let rows = rows.collect_view();
    let columns = vec![Column::text("Page"), Column::text("What for")];
    view! {
        <Section id="oversight" title=if administers { "Administration" } else { "Oversight" }>
            <Table columns=columns caption="Where to go" compact=true>{rows}</Table>
        </Section>
    }
}
