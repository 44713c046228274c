//! The pages that need no sign-in, and the ones that say why there is no page.

use crate::administration::samples::frame;
use crate::page::Page;
use app::pages::message::{self, Message};
use app::pages::{problem, sign_in};
use app::routes::{self, Method};
use app::visit::PageError;
use domain::permission::Permission;
use std::collections::BTreeSet;

#[test]
fn signing_in_is_one_link_for_each_issuer() {
    let issuers =
        [("Okta", "/auth/okta"), ("Ping", "/auth/ping")].map(|(name, href)| (name.to_owned(), href.to_owned()));
    let page = Page::read(&sign_in::page(&frame(), &issuers, Some("You are signed out.")));
    let links: Vec<_> =
        page.all("a").filter_map(|link| link.get("href")).filter(|href| href.starts_with("/auth/")).collect();
    assert_eq!(links, ["/auth/okta", "/auth/ping"]);
    assert!(page.html.contains("Sign in with Okta") && page.html.contains("You are signed out."));
    assert_eq!(page.all("form").count(), 0, "signing in starts with a link, not with a form");
    assert!(sign_in::page(&frame(), &[], None).contains("No identity provider"));
}

#[test]
fn a_message_can_lead_the_browser_on() {
    let refresh = Some("https://login.example.com/logout?a=1&b=\"".to_owned());
    let message =
        Message { title: "Signed out".to_owned(), paragraphs: vec!["<b>".to_owned()], links: Vec::new(), refresh };
    let page = Page::read(&message::page(&frame(), &message));
    let meta = page.all("meta").find(|meta| meta.get("http-equiv") == Some("refresh")).unwrap();
    assert_eq!(meta.get("content"), Some("0; url=https://login.example.com/logout?a=1&amp;b=&quot;"));
    assert_eq!(meta.within, ["html", "head"]);
    assert!(page.html.contains("&lt;b&gt;"));
    let plain = message::page(&frame(), &Message::default());
    assert!(!plain.contains("refresh"));
}

#[test]
fn a_problem_says_what_to_do_and_gives_the_request_to_quote() {
    let error = PageError::BadRequest("<script>".to_owned());
    let (status, html) = problem::page(&frame(), None, &error, "req_0000000000a");
    let page = Page::read(&html);
    assert_eq!(status, 400);
    assert!(html.contains("req_0000000000a") && html.contains("&lt;script&gt;"));
    assert!(page.all("a").any(|link| link.get("href") == Some("/auth/sign-in")), "a way on for somebody signed out");
}

#[test]
fn whatever_changes_administration_demands_an_administrator() {
    let mut seen = BTreeSet::new();
    for route in routes::table().iter().filter(|route| route.path.starts_with("/admin")) {
        assert!(seen.insert((route.method, route.path)), "{} is there twice", route.path);
        let allowed: &[Permission] = match route.method {
            Method::Post => &[Permission::Administer],
            Method::Get => &[Permission::Administer, Permission::SeeAdministration, Permission::SeeAudit],
        };
        assert!(
            allowed.contains(&route.permission),
            "{:?} {} asks for {:?}",
            route.method,
            route.path,
            route.permission
        );
    }
    assert!(seen.len() > 40);
}
