//! Text for terminals and files, with a copy button where scripts run.

use super::icon::Icon;
use leptos::prelude::*;

/// `id` must be unique in the page: the copy button points at it.
#[component]
pub fn CodeBlock(
    #[prop(into)] id: String,
    /// What it is, for those who hear the page.
    #[prop(into)]
    label: String,
    #[prop(into)] text: String,
) -> impl IntoView {
    view! {
        <div class="code">
            <pre tabindex="0" role="group" aria-label=label><code id=id.clone()>{text}</code></pre>
            <CopyButton source=id/>
        </div>
    }
}

/// Hidden until the script can keep its promise.
#[component]
pub fn CopyButton(source: String, #[prop(default = "Copy")] text: &'static str) -> impl IntoView {
    view! {
        <button class="button" type="button" hidden data-copy=format!("#{source}")>
            {Icon::Copy.view()}<span data-label aria-live="polite">{text}</span>
        </button>
    }
}

/// An id, a path, a model's name: exact characters.
#[component]
pub fn Id(#[prop(into)] text: String) -> impl IntoView {
    view! { <code class="id">{text}</code> }
}
