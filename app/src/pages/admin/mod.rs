//! Administration: what administrators set and auditors read.
//!
//! Each page is shown to both; controls that change something appear for administrators only, and the use cases behind
//! them demand the proof again.

pub mod adjustments;
pub mod applications;
pub mod audit;
pub mod budgets;
pub mod by_name;
pub mod calls;
pub mod commitments;
pub mod cost_centres;
pub mod cost_statement;
pub mod currency;
pub mod data_scopes;
pub mod environments;
pub mod guardrails;
pub mod key_policy;
pub mod mail;
pub mod models;
pub mod overview;
pub mod people;
pub mod providers;
pub mod sign_in;
mod standing;
pub mod teams;
pub mod units;

use crate::chrome::Place;
use crate::components::{Icon, Notice, Tone};
use crate::format::Calendar;
use crate::html;
use crate::visit::Visit;
use domain::permission::Permission;
use domain::time::{MS_PER_DAY, Timestamp};
use leptos::prelude::*;

/// A provider credential older than this is worth replacing.
const OLD_CREDENTIAL_DAYS: i64 = 90;

fn may_change(visit: &Visit) -> bool {
    Permission::Administer.allows(Some(&visit.caller))
}

fn document<V: IntoView + 'static>(
    visit: &Visit,
    place: Place,
    title: &str,
    body: impl FnOnce(&Calendar) -> V,
) -> String {
    let calendar = visit.calendar();
    html::document(&visit.chrome(place), title, || body(&calendar))
}

/// What just happened, above the page of the thing that it happened to.
#[derive(Debug, Clone)]
pub struct Happened {
    pub tone: Tone,
    pub text: String,
}

impl Happened {
    pub fn well(text: impl Into<String>) -> Self {
        Self { tone: Tone::Ok, text: text.into() }
    }
}

pub(in crate::pages) fn notice(happened: Option<Happened>) -> impl IntoView {
    happened.map(|Happened { tone, text }| view! { <div role="status"><Notice tone=tone text=text/></div> })
}

/// The way on in a list that is read page by page and not counted.
pub(in crate::pages) fn more(href: Option<String>) -> impl IntoView {
    href.map(|href| {
        view! {
            <nav class="pager" aria-label="Pages"><a href=href rel="next">"Next "{Icon::Next.view()}</a></nav>
        }
    })
}

fn age_in_days(now: Timestamp, since: Timestamp) -> i64 {
    now.since(since).max(0) / MS_PER_DAY
}

/// `1 model`, `3 models`
pub(in crate::pages) fn counted(count: u64, noun: &str) -> String {
    format!("{} {noun}{}", crate::format::grouped(count), if count == 1 { "" } else { "s" })
}

/// `usize` as the formatters take it.
fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// A count of the database, which is never negative.
pub(in crate::pages) fn at_least_none(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// A value for the query of an address: everything but letters, digits and `-._~` is encoded.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// The lines of a text area that say something.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_value_cannot_end_its_parameter() {
        assert_eq!(encoded("a&b=ü ~"), "a%26b%3D%C3%BC%20~");
    }

    #[test]
    fn one_is_not_many() {
        assert_eq!(counted(1, "model"), "1 model");
        assert_eq!(counted(1_204, "key"), "1,204 keys");
    }
}
