//! `/admin/guardrails/new`: starts from the starter profile's terms.

use super::editor::{self, Choices};
use super::entered::{Act, Entered};
use crate::chrome::Place;
use crate::components::{Crumb, ErrorSummary, PageHead};
use crate::html;
use crate::pages::form::{OnceOnly, Reasons, Sent, form_id, sent};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use leptos::prelude::*;
use portal::FormId;
use portal::administration::profiles::ProfileFormFacts;

pub async fn show(visit: Visit, _: Input) -> Result<Answer, PageError> {
    let (draft, facts) = visit.portal.profile_template(&visit.caller).await?;
    let model = model(facts, Entered::of(&draft), Reasons::default());
    Ok(Answer::ok(document(&visit, model)))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let entered = Entered::read(input.form()?)?;
    let form = form_id(&entered.form)?;
    let administrator = visit.administrator()?;
    let reasons = match (entered.act, entered.draft()) {
        (Act::Check, Ok(_)) => Reasons::default(),
        (_, Err(reasons)) => reasons,
        (Act::Save, Ok(draft)) => match sent(visit.portal.create_profile(administrator, &form, draft).await)? {
            Sent::Done(profile) => return Ok(Answer::SeeOther(paths::guardrail(profile))),
            Sent::Before(made) => return Ok(Answer::SeeOther(paths::made(made))),
            Sent::Refused(reasons) => reasons,
        },
    };
    let (_, facts) = visit.portal.profile_template(&visit.caller).await?;
    let fine = reasons.is_empty();
    let html = document(&visit, model(facts, entered, reasons));
    Ok(if fine { Answer::ok(html) } else { Answer::refused(html) })
}

fn model(facts: ProfileFormFacts, entered: Entered, reasons: Reasons) -> Model {
    let ProfileFormFacts { form, teams, models } = facts;
    Model { form, choices: Choices { teams, models }, entered, reasons }
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
}

pub fn view(model: Model) -> impl IntoView {
    let Model { form, choices, entered, reasons } = model;
    view! {
        <PageHead title="Add guardrails" crumb=Crumb { text: "Guardrails".to_owned(), href: paths::GUARDRAILS.to_owned() }/>
        <ErrorSummary undone="the guardrails can be added" wrong=reasons.summary(editor::has_field)/>
        <form class="form wide" method="post" action=paths::NEW_GUARDRAIL>
            <OnceOnly form=form/>
            {editor::fields(entered, &choices, &reasons)}
            <div class="actions">
                <button class="button primary" type="submit" name="act" value="save">"Add guardrails"</button>
                <a class="button plain" href=paths::GUARDRAILS>"Cancel"</a>
            </div>
        </form>
    }
}
