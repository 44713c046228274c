//! `/admin/providers/new`: from a preset to a provider with its credential.

use super::{CredentialField, typed_credential};
use crate::chrome::Place;
use crate::components::{Crumb, ErrorSummary, PageHead, TextField};
use crate::html;
use crate::pages::form::{OnceOnly, Reasons, Sent, form_id, sent};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use crate::words;
use leptos::prelude::*;
use portal::FormId;
use portal::administration::providers::NewProvider;
use portal::presets::{PRESETS, Preset, preset};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
struct Query {
    preset: Option<String>,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let Query { preset: chosen } = input.query()?;
    let preset = match chosen.as_deref() {
        Some(id) => preset(id).ok_or(PageError::NotFound)?,
        None => plain_preset().ok_or(PageError::NotFound)?,
    };
    let model = Model {
        form: visit.portal.new_form(),
        preset,
        // A server of one's own has a name that only its owner knows.
        name: if preset.base_url.is_empty() { String::new() } else { preset.name.to_owned() },
        base_url: preset.base_url.to_owned(),
        reasons: Reasons::default(),
    };
    Ok(Answer::ok(document(&visit, model)))
}

/// The form's fields. No `Debug`: one of them is a secret.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewForm {
    pub form: String,
    pub preset: String,
    pub name: String,
    pub base_url: String,
    pub credential: String,
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let NewForm { form, preset: chosen, name, base_url, credential } = input.form()?;
    let form = form_id(&form)?;
    let preset = preset(&chosen).ok_or(PageError::NotFound)?;
    let new = NewProvider {
        name: name.clone(),
        preset: preset.id.to_owned(),
        kind: preset.kind,
        base_url: base_url.clone(),
        credential: typed_credential(credential),
    };
    match sent(visit.portal.add_provider(visit.administrator()?, &form, new).await)? {
        Sent::Done(provider) => Ok(Answer::SeeOther(paths::provider(provider))),
        Sent::Before(made) => Ok(Answer::SeeOther(paths::made(made))),
        Sent::Refused(reasons) => {
            let model = Model { form: visit.portal.new_form(), preset, name, base_url, reasons };
            Ok(Answer::refused(document(&visit, model)))
        }
    }
}

fn document(visit: &Visit, model: Model) -> String {
    html::document(&visit.chrome(Place::Providers), "Add a provider", || view(model))
}

/// What the form starts from when nothing was chosen: a server of one's own, which may want no credential.
fn plain_preset() -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.base_url.is_empty() && !preset.needs_credential).or(PRESETS.first())
}

#[derive(Debug, Clone)]
pub struct Model {
    pub form: FormId,
    pub preset: &'static Preset,
    pub name: String,
    pub base_url: String,
    pub reasons: Reasons,
}

const FIELDS: [&str; 3] = ["name", "base_url", "credential"];

pub fn view(model: Model) -> impl IntoView {
    let Model { form, preset, name, base_url, reasons } = model;
    let choices = PRESETS.iter().map(|choice| {
        let current = (choice.id == preset.id).then_some("true");
        let href = format!("{}?preset={}", paths::NEW_PROVIDER, choice.id);
        view! { <li><a href=href aria-current=current>{choice.name}</a></li> }
    });
    let choices = choices.collect_view();
    let address_hint = format!(
        "Speaks the {} format; the address usually ends in /v1. Credentials never go anywhere else.",
        words::provider_kind(preset.kind)
    );
    let credential_hint = match (reasons.is_empty(), preset.needs_credential) {
        (false, _) => "Not kept from the first try: enter it again.",
        (true, true) => "The secret that the provider gave you. It is sealed, and never shown again.",
        (true, false) => "Leave it empty if the server wants none. It is sealed, and never shown again.",
    };
    view! {
        <PageHead title="Add a provider" crumb=Crumb { text: "Providers".to_owned(), href: paths::PROVIDERS.to_owned() }/>
        <ErrorSummary undone="the provider can be added" wrong=reasons.summary(|field| FIELDS.contains(&field))/>
        <nav aria-label="Kinds of provider"><p class="muted">"Start from"</p><ul class="views">{choices}</ul></nav>
        <form class="form" method="post" action=paths::NEW_PROVIDER>
            <OnceOnly form=form/>
            <input type="hidden" name="preset" value=preset.id/>
            <TextField name="name" label="Name" value=name required=true hint="How it is called on these pages." problem=reasons.at("name")/>
            <TextField
                name="base_url" label="Address" value=base_url kind="url" mono=true required=true hint=address_hint
                placeholder="https://llm.example.com/v1" problem=reasons.at("base_url")
            />
            <CredentialField label="Credential" hint=credential_hint reasons=reasons required=preset.needs_credential/>
            <div class="actions">
                <button class="button primary" type="submit">"Add provider"</button>
                <a class="button plain" href=paths::PROVIDERS>"Cancel"</a>
            </div>
        </form>
    }
}
