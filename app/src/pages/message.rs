//! A page that only says something: after signing out, or when signing in came to nothing.

use crate::chrome::Place;
use crate::components::{Id, PageHead};
use crate::html;
use crate::visit::Frame;
use leptos::prelude::*;

/// Text for people, as the server composes it.
#[derive(Debug, Clone, Default)]
pub struct Message {
    pub title: String,
    pub paragraphs: Vec<String>,
    /// Text and address of the ways on, the natural one first.
    pub links: Vec<(String, String)>,
    /// Where the browser goes by itself. A redirect after a form post may not leave this origin under the content
    /// security policy, a refresh may: signing out at the identity provider needs it.
    pub refresh: Option<String>,
    /// To quote, where something was refused.
    pub request_id: Option<String>,
}

pub fn page(frame: &Frame, message: &Message) -> String {
    let Message { title, paragraphs, links, refresh, request_id } = message.clone();
    let chrome = frame.chrome(None, Place::Elsewhere);
    html::document_leading_on(&chrome, &title.clone(), refresh.as_deref(), || {
        let paragraphs = paragraphs.into_iter().map(|text| view! { <p>{text}</p> });
        let links = links.into_iter().enumerate().map(|(at, (text, href))| {
            let class = if at == 0 { "button primary" } else { "button" };
            view! { <a class=class href=href>{text}</a> }
        });
        let links: Vec<_> = links.collect();
        let links = (!links.is_empty()).then(|| view! { <div class="actions">{links}</div> });
        view! {
            <PageHead title=title/>
            <div class="prose">
                {paragraphs.collect_view()}
                {links}
                {request_id.map(|id| view! { <p class="muted">"Request "<Id text=id/></p> })}
            </div>
        }
    })
}
