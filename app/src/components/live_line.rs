//! A line that waits for something to happen and then says how it went.

use leptos::prelude::*;

/// With script it follows the server-sent events at `url`; without, the link leads to a page that knows
/// (in a new tab, because reloading this one would send a form again).
#[component]
pub fn LiveLine(
    #[prop(into)] url: String,
    #[prop(into)] waiting: String,
    #[prop(into)] check_href: String,
    #[prop(into)] check: String,
) -> impl IntoView {
    view! {
        <div class="live" role="status" data-live=url data-state="waiting">
            <p data-live-text>{waiting}</p>
            <a data-live-link hidden href=check_href.clone()></a>
            <a data-live-fallback href=check_href target="_blank" rel="noopener">{check}</a>
        </div>
    }
}
