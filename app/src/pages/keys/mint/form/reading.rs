//! Fields as people type them, read one by one: what cannot be read is remembered, and the next one is read all the same.

use domain::refusal::{Reason, Refusal};
use ipnet::IpNet;
use std::net::IpAddr;
use std::str::FromStr;

/// Reads fields one by one and remembers those that cannot be read.
#[derive(Default)]
pub(super) struct Reading {
    pub(super) unreadable: Vec<Refusal>,
}

impl Reading {
    pub(super) fn choice<T>(&mut self, field: &'static str, chosen: Option<T>, instead: T) -> T {
        chosen.unwrap_or_else(|| {
            self.unreadable.push(Refusal::new(field, Reason::UnknownChoice));
            instead
        })
    }

    /// Nothing typed is no wish.
    pub(super) fn parsed<T>(&mut self, field: &'static str, text: &str, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        let value = read(text);
        if value.is_none() {
            self.unreadable.push(Refusal::new(field, Reason::Malformed));
        }
        value
    }

    /// `200,000` is what people see beside the field, so they may type it.
    pub(super) fn number<T: FromStr>(&mut self, field: &'static str, text: &str) -> Option<T> {
        self.parsed(field, text, |text| text.replace(',', "").parse().ok())
    }

    /// One on each line, or parted by commas or blanks.
    pub(super) fn list<T>(
        &mut self,
        field: &'static str,
        text: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<Vec<T>> {
        let read_all = |text: &str| words(text).map(&read).collect();
        self.parsed(field, text, read_all)
    }
}

pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c == ',' || c.is_whitespace()).filter(|word| !word.is_empty())
}

/// A network, or a single address as the network of itself.
pub(super) fn network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}
