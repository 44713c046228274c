//! What the mint form and the secret's page promise.

use crate::page::Page;
use crate::samples::*;
use crate::specimen::framed;
use app::pages::keys::mint::form::MintForm;
use app::pages::keys::mint::view;
use app::pages::keys::secret::{self, Occasion};
use portal::keys::{MintOptions, MintVerdict};
use portal::{Reason, Refusal};

fn form(verdict: Option<MintVerdict>) -> Page {
    Page::read(&framed(Some(&developer()), "Mint a key", || view::view(mint_model(verdict))))
}

fn value<'a>(page: &'a Page, id: &str) -> Option<&'a str> {
    page.elements.iter().find(|element| element.get("id") == Some(id)).and_then(|element| element.get("value"))
}

#[test]
fn every_term_is_filled_in_with_its_maximum_beside_it() {
    let page = form(None);
    assert_eq!(value(&page, "cap_month"), Some("50.00"));
    assert_eq!(value(&page, "lifetime_days"), Some("90"));
    for bound in ["at most 100.00", "at most 180", "at most 120", "at most 32,000 tokens"] {
        assert!(page.html.contains(bound), "{bound}");
    }
    // What nobody may change is said, not offered.
    assert!(page.html.contains("fixed by these guardrails"));
    assert_eq!(value(&page, "concurrency"), None);
    // Three fields are visible; the rest waits in a fold that is closed.
    let details: Vec<_> = page.all("details").collect();
    assert!(details.len() == 1 && details[0].get("open").is_none());
    let visible = page.elements.iter().filter(|element| {
        let control = ["input", "select", "textarea"].contains(&&*element.name);
        let kind = element.get("type").unwrap_or_default();
        control && kind != "hidden" && kind != "radio" && !element.within.iter().any(|name| name == "details")
    });
    let visible: Vec<_> = visible.filter_map(|element| element.get("id")).collect();
    assert_eq!(visible, ["name", "profile"]);
    assert_eq!(page.elements.iter().filter(|element| element.get("name") == Some("consumer")).count(), 4);
}

#[test]
fn enter_mints_and_no_other_button() {
    let page = form(Some(refused()));
    let buttons: Vec<_> = page
        .all("button")
        .filter(|button| button.within.iter().any(|name| name == "main") && button.get("type") == Some("submit"))
        .collect();
    let first = buttons[0];
    assert!(first.get("name").is_none() && first.get("hidden").is_some(), "{first:?}");
    let acts: Vec<_> = buttons.iter().filter_map(|button| button.get("value")).collect();
    assert_eq!(acts, ["guardrails", "cap_month=100.00", "check"]);
}

#[test]
fn a_refused_form_says_every_reason_keeps_what_was_typed_and_shows_the_way_out() {
    let page = form(Some(refused()));
    assert!(page.html.contains("4 things to change before the key can be minted"));
    let links: Vec<_> = page.all("a").filter_map(|link| link.get("href")?.strip_prefix('#')).collect();
    // The fixed term has no field to lead to, but its reason stands in the summary all the same.
    assert_eq!(links, ["main", "name", "cap_month", "networks"]);
    assert!(page.html.contains("Calls at once is fixed at 8 by these guardrails"));
    assert!(page.all("a").any(|link| link.get("href") == Some(&app::paths::key(key_id(4)))), "the key in the way");
    assert!(page.all("details").all(|details| details.get("open").is_some()), "a reason inside opens the fold");
    assert_eq!(value(&page, "name"), Some("claude-code laptop"));
    let name = page.elements.iter().find(|element| element.get("id") == Some("name")).unwrap();
    assert_eq!(name.get("aria-invalid"), Some("true"));
}

#[test]
fn a_key_policy_is_read_before_minting_and_its_version_is_what_the_box_says() {
    let moved = Refusal::new("policy", Reason::PolicyChanged { version: 3 });
    let page = |form: MintForm, verdict| {
        let model = view::Model { form, ..mint_model_with_policy(verdict) };
        Page::read(&framed(Some(&developer()), "Mint a key", || view::view(model)))
    };
    let is_ticked =
        |page: &Page| page.all("input").any(|one| one.get("name") == Some("policy") && one.get("checked").is_some());
    let fresh = page(minted_form(), None);
    assert!(fresh.html.contains("<p>Do not share keys.</p><p>Revoke what leaked.<br>At once.</p>"), "{}", fresh.html);
    assert!(fresh.html.contains("I have read the key policy (version 3, 1 minute)"));
    assert_eq!((value(&fresh, "policy"), is_ticked(&fresh)), (Some("3"), false));
    let ticked = page(MintForm { policy: "3".to_owned(), ..minted_form() }, None);
    assert!(is_ticked(&ticked), "a form that comes back keeps it");
    let older = page(MintForm { policy: "2".to_owned(), ..minted_form() }, Some(MintVerdict::Refused(vec![moved])));
    assert!(!is_ticked(&older), "what was read was another version");
    assert!(older.html.contains("version 3 holds now"));
}

#[test]
fn the_verdict_says_what_one_gets_and_the_worst_case() {
    let page = form(Some(granted()));
    assert!(page.html.contains("3 of 3 models, $50.00 a month, until 18 Feb 2027. Ready at once."), "{}", page.html);
    assert!(page.html.contains("Worst case if it leaks: $50.00 a month, 200 requests a minute, from 1 networks."));
}

#[test]
fn who_cannot_mint_learns_whom_to_ask() {
    let ask = |options: MintOptions| {
        let model = view::Model { options, ..mint_model(None) };
        framed(Some(&developer()), "Mint a key", || view::view(model))
    };
    let none = ask(MintOptions { profiles: vec![], ..mint_options() });
    assert!(none.contains("No guardrails include you yet") && !none.contains("<form class=\"form\""));
    let role = ask(MintOptions { may_mint: false, ..mint_options() });
    assert!(role.contains("Ask an administrator for the developer role") && !role.contains("<form class=\"form\""));
}

#[test]
fn the_secret_stands_in_its_field_and_its_snippets_and_on_no_other_page() {
    let pages = pages();
    for (file, page) in &pages {
        let shown = page.html.matches(SECRET).count();
        let expected = ["secret", "secret-rotated"].contains(file);
        assert_eq!(shown > 0, expected, "{file} shows it {shown} times");
    }
    let (_, page) = pages.iter().find(|(file, _)| *file == "secret").unwrap();
    for element in &page.elements {
        for (name, value) in &element.attributes {
            assert!(!value.contains(SECRET), "an address, a title or a value: {name} of {element:?}");
        }
    }
    let field = page.all("textarea").next().unwrap();
    assert_eq!((field.get("id"), field.get("autocomplete")), (Some("secret"), Some("off")));
    assert!(field.get("readonly").is_some() && field.get("name").is_none());
    assert!(!page.html.contains("<title>Key minted: "), "the title is kept in the browser's history");
    // Between them only text that one pastes: the field itself and <code>.
    let rest = page.html.split("</textarea>").last().unwrap();
    let outside: String =
        rest.split("<code").map(|part| part.split_once("</code>").map_or(part, |(_, after)| after)).collect();
    assert!(!outside.contains(SECRET));
}

#[test]
fn snippets_hold_the_addresses_models_and_key_that_each_client_needs() {
    let html = framed(Some(&developer()), "Key minted", || secret::view(secret_model(Occasion::Minted)));
    let code = |id: &str| {
        let (_, after) = html.split_once(&format!("<code id=\"{id}\">")).unwrap_or_else(|| panic!("{id}"));
        after.split_once("</code>").unwrap().0.replace("&quot;", "\"").replace("&amp;", "&").replace("&#x27;", "'")
    };
    let claude = code("code-claude-code-sh");
    for line in [
        "unset ANTHROPIC_API_KEY",
        "export ANTHROPIC_BASE_URL=https://llm.example.com",
        &format!("export ANTHROPIC_AUTH_TOKEN={SECRET}"),
        "export ANTHROPIC_MODEL=demo-large",
        "export ANTHROPIC_DEFAULT_HAIKU_MODEL=demo-small",
        "export ANTHROPIC_SMALL_FAST_MODEL=demo-small",
    ] {
        assert!(claude.lines().any(|there| there == line), "{line} in {claude}");
    }
    let codex = code("code-codex-toml");
    for line in [
        "base_url = \"https://llm.example.com/v1\"",
        "wire_api = \"responses\"",
        "env_key = \"KEYWRIGHT_KEY\"",
        // Searches have no price for this model.
        "web_search = \"disabled\"",
    ] {
        assert!(codex.lines().any(|there| there == line), "{line} in {codex}");
    }
    let curl = code("code-curl-sh");
    assert!(curl.starts_with("curl https://llm.example.com/v1/chat/completions \\\n"), "{curl}");
    assert!(curl.contains(&format!("-H \"Authorization: Bearer {SECRET}\"")));
    let body = curl.split_once("-d '").unwrap().1.trim_end_matches('\'');
    assert_eq!(serde_json::from_str::<serde_json::Value>(body).unwrap()["model"], "demo-large");
    assert!(code("code-python-openai-python").contains("base_url=\"https://llm.example.com/v1\""));
    assert!(code("code-python-anthropic-python").contains("base_url=\"https://llm.example.com\""));
    let order: Vec<_> = ["Claude Code", "Codex", "curl", "Python (openai)", "Python (anthropic)", "Node"]
        .iter()
        .map(|client| html.find(&format!(">{client}</label>")).unwrap())
        .collect();
    assert!(order.is_sorted());
}

#[test]
fn the_waiting_line_works_with_and_without_script() {
    let page = Page::read(&framed(Some(&developer()), "Key minted", || secret::view(secret_model(Occasion::Minted))));
    let line = page.elements.iter().find(|element| element.get("data-live").is_some()).unwrap();
    let expected = app::paths::first_call(key_id(1), virtual_key().created_at, 1).replace('&', "&amp;");
    assert_eq!(line.get("data-live"), Some(expected.as_str()));
    let fallback = page.all("a").find(|link| link.get("data-live-fallback").is_some()).unwrap();
    assert_eq!((fallback.get("target"), fallback.get("href")), (Some("_blank"), Some(&*app::paths::key(key_id(1)))));
}

#[test]
fn a_wish_that_was_cut_is_said_and_a_rotation_names_the_end_of_the_old_secret() {
    let page = |occasion| framed(Some(&developer()), "x", || secret::view(secret_model(occasion)));
    assert!(page(Occasion::Minted).contains("You asked for $150.00 a month; these guardrails allow $100.00 a month"));
    assert!(page(Occasion::Rotated).contains("The old secret works until 21 Nov 2026, 14:31"));
}
