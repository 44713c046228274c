//! What became of each key of a selection: those that failed first, each with its reason.

use super::super::list::Asked;
use super::Act;
use super::view::keys;
use crate::components::{Became, Crumb, Notice, Outcomes, PageHead, Tone, WayOn};
use crate::format::Calendar;
use crate::paths;
use crate::words;
use leptos::prelude::*;
use portal::keys::{Changed, KeyOutcome};

pub struct Outcome {
    pub act: Act,
    pub changed: Vec<Changed>,
    /// Where the keys were chosen, with the cursor of those after them.
    pub list: Asked,
    pub calendar: Calendar,
}

pub fn view(outcome: Outcome) -> impl IntoView {
    let Outcome { act, mut changed, list, .. } = outcome;
    let is_done = |one: &Changed| one.outcome == KeyOutcome::Done;
    changed.sort_by_key(is_done);
    let done = changed.iter().filter(|one| is_done(one)).count();
    let left = changed.len() - done;
    let did = match act {
        Act::Disable => "disabled",
        Act::Enable => "enabled",
        Act::Expire => "given the new end",
        Act::Rotate => "to be rotated by their owners",
        Act::Revoke => "revoked",
    };
    let (tone, said) = match left {
        0 => (Tone::Ok, format!("{} {} {did}.", keys(done), are(done))),
        _ => (Tone::Warn, format!("{} {} {did}; {} {} not.", keys(done), are(done), keys(left), are(left))),
    };
    let crumb = Crumb { text: "Keys".to_owned(), href: Asked { after: None, ..list.clone() }.href() };
    let rest =
        list.after.is_some().then(|| WayOn { text: "Go on with the next ones".to_owned(), href: next(act, &list) });
    let all = changed.into_iter().map(|Changed { key, name, outcome }| {
        let (tone, word, why) = match outcome {
            KeyOutcome::Done => (Tone::Ok, "Done", String::new()),
            KeyOutcome::Refused(refusals) => {
                let reasons: Vec<_> = refusals.iter().map(words::refusal).collect();
                (Tone::Warn, "Not done", reasons.join(" "))
            }
            KeyOutcome::Gone => (Tone::Bad, "Not done", "It is not yours to change any more.".to_owned()),
            KeyOutcome::Failed => (Tone::Bad, "Not done", "Something failed. Try this one again.".to_owned()),
        };
        Became { name, href: paths::key(key), tone, word, why }
    });
    view! {
        <PageHead title="What became of the keys" crumb=crumb/>
        <Notice tone=tone text=said way_on=rest/>
        <Outcomes caption="What became of the keys" all=all.collect()/>
    }
}

const fn are(count: usize) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

/// The same act on those after these.
fn next(act: Act, list: &Asked) -> String {
    match serde_html_form::to_string(list) {
        Ok(query) => format!("{}?act={}&all=yes&{query}", paths::SELECTED_KEYS, act.word()),
        Err(_) => paths::KEYS.to_owned(),
    }
}
