//! Claims about the markup of every component: nothing inline, everything labelled, nothing that leads nowhere.

use crate::page::{Element, Page};
use crate::samples::pages;
use crate::specimen::{administrator, specimen};
use domain::person::Role;
use std::collections::BTreeSet;

fn page() -> Page {
    let html = specimen(Some(&administrator()));
    if let Ok(file) = std::env::var("SPECIMEN") {
        std::fs::write(file, &html).unwrap();
    }
    Page::read(&html)
}

#[test]
fn nothing_in_the_markup_needs_an_exception_from_the_content_security_policy() {
    for (_, page) in pages() {
        for element in &page.elements {
            for name in element.attributes.keys() {
                assert!(name != "style" && !name.starts_with("on"), "{element:?}");
            }
            assert_ne!(element.name, "style");
        }
        let scripts: Vec<_> = page.all("script").collect();
        assert!(scripts.iter().all(|script| script.get("src").is_some_and(|src| src.starts_with("/assets/"))));
        assert!(!page.html.contains("javascript:"));
        // In escaped text both would be entities: these can only be what is left of a renderer's marker.
        assert!(!page.html.contains("<!--") && !page.html.contains("-->"));
    }
}

#[test]
fn every_control_has_a_label() {
    let mut seen = 0;
    for (file, page) in pages() {
        let labels: BTreeSet<_> = page.all("label").filter_map(|label| label.get("for")).collect();
        let controls = page.elements.iter().filter(|element| ["input", "select", "textarea"].contains(&&*element.name));
        for control in controls.filter(|control| control.get("type") != Some("hidden")) {
            let wrapped = control.within.iter().any(|name| name == "label");
            let named = control.get("id").is_some_and(|id| labels.contains(id));
            assert!(wrapped || named, "{file}: {control:?}");
            seen += 1;
        }
    }
    assert!(seen > 60, "the pages show all kinds of fields");
}

#[test]
fn every_reference_leads_to_exactly_one_element() {
    let references = |element: &Element| -> Vec<String> {
        let listed = ["for", "aria-describedby", "aria-labelledby"].into_iter().filter_map(|name| element.get(name));
        let linked = ["href", "data-copy"].into_iter().filter_map(|name| element.get(name)?.strip_prefix('#'));
        listed.flat_map(str::split_whitespace).chain(linked).filter(|id| !id.is_empty()).map(str::to_owned).collect()
    };
    for (file, page) in pages() {
        let ids = page.ids();
        let unique: BTreeSet<_> = ids.iter().copied().collect();
        assert_eq!(unique.len(), ids.len(), "{file}: an id is used twice");
        for element in &page.elements {
            for id in references(element) {
                assert!(unique.contains(&*id), "{file}: {id} is missing: {element:?}");
            }
        }
    }
}

#[test]
fn headings_are_in_order() {
    for (file, page) in pages() {
        let levels = page.elements.iter().filter_map(|element| match &*element.name {
            "h1" => Some(1),
            "h2" => Some(2),
            "h3" => Some(3),
            _ => None,
        });
        let mut before = 0;
        for level in levels {
            assert!(level <= before + 1, "{file}: h{level} follows h{before}");
            before = level;
        }
        assert_eq!(page.all("h1").count(), 1, "{file}");
        assert_eq!(page.all("main").count(), 1, "{file}");
    }
}

#[test]
fn tables_keep_their_meaning_when_narrow() {
    let mut seen = 0;
    for (file, page) in pages() {
        for cell in page.all("td").filter(|cell| !cell.attributes.is_empty()) {
            assert!(cell.get("data-label").is_some_and(|label| !label.is_empty()), "{file}: {cell:?}");
            seen += 1;
        }
        assert!(page.all("table").count() == page.all("caption").count(), "{file}");
    }
    assert!(seen > 100);
}

#[test]
fn what_was_typed_cannot_leave_its_field() {
    let page = page();
    assert!(page.html.contains("Quarter close\n&lt;/textarea&gt;"));
    assert_eq!(page.all("textarea").count(), 2);
}

#[test]
fn someone_who_is_not_signed_in_sees_no_navigation() {
    let html = specimen(None);
    let page = Page::read(&html);
    let navigation: Vec<_> = page.all("nav").filter_map(|nav| nav.get("aria-label")).collect();
    assert_eq!(navigation, ["Views", "Pages"]);
    assert!(!html.contains("Sign out"));
}

#[test]
fn administration_is_shown_to_those_who_have_it() {
    let mut caller = administrator();
    assert!(specimen(Some(&caller)).contains("/admin/providers"));
    caller.roles = vec![Role::Developer];
    assert!(!specimen(Some(&caller)).contains("/admin/providers"));
    caller.roles = vec![Role::Auditor];
    assert!(specimen(Some(&caller)).contains("/admin/audit"));
}
