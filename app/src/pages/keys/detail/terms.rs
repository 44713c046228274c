//! What the key may do, each value with the rule that it comes from, and the secrets that open it.

use super::money::capitalised;
use crate::components::{Cell, Change, Chip, Column, NameCell, Section, Table, Tone, when};
use crate::format::{Calendar, grouped, usd};
use crate::pages::keys::rows::whose;
use crate::words;
use domain::access_profile::AccessProfile;
use domain::call_rule::CallRule;
use domain::effective_terms::{Explained, NOWHERE, Origin};
use domain::limits::Quota;
use domain::refusal::{cap_field, quota_field};
use leptos::prelude::*;
use portal::keys::{EffectiveTerms, KeyDetail, SecretFacts};

struct Line {
    /// Anchored as `term-…`.
    anchor: &'static str,
    name: String,
    value: String,
    from: String,
}

pub(super) fn section(detail: &KeyDetail, calendar: &Calendar) -> impl IntoView + use<> {
    let rows = lines(detail, &detail.profile, &detail.effective, calendar).into_iter().map(
        |Line { anchor, name, value, from }| {
            view! {
                <tr id=format!("term-{anchor}")>
                    <NameCell name=name/>
                    <Cell label="Value">{value}</Cell>
                    <Cell label="Comes from">{from}</Cell>
                </tr>
            }
        },
    );
    let (rows, shared) = (rows.collect_view(), shared(detail));
    let columns = vec![Column::text("Term"), Column::text("Value"), Column::text("Comes from")];
    view! {
        <Section id="limits" title="What it can do">
            <Table columns=columns caption="What it can do" compact=true>{rows}</Table>
            {shared}
        </Section>
    }
}

/// What other keys can use up: the traffic limits of the levels above. Their budgets stand with the key's own.
fn shared(detail: &KeyDetail) -> Option<impl IntoView + use<>> {
    let rows = detail.above.iter().filter_map(|level| {
        let traffic = words::traffic(&level.limits);
        let name = whose(level.scope, Some(&level.name), detail.mine).map(capitalised)?;
        (!traffic.is_empty()).then(|| {
            view! {
                <tr id=format!("shared-{}", level.scope.word())>
                    <NameCell name=name/>
                    <Cell label="Limits">{traffic.join(" · ")}</Cell>
                </tr>
            }
        })
    });
    let rows: Vec<_> = rows.collect();
    (!rows.is_empty()).then(|| {
        let columns = vec![Column::text("Shared with"), Column::text("Limits")];
        view! { <Table columns=columns caption="Limits shared with other keys" compact=true>{rows}</Table> }
    })
}

/// What becomes of its terms with the newest version, of those that do not stay as they are.
pub(super) fn changes(detail: &KeyDetail, newest: &AccessProfile, calendar: &Calendar) -> Vec<Change> {
    let Some(then) = &detail.effective_then else { return Vec::new() };
    let now = lines(detail, &detail.profile, &detail.effective, calendar);
    let then = lines(detail, newest, then, calendar);
    let value_of = |of: &[Line], anchor| of.iter().find(|line| line.anchor == anchor).map(|line| line.value.clone());
    let gone = now.iter().filter(|line| value_of(&then, line.anchor).is_none());
    let gone = gone.map(|line| Change {
        what: line.name.clone(),
        before: Some(line.value.clone()),
        after: "no limit".to_owned(),
    });
    let other = then.iter().filter_map(|line| {
        let before = value_of(&now, line.anchor);
        let same = before.as_ref() == Some(&line.value);
        (!same).then(|| Change { what: line.name.clone(), before, after: line.value.clone() })
    });
    other.chain(gone).collect()
}

fn lines(detail: &KeyDetail, profile: &AccessProfile, effective: &EffectiveTerms, calendar: &Calendar) -> Vec<Line> {
    let terms = &effective.terms;
    let networks_are_watched = profile.terms.watched.has(CallRule::Networks) && terms.networks.is_empty();
    let profile = format!("{}, version {}", profile.name, profile.version);
    let from = |origin| match origin {
        Origin::Profile => profile.clone(),
        Origin::Watched => format!("{profile}, only watched"),
        Origin::Key => "this key".to_owned(),
        Origin::Grant { until: Some(until) } => format!("granted until {}", calendar.date(until)),
        Origin::Grant { until: None } => "granted for good".to_owned(),
    };
    let line = |anchor, name: &str, value: String, from: String| Line { anchor, name: name.to_owned(), value, from };
    let own = |anchor, name, value: String| line(anchor, name, value, "this key".to_owned());
    let models = format!(
        "{} of {} served: {}",
        effective.models_allowed,
        effective.models_served,
        listed(terms.models.iter().map(|pattern| pattern.value.as_str().to_owned()))
    );
    let endpoints = listed(terms.endpoints.value.iter().map(|&endpoint| words::endpoint(endpoint).to_owned()));
    let networks = match terms.networks.as_slice() {
        [] => "any".to_owned(),
        [only] if only.value == NOWHERE => "none: the key's networks are not within those of the guardrails".to_owned(),
        some => listed(some.iter().map(|network| network.value.to_string())),
    };
    let longest = terms
        .max_output_tokens
        .value
        .map_or_else(|| "as the model allows".to_owned(), |most| format!("{} tokens", grouped(most)));
    let mut lines = vec![
        line("models", "Models", models, origins(&terms.models, &from)),
        line("endpoints", "Endpoints", endpoints, from(terms.endpoints.origin)),
    ];
    for cap in &terms.caps {
        let (window, limit) = (cap.value.window, cap.value.limit);
        lines.push(line(cap_field(window), words::budget_window(window), usd(limit), from(cap.origin)));
    }
    let count = |explained: Explained<u32>| grouped(u64::from(explained.value));
    lines.extend([
        line(
            "requests_per_minute",
            "Requests a minute",
            count(terms.requests_per_minute),
            from(terms.requests_per_minute.origin),
        ),
        line("concurrency", "Calls at once", count(terms.concurrency), from(terms.concurrency.origin)),
    ]);
    let tokens = terms.tokens_per_minute;
    lines.extend(
        tokens.value.map(|most| line("tokens_per_minute", "Tokens a minute", grouped(most), from(tokens.origin))),
    );
    lines.extend(terms.quotas.iter().map(|quota| {
        let Quota { counted, window, limit } = quota.value;
        line(quota_field(counted, window), &words::quota_name(counted, window), grouped(limit), from(quota.origin))
    }));
    lines.extend([
        line(
            "networks",
            "Networks",
            networks,
            if networks_are_watched { from(Origin::Watched) } else { origins(&terms.networks, &from) },
        ),
        line("max_output_tokens", "Longest answer", longest, from(terms.max_output_tokens.origin)),
        own("environment", "Environment", detail.key.environment.clone()),
    ]);
    let key = &detail.key;
    lines.extend(key.application.clone().map(|application| own("application", "Application", application)));
    lines.extend(key.cost_centre.clone().map(|centre| own("cost_centre", "Cost centre", centre)));
    lines.extend((!key.tags.is_empty()).then(|| own("tags", "Tags", key.tags.join(", "))));
    lines.push(own("expires_at", "Expires", calendar.date_time(key.expires_at)));
    lines
}

fn listed(entries: impl Iterator<Item = String>) -> String {
    let entries: Vec<_> = entries.collect();
    if entries.is_empty() { "none".to_owned() } else { entries.join(", ") }
}

/// A list can mix the rules. An empty one was emptied by the guardrails, or never narrowed anything.
fn origins<T>(entries: &[Explained<T>], from: &impl Fn(Origin) -> String) -> String {
    let mut texts: Vec<String> = Vec::new();
    for origin in entries.iter().map(|entry| entry.origin) {
        let text = from(origin);
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    if texts.is_empty() { from(Origin::Profile) } else { texts.join(" and ") }
}

pub(super) fn secrets(detail: &KeyDetail, calendar: &Calendar) -> impl IntoView + use<> {
    let rows = detail.secrets.iter().map(|secret| {
        let (tone, word, end) = state(secret, calendar);
        let made = when(calendar, secret.created_at);
        view! {
            <tr>
                <NameCell name=format!("Version {}", secret.version)/>
                <Cell label="Made">{made}</Cell>
                <Cell label="State"><Chip tone=tone text=word/></Cell>
                <Cell label="Ends">{end}</Cell>
            </tr>
        }
    });
    let rows = rows.collect_view();
    let columns = vec![Column::text("Secret"), Column::text("Made"), Column::text("State"), Column::text("Ends")];
    view! {
        <Section id="secrets" title="Secrets">
            <Table columns=columns caption="Secrets" compact=true>{rows}</Table>
        </Section>
    }
}

fn state(secret: &SecretFacts, calendar: &Calendar) -> (Tone, &'static str, String) {
    match (secret.live, secret.valid_until) {
        (true, None) => (Tone::Ok, "Current", "with the key".to_owned()),
        (true, Some(until)) => {
            (Tone::Info, "Old, still works", format!("{}, {}", calendar.date_time(until), calendar.relative(until)))
        }
        (false, Some(until)) => (Tone::Plain, "Ended", calendar.date_time(until)),
        (false, None) => (Tone::Plain, "Ended", "with the key".to_owned()),
    }
}
