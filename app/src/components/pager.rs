//! Where in a long list one is, the way on, and the sum of what is listed.

use super::icon::Icon;
use crate::format::grouped;
use leptos::prelude::*;

#[component]
pub fn Pager(
    /// The first and the last row shown, counted from one.
    shown: (u64, u64),
    total: u64,
    #[prop(optional_no_strip)] previous: Option<String>,
    #[prop(optional_no_strip)] next: Option<String>,
    /// A sentence about all rows, not only the shown ones.
    #[prop(optional, into)]
    sum: String,
) -> impl IntoView {
    let (first, last) = shown;
    let range = if total == 0 {
        "None".to_owned()
    } else {
        format!("{}–{} of {}", grouped(first), grouped(last), grouped(total))
    };
    let previous = previous.map(|href| view! { <a href=href rel="prev">{Icon::Previous.view()}" Previous"</a> });
    let next = next.map(|href| view! { <a href=href rel="next">"Next "{Icon::Next.view()}</a> });
    view! {
        <nav class="pager" aria-label="Pages">
            <span>{range}</span>
            {previous}
            {next}
            {(!sum.is_empty()).then(|| view! { <p class="sum">{sum}</p> })}
        </nav>
    }
}
