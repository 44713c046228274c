//! Approvals: what waits for an answer, what was answered, what ends soon, and the rules that answer by themselves.

pub mod decided;
pub mod lapsing;
pub mod queue;
pub mod rule;
pub mod rules;

use crate::chrome::Place;
use crate::html;
use crate::paths;
use crate::visit::Visit;
use leptos::prelude::*;

fn page<V: IntoView + 'static>(visit: &Visit, title: &str, body: impl FnOnce() -> V) -> String {
    html::document(&visit.chrome(Place::Approvals), title, body)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tab {
    Waiting,
    Decided,
    Lapsing,
    Rules,
}

/// The four lists, with how many there are where that is known.
fn tabs(current: Tab, waiting: Option<i64>, lapsing: Option<usize>) -> impl IntoView {
    let counted =
        |count: Option<u64>| count.map(|count| view! { <span class="count">{crate::format::grouped(count)}</span> });
    let waiting = waiting.and_then(|count| u64::try_from(count).ok());
    let lapsing = lapsing.and_then(|count| u64::try_from(count).ok());
    let link = |tab: Tab, text: &'static str, href: &'static str, count: Option<u64>| {
        let here = (tab == current).then_some("true");
        view! { <li><a href=href aria-current=here>{text}{counted(count)}</a></li> }
    };
    view! {
        <nav aria-label="Approvals">
            <ul class="views">
                {link(Tab::Waiting, "Waiting", paths::APPROVALS, waiting)}
                {link(Tab::Decided, "Decided", paths::DECIDED, None)}
                {link(Tab::Lapsing, "Lapsing soon", paths::LAPSING, lapsing)}
                {link(Tab::Rules, "Rules", paths::APPROVAL_RULES, None)}
            </ul>
        </nav>
    }
}
