//! A titled part of a page with an anchor, so that a link can lead straight to it.

use leptos::prelude::*;

#[component]
pub fn Section(
    /// The anchor.
    #[prop(into)]
    id: String,
    #[prop(into)] title: String,
    /// What stands at the far end of the title's line: a link, a range, a note.
    #[prop(optional, into)]
    aside: Option<AnyView>,
    children: Children,
) -> impl IntoView {
    let heading = format!("{id}-title");
    view! {
        <section class="section" id=id aria-labelledby=heading>
            <div class="section-head">
                <h2 id=heading.clone()>{title}</h2>
                {aside.map(|aside| view! { <div>{aside}</div> })}
            </div>
            {children()}
        </section>
    }
}
