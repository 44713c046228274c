//! `/admin/providers/{id}/credential`: puts a new credential in the place of the old one.

use super::{CredentialField, crumb, typed_credential};
use crate::chrome::Place;
use crate::components::{ErrorSummary, PageHead};
use crate::html;
use crate::pages::form::{Reasons, Sent, sent};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::id::ProviderId;
use leptos::prelude::*;
use portal::administration::providers::ProviderRow;
use portal::{PortalError, Reason};
use serde::Deserialize;

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let provider = visit.portal.provider(&visit.caller, input.segment("id")?).await?.provider;
    Ok(Answer::ok(document(&visit, Model { provider, reasons: Reasons::default() })))
}

/// The form's only field is a secret: no `Debug`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CredentialForm {
    pub credential: String,
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let provider: ProviderId = input.segment("id")?;
    let CredentialForm { credential } = input.form()?;
    let administrator = visit.administrator()?;
    let replaced = match typed_credential(credential) {
        Some(credential) => visit.portal.replace_credential(administrator, provider, credential).await,
        None => Err(PortalError::refused("credential", Reason::Missing)),
    };
    match sent(replaced)? {
        Sent::Done(_) | Sent::Before(_) => {
            Ok(Answer::SeeOther(format!("{}?done=credential", paths::provider(provider))))
        }
        Sent::Refused(reasons) => {
            let provider = visit.portal.provider(&visit.caller, provider).await?.provider;
            Ok(Answer::refused(document(&visit, Model { provider, reasons })))
        }
    }
}

fn document(visit: &Visit, model: Model) -> String {
    html::document(&visit.chrome(Place::Providers), "Replace credential", || view(model))
}

#[derive(Debug, Clone)]
pub struct Model {
    pub provider: ProviderRow,
    pub reasons: Reasons,
}

pub fn view(model: Model) -> impl IntoView {
    let Model { provider, reasons } = model;
    let back = paths::provider(provider.id);
    let current = provider.credential.as_ref().map_or_else(
        || "There is no credential yet.".to_owned(),
        |facts| format!("The one in use ends {} (fingerprint {}).", facts.last_four, facts.fingerprint),
    );
    let action = format!("{back}/credential");
    view! {
        <PageHead title="Replace credential" crumb=crumb(provider.id, &provider.name)/>
        <ErrorSummary undone="the credential can be replaced" wrong=reasons.summary(|field| field == "credential")/>
        <form class="form" method="post" action=action>
            <p class="beside">{current}" The new one counts from the next call on; calls in flight end with the old one."</p>
            <CredentialField
                label="New credential" reasons=reasons required=true
                hint="It is sealed, and never shown again: only its last four characters and a fingerprint."
            />
            <div class="actions">
                <button class="button primary" type="submit">"Replace credential"</button>
                <a class="button plain" href=back>"Cancel"</a>
            </div>
        </form>
    }
}
