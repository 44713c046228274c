//! What the mint form sends, as typed, and how it becomes a wish.
//!
//! The form is pre-filled with the defaults of some guardrails, and says which (`terms_of`). A term that still holds that
//! default is no wish: whoever changes the guardrails without script and presses "Mint key" gets the new defaults, and
//! keeps what they typed themselves. What cannot be read is a refusal at its field, beside all the others.

use domain::access_profile::{AccessProfile, ProfileTerms};
use domain::budget::{Cap, Window};
use domain::id::ProfileId;
use domain::limits::{Counted, QUOTA_WINDOWS, Quota};
use domain::minting::MintRequest;
use domain::model::ModelPattern;
use domain::money::NanoUsd;
use domain::person::Caller;
use domain::refusal::{Reason, Refusal, cap_field, quota_field};
use domain::virtual_key::{ConsumerKind, Owner, VirtualKey};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

use crate::format::typed_usd;
use reading::{Reading, network, words};

mod reading;

/// The value of `owner` that stands for the caller.
pub const OWN: &str = "me";

/// Every field as typed. Field names are those of refusals and the ids of the elements.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MintForm {
    pub form: String,
    /// What the pressed button does: nothing for "Mint key", `check`, `guardrails`; `asking` shows what asking takes, and
    /// `ask` asks.
    pub act: String,
    /// A way out that was taken: `cap_month=100.00` puts the value into the field.
    #[serde(rename = "use")]
    pub use_value: String,
    /// Whose defaults the form was pre-filled with.
    pub terms_of: String,
    pub name: String,
    pub consumer: String,
    pub profile: String,
    pub owner: String,
    pub application: String,
    pub environment: String,
    pub cost_centre: String,
    pub tags: String,
    pub models: String,
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
    pub lifetime_days: String,
    pub networks: String,
    pub max_output_tokens: String,
    /// The version of the key policy beside which the box is ticked. Never pre-filled from an address.
    pub policy: String,
    /// Why, where somebody else decides.
    pub reason: String,
    /// Until when what goes above the guardrails is wanted: `2026-12-31`.
    pub until: String,
    pub for_good: String,
}

/// What the form asks for: a whole wish if its guardrails can be told, and the reasons at fields that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    pub request: Option<MintRequest>,
    pub unreadable: Vec<Refusal>,
}

impl MintForm {
    /// Reads a query: fields that a link pre-fills. What is not a field of the form is somebody else's parameter.
    pub fn from_query(query: &str) -> Self {
        let pairs: Vec<(String, String)> = serde_html_form::from_str(query).unwrap_or_default();
        let mut form = Self::default();
        for (name, value) in pairs {
            if let Some(field) = form.field(&name) {
                *field = value;
            }
        }
        form
    }

    /// Takes every field that the other one fills in.
    pub fn overlay(&mut self, mut over: Self) {
        for name in CHOICES.into_iter().chain(TERMS) {
            if let (Some(own), Some(other)) = (self.field(name), over.field(name))
                && !other.is_empty()
            {
                *own = std::mem::take(other);
            }
        }
    }

    /// The fields that people fill in, by name.
    fn field(&mut self, name: &str) -> Option<&mut String> {
        Some(match name {
            "name" => &mut self.name,
            "consumer" => &mut self.consumer,
            "profile" => &mut self.profile,
            "owner" => &mut self.owner,
            "application" => &mut self.application,
            "environment" => &mut self.environment,
            "cost_centre" => &mut self.cost_centre,
            "tags" => &mut self.tags,
            _ => return self.term(name),
        })
    }

    fn term(&mut self, name: &str) -> Option<&mut String> {
        Some(match name {
            "models" => &mut self.models,
            "cap_hour" => &mut self.cap_hour,
            "cap_day" => &mut self.cap_day,
            "cap_week" => &mut self.cap_week,
            "cap_month" => &mut self.cap_month,
            "cap_quarter" => &mut self.cap_quarter,
            "cap_total" => &mut self.cap_total,
            "requests_per_minute" => &mut self.requests_per_minute,
            "tokens_per_minute" => &mut self.tokens_per_minute,
            "concurrency" => &mut self.concurrency,
            "requests_hour" => &mut self.requests_hour,
            "requests_day" => &mut self.requests_day,
            "requests_month" => &mut self.requests_month,
            "tokens_hour" => &mut self.tokens_hour,
            "tokens_day" => &mut self.tokens_day,
            "tokens_month" => &mut self.tokens_month,
            "lifetime_days" => &mut self.lifetime_days,
            "networks" => &mut self.networks,
            "max_output_tokens" => &mut self.max_output_tokens,
            _ => return None,
        })
    }

    pub fn cap(&self, window: Window) -> &str {
        match window {
            Window::Hour => &self.cap_hour,
            Window::Day => &self.cap_day,
            Window::Week => &self.cap_week,
            Window::Month => &self.cap_month,
            Window::Quarter => &self.cap_quarter,
            Window::Total => &self.cap_total,
        }
    }

    /// Nothing for a window that quotas do not have.
    pub fn quota(&self, counted: Counted, window: Window) -> &str {
        match (counted, window) {
            (Counted::Requests, Window::Hour) => &self.requests_hour,
            (Counted::Requests, Window::Day) => &self.requests_day,
            (Counted::Requests, Window::Month) => &self.requests_month,
            (Counted::Tokens, Window::Hour) => &self.tokens_hour,
            (Counted::Tokens, Window::Day) => &self.tokens_day,
            (Counted::Tokens, Window::Month) => &self.tokens_month,
            _ => "",
        }
    }

    fn set_quota(&mut self, quota: Quota) {
        if let Some(field) = self.term(quota_field(quota.counted, quota.window)) {
            *field = quota.limit.to_string();
        }
    }

    fn set_cap(&mut self, window: Window, value: String) {
        if let Some(field) = self.term(cap_field(window)) {
            *field = value;
        }
    }

    /// Takes the way out that was pressed, if there was one.
    pub fn take_way_out(&mut self) -> bool {
        let taken = std::mem::take(&mut self.use_value);
        let Some((name, value)) = taken.split_once('=') else { return false };
        let Some(field) = self.term(name) else { return false };
        value.clone_into(field);
        true
    }

    /// Takes the terms of another key; its name stays its own.
    pub fn like(key: &VirtualKey) -> Self {
        let mut form = Self {
            consumer: key.consumer.word().to_owned(),
            profile: key.profile.to_string(),
            owner: match key.owner {
                Owner::Person(_) => OWN.to_owned(),
                Owner::Team(team) => team.to_string(),
            },
            application: key.application.clone().unwrap_or_default(),
            environment: key.environment.clone(),
            cost_centre: key.cost_centre.clone().unwrap_or_default(),
            tags: key.tags.join(", "),
            models: lines(&key.terms.models),
            requests_per_minute: key.terms.requests_per_minute.to_string(),
            tokens_per_minute: key.terms.tokens_per_minute.map(|tokens| tokens.to_string()).unwrap_or_default(),
            concurrency: key.terms.concurrency.to_string(),
            networks: lines(&key.terms.networks),
            max_output_tokens: key.terms.max_output_tokens.map(|tokens| tokens.to_string()).unwrap_or_default(),
            ..Self::default()
        };
        for cap in &key.terms.caps {
            form.set_cap(cap.window, typed_usd(cap.limit));
        }
        for &quota in &key.terms.quotas {
            form.set_quota(quota);
        }
        form
    }

    /// The terms of these guardrails as the form shows them before anything is typed.
    fn defaults(terms: &ProfileTerms) -> Self {
        let mut form = Self {
            models: lines(&terms.models),
            requests_per_minute: terms.requests_per_minute.default.to_string(),
            tokens_per_minute: terms.tokens_per_minute.map(|term| term.default.to_string()).unwrap_or_default(),
            concurrency: terms.concurrency.default.to_string(),
            lifetime_days: terms.lifetime_days.default.to_string(),
            networks: lines(&terms.networks),
            max_output_tokens: terms.max_output_tokens.map(|tokens| tokens.to_string()).unwrap_or_default(),
            ..Self::default()
        };
        for cap in &terms.caps {
            form.set_cap(cap.window, typed_usd(cap.amount.default));
        }
        for quota in &terms.quotas {
            form.set_quota(Quota { counted: quota.counted, window: quota.window, limit: quota.amount.default });
        }
        form
    }

    /// Empties each term that still holds what the form had been pre-filled with.
    pub fn forget_untouched(&mut self, prefilled: Option<&AccessProfile>) {
        let Some(prefilled) = prefilled else { return };
        let mut defaults = Self::defaults(&prefilled.terms);
        for name in TERMS {
            let (Some(typed), Some(default)) = (self.term(name), defaults.term(name)) else { continue };
            if same(typed, default) {
                typed.clear();
            }
        }
        self.terms_of.clear();
    }

    /// Fills every empty term with its default. A form without this cannot tell "nothing" from "as usual", so it comes
    /// after [`Self::forget_untouched`] and never between typing and reading.
    pub fn fill_in(&mut self, profile: &AccessProfile) {
        let mut defaults = Self::defaults(&profile.terms);
        for name in TERMS {
            let (Some(typed), Some(default)) = (self.term(name), defaults.term(name)) else { continue };
            if typed.trim().is_empty() {
                default.clone_into(typed);
            }
        }
        let id = profile.id.to_string();
        self.profile.clone_from(&id);
        self.terms_of = id;
    }

    /// What is asked for. `prefilled` are the guardrails that `terms_of` names, if this person may use them.
    pub fn wish(&self, caller: &Caller, prefilled: Option<&AccessProfile>) -> Wish {
        let mut asked = Reading::default();
        let mut typed = self.clone();
        // An emptied list of models is a wish for nothing, which is refused; an untouched one is no wish.
        let no_model = prefilled.is_some() && self.models.trim().is_empty();
        typed.forget_untouched(prefilled);
        let consumer = asked.choice("consumer", ConsumerKind::from_word(&typed.consumer), ConsumerKind::Person);
        let own = Owner::Person(caller.person);
        let owner = match typed.owner.trim() {
            "" | OWN => own,
            team => asked.choice("owner", team.parse().ok().map(Owner::Team), own),
        };
        let caps = Window::ALL.into_iter().filter_map(|window| {
            let amount = asked.parsed(cap_field(window), typed.cap(window), NanoUsd::parse_dollars)?;
            Some(Cap { window, limit: amount })
        });
        let caps: Vec<Cap> = caps.collect();
        let models = match asked.list("models", &typed.models, |text| ModelPattern::from_str(text).ok()) {
            None if no_model => Some(Vec::new()),
            models => models,
        };
        let tags = typed.tags.split(',').map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect();
        let requests_per_minute = asked.number("requests_per_minute", &typed.requests_per_minute);
        let tokens_per_minute = asked.number("tokens_per_minute", &typed.tokens_per_minute);
        let concurrency = asked.number("concurrency", &typed.concurrency);
        let kinds = Counted::ALL.into_iter().flat_map(|counted| QUOTA_WINDOWS.map(|window| (counted, window)));
        let quotas = kinds.filter_map(|(counted, window)| {
            let limit = asked.number(quota_field(counted, window), typed.quota(counted, window))?;
            Some(Quota { counted, window, limit })
        });
        let quotas: Vec<Quota> = quotas.collect();
        let lifetime_days = asked.number("lifetime_days", &typed.lifetime_days);
        let networks = asked.list("networks", &typed.networks, network);
        let max_output_tokens = asked.number("max_output_tokens", &typed.max_output_tokens);
        let profile: Option<ProfileId> = typed.profile.parse().ok();
        if profile.is_none() {
            let reason = if typed.profile.is_empty() { Reason::Missing } else { Reason::UnknownChoice };
            asked.unreadable.push(Refusal::new("profile", reason));
        }
        let policy_read = asked.number("policy", &self.policy);
        let request = profile.map(|profile| MintRequest {
            name: typed.name,
            consumer,
            profile,
            owner,
            application: some(typed.application),
            environment: typed.environment,
            cost_centre: some(typed.cost_centre),
            tags,
            models,
            caps,
            requests_per_minute,
            concurrency,
            tokens_per_minute,
            quotas,
            lifetime_days,
            networks,
            max_output_tokens,
            policy_read,
        });
        Wish { request, unreadable: asked.unreadable }
    }
}

/// The fields that guardrails say nothing about.
const CHOICES: [&str; 8] =
    ["name", "consumer", "profile", "owner", "application", "environment", "cost_centre", "tags"];

/// The fields that guardrails pre-fill.
const TERMS: [&str; 19] = [
    "models",
    "cap_hour",
    "cap_day",
    "cap_week",
    "cap_month",
    "cap_quarter",
    "cap_total",
    "requests_per_minute",
    "tokens_per_minute",
    "concurrency",
    "requests_hour",
    "requests_day",
    "requests_month",
    "tokens_hour",
    "tokens_day",
    "tokens_month",
    "lifetime_days",
    "networks",
    "max_output_tokens",
];

fn some(text: String) -> Option<String> {
    (!text.trim().is_empty()).then_some(text)
}

fn lines<T: ToString>(entries: &[T]) -> String {
    entries.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// A browser sends line breaks as CR LF.
fn same(typed: &str, default: &str) -> bool {
    typed.trim() == default || words(typed).eq(words(default))
}

#[cfg(test)]
mod tests;
