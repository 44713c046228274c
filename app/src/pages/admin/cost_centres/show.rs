//! `/admin/cost-centres/{id}`: what it is called, whom to ask, when it is valid, and what is booked to it.

use super::form::{self, CentreForm};
use super::{state, validity};
use crate::chrome::Place;
use crate::components::{Crumb, ErrorSummary, Fact, Facts, Notice, PageHead, Rates, Tone, spent_in_words};
use crate::format::Calendar;
use crate::pages::admin::budgets::meters;
use crate::pages::admin::{Happened, at_least_none, counted, document, may_change, notice};
use crate::pages::form::{Reasons, Sent, sent};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::budget::BudgetScope;
use domain::cost_centre::{CentreDraft, CentreStanding};
use domain::id::CostCentreId;
use leptos::prelude::*;
use portal::PortalError;
use portal::administration::budgets::LevelRow;
use portal::administration::cost_centres::{CentreDetail, CentreRow};
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Query {
    saved: Option<String>,
    /// It was ended, and so many keys moved.
    moved: Option<u64>,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let Query { saved, moved } = input.query()?;
    let mut model = load(&visit, input.segment("id")?).await?;
    model.happened = match (saved, moved) {
        (Some(_), _) => Some(Happened::well("Saved. What was spent stays where it was booked.")),
        (None, Some(0)) => Some(Happened::well("The last day is set. Keys that carry it go on.")),
        (None, Some(moved)) => {
            Some(Happened::well(format!("The last day is set, and {} moved.", counted(moved, "key"))))
        }
        (None, None) => None,
    };
    Ok(Answer::ok(page(&visit, model)))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let (id, form) = (input.segment("id")?, input.form::<CentreForm>()?);
    let from = form.version;
    let draft: CentreDraft = form.into();
    let answer = visit.portal.change_cost_centre(visit.administrator()?, id, from, &draft).await;
    let (status, reasons, stale) = match answer {
        Err(PortalError::Stale { .. }) => (409, Reasons::default(), true),
        answer => match sent(answer)? {
            Sent::Done(()) => return Ok(Answer::SeeOther(format!("{}?saved=yes", paths::cost_centre(id)))),
            Sent::Before(made) => return Ok(Answer::SeeOther(paths::made(made))),
            Sent::Refused(reasons) => (422, reasons, false),
        },
    };
    let model = Model { draft, reasons, stale, ..load(&visit, id).await? };
    Ok(Answer::Page { status, html: page(&visit, model) })
}

async fn load(visit: &Visit, id: CostCentreId) -> Result<Model, PageError> {
    let detail = visit.portal.cost_centre(&visit.caller, id).await?;
    let level = visit.portal.level(&visit.caller, BudgetScope::CostCentre(id)).await?.row;
    let draft = CentreDraft::from(&detail.row.centre.entry);
    let may_change = may_change(visit);
    Ok(Model { detail, level, draft, reasons: Reasons::default(), happened: None, stale: false, may_change })
}

fn page(visit: &Visit, model: Model) -> String {
    let title = model.detail.row.centre.entry.label();
    document(visit, Place::Budgets, &title, |calendar| view(calendar, model))
}

#[derive(Debug, Clone)]
pub struct Model {
    pub detail: CentreDetail,
    /// What its keys share.
    pub level: LevelRow,
    /// As typed.
    pub draft: CentreDraft,
    pub reasons: Reasons,
    pub happened: Option<Happened>,
    /// Somebody saved since the form was opened.
    pub stale: bool,
    pub may_change: bool,
}

pub fn view(calendar: &Calendar, model: Model) -> impl IntoView + use<> {
    let Model { detail, level, draft, reasons, happened, stale, may_change } = model;
    let CentreRow { centre, standing, booked } = detail.row;
    let entry = centre.entry;
    let page = paths::cost_centre(centre.id);
    let history = format!("{}?object={}", paths::AUDIT, centre.id);
    let (_, state) = state(standing);
    let context = format!(
        "{state} · {} · {} this month",
        counted(at_least_none(booked.keys), "live key"),
        spent_in_words(booked.spend_this_month, booked.shown)
    );
    let end = (may_change && !matches!(standing, CentreStanding::Ended { .. }))
        .then(|| view! { <a class="button" href=paths::end_cost_centre(centre.id)>"End it…"</a> });
    let carried = (matches!(standing, CentreStanding::Ended { .. }) && booked.keys > 0).then(|| {
        let text = format!(
            "It has ended, and {} still booked to it. Nobody can mint another one for it.",
            if booked.keys == 1 { "one live key is".to_owned() } else { format!("{} live keys are", booked.keys) }
        );
        let way_on = may_change.then(|| crate::components::WayOn {
            text: "Book them to another one.".to_owned(),
            href: paths::end_cost_centre(centre.id),
        });
        view! { <Notice tone=Tone::Warn text=text way_on=way_on/> }
    });
    let stale = stale.then(|| {
        let text = "An administrator saved this cost centre while you were editing it. Nothing of yours is saved yet: \
                    look at the history, then save yours over it.";
        view! { <div role="alert"><Notice tone=Tone::Warn text=text/></div> }
    });
    let body = if may_change {
        view! {
            <ErrorSummary undone="the cost centre can be saved" wrong=reasons.summary(form::has_field)/>
            <form class="form" method="post" action=page>
                <input type="hidden" name="version" value=centre.version/>
                {form::fields(&draft, &reasons)}
                <div class="actions">
                    <button class="button primary" type="submit">"Save cost centre"</button>
                    <a class="button plain" href=paths::COST_CENTRES>"Cancel"</a>
                </div>
            </form>
        }
        .into_any()
    } else {
        let facts = vec![
            Fact::new("Code", entry.code.clone()),
            Fact::new("Name", entry.name.clone()),
            Fact::new("Contact", entry.contact.clone().unwrap_or_else(|| "none".to_owned())),
            Fact::new("Valid", validity(&entry)),
        ];
        view! { <div class="panel"><Facts facts=facts/></div> }.into_any()
    };
    view! {
        <PageHead
            title=entry.label() context=context.into_any()
            crumb=Crumb { text: "Cost centres".to_owned(), href: paths::COST_CENTRES.to_owned() }
        >
            <a class="button" href=paths::level(level.scope)>"Budgets and limits"</a>
            {end}
            <a href=paths::usage_of_cost_centre(&entry.code)>"Usage"</a>
            <a href=history>"History"</a>
        </PageHead>
        {notice(happened)}
        {carried}
        {stale}
        {meters(&level, calendar)}
        <Rates conversion=detail.conversion in_dollars="budgets"/>
        {body}
    }
}
