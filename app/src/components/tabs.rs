//! Tabs without script: a group of radio buttons, each showing its part. The style sheet knows eight of them.
//!
//! Where scripts run, the last choice is remembered by its key.

use super::code::CodeBlock;
use leptos::prelude::*;

#[derive(Debug)]
pub struct Tab {
    /// Stands for the tab in the browser's memory; letters, digits, hyphens.
    pub key: &'static str,
    pub label: String,
    pub part: AnyView,
}

/// `name` must be unique in the page; `remember` names what is chosen (a client, a shell), the same in all pages.
#[component]
pub fn Tabs(
    #[prop(into)] name: String,
    #[prop(into)] legend: String,
    #[prop(optional)] remember: Option<&'static str>,
    /// The key of the tab that is open at first; else the first one.
    #[prop(optional)]
    open: &'static str,
    tabs: Vec<Tab>,
) -> impl IntoView {
    let open = tabs.iter().position(|tab| tab.key == open).unwrap_or(0);
    let (buttons, parts): (Vec<_>, Vec<_>) = tabs
        .into_iter()
        .enumerate()
        .map(|(at, Tab { key, label, part })| {
            let id = format!("{name}-{key}");
            let button = view! {
                <input type="radio" id=id.clone() name=name.clone() value=key checked=at == open/>
                <label for=id>{label}</label>
            };
            (button, view! { <div class="part">{part}</div> })
        })
        .unzip();
    view! {
        <fieldset class="tabs" data-remember=remember>
            <legend class="visually-hidden">{legend}</legend>
            {buttons}
            {parts}
        </fieldset>
    }
}

/// The same thing for one shell or file format.
#[derive(Debug, Clone)]
pub struct Snippet {
    pub key: &'static str,
    pub label: String,
    pub text: String,
}

/// How one client is told about the key.
#[derive(Debug)]
pub struct ClientSnippet {
    pub key: &'static str,
    pub label: String,
    pub snippets: Vec<Snippet>,
    /// Said below the code: which models, what to mind.
    pub note: Option<AnyView>,
}

#[component]
pub fn Snippets(clients: Vec<ClientSnippet>, #[prop(optional)] open: &'static str) -> impl IntoView {
    let tabs = clients.into_iter().map(|ClientSnippet { key: client, label, snippets, note }| {
        let code = |snippet: Snippet| {
            let about = format!("{label}, {}", snippet.label);
            view! { <CodeBlock id=format!("code-{client}-{}", snippet.key) label=about text=snippet.text/> }
        };
        let body = if snippets.len() == 1 {
            snippets.into_iter().map(code).collect_view().into_any()
        } else {
            let shells = snippets
                .into_iter()
                .map(|snippet| Tab { key: snippet.key, label: snippet.label.clone(), part: code(snippet).into_any() });
            view! { <Tabs name=format!("shell-{client}") legend="Shell or file" remember="shell" tabs=shells.collect()/> }
                .into_any()
        };
        let note = note.map(|note| view! { <p class="muted">{note}</p> });
        Tab { key: client, label: label.clone(), part: view! { {body}{note} }.into_any() }
    });
    view! { <Tabs name="client" legend="Client" remember="client" open=open tabs=tabs.collect()/> }
}
