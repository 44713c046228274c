//! The frame of every page: product name, where one can go, who one is, and the way out.
//!
//! The links shown follow the caller's roles. That is a courtesy, not a protection: the server checks each request.

use crate::components::Icon;
use crate::format::{Calendar, grouped};
use crate::paths;
use domain::data_scope::OfEveryone;
use domain::permission::Permission;
use domain::person::{Caller, Role};
use leptos::prelude::*;
use portal::surroundings::Surroundings;

/// Addresses of the static files; they change with their content.
#[derive(Debug, Clone)]
pub struct Assets {
    pub css: String,
    pub js: String,
    pub icon: String,
}

/// Everything about a page that is not the page's own.
#[derive(Debug, Clone, Copy)]
pub struct Chrome<'a> {
    pub assets: &'a Assets,
    /// `None` before sign-in.
    pub caller: Option<&'a Caller>,
    pub place: Place,
    /// What the caller has not read, and which places are there for them.
    pub around: Surroundings,
    /// One sentence above every page: development mode, or something that everyone must know.
    pub banner: Option<&'a str>,
    pub calendar: &'a Calendar,
    pub version: &'a str,
}

/// Which link of the navigation a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Keys,
    Models,
    Playground,
    Usage,
    Requests,
    Approvals,
    Reviews,
    Notifications,
    Overview,
    Providers,
    Catalogue,
    Guardrails,
    Budgets,
    People,
    Teams,
    SignIn,
    Audit,
    /// Home, sign-in, errors: no link is marked.
    Elsewhere,
}

type Link = (Place, &'static str, &'static str);

const WORK: [Link; 5] = [
    (Place::Keys, "Keys", paths::KEYS),
    (Place::Models, "Models", paths::MODELS),
    (Place::Playground, "Playground", paths::PLAYGROUND),
    (Place::Usage, "Usage", paths::USAGE),
    (Place::Requests, "Requests", paths::REQUESTS),
];
const APPROVALS: Link = (Place::Approvals, "Approvals", paths::APPROVALS);
const REVIEWS: Link = (Place::Reviews, "Reviews", paths::REVIEWS);
const ADMINISTRATION: [Link; 9] = [
    (Place::Overview, "Overview", paths::ADMINISTRATION),
    (Place::Providers, "Providers", paths::PROVIDERS),
    (Place::Catalogue, "Models and prices", paths::CATALOGUE),
    (Place::Guardrails, "Guardrails", paths::GUARDRAILS),
    (Place::Budgets, "Budgets", paths::BUDGETS),
    (Place::People, "People", paths::PEOPLE),
    (Place::Teams, "Teams", paths::TEAMS),
    (Place::SignIn, "Sign-in", paths::SIGN_IN_SETUP),
    (Place::Audit, "Audit log", paths::AUDIT),
];

/// Pages about everybody are not there for whoever does not see everybody.
pub fn is_there(place: Place, of_everyone: OfEveryone) -> bool {
    match place {
        Place::Overview => of_everyone.spend && of_everyone.calls,
        Place::Budgets => of_everyone.spend,
        Place::People | Place::Teams => of_everyone.names,
        _ => true,
    }
}

/// Administrators switch them on there. Leads have nothing to do there before that, and auditors read of all keys or nothing.
fn has_reviews(caller: &Caller, on: bool, of_everyone: OfEveryone) -> bool {
    caller.has(Role::Administrator) || (caller.is_lead() && on) || (caller.has(Role::Auditor) && of_everyone.calls)
}

#[component]
pub fn Masthead(caller: Option<Caller>, place: Place, around: Surroundings) -> impl IntoView {
    let Surroundings { unread, reviews, of_everyone } = around;
    let work = caller.as_ref().map(|caller| {
        let approvals = Permission::SeeRequests.allows(Some(caller)).then_some(APPROVALS);
        let reviews = has_reviews(caller, reviews, of_everyone).then_some(REVIEWS);
        let links: Vec<Link> = WORK.into_iter().chain(approvals).chain(reviews).collect();
        nav("Main", &links, place)
    });
    // Auditors read everything that administrators change.
    let oversight = caller.as_ref().filter(|caller| caller.has(Role::Administrator) || caller.has(Role::Auditor));
    let oversight = oversight.map(|_| {
        let links: Vec<Link> =
            ADMINISTRATION.into_iter().filter(|(target, ..)| is_there(*target, of_everyone)).collect();
        view! { <div class="masthead-row">{nav("Administration", &links, place)}</div> }
    });
    view! {
        <header class="masthead">
            <div class="masthead-row">
                <a class="brand" href=paths::HOME><Mark/>"Keywright"</a>
                {work}
                {caller.map(|caller| account(caller, place, unread))}
            </div>
            {oversight}
        </header>
    }
}

fn nav(name: &'static str, links: &[Link], place: Place) -> impl IntoView + use<> {
    let entries = links.iter().map(|&(target, text, href)| {
        let current = (target == place).then_some("true");
        view! { <li><a href=href aria-current=current>{text}</a></li> }
    });
    view! {
        <nav class="nav" aria-label=name>
            <ul>{entries.collect_view()}</ul>
        </nav>
    }
}

fn account(caller: Caller, place: Place, unread: u64) -> impl IntoView {
    let mut roles: Vec<_> = caller.roles.iter().map(|role| role.word()).collect();
    if caller.is_lead() {
        roles.push("lead");
    }
    view! {
        <div class="account">
            {bell(place, unread)}
            <p><a href=paths::ACCOUNT>{caller.name}</a><span class="roles">{roles.join(" · ")}</span></p>
            <form method="post" action=paths::SIGN_OUT>
                <button class="button plain" type="submit">"Sign out"</button>
            </form>
        </div>
    }
}

/// The way to what one was told, with how much of it is unread.
fn bell(place: Place, unread: u64) -> impl IntoView {
    let current = (place == Place::Notifications).then_some("true");
    let unread = (unread > 0).then(|| {
        view! { <b>{grouped(unread)}<span class="visually-hidden">" unread"</span></b> }
    });
    view! {
        <a class="bell" href=paths::NOTIFICATIONS aria-current=current>
            {Icon::Bell.view()}
            "Notifications"
            {unread}
        </a>
    }
}

#[component]
pub fn Footer(zone: String, version: String) -> impl IntoView {
    view! {
        <footer class="footer">
            <ul>
                <li>"Times in "{zone}</li>
                <li>"Keywright "{version}</li>
            </ul>
        </footer>
    }
}

/// A key lying on the lines of a ledger; the same drawing as `public/icon.svg`.
#[component]
fn Mark() -> impl IntoView {
    view! {
        <svg width="24" height="24" viewBox="0 0 32 32" aria-hidden="true" fill="none" stroke="currentColor" stroke-linecap="round">
            <path stroke-width="2" opacity="0.5" d="M17 9h11M17 24h11"/>
            <circle cx="9" cy="16" r="5.5" stroke-width="3"/>
            <path stroke-width="3" d="M14.5 16H28v4M22 16v3"/>
        </svg>
    }
}
