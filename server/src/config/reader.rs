//! Reads keys one by one from a TOML text and the environment, and remembers everything that is wrong instead of the first thing.
//!
//! Each key that is asked for is known; what is left over when a section is closed is reported as unknown, with the
//! nearest known name. An environment variable `KEYWRIGHT_SECTION_KEY` stands above the file; lists are separated by commas there.
//! Values are repeated in problems, except those read through [`Section::secret`].

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::secret::Secret;
use super::spelling::nearest;

pub(super) const PREFIX: &str = "KEYWRIGHT_";

/// What has been read so far, and what was wrong with it.
pub(super) struct Reading<'a> {
    pub(super) file: &'a str,
    pub(super) text: &'a str,
    pub(super) env: &'a BTreeMap<String, String>,
    pub(super) problems: RefCell<Vec<String>>,
    /// Paths such as `issuer.client_id`, in no order.
    pub(super) asked: RefCell<BTreeSet<String>>,
    pub(super) asked_env: RefCell<BTreeSet<String>>,
}

pub(super) struct Section<'r> {
    reading: &'r Reading<'r>,
    /// `""`, `root`, `issuer`: where the keys are documented.
    path: String,
    env_prefix: Option<String>,
    table: Option<&'r DeTable<'r>>,
    known: RefCell<BTreeSet<&'static str>>,
}

/// Where a value was written, for the reader of a problem.
#[derive(Clone)]
pub(super) enum Place<'r> {
    Line { file: &'r str, line: usize },
    Env(String),
}

pub(super) struct Found<'r, T> {
    pub(super) value: T,
    pub(super) place: Place<'r>,
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line { file, line } => write!(f, "{file}, line {line}"),
            Self::Env(name) => write!(f, "environment variable {name}"),
        }
    }
}

impl<'a> Reading<'a> {
    pub(super) fn new(file: &'a str, text: &'a str, env: &'a BTreeMap<String, String>) -> Self {
        Self { file, text, env, problems: RefCell::default(), asked: RefCell::default(), asked_env: RefCell::default() }
    }

    /// Parses the text; syntax errors are problems, too, and make the values unreliable.
    pub(super) fn parse(&self) -> Option<DeTable<'a>> {
        let (table, errors) = DeTable::parse_recoverable(self.text);
        for error in &errors {
            // Only the message: the full text would repeat the line, which may hold a secret.
            let place = self.place(error.span().unwrap_or_default());
            self.problem(format!("{place}: {}", error.message()));
        }
        errors.is_empty().then(|| table.into_inner())
    }

    pub(super) fn problem(&self, text: String) {
        self.problems.borrow_mut().push(text);
    }

    pub(super) fn root<'r>(&'r self, table: &'r DeTable<'r>) -> Section<'r> {
        Section {
            reading: self,
            path: String::new(),
            env_prefix: Some(PREFIX.to_owned()),
            table: Some(table),
            known: RefCell::default(),
        }
    }

    fn place(&self, span: Range<usize>) -> Place<'_> {
        let before = &self.text.as_bytes()[..span.start.min(self.text.len())];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        let file = self.file;
        Place::Line { file, line }
    }
}

impl<'r> Section<'r> {
    /// Reads a table; an absent one reads as an empty one.
    pub(super) fn section(&self, key: &'static str) -> Section<'r> {
        let table = self.value(key).and_then(|value| match value.get_ref() {
            DeValue::Table(table) => Some(table),
            other => {
                self.wrong_type(key, value, other, &format!("a section [{key}]"));
                None
            }
        });
        let env_prefix = self.env_prefix.as_ref().map(|prefix| format!("{prefix}{}_", shout(key)));
        self.child(key, table, env_prefix)
    }

    /// Reads an array of tables. Their keys have environment variables only after [`Section::named`].
    pub(super) fn sections(&self, key: &'static str) -> Vec<Section<'r>> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let DeValue::Array(entries) = value.get_ref() else {
            self.wrong_type(key, value, value.get_ref(), &format!("sections [[{key}]]"));
            return Vec::new();
        };
        let tables = entries.iter().filter_map(|entry| match entry.get_ref() {
            DeValue::Table(table) => Some(self.child(key, Some(table), None)),
            other => {
                self.wrong_type(key, entry, other, &format!("sections [[{key}]]"));
                None
            }
        });
        tables.collect()
    }

    /// Gives one of several sections environment variables of its own, such as `KEYWRIGHT_ISSUER_OKTA_…`.
    pub(super) fn named(mut self, name: &str) -> Self {
        self.env_prefix = Some(format!("{PREFIX}{}_{}_", shout(&self.path), shout(name)));
        self
    }

    pub(super) fn text(&self, key: &'static str) -> Option<Found<'r, String>> {
        if let Some(found) = self.in_env(key) {
            return Some(found);
        }
        let value = self.value(key)?;
        match value.get_ref() {
            DeValue::String(text) => Some(self.found(value, text.to_string())),
            other => {
                self.wrong_type(key, value, other, "a text in quotes");
                None
            }
        }
    }

    /// A text that must not be repeated anywhere.
    pub(super) fn secret(&self, key: &'static str) -> Option<Found<'r, Secret>> {
        let Found { value, place } = self.text(key)?;
        let value = Secret::new(value);
        Some(Found { value, place })
    }

    pub(super) fn required(&self, key: &'static str, advice: &str) -> Option<Found<'r, String>> {
        let before = self.problem_count();
        let found = self.text(key);
        if found.is_none() && self.problem_count() == before {
            self.missing(key, advice);
        }
        found
    }

    /// A list of texts. A single text is not taken for a list of one, so that one meaning has one spelling.
    pub(super) fn list(&self, key: &'static str) -> Vec<Found<'r, String>> {
        if let Some(Found { value, place }) = self.in_env(key) {
            let parts = value.split(',').map(str::trim).filter(|part| !part.is_empty());
            return parts.map(|part| Found { value: part.to_owned(), place: place.clone() }).collect();
        }
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let DeValue::Array(entries) = value.get_ref() else {
            self.wrong_type(key, value, value.get_ref(), "a list like [\"a\", \"b\"]");
            return Vec::new();
        };
        let texts = entries.iter().filter_map(|entry| match entry.get_ref() {
            DeValue::String(text) => Some(self.found(entry, text.to_string())),
            other => {
                self.wrong_type(key, entry, other, "a list of texts in quotes");
                None
            }
        });
        texts.collect()
    }

    /// A table from free names to texts.
    pub(super) fn map(&self, key: &'static str) -> Vec<(String, Found<'r, String>)> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let DeValue::Table(table) = value.get_ref() else {
            self.wrong_type(key, value, value.get_ref(), "a table of names and texts");
            return Vec::new();
        };
        let pairs = table.iter().filter_map(|(name, value)| match value.get_ref() {
            DeValue::String(text) => Some((name.get_ref().to_string(), self.found(value, text.to_string()))),
            other => {
                self.wrong_type(key, value, other, "a text in quotes");
                None
            }
        });
        pairs.collect()
    }

    pub(super) fn number(&self, key: &'static str, default: u64, allowed: std::ops::RangeInclusive<u64>) -> u64 {
        let found = match self.in_env(key) {
            Some(found) => Some((found.value.parse::<u64>().ok(), found.value, found.place)),
            None => self.value(key).map(|value| {
                let (number, text) = match value.get_ref() {
                    DeValue::Integer(number) => {
                        let text = number.as_str().to_owned();
                        (u64::from_str_radix(number.as_str(), number.radix()).ok(), text)
                    }
                    other => (None, other.type_str().to_owned()),
                };
                (number, text, self.reading.place(value.span()))
            }),
        };
        match found {
            None => default,
            Some((Some(number), ..)) if allowed.contains(&number) => number,
            Some((_, text, place)) => {
                let (low, high) = (allowed.start(), allowed.end());
                self.problem(&place, key, &format!("is {text}: write a whole number from {low} to {high}"));
                default
            }
        }
    }

    /// Converts a text, or reports it together with what to write instead.
    pub(super) fn parsed<T, E: fmt::Display>(
        &self,
        key: &'static str,
        found: Found<'r, String>,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let Found { value, place } = found;
        match parse(&value) {
            Ok(parsed) => Some(parsed),
            Err(advice) => {
                self.problem(&place, key, &format!("is {value:?}: {advice}"));
                None
            }
        }
    }

    pub(super) fn problem(&self, place: &Place<'_>, key: &str, text: &str) {
        let name = self.name(key);
        self.reading.problem(format!("{place}: `{name}` {text}"));
    }

    pub(super) fn missing(&self, key: &str, advice: &str) {
        let name = self.name(key);
        let file = self.reading.file;
        self.reading.problem(format!("{file}: `{name}` is missing: {advice}"));
    }

    /// Reports keys that nobody asked for.
    pub(super) fn finish(self) {
        let known = self.known.borrow();
        for (key, value) in self.table.into_iter().flatten() {
            let key = key.get_ref().as_ref();
            if known.contains(key) {
                continue;
            }
            let place = self.reading.place(value.span());
            let advice = match nearest(key, known.iter().copied()) {
                Some(near) => format!("is not a key that exists; did you mean `{near}`?"),
                None => {
                    let all = known.iter().copied().collect::<Vec<_>>().join(", ");
                    format!("is not a key that exists; here these do: {all}")
                }
            };
            self.problem(&place, key, &advice);
        }
    }

    fn child(&self, key: &'static str, table: Option<&'r DeTable<'r>>, env_prefix: Option<String>) -> Section<'r> {
        Section { reading: self.reading, path: self.name(key), env_prefix, table, known: RefCell::default() }
    }

    fn value(&self, key: &'static str) -> Option<&'r Spanned<DeValue<'r>>> {
        self.known.borrow_mut().insert(key);
        self.reading.asked.borrow_mut().insert(self.name(key));
        let mut entries = self.table?.iter();
        entries.find_map(|(name, value)| (name.get_ref() == key).then_some(value))
    }

    fn in_env(&self, key: &'static str) -> Option<Found<'r, String>> {
        // Known in the file, too, even where the environment stands above it.
        let _ = self.value(key);
        let name = format!("{}{}", self.env_prefix.as_ref()?, shout(key));
        self.reading.asked_env.borrow_mut().insert(name.clone());
        let value = self.reading.env.get(&name)?.clone();
        let place = Place::Env(name);
        Some(Found { value, place })
    }

    fn found<T>(&self, at: &Spanned<DeValue<'_>>, value: T) -> Found<'r, T> {
        let place = self.reading.place(at.span());
        Found { value, place }
    }

    fn wrong_type(&self, key: &str, at: &Spanned<DeValue<'_>>, value: &DeValue<'_>, expected: &str) {
        let place = self.reading.place(at.span());
        let actual = value.type_str();
        self.problem(&place, key, &format!("is of type {actual}: write {expected}"));
    }

    fn problem_count(&self) -> usize {
        self.reading.problems.borrow().len()
    }

    fn name(&self, key: &str) -> String {
        match self.path.as_str() {
            "" => key.to_owned(),
            path => format!("{path}.{key}"),
        }
    }
}

fn shout(key: &str) -> String {
    key.to_ascii_uppercase().replace(['-', '.'], "_")
}
