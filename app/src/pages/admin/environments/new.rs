//! `/admin/environments/new`: a name, and who may use it.

use super::form;
use crate::chrome::Place;
use crate::components::{Crumb, ErrorSummary, PageHead, TextField};
use crate::pages::admin::document;
use crate::pages::form::{Reasons, Sent, sent};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use leptos::prelude::*;
use portal::administration::environments::{EnvironmentChoices, EnvironmentDraft};

pub async fn show(visit: Visit, _: Input) -> Result<Answer, PageError> {
    visit.administrator()?;
    let choices = visit.portal.environment_choices().await?;
    let model = Model { choices, ..Model::default() };
    Ok(Answer::ok(document(&visit, Place::Guardrails, "Add an environment", |_| view(model))))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let (mut name, mut draft) = (String::new(), EnvironmentDraft::default());
    for (field, value) in input.form::<Vec<(String, String)>>()? {
        if field == "name" {
            name = value;
        } else {
            form::take(&mut draft, &field, &value)
                .ok_or_else(|| PageError::Unprocessable(format!("{field} does not take this value")))?;
        }
    }
    let administrator = visit.administrator()?;
    match sent(visit.portal.create_environment(administrator, &name, draft.clone()).await)? {
        Sent::Done(()) => Ok(Answer::SeeOther(paths::environment(name.trim()))),
        Sent::Before(made) => Ok(Answer::SeeOther(paths::made(made))),
        Sent::Refused(reasons) => {
            let choices = visit.portal.environment_choices().await?;
            let model = Model { name, draft, choices, reasons };
            Ok(Answer::refused(document(&visit, Place::Guardrails, "Add an environment", |_| view(model))))
        }
    }
}

#[derive(Debug, Clone, Default)]
pub struct Model {
    /// As typed.
    pub name: String,
    pub draft: EnvironmentDraft,
    pub choices: EnvironmentChoices,
    pub reasons: Reasons,
}

pub fn view(model: Model) -> impl IntoView {
    let Model { name, draft, choices, reasons } = model;
    view! {
        <PageHead
            title="Add an environment"
            crumb=Crumb { text: "Environments".to_owned(), href: paths::ENVIRONMENTS.to_owned() }
        />
        <ErrorSummary undone="the environment can be added" wrong=reasons.summary(form::has_field)/>
        <form class="form" method="post" action=paths::NEW_ENVIRONMENT>
            <TextField
                name="name" label="Name" value=name required=true
                hint="A short word such as prod-eu. It cannot be changed: keys and figures carry it."
                problem=reasons.at("name")
            />
            {form::fields(&draft, &choices, &reasons)}
            <div class="actions">
                <button class="button primary" type="submit">"Add environment"</button>
                <a class="button plain" href=paths::ENVIRONMENTS>"Cancel"</a>
            </div>
        </form>
    }
}
