//! Claims about the style sheets: all are served, every class means something, colours live in one place.

use crate::samples::pages;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../style")
}

/// Name and text of each sheet, in the order in which they are served.
fn sheets() -> Vec<(String, String)> {
    let order = fs::read_to_string(folder().join("order.txt")).unwrap();
    order.lines().map(|name| (name.to_owned(), fs::read_to_string(folder().join(name)).unwrap())).collect()
}

/// Without comments, so that words in them do not count.
fn rules(sheet: &str) -> String {
    sheet
        .split("/*")
        .enumerate()
        .map(|(at, part)| if at == 0 { part } else { part.split_once("*/").unwrap().1 })
        .collect()
}

#[test]
fn every_sheet_is_served_once_and_layers_come_first() {
    let listed: Vec<_> = sheets().into_iter().map(|(name, _)| name).collect();
    assert_eq!(listed.first().map(String::as_str), Some("layers.css"));
    let mut there: Vec<_> =
        fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    there.retain(|name| name != "order.txt");
    let mut sorted = listed;
    sorted.sort();
    there.sort();
    assert_eq!(sorted, there);
}

#[test]
fn every_rule_is_in_a_known_layer() {
    for (name, sheet) in sheets().iter().skip(1) {
        let sheet = rules(sheet);
        let layers: Vec<_> = sheet.lines().filter(|line| !line.starts_with(' ') && !line.trim().is_empty()).collect();
        let known = ["reset", "tokens", "base", "layout", "components", "utilities", "print"];
        let layer = layers.first().and_then(|line| line.strip_prefix("@layer ")?.strip_suffix(" {")).unwrap();
        assert!(known.contains(&layer), "{name}: {layer}");
        assert_eq!(layers.len(), 2, "{name} has rules outside its layer: {layers:?}");
    }
}

#[test]
fn colours_are_tokens_and_nothing_glows_moves_or_shouts() {
    for (name, sheet) in sheets() {
        let sheet = rules(&sheet);
        for word in ["gradient", "box-shadow", "text-shadow", "animation", "!important", "@import", "url("] {
            assert!(!sheet.contains(word), "{name}: {word}");
        }
        let colours = sheet.split('#').skip(1).filter(|rest| rest.bytes().take(3).all(|byte| byte.is_ascii_hexdigit()));
        assert!(name == "tokens.css" || colours.count() == 0, "{name} has a colour of its own");
    }
}

/// Every class that some sheet says something about.
pub(crate) fn styled_classes() -> BTreeSet<String> {
    let css: String = sheets().iter().map(|(_, sheet)| rules(sheet)).collect();
    css.split('.')
        .skip(1)
        .map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '-').next().unwrap().to_owned())
        .collect()
}

#[test]
fn every_class_in_the_markup_is_styled() {
    let styled = styled_classes();
    for (file, page) in pages() {
        for element in &page.elements {
            for class in element.get("class").unwrap_or_default().split_whitespace() {
                assert!(styled.contains(class), "{file}: {class}: {element:?}");
            }
        }
    }
}
