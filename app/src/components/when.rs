//! A moment in a page: said relative to now, with the exact time in its title and for machines.

use crate::format::Calendar;
use domain::time::Timestamp;
use leptos::prelude::*;

/// `3 min ago`, the absolute time on hover.
pub fn when(calendar: &Calendar, at: Timestamp) -> impl IntoView + use<> {
    view! { <time datetime=Calendar::machine(at) title=calendar.exact(at)>{calendar.relative(at)}</time> }
}

/// `4 Dec 2026`, the exact time on hover.
pub fn day(calendar: &Calendar, at: Timestamp) -> impl IntoView + use<> {
    view! { <time datetime=Calendar::machine(at) title=calendar.exact(at)>{calendar.date(at)}</time> }
}
