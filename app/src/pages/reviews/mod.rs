//! Quarterly reviews of keys: the list to work through, what becomes of each key, how a review goes, and the switch.

pub mod decide;
mod file;
pub mod list;
pub mod progress;
pub mod switch;
mod table;

use crate::chrome::Place;
use crate::components::{EmptyState, Notice, Tone, WayOn};
use crate::html;
use crate::pages::admin::counted;
use crate::paths;
use crate::visit::Visit;
use crate::words::reviews::{day, quarter};
use domain::key_review::Review;
use leptos::prelude::*;
use portal::keys::reviews::{Held, ReviewsWaiting};

fn page<V: IntoView + 'static>(visit: &Visit, title: &str, body: impl FnOnce() -> V) -> String {
    html::document(&visit.chrome(Place::Reviews), title, body)
}

/// What is in a review, and until when.
fn about(review: &Review, overdue: bool) -> String {
    let (of, first, due) = (quarter(review.quarter), day(review.quarter.first_day()), day(review.due));
    let due = if overdue { format!("was due by {due}") } else { format!("due by {due}") };
    format!("{of} · keys minted before {first} · {due}")
}

/// There is no review now: why, and what somebody can do about it.
fn none_open(held: Held, administers: bool) -> Option<impl IntoView> {
    let text = match held {
        Held::Open { .. } => return None,
        Held::Off => {
            "Key reviews are switched off. When they are on, leads say of every key once a quarter that it is still \
             needed, or revoke it."
                .to_owned()
        }
        Held::From(review) => format!(
            "No review is open. The next one is that of {}: it opens on {} and is due by {}.",
            quarter(review.quarter),
            day(review.opens),
            day(review.due)
        ),
    };
    let switch = (held == Held::Off && administers)
        .then(|| view! { <a class="button primary" href=paths::SWITCH_REVIEWS>"Switch on…"</a> });
    Some(view! { <EmptyState text=text>{switch}</EmptyState> })
}

/// For the first page of whoever has keys to decide about.
pub fn waiting(waiting: ReviewsWaiting) -> impl IntoView {
    let ReviewsWaiting { keys, due, overdue } = waiting;
    let verb = if keys == 1 { "waits" } else { "wait" };
    let (tone, due) = match overdue {
        true => (Tone::Warn, format!("which was due by {}", day(due))),
        false => (Tone::Info, format!("due by {}", day(due))),
    };
    let text = format!("{} {verb} for your review, {due}.", counted(keys, "key"));
    let way_on = WayOn { text: "Review them".to_owned(), href: paths::REVIEWS.to_owned() };
    view! { <Notice tone=tone text=text way_on=Some(way_on)/> }
}
