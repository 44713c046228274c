//! What a newcomer does first, in order. The state is said in words; the colour of the number only repeats it.

use super::chip::{Chip, Tone};
use leptos::prelude::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepState {
    Done,
    Next,
    Later,
}

#[derive(Debug)]
pub struct Step {
    pub state: StepState,
    pub title: String,
    pub text: String,
    /// A button or link; nothing for steps that are done or not yet possible.
    pub action: Option<AnyView>,
}

#[component]
pub fn Steps(steps: Vec<Step>) -> impl IntoView {
    let entries = steps.into_iter().map(|Step { state, title, text, action }| {
        let class = match state {
            StepState::Done => "done",
            StepState::Next => "next",
            StepState::Later => "",
        };
        let end = match (state, action) {
            (StepState::Done, _) => view! { <Chip tone=Tone::Ok text="Done"/> }.into_any(),
            (_, Some(action)) => action,
            (_, None) => ().into_any(),
        };
        view! {
            <li class=class>
                <div><h3>{title}</h3><p>{text}</p></div>
                <div class="actions">{end}</div>
            </li>
        }
    });
    view! { <ol class="steps">{entries.collect_view()}</ol> }
}
