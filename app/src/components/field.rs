//! Form fields: label, control with its unit and bound, hint, what is wrong and the ways out.
//!
//! The element id equals the form field's name, so that an error summary can link to it. Hint, bound and error are tied
//! to the control through `aria-describedby`.

use super::icon::Icon;
use crate::html::escaped;
use leptos::prelude::*;

/// Why a value was refused, and what can be done about it right here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub message: String,
    pub ways_out: Vec<WayOut>,
}

impl Problem {
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), ways_out: Vec::new() }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WayOut {
    /// Sends the form again with one more name and value: "Use $100.00".
    Button { name: String, value: String, text: String },
    /// Leads elsewhere: "Ask for $150.00".
    Link { href: String, text: String },
}

/// The ids of everything that explains a control, for `aria-describedby`.
fn described_by(id: &str, bound: &str, hint: &str, problem: Option<&Problem>) -> Option<String> {
    let parts = [("error", problem.is_some()), ("bound", !bound.is_empty()), ("hint", !hint.is_empty())];
    let ids: Vec<_> = parts.iter().filter(|(_, there)| *there).map(|(part, _)| format!("{id}-{part}")).collect();
    (!ids.is_empty()).then(|| ids.join(" "))
}

/// The frame around any control. Children are the control, which carries `id` and the `aria-…` attributes itself.
#[component]
pub fn Field(
    #[prop(into)] id: String,
    #[prop(into)] label: String,
    #[prop(optional, into)] hint: String,
    /// `at most 100.00`, beside the control.
    #[prop(optional, into)]
    bound: String,
    #[prop(optional_no_strip)] problem: Option<Problem>,
    children: Children,
) -> impl IntoView {
    let bound = (!bound.is_empty()).then(|| view! { <span class="bound" id=format!("{id}-bound")>{bound}</span> });
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <div class="control">{children()}{bound}</div>
            {explained(&id, hint, problem)}
        </div>
    }
}

/// What stands below a control: the error first, then the hint.
pub(super) fn explained(id: &str, hint: String, problem: Option<Problem>) -> impl IntoView + use<> {
    let hint = (!hint.is_empty()).then(|| view! { <p class="hint" id=format!("{id}-hint")>{hint}</p> });
    let wrong = problem.map(|Problem { message, ways_out }| {
        let ways = ways_out.into_iter().map(|way| match way {
            WayOut::Button { name, value, text } => {
                view! { <button class="button" type="submit" name=name value=value>{text}</button> }.into_any()
            }
            WayOut::Link { href, text } => view! { <a class="button" href=href>{text}</a> }.into_any(),
        });
        let ways: Vec<_> = ways.collect();
        view! {
            <p class="wrong" id=format!("{id}-error")>{Icon::Warning.view()}<span>{message}</span></p>
            {(!ways.is_empty()).then(|| view! { <div class="ways-out">{ways}</div> })}
        }
    });
    view! { {wrong}{hint} }
}

#[component]
pub fn TextField(
    /// The form field's name and the element's id.
    #[prop(into)]
    name: String,
    #[prop(into)] label: String,
    #[prop(optional, into)] value: String,
    #[prop(optional, into)] hint: String,
    #[prop(optional, into)] bound: String,
    #[prop(optional_no_strip)] problem: Option<Problem>,
    /// `text`, `search`, `url`, `password`, …
    #[prop(default = "text")]
    kind: &'static str,
    #[prop(optional)] required: bool,
    #[prop(default = "off")] autocomplete: &'static str,
    #[prop(optional, into)] placeholder: String,
    /// For whole numbers typed as text: `numeric` brings up digits on a phone.
    #[prop(optional)]
    input_mode: Option<&'static str>,
    /// Exact characters: addresses, ids, credentials.
    #[prop(optional)]
    mono: bool,
) -> impl IntoView {
    let class = match (mono, input_mode) {
        (true, _) => "input mono",
        (false, Some(_)) => "input amount",
        (false, None) => "input",
    };
    let described = described_by(&name, &bound, &hint, problem.as_ref());
    let invalid = problem.as_ref().map(|_| "true");
    let placeholder = (!placeholder.is_empty()).then_some(placeholder);
    view! {
        <Field id=name.clone() label=label hint=hint bound=bound problem=problem>
            <input
                class=class id=name.clone() name=name type=kind value=value placeholder=placeholder required=required
                inputmode=input_mode autocomplete=autocomplete spellcheck="false"
                aria-describedby=described aria-invalid=invalid
            />
        </Field>
    }
}

/// An amount of dollars, typed as people write it.
#[component]
pub fn MoneyField(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    /// As typed, so that a refused form shows what was entered; [`crate::format::typed_usd`] makes a default.
    #[prop(optional, into)]
    value: String,
    #[prop(optional, into)] hint: String,
    #[prop(optional, into)] bound: String,
    #[prop(optional_no_strip)] problem: Option<Problem>,
    #[prop(optional)] required: bool,
) -> impl IntoView {
    let described = described_by(&name, &bound, &hint, problem.as_ref());
    let invalid = problem.as_ref().map(|_| "true");
    view! {
        <Field id=name.clone() label=label hint=hint bound=bound problem=problem>
            <span class="affix" aria-hidden="true">"$"</span>
            <input
                class="input amount" id=name.clone() name=name type="text" inputmode="decimal" value=value
                required=required autocomplete="off" aria-describedby=described aria-invalid=invalid
            />
        </Field>
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelectOption {
    pub value: String,
    pub text: String,
    pub disabled: bool,
}

impl SelectOption {
    pub fn new(value: impl Into<String>, text: impl Into<String>) -> Self {
        Self { value: value.into(), text: text.into(), disabled: false }
    }
}

#[component]
pub fn SelectField(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    options: Vec<SelectOption>,
    #[prop(optional, into)] value: String,
    #[prop(optional, into)] hint: String,
    #[prop(optional, into)] bound: String,
    #[prop(optional_no_strip)] problem: Option<Problem>,
) -> impl IntoView {
    let described = described_by(&name, &bound, &hint, problem.as_ref());
    let invalid = problem.as_ref().map(|_| "true");
    let options = options.into_iter().map(|option| {
        let selected = option.value == value;
        view! { <option value=option.value selected=selected disabled=option.disabled>{option.text}</option> }
    });
    let options = options.collect_view();
    view! {
        <Field id=name.clone() label=label hint=hint bound=bound problem=problem>
            <span class="select-box">
                <select class="select" id=name.clone() name=name aria-describedby=described aria-invalid=invalid>
                    {options}
                </select>
            </span>
        </Field>
    }
}

/// A `<textarea>` without its label. The only place that may write one: Leptos does not escape its content.
#[component]
pub fn TextArea(
    #[prop(into)] id: String,
    /// Nothing for a field that is only read.
    #[prop(optional, into)]
    name: Option<String>,
    value: String,
    #[prop(default = 3)] rows: u32,
    #[prop(optional)] read_only: bool,
    #[prop(optional)] mono: bool,
    #[prop(optional)] invalid: bool,
    #[prop(optional, into)] described_by: Option<String>,
    /// Selects its content when focused.
    #[prop(optional)]
    select: bool,
) -> impl IntoView {
    // A browser drops the first line break of a text area.
    let content = format!("\n{}", escaped(&value));
    view! {
        <textarea
            class=if mono { "textarea mono" } else { "textarea" }
            id=id name=name rows=rows.to_string() readonly=read_only autocomplete="off" spellcheck="false"
            aria-describedby=described_by aria-invalid=invalid.then_some("true") data-select=select
        >
            {content}
        </textarea>
    }
}
