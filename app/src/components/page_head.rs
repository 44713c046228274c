//! The top of a page: one `h1`, its status, one line of context, and the actions on the thing itself.

use super::chip::{Status, StatusChip};
use leptos::prelude::*;

/// The page above this one.
#[derive(Debug, Clone)]
pub struct Crumb {
    pub text: String,
    pub href: String,
}

/// Children are the actions; at most one of them is primary.
#[component]
pub fn PageHead(
    #[prop(into)] title: String,
    #[prop(optional)] crumb: Option<Crumb>,
    #[prop(optional_no_strip)] status: Option<Status>,
    /// A line of facts below the title.
    #[prop(optional, into)]
    context: Option<AnyView>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="page-head">
            {crumb.map(|crumb| view! { <p class="crumb"><a href=crumb.href>{crumb.text}</a></p> })}
            <div class="row">
                <div class="title">
                    <h1>{title}</h1>
                    {status.map(|status| view! { <StatusChip status=status/> })}
                </div>
                {children.map(|children| view! { <div class="actions">{children()}</div> })}
            </div>
            {context.map(|context| view! { <p class="context">{context}</p> })}
        </div>
    }
}
