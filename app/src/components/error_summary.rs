//! What a refused form says first: every reason at once, each leading to its field.

use leptos::prelude::*;

/// One reason. Without a field it concerns the form as a whole.
#[derive(Debug, Clone)]
pub struct Wrong {
    /// The element id of the field.
    pub field: Option<String>,
    pub message: String,
}

/// `undone` finishes the sentence "2 things to change before …": "the key can be minted".
#[component]
pub fn ErrorSummary(#[prop(into)] undone: String, wrong: Vec<Wrong>) -> impl IntoView {
    (!wrong.is_empty()).then(|| {
        let count = match wrong.len() {
            1 => "One thing".to_owned(),
            many => format!("{many} things"),
        };
        let reasons = wrong.into_iter().map(|Wrong { field, message }| match field {
            Some(field) => view! { <li><a href=format!("#{field}")>{message}</a></li> }.into_any(),
            None => view! { <li>{message}</li> }.into_any(),
        });
        view! {
            <div class="notice bad" role="alert" aria-labelledby="wrong-title">
                <h2 id="wrong-title">{format!("{count} to change before {undone}")}</h2>
                <ul>{reasons.collect_view()}</ul>
            </div>
        }
    })
}
