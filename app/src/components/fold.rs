//! What is filled in already or rarely read, behind one line that says what is inside.

use leptos::prelude::*;

#[component]
pub fn Fold(
    #[prop(into)] summary: String,
    /// Said beside the summary, quieter: "all filled in".
    #[prop(optional, into)]
    note: String,
    /// A form that was refused for a field in here must show it.
    #[prop(optional)]
    open: bool,
    children: Children,
) -> impl IntoView {
    let note = (!note.is_empty()).then(|| view! { <span class="note">{note}</span> });
    view! {
        <details class="fold" open=open>
            <summary>{summary}{note}</summary>
            <div>{children()}</div>
        </details>
    }
}
