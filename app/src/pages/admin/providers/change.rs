//! `/admin/providers/{id}/change`: name and address. Another scheme, host or port needs the credential again, so that
//! nobody can send a stored credential to a server of their own.

use super::{CredentialField, crumb, typed_credential};
use crate::chrome::Place;
use crate::components::{ErrorSummary, PageHead, TextField};
use crate::html;
use crate::pages::form::{Reasons, Sent, sent};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::id::ProviderId;
use leptos::prelude::*;
use portal::administration::providers::ProviderChange;
use serde::Deserialize;

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let provider = visit.portal.provider(&visit.caller, input.segment("id")?).await?.provider;
    let model = Model {
        provider: provider.id,
        current: provider.name.clone(),
        name: provider.name,
        base_url: provider.base_url,
        reasons: Reasons::default(),
    };
    Ok(Answer::ok(document(&visit, model)))
}

/// The form's fields. No `Debug`: one of them is a secret.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeForm {
    pub name: String,
    pub base_url: String,
    pub credential: String,
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let provider: ProviderId = input.segment("id")?;
    let ChangeForm { name, base_url, credential } = input.form()?;
    let credential = typed_credential(credential);
    let change = ProviderChange { name: name.clone(), base_url: base_url.clone(), credential };
    match sent(visit.portal.change_provider(visit.administrator()?, provider, change).await)? {
        Sent::Done(()) | Sent::Before(_) => Ok(Answer::SeeOther(format!("{}?done=changed", paths::provider(provider)))),
        Sent::Refused(reasons) => {
            let current = visit.portal.provider(&visit.caller, provider).await?.provider.name;
            Ok(Answer::refused(document(&visit, Model { provider, current, name, base_url, reasons })))
        }
    }
}

fn document(visit: &Visit, model: Model) -> String {
    html::document(&visit.chrome(Place::Providers), "Change address", || view(model))
}

#[derive(Debug, Clone)]
pub struct Model {
    pub provider: ProviderId,
    /// The name that it has now.
    pub current: String,
    pub name: String,
    pub base_url: String,
    pub reasons: Reasons,
}

const FIELDS: [&str; 3] = ["name", "base_url", "credential"];

pub fn view(model: Model) -> impl IntoView {
    let Model { provider, current, name, base_url, reasons } = model;
    let back = paths::provider(provider);
    let hint =
        "Needed only if the address leads to another server: other scheme, host or port. Empty keeps the stored one.";
    let action = format!("{back}/change");
    view! {
        <PageHead title="Change name or address" crumb=crumb(provider, &current)/>
        <ErrorSummary undone="the provider can be changed" wrong=reasons.summary(|field| FIELDS.contains(&field))/>
        <form class="form" method="post" action=action>
            <TextField name="name" label="Name" value=name required=true problem=reasons.at("name")/>
            <TextField name="base_url" label="Address" value=base_url kind="url" mono=true required=true problem=reasons.at("base_url")/>
            <CredentialField label="Credential" hint=hint reasons=reasons/>
            <div class="actions">
                <button class="button primary" type="submit">"Save"</button>
                <a class="button plain" href=back>"Cancel"</a>
            </div>
        </form>
    }
}
