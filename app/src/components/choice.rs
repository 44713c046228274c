//! Choosing one of a few, or ticking a box.

use super::field::{Problem, explained};
use leptos::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChoiceOption {
    pub value: String,
    pub text: String,
    /// What choosing it means.
    pub note: String,
    pub disabled: bool,
}

impl ChoiceOption {
    pub fn new(value: impl Into<String>, text: impl Into<String>) -> Self {
        Self { value: value.into(), text: text.into(), note: String::new(), disabled: false }
    }
    #[must_use]
    pub fn noted(self, note: impl Into<String>) -> Self {
        Self { note: note.into(), ..self }
    }
}

/// Radio buttons under one label. The group's element id equals the form field's name.
#[component]
pub fn Choices(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    options: Vec<ChoiceOption>,
    #[prop(optional, into)] value: String,
    #[prop(optional, into)] hint: String,
    #[prop(optional_no_strip)] problem: Option<Problem>,
    /// Side by side, for short words.
    #[prop(optional)]
    in_row: bool,
) -> impl IntoView {
    let label_id = format!("{name}-label");
    let described = problem.as_ref().map(|_| format!("{name}-error"));
    let buttons = options.into_iter().map(|ChoiceOption { value: own, text, note, disabled }| {
        let checked = own == value;
        let note = (!note.is_empty()).then(|| view! { <span class="note">{note}</span> });
        view! {
            <label class="choice">
                <input type="radio" name=name.clone() value=own checked=checked disabled=disabled/>
                <span>{text}{note}</span>
            </label>
        }
    });
    let buttons = buttons.collect_view();
    view! {
        <div class="field" id=name.clone() role="group" aria-labelledby=label_id aria-describedby=described>
            <span class="label" id=label_id.clone()>{label}</span>
            <div class=if in_row { "choices in-row" } else { "choices" }>{buttons}</div>
            {explained(&name, hint, problem)}
        </div>
    }
}

/// One check box. `value` is what the form sends when it is ticked.
#[component]
pub fn Check(
    #[prop(into)] name: String,
    #[prop(into)] text: String,
    #[prop(default = "yes".to_owned(), into)] value: String,
    #[prop(optional)] checked: bool,
    #[prop(optional)] required: bool,
    #[prop(optional, into)] note: String,
    #[prop(optional_no_strip)] problem: Option<Problem>,
) -> impl IntoView {
    let described = problem.as_ref().map(|_| format!("{name}-error"));
    let invalid = problem.as_ref().map(|_| "true");
    let note = (!note.is_empty()).then(|| view! { <span class="note">{note}</span> });
    view! {
        <div class="field beside">
            <label class="choice">
                <input
                    type="checkbox" id=name.clone() name=name.clone() value=value checked=checked required=required
                    aria-describedby=described aria-invalid=invalid
                />
                <span>{text}{note}</span>
            </label>
            {explained(&name, String::new(), problem)}
        </div>
    }
}
