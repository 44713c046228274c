//! What stands above a list: views with their counts, and the filter. All of it lives in the address, so that a link to a
//! view is the view.

use crate::format::grouped;
use leptos::prelude::*;

#[derive(Debug, Clone)]
pub struct ListView {
    pub text: String,
    pub count: u64,
    pub href: String,
    pub current: bool,
}

#[component]
pub fn Views(views: Vec<ListView>, #[prop(default = "Views".to_owned(), into)] label: String) -> impl IntoView {
    let links = views.into_iter().map(|ListView { text, count, href, current }| {
        let current = current.then_some("true");
        view! {
            <li><a href=href aria-current=current>{text}<span class="count">{grouped(count)}</span></a></li>
        }
    });
    view! { <nav aria-label=label><ul class="views">{links.collect_view()}</ul></nav> }
}

/// A form that asks by GET. Children are its fields; `aside` stands at the far end (columns, CSV).
#[component]
pub fn Filter(
    #[prop(into)] action: String,
    #[prop(optional, into)] aside: Option<AnyView>,
    children: Children,
) -> impl IntoView {
    view! {
        <form class="filter" method="get" action=action role="search">
            {children()}
            <button class="button" type="submit">"Filter"</button>
            {aside.map(|aside| view! { <div class="aside">{aside}</div> })}
        </form>
    }
}
