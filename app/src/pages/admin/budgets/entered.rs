//! The form of a level's limits as it arrives and stands. An empty field is no such limit.

use crate::format::typed_usd;
use crate::pages::form::Reasons;
use domain::budget::{Cap, Window};
use domain::limits::{Counted, Limits, QUOTA_WINDOWS, Quota};
use domain::money::NanoUsd;
use domain::refusal::{Reason, Refusal, cap_field, guarantee_field, quota_field};
use serde::Deserialize;
use std::str::FromStr;

/// Every field as typed. Field names are those of refusals and the ids of the elements.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entered {
    /// What the edit started from.
    pub version: i64,
    pub cap_hour: String,
    pub cap_day: String,
    pub cap_week: String,
    pub cap_month: String,
    pub cap_quarter: String,
    pub cap_total: String,
    pub requests_per_minute: String,
    pub tokens_per_minute: String,
    pub concurrency: String,
    pub requests_hour: String,
    pub requests_day: String,
    pub requests_month: String,
    pub tokens_hour: String,
    pub tokens_day: String,
    pub tokens_month: String,
    // Not every level can have a share: then the form has no such fields.
    #[serde(default)]
    pub guarantee_hour: String,
    #[serde(default)]
    pub guarantee_day: String,
    #[serde(default)]
    pub guarantee_week: String,
    #[serde(default)]
    pub guarantee_month: String,
    #[serde(default)]
    pub guarantee_quarter: String,
    #[serde(default)]
    pub guarantee_total: String,
}

/// In the order of the form: what most people set comes first.
pub const WINDOWS: [Window; 6] =
    [Window::Month, Window::Day, Window::Week, Window::Quarter, Window::Hour, Window::Total];

pub fn quota_kinds() -> impl Iterator<Item = (Counted, Window)> {
    Counted::ALL.into_iter().flat_map(|counted| QUOTA_WINDOWS.map(|window| (counted, window)))
}

impl Entered {
    pub fn of(limits: &Limits, version: i64) -> Self {
        let typed = |count: Option<u64>| count.map(|count| count.to_string()).unwrap_or_default();
        let mut entered = Self {
            version,
            requests_per_minute: typed(limits.requests_per_minute.map(u64::from)),
            tokens_per_minute: typed(limits.tokens_per_minute),
            concurrency: typed(limits.concurrency.map(u64::from)),
            ..Self::default()
        };
        for cap in &limits.caps {
            *entered.cap_mut(cap.window) = typed_usd(cap.limit);
        }
        for share in &limits.guarantees {
            *entered.guarantee_mut(share.window) = typed_usd(share.limit);
        }
        for quota in &limits.quotas {
            if let Some(field) = entered.quota_mut(quota.counted, quota.window) {
                *field = quota.limit.to_string();
            }
        }
        entered
    }

    pub fn cap(&self, window: Window) -> String {
        self.clone().cap_mut(window).clone()
    }

    pub fn guarantee(&self, window: Window) -> String {
        self.clone().guarantee_mut(window).clone()
    }

    pub fn quota(&self, counted: Counted, window: Window) -> String {
        self.clone().quota_mut(counted, window).cloned().unwrap_or_default()
    }

    const fn cap_mut(&mut self, window: Window) -> &mut String {
        match window {
            Window::Hour => &mut self.cap_hour,
            Window::Day => &mut self.cap_day,
            Window::Week => &mut self.cap_week,
            Window::Month => &mut self.cap_month,
            Window::Quarter => &mut self.cap_quarter,
            Window::Total => &mut self.cap_total,
        }
    }

    const fn guarantee_mut(&mut self, window: Window) -> &mut String {
        match window {
            Window::Hour => &mut self.guarantee_hour,
            Window::Day => &mut self.guarantee_day,
            Window::Week => &mut self.guarantee_week,
            Window::Month => &mut self.guarantee_month,
            Window::Quarter => &mut self.guarantee_quarter,
            Window::Total => &mut self.guarantee_total,
        }
    }

    /// `None` for a window that quotas do not have.
    const fn quota_mut(&mut self, counted: Counted, window: Window) -> Option<&mut String> {
        Some(match (counted, window) {
            (Counted::Requests, Window::Hour) => &mut self.requests_hour,
            (Counted::Requests, Window::Day) => &mut self.requests_day,
            (Counted::Requests, Window::Month) => &mut self.requests_month,
            (Counted::Tokens, Window::Hour) => &mut self.tokens_hour,
            (Counted::Tokens, Window::Day) => &mut self.tokens_day,
            (Counted::Tokens, Window::Month) => &mut self.tokens_month,
            _ => return None,
        })
    }

    /// What the form asks for, or every reason why it cannot be read.
    pub fn limits(&self) -> Result<Limits, Reasons> {
        let mut unreadable = Vec::new();
        let mut caps = Vec::new();
        for window in WINDOWS {
            let limit = read(cap_field(window), &self.cap(window), NanoUsd::parse_dollars, &mut unreadable);
            caps.extend(limit.map(|limit| Cap { window, limit }));
        }
        let mut guarantees = Vec::new();
        for window in WINDOWS {
            let field = guarantee_field(window);
            let share = read(field, &self.guarantee(window), NanoUsd::parse_dollars, &mut unreadable);
            guarantees.extend(share.map(|limit| Cap { window, limit }));
        }
        let mut quotas = Vec::new();
        for (counted, window) in quota_kinds() {
            let limit = read(quota_field(counted, window), &self.quota(counted, window), whole, &mut unreadable);
            quotas.extend(limit.map(|limit| Quota { counted, window, limit }));
        }
        let limits = Limits {
            caps,
            requests_per_minute: read("requests_per_minute", &self.requests_per_minute, whole, &mut unreadable),
            tokens_per_minute: read("tokens_per_minute", &self.tokens_per_minute, whole, &mut unreadable),
            concurrency: read("concurrency", &self.concurrency, whole, &mut unreadable),
            quotas,
            guarantees,
        };
        if unreadable.is_empty() { Ok(limits) } else { Err(Reasons::from(unreadable)) }
    }
}

fn read<T>(
    field: &'static str,
    text: &str,
    parse: impl Fn(&str) -> Option<T>,
    unreadable: &mut Vec<Refusal>,
) -> Option<T> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let value = parse(text);
    if value.is_none() {
        unreadable.push(Refusal::new(field, Reason::Malformed));
    }
    value
}

/// `200,000` is how pages print it, so people may type it.
fn whole<T: FromStr>(text: &str) -> Option<T> {
    text.replace(',', "").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_becomes_limits_and_stands_in_the_form_again() {
        let typed = Entered {
            version: 3,
            cap_month: " $1,250.50 ".to_owned(),
            cap_hour: "2".to_owned(),
            requests_per_minute: "600".to_owned(),
            tokens_per_minute: "1,000,000".to_owned(),
            tokens_day: "9000000".to_owned(),
            guarantee_month: "300".to_owned(),
            ..Entered::default()
        };
        let limits = typed.limits().unwrap();
        assert_eq!(limits.caps[0], Cap { window: Window::Month, limit: NanoUsd::from_nano(1_250_500_000_000) });
        assert_eq!(limits.guarantees, [Cap { window: Window::Month, limit: NanoUsd::from_dollars(300) }]);
        assert_eq!((limits.tokens_per_minute, limits.concurrency), (Some(1_000_000), None));
        assert_eq!(limits.quotas, [Quota { counted: Counted::Tokens, window: Window::Day, limit: 9_000_000 }]);
        let again = Entered::of(&limits, 3);
        assert_eq!((again.version, again.limits().unwrap()), (3, limits));
        assert_eq!(Entered::default().limits().unwrap(), Limits::default());
    }

    #[test]
    fn every_field_that_cannot_be_read_is_named_at_once() {
        let typed = Entered {
            cap_day: "lots".to_owned(),
            concurrency: "-1".to_owned(),
            requests_hour: "1.5".to_owned(),
            guarantee_week: "some".to_owned(),
            ..Entered::default()
        };
        let reasons = typed.limits().unwrap_err();
        for field in ["cap_day", "concurrency", "requests_hour", "guarantee_week"] {
            assert!(reasons.at(field).is_some(), "{field}");
        }
    }
}
