//! One sentence that needs reading, with at most one link.

use super::chip::Tone;
use leptos::prelude::*;

/// Where a notice leads.
#[derive(Debug, Clone)]
pub struct WayOn {
    pub text: String,
    pub href: String,
}

#[component]
pub fn Notice(
    tone: Tone,
    #[prop(into)] text: String,
    #[prop(optional_no_strip)] way_on: Option<WayOn>,
) -> impl IntoView {
    view! {
        <div class=format!("notice {}", tone.class())>
            <p>{text}{way_on.map(|way| view! { " "<a href=way.href>{way.text}</a> })}</p>
        </div>
    }
}
