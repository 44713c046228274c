//! `/admin/cost-centres`: what finance books spend to, and until when.

pub mod end;
pub mod form;
pub mod import;
pub mod list;
pub mod new;
pub mod show;

use crate::components::{SelectOption, Tone};
use domain::cost_centre::{CentreEntry, CentreStanding};
use domain::day::Day;

/// `4 Dec 2026`
pub(in crate::pages) fn day(day: Day) -> String {
    day.date().strftime("%-d %b %Y").to_string()
}

/// `Until 31 Dec 2026`
pub fn validity(entry: &CentreEntry) -> String {
    match (entry.valid_from, entry.valid_until) {
        (None, None) => "Until further notice".to_owned(),
        (Some(from), None) => format!("From {}", day(from)),
        (None, Some(last)) => format!("Until {}", day(last)),
        (Some(from), Some(last)) => format!("{} to {}", day(from), day(last)),
    }
}

const fn state(standing: CentreStanding) -> (Tone, &'static str) {
    match standing {
        CentreStanding::Valid => (Tone::Ok, "Valid"),
        CentreStanding::NotYet { .. } => (Tone::Info, "Not yet"),
        CentreStanding::Ended { .. } => (Tone::Plain, "Ended"),
    }
}

/// What a form offers: nothing first, in these words, then those that are valid today. What was chosen before and is not
/// among them stays, so that the form shows what it will be refused for.
pub fn options(none: String, valid: &[CentreEntry], chosen: &str) -> Vec<SelectOption> {
    let mut options = vec![SelectOption::new("", none)];
    options.extend(valid.iter().map(|entry| SelectOption::new(entry.code.clone(), entry.label())));
    let chosen = chosen.trim();
    if !chosen.is_empty() && valid.iter().all(|entry| entry.code != chosen) {
        options.push(SelectOption::new(chosen, format!("{chosen} (not valid today)")));
    }
    options
}
