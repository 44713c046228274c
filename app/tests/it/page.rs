//! Just enough reading of our own markup to make claims about it: elements in order, with their attributes.

use std::collections::BTreeMap;

pub(crate) struct Page {
    pub(crate) elements: Vec<Element>,
    pub(crate) html: String,
}

#[derive(Debug)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: BTreeMap<String, String>,
    /// Names of the elements around it, outermost first.
    pub(crate) within: Vec<String>,
}

const VOID: [&str; 5] = ["meta", "link", "input", "br", "hr"];

impl Page {
    /// Reads what we write ourselves; panics on anything a careful serializer would not produce.
    pub(crate) fn read(html: &str) -> Self {
        let mut elements = Vec::new();
        let mut open: Vec<String> = Vec::new();
        let mut rest = html.strip_prefix("<!DOCTYPE html>").expect("a complete page");
        while let Some(start) = rest.find('<') {
            let (tag, after) = split_tag(&rest[start + 1..]);
            rest = after;
            if let Some(name) = tag.strip_prefix('/') {
                assert_eq!(open.pop().as_deref(), Some(name), "elements close in order");
                continue;
            }
            let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
            let name = name.trim_end_matches('/').to_owned();
            let closed = tag.ends_with('/') || VOID.contains(&name.as_str());
            elements.push(Element {
                name: name.clone(),
                attributes: read_attributes(attributes),
                within: open.clone(),
            });
            if !closed {
                open.push(name);
            }
        }
        assert!(open.is_empty(), "left open: {open:?}");
        Self { elements, html: html.to_owned() }
    }

    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.elements.iter().filter(move |element| element.name == name)
    }

    pub(crate) fn ids(&self) -> Vec<&str> {
        self.elements.iter().filter_map(|element| element.get("id")).collect()
    }
}

impl Element {
    pub(crate) fn get(&self, attribute: &str) -> Option<&str> {
        self.attributes.get(attribute).map(String::as_str)
    }
}

/// Splits after the `>` that ends the tag, which is the first one outside quotes.
fn split_tag(text: &str) -> (&str, &str) {
    let mut quoted = false;
    let end = text.find(|c| {
        quoted ^= c == '"';
        c == '>' && !quoted
    });
    let end = end.expect("every tag ends");
    (&text[..end], &text[end + 1..])
}

fn read_attributes(mut text: &str) -> BTreeMap<String, String> {
    let mut attributes = BTreeMap::new();
    loop {
        text = text.trim_start_matches([' ', '/', '\n']);
        let Some(end) = text.find(['=', ' ', '/']).or((!text.is_empty()).then_some(text.len())) else {
            return attributes;
        };
        let (name, after) = text.split_at(end);
        let (value, after) = match after.strip_prefix("=\"") {
            Some(quoted) => quoted.split_once('"').expect("values are quoted"),
            None => ("", after),
        };
        attributes.insert(name.to_owned(), value.to_owned());
        text = after;
    }
}
