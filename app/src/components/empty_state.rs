//! Nothing here yet: why, and the next step.

use leptos::prelude::*;

/// Children are the ways on.
#[component]
pub fn EmptyState(#[prop(into)] text: String, #[prop(optional)] children: Option<Children>) -> impl IntoView {
    view! {
        <div class="empty">
            <p>{text}</p>
            {children.map(|children| view! { <div class="actions">{children()}</div> })}
        </div>
    }
}
