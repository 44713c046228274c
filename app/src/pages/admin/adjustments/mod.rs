//! `/admin/cost-centres/adjustments`: past spend of a key that belongs to another cost centre. A form says what would move
//! before anything does; an adjustment has a page of its own, which offers to take it back.

pub mod choose;
pub mod confirm;
pub mod form;
pub mod new;
pub mod show;

use crate::paths;
use domain::commitment::Month;
use domain::day::Day;
use domain::money::NanoUsd;
use leptos::prelude::*;

/// `1 to 30 Nov 2026`, `28 Oct 2026 to 3 Nov 2026`, `14 Nov 2026`
pub(in crate::pages) fn span(first: Day, last: Day) -> String {
    let (begin, end) = (first.date(), last.date());
    let whole = super::cost_centres::day;
    if first == last {
        whole(last)
    } else if begin.first_of_month() == end.first_of_month() {
        format!("{} to {}", begin.day(), whole(last))
    } else {
        format!("{} to {}", whole(first), whole(last))
    }
}

/// `November 2026`
pub(in crate::pages) fn month_name(month: Month) -> String {
    month.first_day().date().strftime("%B %Y").to_string()
}

/// What each month has of it, with its statement.
fn months(all: &[(Month, NanoUsd)]) -> AnyView {
    let several = all.len() > 1;
    let links = all.iter().enumerate().map(|(nth, (month, amount))| {
        let amount = several.then(|| format!(" {}", crate::format::usd_exact(*amount)));
        view! { {(nth > 0).then_some(", ")}<a href=paths::cost_statement(*month)>{month_name(*month)}</a>{amount} }
            .into_any()
    });
    links.collect_view().into_any()
}

/// What people ask before they press the button.
fn what_it_changes() -> AnyView {
    view! {
        <ul class="prose">
            <li>
                "It counts in the month of the spend that it moves. The statement of that month changes with it, also when the \
                 month is over, and shows it in lines of its own: less here, as much more there."
            </li>
            <li>
                "It is a matter of books. Budgets and limits stay as they are, and what is counted against them too: they \
                 decided about these calls when they were made, and no call is let in or refused by what is written down later."
            </li>
            <li>"Usage goes on showing what each call was charged to, and commitments are shared as before."</li>
            <li>"Nothing of it can be changed or removed. What was wrong is taken back by another adjustment."</li>
        </ul>
    }
    .into_any()
}
