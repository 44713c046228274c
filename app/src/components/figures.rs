//! The few numbers a page is about.

use leptos::prelude::*;

#[derive(Debug, Clone)]
pub struct Figure {
    pub name: String,
    pub value: String,
}

/// The first figure is the key one and stands largest.
#[component]
pub fn Figures(figures: Vec<Figure>) -> impl IntoView {
    let shown = figures.into_iter().enumerate().map(|(at, figure)| {
        view! { <div class=(at == 0).then_some("lead")><dt>{figure.name}</dt><dd>{figure.value}</dd></div> }
    });
    view! { <dl class="figures">{shown.collect_view()}</dl> }
}
