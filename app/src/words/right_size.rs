//! Words for the terms of a key beside what it used of them.

use super::{endpoint, rule};
use crate::format::{grouped, usd};
use domain::budget::{Cap, Window};
use domain::limits::{Counted, Quota};
use domain::replay::Rule;
use domain::right_size::{Observed, Part};

/// As the rows of the guardrail form are called.
pub fn part_name(part: &Part) -> String {
    rule(match *part {
        Part::Models(_) => Rule::Model,
        Part::Endpoints(_) => Rule::Endpoint,
        Part::Networks(_) => Rule::Network,
        Part::Cap(Cap { window, .. }) => Rule::Cap(window),
        Part::RequestsPerMinute(_) => Rule::RequestsPerMinute,
        Part::Concurrency(_) => Rule::Concurrency,
        Part::TokensPerMinute(_) => Rule::TokensPerMinute,
        Part::Quota(Quota { counted, window, .. }) => Rule::Quota(counted, window),
    })
}

/// The value alone; its name says the window.
pub fn part_value(part: Option<&Part>) -> String {
    match part {
        None => "no limit".to_owned(),
        Some(Part::Models(models)) => listed(models.iter().map(|model| model.as_str().to_owned())),
        Some(Part::Endpoints(endpoints)) => listed(endpoints.iter().map(|&one| endpoint(one).to_owned())),
        Some(Part::Networks(networks)) if networks.is_empty() => "any".to_owned(),
        Some(Part::Networks(networks)) => listed(networks.iter().map(ToString::to_string)),
        Some(Part::Cap(cap)) => usd(cap.limit),
        Some(Part::RequestsPerMinute(most) | Part::Concurrency(most)) => grouped(u64::from(*most)),
        Some(Part::TokensPerMinute(most)) => grouped(*most),
        Some(Part::Quota(quota)) => grouped(quota.limit),
    }
}

/// What was used of it: `at most $1.20 a day`, `at most 9 in an hour`.
pub fn part_used(part: &Part, observed: &Observed) -> String {
    let in_hour = |count: u64| format!("at most {} in an hour", grouped(count));
    let of_window = |window| observed.peak(window).unwrap_or_default();
    match part {
        Part::Models(_) => listed(observed.models.iter().cloned()),
        Part::Endpoints(_) => listed(observed.endpoints.iter().flatten().map(|&one| endpoint(one).to_owned())),
        Part::Networks(_) => match observed.addresses.as_deref().unwrap_or_default() {
            [only] => format!("called from {only}"),
            some => format!("called from {} addresses", grouped(some.len() as u64)),
        },
        Part::Cap(cap) => at_most(&usd(of_window(cap.window).cost), cap.window),
        Part::RequestsPerMinute(_) | Part::Concurrency(_) => in_hour(observed.busiest_hour().calls),
        Part::TokensPerMinute(_) => in_hour(observed.busiest_hour().tokens),
        Part::Quota(Quota { counted: Counted::Requests, window, .. }) => {
            at_most(&grouped(of_window(*window).calls), *window)
        }
        Part::Quota(Quota { counted: Counted::Tokens, window, .. }) => {
            at_most(&grouped(of_window(*window).tokens), *window)
        }
    }
}

fn at_most(most: &str, window: Window) -> String {
    match window {
        Window::Hour => format!("at most {most} in an hour"),
        Window::Day => format!("at most {most} in a day"),
        Window::Week => format!("at most {most} in a week"),
        Window::Month | Window::Quarter | Window::Total => format!("{most} in 30 days"),
    }
}

/// A long list is known by its beginning.
fn listed(entries: impl Iterator<Item = String>) -> String {
    const SHOWN: usize = 6;
    let entries: Vec<String> = entries.collect();
    match entries.len() {
        0 => "none".to_owned(),
        count if count > SHOWN + 1 => {
            format!("{} and {} more", entries[..SHOWN].join(", "), grouped((count - SHOWN) as u64))
        }
        _ => entries.join(", "),
    }
}
