//! `/admin/models/new`: a model by name, for providers whose models the catalogue does not list.

use super::editor::{self, ModelForm, ROW_FIELDS, Row};
use crate::chrome::Place;
use crate::components::{Crumb, ErrorSummary, PageHead};
use crate::html;
use crate::pages::form::{OnceOnly, Reasons, Sent, form_id, sent};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use leptos::prelude::*;
use portal::FormId;
use portal::administration::providers::ProviderRow;
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Query {
    /// The provider to start with.
    provider: String,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let Query { provider } = input.query()?;
    let form = ModelForm { enabled: Some("yes".to_owned()), ..ModelForm::default() };
    let form = if provider.is_empty() { form } else { form.with_rows(std::iter::once(Row::new_at(provider))) };
    let model = load(&visit, form, Reasons::default()).await?;
    Ok(Answer::ok(document(&visit, model)))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let form: ModelForm = input.form()?;
    let id = form_id(form.form.as_deref().unwrap_or_default())?;
    let reasons = match form.draft(None) {
        Err(reasons) => reasons,
        Ok(draft) => match sent(visit.portal.add_model(visit.administrator()?, &id, draft).await)? {
            Sent::Done(model) => return Ok(Answer::SeeOther(paths::catalogue_model(model))),
            Sent::Before(made) => return Ok(Answer::SeeOther(paths::made(made))),
            Sent::Refused(reasons) => reasons.gathered(&ROW_FIELDS, "deployments"),
        },
    };
    let model = load(&visit, form, reasons).await?;
    Ok(Answer::refused(document(&visit, model)))
}

async fn load(visit: &Visit, entered: ModelForm, reasons: Reasons) -> Result<Model, PageError> {
    let providers = visit.portal.providers(&visit.caller).await?;
    Ok(Model { form: visit.portal.new_form(), entered, providers, reasons })
}

fn document(visit: &Visit, model: Model) -> String {
    html::document(&visit.chrome(Place::Catalogue), "Add a model", || view(model))
}

#[derive(Debug, Clone)]
pub struct Model {
    pub form: FormId,
    pub entered: ModelForm,
    pub providers: Vec<ProviderRow>,
    pub reasons: Reasons,
}

pub fn view(model: Model) -> impl IntoView {
    let Model { form, entered, providers, reasons } = model;
    let hint = " Left empty for a name that the catalogue knows, its price is taken from there.".to_owned();
    view! {
        <PageHead title="Add a model" crumb=Crumb { text: "Models and prices".to_owned(), href: paths::CATALOGUE.to_owned() }/>
        <ErrorSummary undone="the model can be added" wrong=reasons.summary(editor::has_field)/>
        <form class="form" method="post" action=paths::NEW_CATALOGUE_MODEL>
            <OnceOnly form=form/>
            {editor::fields(entered, &providers, &reasons, Some(hint))}
            <div class="actions">
                <button class="button primary" type="submit">"Add model"</button>
                <a class="button plain" href=paths::CATALOGUE>"Cancel"</a>
            </div>
        </form>
    }
}
