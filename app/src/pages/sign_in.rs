//! The page for people who are not signed in: what this is, and the way in.

use crate::chrome::Place;
use crate::components::{Notice, PageHead, Tone};
use crate::html;
use crate::visit::Frame;
use leptos::prelude::*;

/// `issuers` are names and addresses, one button each. `note` says why one is here: "You are signed out."
pub fn page(frame: &Frame, issuers: &[(String, String)], note: Option<&str>) -> String {
    let chrome = frame.chrome(None, Place::Elsewhere);
    let note = note.map(str::to_owned);
    let issuers = issuers.to_vec();
    html::document(&chrome, "Sign in", || {
        let buttons = issuers.into_iter().enumerate().map(|(at, (name, href))| {
            let class = if at == 0 { "button primary" } else { "button" };
            view! { <a class=class href=href>{format!("Sign in with {name}")}</a> }
        });
        let buttons: Vec<_> = buttons.collect();
        let nobody = buttons.is_empty().then(|| {
            let text = "No identity provider can be reached at the moment. Try again in a minute, or tell whoever runs \
                        this portal.";
            view! { <Notice tone=Tone::Warn text=text/> }
        });
        view! {
            <PageHead title="Keys for language models"/>
            {note.map(|text| view! { <Notice tone=Tone::Info text=text/> })}
            <div class="prose">
                <p>
                    "Mint a key within your organisation's limits, use it in your apps and coding agents, and watch what \
                     it spends."
                </p>
            </div>
            {nobody}
            <div class="actions">{buttons}</div>
        }
    })
}
