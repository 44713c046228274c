//! The terms of a profile that have a default, a maximum and a rule for wishes above it: one row of the editor each,
//! always in this order.

use crate::format::{grouped, typed_usd, usd};
use crate::pages::form::Reasons;
use crate::words;
use domain::access_profile::{AboveMaximum, CapTerm, ProfileTerms, Term};
use domain::budget::Window;
use domain::money::NanoUsd;
use domain::refusal::cap_field;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    Cap(Window),
    RequestsPerMinute,
    Concurrency,
    LifetimeDays,
}

impl Row {
    pub const ALL: [Self; 9] = [
        Self::Cap(Window::Month),
        Self::Cap(Window::Day),
        Self::Cap(Window::Hour),
        Self::Cap(Window::Week),
        Self::Cap(Window::Quarter),
        Self::Cap(Window::Total),
        Self::RequestsPerMinute,
        Self::Concurrency,
        Self::LifetimeDays,
    ];

    /// The name of the field for the default; the others add to it. Refusals name this one.
    pub const fn field(self) -> &'static str {
        match self {
            Self::Cap(window) => cap_field(window),
            Self::RequestsPerMinute => "requests_per_minute",
            Self::Concurrency => "concurrency",
            Self::LifetimeDays => "lifetime_days",
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Cap(window) => words::budget_window(window),
            Self::RequestsPerMinute => "Calls a minute",
            Self::Concurrency => "Calls at once",
            Self::LifetimeDays => "Lifetime",
        }
    }

    pub const fn note(self) -> &'static str {
        match self {
            Self::Cap(Window::Month) => "dollars; every key needs at least one budget",
            Self::Cap(_) => "dollars; empty: no such budget",
            Self::RequestsPerMinute | Self::Concurrency => "calls",
            Self::LifetimeDays => "days",
        }
    }

    /// What the profile says, as typed; `None` for a budget that it does not have.
    pub fn read(self, terms: &ProfileTerms) -> Option<Typed> {
        match self {
            Self::Cap(window) => {
                let cap = terms.caps.iter().find(|cap| cap.window == window)?;
                Some(Typed::of(&cap.amount, |&amount| typed_usd(amount)))
            }
            Self::RequestsPerMinute => Some(Typed::of(&terms.requests_per_minute, u32::to_string)),
            Self::Concurrency => Some(Typed::of(&terms.concurrency, u32::to_string)),
            Self::LifetimeDays => Some(Typed::of(&terms.lifetime_days, u32::to_string)),
        }
    }

    /// Default and maximum for people who only read.
    pub fn shown(self, terms: &ProfileTerms) -> Option<(String, String)> {
        let number = |term: &Term<u32>| (grouped(term.default.into()), grouped(term.maximum.into()));
        match self {
            Self::Cap(window) => {
                let cap = terms.caps.iter().find(|cap| cap.window == window)?;
                Some((usd(cap.amount.default), usd(cap.amount.maximum)))
            }
            Self::RequestsPerMinute => Some(number(&terms.requests_per_minute)),
            Self::Concurrency => Some(number(&terms.concurrency)),
            Self::LifetimeDays => Some(number(&terms.lifetime_days)),
        }
    }
}

/// One row as it stands in the form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Typed {
    pub default: String,
    pub maximum: String,
    pub may_change: bool,
    pub clamp: bool,
}

impl Typed {
    fn of<T>(term: &Term<T>, text: impl Fn(&T) -> String) -> Self {
        Self {
            default: text(&term.default),
            maximum: text(&term.maximum),
            may_change: term.developers_may_change,
            clamp: term.above == AboveMaximum::Clamp,
        }
    }

    fn term<T>(&self, default: T, maximum: T) -> Term<T> {
        let above = if self.clamp { AboveMaximum::Clamp } else { AboveMaximum::Reject };
        Term { default, maximum, developers_may_change: self.may_change, above }
    }

    pub fn cap(&self, window: Window, reasons: &mut Reasons) -> Option<CapTerm> {
        let row = Row::Cap(window);
        let empty = |text: &str| text.trim().is_empty();
        if empty(&self.default) && empty(&self.maximum) {
            return None;
        }
        let mut amount = |text: &str| {
            let amount = NanoUsd::parse_dollars(text);
            if amount.is_none() {
                let why = format!(
                    "{}: default and maximum are amounts of dollars such as 50.00. Empty both for no such budget.",
                    row.name()
                );
                reasons.add(row.field(), why);
            }
            amount
        };
        let default = amount(&self.default)?;
        let maximum = amount(&self.maximum)?;
        Some(CapTerm { window, amount: self.term(default, maximum) })
    }

    pub fn number(&self, row: Row, reasons: &mut Reasons) -> Option<Term<u32>> {
        let read = |text: &str| text.trim().replace(',', "").parse::<u32>();
        match (read(&self.default), read(&self.maximum)) {
            (Ok(default), Ok(maximum)) => Some(self.term(default, maximum)),
            _ => {
                reasons.add(row.field(), format!("{}: default and maximum are whole numbers such as 60.", row.name()));
                None
            }
        }
    }
}
