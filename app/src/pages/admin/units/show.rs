//! `/admin/units/{id}`: the name of a business unit, and which teams are in it.

use crate::chrome::Place;
use crate::components::{Crumb, EmptyState, ErrorSummary, PageHead, Section, TextField};
use crate::format::Calendar;
use crate::pages::admin::{Happened, document, may_change, notice};
use crate::pages::form::{Reasons, Sent, sent};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::budget::BudgetScope;
use domain::id::{TeamId, UnitId};
use leptos::prelude::*;
use portal::administration::units::{TeamOfUnit, UnitDetail};
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Query {
    saved: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnitForm {
    pub name: String,
    /// Those that are ticked.
    #[serde(default)]
    pub team: Vec<TeamId>,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let Query { saved } = input.query()?;
    let detail = visit.portal.unit(&visit.caller, input.segment("id")?).await?;
    let happened = saved.map(|_| Happened::well("Saved. Calls are charged accordingly from the next one on."));
    let name = detail.name.clone();
    let model = Model { detail, name, reasons: Reasons::default(), happened, may_change: may_change(&visit) };
    Ok(Answer::ok(page(&visit, model)))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let unit: UnitId = input.segment("id")?;
    let UnitForm { name, team } = input.form()?;
    match sent(visit.portal.change_unit(visit.administrator()?, unit, &name, &team).await)? {
        Sent::Done(()) => Ok(Answer::SeeOther(format!("{}?saved=yes", paths::unit(unit)))),
        Sent::Before(made) => Ok(Answer::SeeOther(paths::made(made))),
        Sent::Refused(reasons) => {
            let mut detail = visit.portal.unit(&visit.caller, unit).await?;
            // What was ticked stays ticked.
            for known in &mut detail.teams {
                let ticked = team.contains(&known.id);
                if ticked != known.is_in(unit) {
                    known.unit = ticked.then(|| (unit, detail.name.clone()));
                }
            }
            let model = Model { detail, name, reasons, happened: None, may_change: true };
            Ok(Answer::refused(page(&visit, model)))
        }
    }
}

fn page(visit: &Visit, model: Model) -> String {
    let title = model.detail.name.clone();
    document(visit, Place::Budgets, &title, |calendar| view(calendar, model))
}

#[derive(Debug, Clone)]
pub struct Model {
    pub detail: UnitDetail,
    /// As typed.
    pub name: String,
    pub reasons: Reasons,
    pub happened: Option<Happened>,
    pub may_change: bool,
}

pub fn view(_: &Calendar, model: Model) -> impl IntoView + use<> {
    let Model { detail, name, reasons, happened, may_change } = model;
    let UnitDetail { id, name: title, teams } = detail;
    let history = format!("{}?object={id}", paths::AUDIT);
    let budgets = paths::level(BudgetScope::Unit(id));
    let body = if may_change { form(id, name, &teams, &reasons).into_any() } else { reading(id, &teams).into_any() };
    view! {
        <PageHead
            title=title context="Business unit".into_any()
            crumb=Crumb { text: "Budgets".to_owned(), href: paths::BUDGETS.to_owned() }
        >
            <a class="button" href=budgets>"Budgets and limits"</a>
            <a href=history>"History"</a>
        </PageHead>
        {notice(happened)}
        {body}
    }
}

fn form(id: UnitId, name: String, teams: &[TeamOfUnit], reasons: &Reasons) -> impl IntoView + use<> {
    let boxes = teams.iter().map(|team| {
        let note = team.unit.as_ref().filter(|(unit, _)| *unit != id).map(|(_, unit)| format!("now in {unit}"));
        let note = note.map(|note| view! { <span class="note">{note}</span> });
        view! {
            <label class="choice">
                <input type="checkbox" name="team" value=team.id.to_string() checked=team.is_in(id)/>
                <span>{team.name.clone()}{note}</span>
            </label>
        }
    });
    let boxes: Vec<_> = boxes.collect();
    let none = boxes.is_empty().then(|| view! { <p class="muted">"There are no teams yet."</p> });
    view! {
        <ErrorSummary undone="the business unit can be saved" wrong=reasons.summary(|field| field == "name")/>
        <form class="form" method="post" action=paths::unit(id)>
            <TextField name="name" label="Name" value=name required=true problem=reasons.at("name")/>
            <div class="field" id="teams" role="group" aria-labelledby="teams-label">
                <span class="label" id="teams-label">"Teams"</span>
                <div class="choices">{boxes}{none}</div>
                <p class="hint">"A team is in one business unit at most: one that is ticked here leaves its other one."</p>
            </div>
            <div class="actions">
                <button class="button primary" type="submit">"Save business unit"</button>
                <a class="button plain" href=paths::BUDGETS>"Cancel"</a>
            </div>
        </form>
    }
}

fn reading(id: UnitId, teams: &[TeamOfUnit]) -> impl IntoView + use<> {
    let own: Vec<_> = teams.iter().filter(|team| team.is_in(id)).collect();
    let body = if own.is_empty() {
        view! { <EmptyState text="No team is in it yet."/> }.into_any()
    } else {
        let lines = own.into_iter().map(|team| view! { <li><a href=paths::team(team.id)>{team.name.clone()}</a></li> });
        view! { <div class="panel"><ul>{lines.collect_view()}</ul></div> }.into_any()
    };
    view! { <Section id="teams" title="Teams">{body}</Section> }
}
