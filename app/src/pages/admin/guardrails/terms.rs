//! The terms of a profile that have a default, a maximum and a rule for wishes above it: one row of the editor each,
//! always in this order.

use crate::format::{grouped, typed_usd, usd};
use crate::pages::form::Reasons;
use crate::words;
use domain::access_profile::{AboveMaximum, CapTerm, ProfileTerms, QuotaTerm, Term};
use domain::budget::Window;
use domain::limits::Counted;
use domain::money::NanoUsd;
use domain::refusal::{cap_field, quota_field};
use std::str::FromStr;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    Cap(Window),
    RequestsPerMinute,
    TokensPerMinute,
    Concurrency,
    LifetimeDays,
    Quota(Counted, Window),
}

impl Row {
    pub const ALL: [Self; 16] = [
        Self::Cap(Window::Month),
        Self::Cap(Window::Day),
        Self::Cap(Window::Hour),
        Self::Cap(Window::Week),
        Self::Cap(Window::Quarter),
        Self::Cap(Window::Total),
        Self::RequestsPerMinute,
        Self::TokensPerMinute,
        Self::Concurrency,
        Self::LifetimeDays,
        Self::Quota(Counted::Requests, Window::Hour),
        Self::Quota(Counted::Requests, Window::Day),
        Self::Quota(Counted::Requests, Window::Month),
        Self::Quota(Counted::Tokens, Window::Hour),
        Self::Quota(Counted::Tokens, Window::Day),
        Self::Quota(Counted::Tokens, Window::Month),
    ];

    /// The name of the field for the default; the others add to it. Refusals name this one.
    pub const fn field(self) -> &'static str {
        match self {
            Self::Cap(window) => cap_field(window),
            Self::RequestsPerMinute => "requests_per_minute",
            Self::TokensPerMinute => "tokens_per_minute",
            Self::Concurrency => "concurrency",
            Self::LifetimeDays => "lifetime_days",
            Self::Quota(counted, window) => quota_field(counted, window),
        }
    }

    pub fn name(self) -> String {
        let name = match self {
            Self::Cap(window) => words::budget_window(window),
            Self::RequestsPerMinute => "Requests a minute",
            Self::TokensPerMinute => "Tokens a minute",
            Self::Concurrency => "Calls at once",
            Self::LifetimeDays => "Lifetime",
            Self::Quota(counted, window) => return words::quota_name(counted, window),
        };
        name.to_owned()
    }

    pub const fn note(self) -> &'static str {
        match self {
            Self::Cap(Window::Month) => "dollars; every key needs at least one budget",
            Self::Cap(_) => "dollars; empty: no such budget",
            Self::RequestsPerMinute | Self::Concurrency => "calls",
            Self::TokensPerMinute => "input and output; empty: no such limit",
            Self::LifetimeDays => "days",
            Self::Quota(Counted::Requests, _) => "calls; empty: no such quota",
            Self::Quota(Counted::Tokens, _) => "input and output; empty: no such quota",
        }
    }

    /// Rows that few guardrails fill in.
    pub const fn is_quota(self) -> bool {
        matches!(self, Self::Quota(..))
    }

    fn quota(self, terms: &ProfileTerms) -> Option<&Term<u64>> {
        let same = |term: &&QuotaTerm| self == Self::Quota(term.counted, term.window);
        terms.quotas.iter().find(same).map(|term| &term.amount)
    }

    /// What the profile says, as typed; `None` for a limit that it does not have.
    pub fn read(self, terms: &ProfileTerms) -> Option<Typed> {
        match self {
            Self::Cap(window) => {
                let cap = terms.caps.iter().find(|cap| cap.window == window)?;
                Some(Typed::of(&cap.amount, |&amount| typed_usd(amount)))
            }
            Self::RequestsPerMinute => Some(Typed::of(&terms.requests_per_minute, u32::to_string)),
            Self::TokensPerMinute => Some(Typed::of(terms.tokens_per_minute.as_ref()?, u64::to_string)),
            Self::Quota(..) => Some(Typed::of(self.quota(terms)?, u64::to_string)),
            Self::Concurrency => Some(Typed::of(&terms.concurrency, u32::to_string)),
            Self::LifetimeDays => Some(Typed::of(&terms.lifetime_days, u32::to_string)),
        }
    }

    /// Default and maximum for people who only read.
    pub fn shown(self, terms: &ProfileTerms) -> Option<(String, String)> {
        let number = |term: &Term<u32>| (grouped(term.default.into()), grouped(term.maximum.into()));
        let large = |term: &Term<u64>| (grouped(term.default), grouped(term.maximum));
        match self {
            Self::Cap(window) => {
                let cap = terms.caps.iter().find(|cap| cap.window == window)?;
                Some((usd(cap.amount.default), usd(cap.amount.maximum)))
            }
            Self::RequestsPerMinute => Some(number(&terms.requests_per_minute)),
            Self::TokensPerMinute => terms.tokens_per_minute.as_ref().map(large),
            Self::Quota(..) => self.quota(terms).map(large),
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
    pub above: AboveMaximum,
}

impl Typed {
    fn of<T>(term: &Term<T>, text: impl Fn(&T) -> String) -> Self {
        Self {
            default: text(&term.default),
            maximum: text(&term.maximum),
            may_change: term.developers_may_change,
            above: term.above,
        }
    }

    fn term<T>(&self, default: T, maximum: T) -> Term<T> {
        Term { default, maximum, developers_may_change: self.may_change, above: self.above }
    }

    /// A limit that the profile does not have. Whoever fills it in most likely means a bound that keys may move within.
    pub fn none() -> Self {
        Self { may_change: true, ..Self::default() }
    }

    /// What a changed row says about its saved values.
    pub fn was(&self) -> String {
        if self.is_empty() {
            return "Changed: was not set".to_owned();
        }
        let change = if self.may_change { "" } else { ", fixed" };
        let above = match self.above {
            AboveMaximum::Reject => "",
            AboveMaximum::Clamp => ", above: the maximum",
            AboveMaximum::Ask => ", above: asked for",
        };
        format!("Changed: was {}, at most {}{change}{above}", self.default, self.maximum)
    }

    pub fn is_empty(&self) -> bool {
        self.default.trim().is_empty() && self.maximum.trim().is_empty()
    }

    pub fn cap(&self, window: Window, reasons: &mut Reasons) -> Option<CapTerm> {
        let row = Row::Cap(window);
        if self.is_empty() {
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

    pub fn number<T: FromStr>(&self, row: Row, reasons: &mut Reasons) -> Option<Term<T>> {
        let read = |text: &str| text.trim().replace(',', "").parse::<T>();
        match (read(&self.default), read(&self.maximum)) {
            (Ok(default), Ok(maximum)) => Some(self.term(default, maximum)),
            _ => {
                reasons.add(row.field(), format!("{}: default and maximum are whole numbers such as 60.", row.name()));
                None
            }
        }
    }

    /// As [`Self::number`], where both may be empty.
    pub fn number_if_any(&self, row: Row, reasons: &mut Reasons) -> Option<Term<u64>> {
        if self.is_empty() { None } else { self.number(row, reasons) }
    }
}
