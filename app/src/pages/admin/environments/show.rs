//! `/admin/environments/{name}`: who may mint for it, with which guardrails, and whether anybody still may.

use super::form::{self, for_whom, with_which};
use crate::chrome::Place;
use crate::components::{Crumb, ErrorSummary, Fact, Facts, Notice, PageHead, Tone};
use crate::pages::admin::{Happened, document, may_change, notice};
use crate::pages::form::{Reasons, Sent, sent};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::environment::Environment;
use leptos::prelude::*;
use portal::PortalError;
use portal::administration::environments::{EnvironmentChoices, EnvironmentDraft};
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Query {
    saved: Option<String>,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let Query { saved } = input.query()?;
    let mut model = load(&visit, &input).await?;
    model.happened = saved.map(|_| Happened::well("Saved. Keys that exist stay as they are."));
    Ok(Answer::ok(page(&visit, model)))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let (mut version, mut draft) = (None, EnvironmentDraft::default());
    for (field, value) in input.form::<Vec<(String, String)>>()? {
        let taken = if field == "version" {
            version = value.parse().ok();
            version.map(|_| ())
        } else {
            form::take(&mut draft, &field, &value)
        };
        taken.ok_or_else(|| PageError::Unprocessable(format!("{field} does not take this value")))?;
    }
    let from =
        version.ok_or_else(|| PageError::Unprocessable("The form does not say which version it edits.".into()))?;
    let (name, administrator) = (name_of(&input)?, visit.administrator()?);
    let answer = visit.portal.change_environment(administrator, &name, from, draft.clone()).await;
    let (status, reasons, stale) = match answer {
        Err(PortalError::Stale { .. }) => (409, Reasons::default(), true),
        answer => match sent(answer)? {
            Sent::Done(()) => return Ok(Answer::SeeOther(format!("{}?saved=yes", paths::environment(&name)))),
            Sent::Before(made) => return Ok(Answer::SeeOther(paths::made(made))),
            Sent::Refused(reasons) => (422, reasons, false),
        },
    };
    let model = Model { draft, reasons, stale, ..load(&visit, &input).await? };
    Ok(Answer::Page { status, html: page(&visit, model) })
}

fn name_of(input: &Input) -> Result<String, PageError> {
    input.segment("name")
}

async fn load(visit: &Visit, input: &Input) -> Result<Model, PageError> {
    let (environment, choices) = visit.portal.environment(&visit.caller, &name_of(input)?).await?;
    let Environment { profiles, roles, teams, archived, .. } = environment.clone();
    let draft = EnvironmentDraft { profiles, roles, teams, archived };
    let may_change = may_change(visit);
    Ok(Model { environment, draft, choices, reasons: Reasons::default(), happened: None, stale: false, may_change })
}

fn page(visit: &Visit, model: Model) -> String {
    let name = model.environment.name.clone();
    document(visit, Place::Guardrails, &name, |_| view(model))
}

#[derive(Debug, Clone)]
pub struct Model {
    pub environment: Environment,
    /// As ticked.
    pub draft: EnvironmentDraft,
    pub choices: EnvironmentChoices,
    pub reasons: Reasons,
    pub happened: Option<Happened>,
    /// Somebody saved since the form was opened.
    pub stale: bool,
    pub may_change: bool,
}

pub fn view(model: Model) -> impl IntoView {
    let Model { environment, draft, choices, reasons, happened, stale, may_change } = model;
    let history = format!("{}?object={}", paths::AUDIT, environment.name);
    let stale = stale.then(|| {
        let text = "An administrator saved this environment while you were editing it. Nothing of yours is saved yet: \
                    look at the history, then save yours over it.";
        view! { <div role="alert"><Notice tone=Tone::Warn text=text/></div> }
    });
    let body = if may_change {
        let action = paths::environment(&environment.name);
        view! {
            <ErrorSummary undone="the environment can be saved" wrong=reasons.summary(form::has_field)/>
            <form class="form" method="post" action=action>
                <input type="hidden" name="version" value=environment.version/>
                {form::fields(&draft, &choices, &reasons)}
                <div class="actions">
                    <button class="button primary" type="submit">"Save environment"</button>
                    <a class="button plain" href=paths::ENVIRONMENTS>"Cancel"</a>
                </div>
            </form>
        }
        .into_any()
    } else {
        let facts = vec![
            Fact::new("Who may mint for it", for_whom(&environment, &choices)),
            Fact::new("With which guardrails", with_which(&environment, &choices)),
            Fact::new("Archived", if environment.archived { "yes" } else { "no" }),
        ];
        view! { <div class="panel"><Facts facts=facts/></div> }.into_any()
    };
    view! {
        <PageHead
            title=environment.name.clone() context="Environment".into_any()
            crumb=Crumb { text: "Environments".to_owned(), href: paths::ENVIRONMENTS.to_owned() }
        >
            <a href=history>"History"</a>
        </PageHead>
        {notice(happened)}
        {stale}
        {body}
    }
}
