//! `/admin/guardrails/new`: starts from one of four templates, which the address names.

use super::editor::{self, Choices};
use super::entered::{Act, Entered};
use crate::chrome::Place;
use crate::components::{Crumb, ErrorSummary, PageHead, Section};
use crate::html;
use crate::pages::form::{OnceOnly, Reasons, Sent, form_id, sent};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use crate::words;
use leptos::prelude::*;
use portal::FormId;
use portal::administration::profile_templates::Template;
use portal::administration::profiles::ProfileFormFacts;
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Query {
    /// One of the templates' words.
    from: String,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let Query { from } = input.query()?;
    let facts = visit.portal.profile_form(&visit.caller).await?;
    let template = Template::from_word(&from).unwrap_or_default();
    let model = Model { template: Some(template), ..model(facts, Entered::of(&template.draft()), Reasons::default()) };
    Ok(Answer::ok(document(&visit, model)))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let entered = Entered::read(input.form()?)?;
    let form = form_id(&entered.form)?;
    let administrator = visit.administrator()?;
    let reasons = match (entered.act, entered.draft()) {
        (Act::Check, Ok(draft)) => match sent(visit.portal.check_profile_draft(administrator, None, draft).await)? {
            Sent::Refused(reasons) => reasons,
            _ => Reasons::default(),
        },
        (_, Err(reasons)) => reasons,
        (Act::Save, Ok(draft)) => match sent(visit.portal.create_profile(administrator, &form, draft).await)? {
            Sent::Done(profile) => return Ok(Answer::SeeOther(paths::guardrail(profile))),
            Sent::Before(made) => return Ok(Answer::SeeOther(paths::made(made))),
            Sent::Refused(reasons) => reasons,
        },
    };
    let facts = visit.portal.profile_form(&visit.caller).await?;
    let fine = reasons.is_empty();
    let html = document(&visit, model(facts, entered, reasons));
    Ok(if fine { Answer::ok(html) } else { Answer::refused(html) })
}

fn model(facts: ProfileFormFacts, entered: Entered, reasons: Reasons) -> Model {
    let ProfileFormFacts { form, teams, models } = facts;
    Model { form, choices: Choices { teams, models, watched: None }, entered, reasons, template: None }
}

fn document(visit: &Visit, model: Model) -> String {
    html::document(&visit.chrome(Place::Guardrails), "Add guardrails", || view(model))
}

#[derive(Debug, Clone)]
pub struct Model {
    pub form: FormId,
    pub choices: Choices,
    pub entered: Entered,
    pub reasons: Reasons,
    /// What the form is filled in with; `None` once something was typed.
    pub template: Option<Template>,
}

pub fn view(model: Model) -> impl IntoView {
    let Model { form, choices, entered, reasons, template } = model;
    view! {
        <PageHead title="Add guardrails" crumb=Crumb { text: "Guardrails".to_owned(), href: paths::GUARDRAILS.to_owned() }/>
        {template.map(templates)}
        <ErrorSummary undone="the guardrails can be added" wrong=reasons.summary(editor::has_field)/>
        <form class="form wide" method="post" action=paths::NEW_GUARDRAIL>
            <OnceOnly form=form/>
            {editor::fields(entered, None, &choices, &reasons)}
            <div class="actions">
                <button class="button primary" type="submit" name="act" value="save">"Add guardrails"</button>
                <a class="button plain" href=paths::GUARDRAILS>"Cancel"</a>
            </div>
        </form>
    }
}

/// The other ways to start, each in a sentence.
fn templates(current: Template) -> impl IntoView {
    let entries = Template::ALL.map(|template| {
        let (name, sentence) = words::template(template);
        let chosen = (template == current).then_some("true");
        let href = format!("{}?from={}", paths::NEW_GUARDRAIL, template.word());
        view! { <li><a href=href aria-current=chosen>{name}</a>{format!(": {sentence}")}</li> }
    });
    view! {
        <Section id="templates" title="Start from">
            <ul class="plain">{entries.to_vec()}</ul>
        </Section>
    }
}
