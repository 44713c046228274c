//! The one place where a secret is shown. It stands in a read-only field: selected when focused, never kept by the
//! browser, never part of an address.

use super::code::CopyButton;
use super::field::TextArea;
use leptos::prelude::*;

const ID: &str = "secret";

#[component]
pub fn SecretField(#[prop(into)] label: String, secret: String, #[prop(into)] hint: String) -> impl IntoView {
    view! {
        <div class="secret">
            <label for=ID>{label}</label>
            <div class="control">
                <TextArea id=ID value=secret rows=2 read_only=true described_by="secret-hint" select=true/>
                <CopyButton source=ID.to_owned() text="Copy key"/>
            </div>
            <p class="hint" id="secret-hint">{hint}</p>
        </div>
    }
}
