//! `/admin/providers`: where calls can go, and with which credential.
//!
//! A credential goes in and never comes out: its field is always empty, and a refused form asks for it again.

pub mod change;
pub mod credential;
pub mod health;
pub mod list;
pub mod models;
pub mod new;
pub mod show;
pub mod switch;

use crate::components::{Crumb, TextField};
use crate::pages::form::Reasons;
use crate::paths;
use domain::id::ProviderId;
use domain::key_secret::SecretText;
use leptos::prelude::*;

/// What was typed or pasted, without the line break that copying adds. Nothing typed is nothing.
fn typed_credential(text: String) -> Option<SecretText> {
    let trimmed = text.trim().to_owned();
    // The untrimmed copy is wiped together with this wrapper.
    let _wiped = SecretText::new(text);
    (!trimmed.is_empty()).then(|| SecretText::new(trimmed))
}

#[component]
fn CredentialField(
    #[prop(into)] label: String,
    #[prop(into)] hint: String,
    reasons: Reasons,
    #[prop(optional)] required: bool,
) -> impl IntoView {
    view! {
        <TextField
            name="credential" label=label hint=hint kind="password" autocomplete="off" mono=true required=required
            problem=reasons.at("credential")
        />
    }
}

/// The way back to a provider's page.
fn crumb(id: ProviderId, name: &str) -> Crumb {
    Crumb { text: name.to_owned(), href: paths::provider(id) }
}
