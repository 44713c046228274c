//! The key policy in the mint form: its text, and the box that says it was read.

use crate::components::{Check, Fold, Problem};
use domain::key_policy::KeyPolicy;
use leptos::prelude::*;

/// `ticked` is the version beside which the box was ticked: another one has to be read anew.
pub fn to_read(policy: KeyPolicy, ticked: &str, problem: Option<Problem>) -> impl IntoView + use<> {
    let KeyPolicy { version, .. } = policy;
    let minutes = policy.minutes();
    let ticked = ticked == version.to_string();
    let text = format!(
        "I have read the key policy (version {version}, {minutes} {})",
        if minutes == 1 { "minute" } else { "minutes" }
    );
    let unread = problem.is_some();
    view! {
        <Fold summary="Key policy" note=format!("version {version}") open=unread>{paragraphs(&policy.text)}</Fold>
        <Check name="policy" text=text value=version.to_string() checked=ticked required=true problem=problem/>
    }
}

/// A blank line parts paragraphs; a single line break stays one.
pub fn paragraphs(text: &str) -> impl IntoView + use<> {
    let paragraphs = text.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty());
    let paragraphs: Vec<_> = paragraphs.map(lines).collect();
    view! { <div class="prose">{paragraphs}</div> }
}

fn lines(paragraph: &str) -> impl IntoView + use<> {
    let lines = paragraph.trim().lines().enumerate();
    let lines: Vec<_> =
        lines.map(|(at, line)| view! { {(at > 0).then(|| view! { <br/> })}{line.to_owned()} }).collect();
    view! { <p>{lines}</p> }
}
