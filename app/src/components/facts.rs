//! Names and values: what a thing is, line by line.

use leptos::prelude::*;

#[derive(Debug)]
pub struct Fact {
    pub name: String,
    pub value: AnyView,
    /// Where the value comes from, or what it means.
    pub note: String,
}

impl Fact {
    pub fn new(name: impl Into<String>, value: impl IntoView + 'static) -> Self {
        Self { name: name.into(), value: value.into_any(), note: String::new() }
    }
    #[must_use]
    pub fn noted(self, note: impl Into<String>) -> Self {
        Self { note: note.into(), ..self }
    }
}

#[component]
pub fn Facts(facts: Vec<Fact>) -> impl IntoView {
    let lines = facts.into_iter().map(|Fact { name, value, note }| {
        let note = (!note.is_empty()).then(|| view! { <span class="note">{note}</span> });
        view! { <div><dt>{name}</dt><dd>{value}{note}</dd></div> }
    });
    view! { <dl class="facts">{lines.collect_view()}</dl> }
}
