//! The version of its guardrails that the key has yet to come to: when, and what becomes of its terms then.

use super::terms::changes;
use crate::components::{Notice, Section, Tone};
use crate::format::Calendar;
use domain::profile_rollout::MoveOn;
use leptos::prelude::*;
use portal::administration::profile_rollouts::Follows;
use portal::keys::KeyDetail;

/// The element that tells of it.
pub const ANCHOR: &str = "coming";

pub(super) fn section(detail: &KeyDetail, calendar: &Calendar) -> Option<impl IntoView + use<>> {
    let Follows::Until { moves, newest } = &detail.follows else { return None };
    let (name, version) = (&newest.name, newest.version);
    let text = match moves {
        MoveOn::At(at) => format!("From {} on this key goes by version {version} of {name}.", calendar.day(*at)),
        MoveOn::NextRotation => {
            format!("From the next rotation of its secret on this key goes by version {version} of {name}.")
        }
    };
    let changed = changes(detail, newest, calendar);
    let changed = if changed.is_empty() {
        view! { <p class="muted">"None of the terms above changes with it."</p> }.into_any()
    } else {
        crate::pages::admin::guardrails::versions::changes(changed).into_any()
    };
    Some(view! {
        <Section id=ANCHOR title="What changes">
            <Notice tone=Tone::Info text=text/>
            {changed}
        </Section>
    })
}
