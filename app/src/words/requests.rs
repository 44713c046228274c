//! Words for requests and their answers: where one stands, what it asks for, until when.

use super::refusals::amount;
use super::settings::traffic;
use crate::components::Tone;
use crate::format::{Calendar, usd};
use domain::access_profile::Deciders;
use domain::access_request::{AccessRequest, RequestState, Standing, Wish};
use domain::grant::More;
use domain::refusal::Amount;
use domain::time::Timestamp;

pub const fn request_standing(standing: Standing) -> (Tone, &'static str) {
    match standing {
        Standing::Waiting => (Tone::Info, "Waiting"),
        Standing::Overdue => (Tone::Warn, "Waiting: overdue"),
        Standing::Approved => (Tone::Ok, "Approved"),
        Standing::Declined => (Tone::Bad, "Declined"),
        Standing::Withdrawn => (Tone::Plain, "Withdrawn"),
        Standing::Lapsed => (Tone::Plain, "Lapsed"),
    }
}

/// `$350.00 a month`, `90 requests a minute`, `large-model`; empty for nothing.
pub fn figures(more: &More) -> Vec<String> {
    let money = |cap: &domain::budget::Cap| amount(Amount::Money { amount: cap.limit, window: cap.window });
    let mut parts: Vec<String> = more.limits.caps.iter().map(money).collect();
    parts.extend(traffic(&more.limits));
    parts.extend(more.models.iter().map(ToString::to_string));
    parts
}

/// What is asked for, in one line.
pub fn wish(request: &AccessRequest, calendar: &Calendar) -> String {
    let parts = match &request.wish {
        Wish::NewKey { above, .. } if !above.is_empty() => figures(above),
        Wish::NewKey { wanted, .. } => {
            wanted.caps.iter().map(|cap| format!("{} {}", usd(cap.limit), super::per_window(cap.window))).collect()
        }
        Wish::MoreFor { more, .. } => figures(more),
    };
    let mut text = parts.join(", ");
    if !request.wish.more().is_empty() {
        text = format!("{text} {}", until(request.until, calendar));
    }
    if let Wish::MoreFor { expires_at: Some(end), .. } = request.wish {
        let joint = if text.is_empty() { "" } else { ", " };
        text = format!("{text}{joint}to live until {}", calendar.day(end));
    }
    text
}

/// `until 31 Dec`, `for good`
pub fn until(until: Option<Timestamp>, calendar: &Calendar) -> String {
    until.map_or_else(|| "for good".to_owned(), |until| format!("until {}", calendar.day(until)))
}

/// Who answers, as the end of a sentence: `Lea or an administrator`.
pub fn deciders_named(names: &[String], deciders: Deciders) -> String {
    let administrator = "an administrator";
    match (deciders, names) {
        (Deciders::Administrators, _) | (_, []) => administrator.to_owned(),
        (Deciders::LeadsAndAdministrators, [one]) => format!("{one} or {administrator}"),
        (Deciders::LeadsAndAdministrators, [several @ .., last]) => {
            format!("{}, {last} or {administrator}", several.join(", "))
        }
    }
}

/// What came of it, and by whom; nothing for one that waits.
pub fn answer(request: &AccessRequest, by: Option<&str>, calendar: &Calendar) -> Option<String> {
    let by = by.unwrap_or("somebody");
    match &request.state {
        RequestState::Waiting => None,
        RequestState::Approved { at, granted, .. } => {
            let what = figures(&granted.more).join(", ");
            let what = match (what.is_empty(), granted.expires_at) {
                (true, Some(end)) => format!("it lives until {}", calendar.day(end)),
                (true, None) => "all that was asked for".to_owned(),
                (false, _) => format!("{what} {}", until(granted.until, calendar)),
            };
            Some(format!("Approved by {by} on {}: {what}.", calendar.day(*at)))
        }
        RequestState::Declined { at, reason, .. } => {
            Some(format!("Declined by {by} on {}: \u{201c}{reason}\u{201d}", calendar.day(*at)))
        }
        RequestState::Withdrawn { at } => Some(format!("Taken back on {}.", calendar.day(*at))),
    }
}
