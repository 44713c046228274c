//! Who did what when, and what changed from what to what.

use leptos::prelude::*;

#[derive(Debug, Clone)]
pub struct Change {
    pub what: String,
    /// `None` where there was nothing before.
    pub before: Option<String>,
    pub after: String,
}

#[derive(Debug)]
pub struct Event {
    /// From [`super::when`].
    pub when: AnyView,
    pub who: String,
    /// What they did, in the past tense: "rotated the secret".
    pub did: String,
    pub changes: Vec<Change>,
}

/// Newest first, in the order given.
#[component]
pub fn History(events: Vec<Event>) -> impl IntoView {
    let entries = events.into_iter().map(|Event { when, who, did, changes }| {
        let changes = changes.into_iter().map(|Change { what, before, after }| {
            let before = before.map(|before| view! { <del>{before}</del>" → " });
            view! { <p class="change">{what}": "{before}<ins>{after}</ins></p> }
        });
        view! { <li>{when}<div><p><b>{who}</b>" "{did}</p>{changes.collect_view()}</div></li> }
    });
    view! { <ol class="history">{entries.collect_view()}</ol> }
}
