//! The page of its own that an act with consequences has: what will happen, the act, and the way back.

use crate::components::{Crumb, PageHead};
use leptos::prelude::*;
use serde::Deserialize;

/// Everything that the page says. The form posts to the address it was shown at.
#[derive(Debug, Clone)]
pub struct Confirmation {
    pub title: String,
    pub crumb: Crumb,
    /// What the act does, one sentence each.
    pub effects: Vec<String>,
    /// Where the form posts to.
    pub action: String,
    /// Hidden fields: what the act is about.
    pub fields: Vec<(&'static str, String)>,
    pub verb: &'static str,
    pub dangerous: bool,
    /// Says what stays as it is: "Keep it".
    pub back: &'static str,
}

/// A form that has nothing but its button.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirmed {}

pub fn view(confirmation: Confirmation) -> impl IntoView {
    let Confirmation { title, crumb, effects, action, fields, verb, dangerous, back } = confirmation;
    let effects = effects.into_iter().map(|effect| view! { <p>{effect}</p> });
    let fields = fields.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> });
    let class = if dangerous { "button danger" } else { "button primary" };
    let away = crumb.href.clone();
    view! {
        <PageHead title=title crumb=crumb/>
        <form class="prose" method="post" action=action>
            {fields.collect_view()}
            {effects.collect_view()}
            <div class="actions">
                <button class=class type="submit">{verb}</button>
                <a class="button plain" href=away>{back}</a>
            </div>
        </form>
    }
}
