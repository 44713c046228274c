//! What was spent, in the currency that people read, with the dollars that are kept below it; without one, the dollars.

use super::Figure;
use crate::format::{converted, usd, usd_exact};
use crate::words::exchange::sentence;
use domain::exchange::{Conversion, Converted};
use domain::money::NanoUsd;
use leptos::prelude::*;

/// For a cell of a table.
#[component]
pub fn Spent(
    cost: NanoUsd,
    #[prop(optional_no_strip)] shown: Option<Converted>,
    /// What the row is about.
    #[prop(optional)]
    strong: bool,
) -> impl IntoView {
    let figure = shown.map_or_else(|| usd(cost), converted);
    let figure = if strong { view! { <b>{figure}</b> }.into_any() } else { figure.into_any() };
    match shown {
        None => figure,
        Some(_) => view! { {figure}<span class="note" title=usd_exact(cost)>{usd(cost)}</span> }.into_any(),
    }
}

/// In a sentence: `EUR 1,149.60 ($1,249.57)`.
pub fn spent_in_words(cost: NanoUsd, shown: Option<Converted>) -> String {
    match shown {
        None => usd(cost),
        Some(shown) => format!("{} ({})", converted(shown), usd(cost)),
    }
}

/// The head of a page: what was spent, and the dollars beside it.
pub fn spent_figures(name: String, cost: NanoUsd, shown: Option<Converted>) -> Vec<Figure> {
    let figure = |name: String, value: String| Figure { name, value };
    let mut figures = vec![figure(name, shown.map_or_else(|| usd(cost), converted))];
    figures.extend(shown.map(|_| figure("in US dollars".to_owned(), usd(cost))));
    figures
}

/// At which rates a page is converted, what is not, and how sums are rounded. Nothing where there are dollars alone.
#[component]
pub fn Rates(
    #[prop(optional_no_strip)] conversion: Option<Conversion>,
    /// What stays in dollars on this page, at the end of a sentence.
    in_dollars: &'static str,
) -> impl IntoView {
    conversion.map(|conversion| {
        let rounded = matches!(conversion, Conversion::Rated { .. }).then(|| {
            format!(
                " Sums are exact and rounded once, where they are shown, each with its dollars; {in_dollars} are in US \
                 dollars."
            )
        });
        view! { <p class="muted">{sentence(&conversion)}{rounded}</p> }
    })
}
