//! Which rules refuse calls and which are only watched: the part of the form, and what watching has shown so far.

use crate::components::{Cell, Column, NameCell, Section, Table};
use crate::format::grouped;
use crate::pages::admin::counted;
use crate::paths;
use crate::words;
use domain::call_rule::{CallRule, RuleSet};
use domain::id::ProfileId;
use leptos::prelude::*;
use portal::administration::watched_rules::{WATCHED_DAYS, WatchedRule};

/// What has been counted for a profile that is kept.
#[derive(Debug, Clone)]
pub struct Counted {
    pub profile: ProfileId,
    pub rules: Vec<WatchedRule>,
}

/// Takes a box of the form; `None` if it is none of its own.
pub fn take(watched: RuleSet, value: &str) -> Option<RuleSet> {
    CallRule::from_word(value).map(|rule| watched.with(rule))
}

/// `models, endpoints`
pub fn said(watched: RuleSet) -> String {
    let names: Vec<&str> = watched.iter().map(words::call_rule).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

const ABOUT: &str = "A call that breaks a rule which is only watched is served, and counted here. A key\u{2019}s own narrower \
                     choice, limits and budgets are enforced all the same, and keys are minted within the rules as ever.";

pub fn section(watched: RuleSet, counted: Option<&Counted>) -> impl IntoView + use<> {
    let mut columns = vec![Column::text("Rule"), Column::text("When a call breaks it")];
    columns.extend(counted.map(|_| Column::text(format!("In the last {WATCHED_DAYS} days"))));
    let rows: Vec<_> = CallRule::ALL.into_iter().map(|rule| row(rule, watched.has(rule), counted)).collect();
    view! {
        <Section id="watched" title="Rules that are only watched">
            <p class="muted">{ABOUT}</p>
            <Table columns=columns caption="Rules that refuse calls" compact=true>{rows}</Table>
        </Section>
    }
}

fn row(rule: CallRule, watched: bool, counted: Option<&Counted>) -> impl IntoView + use<> {
    let note = words::call_rule_note(rule).into_any();
    let label = format!("Only watch: {}", words::call_rule(rule));
    let found = counted.map(|counted| found(rule, watched, counted));
    let found = found.map(|found| view! { <Cell label="Would have refused">{found}</Cell> });
    view! {
        <tr>
            <NameCell name=words::call_rule(rule) note=note/>
            <Cell label="When a call breaks it">
                <label class="choice">
                    <input type="checkbox" name="watched" value=rule.word() checked=watched aria-label=label/>
                    <span>"Only watch"</span>
                </label>
            </Cell>
            {found}
        </tr>
    }
}

/// For those who may not change it.
pub fn reading(watched: RuleSet, counted: &Counted) -> Option<impl IntoView + use<>> {
    let is_told = |rule: &CallRule| watched.has(*rule) || counted.rules.iter().any(|found| found.rule == *rule);
    let rows: Vec<_> = (CallRule::ALL.into_iter().filter(is_told))
        .map(|rule| {
            let state = if watched.has(rule) { "served, and counted" } else { "refused" };
            let found = found(rule, watched.has(rule), counted);
            view! {
                <tr>
                    <NameCell name=words::call_rule(rule)/>
                    <Cell label="A call that breaks it is">{state}</Cell>
                    <Cell label="Would have refused">{found}</Cell>
                </tr>
            }
        })
        .collect();
    (!rows.is_empty()).then(|| {
        let columns = vec![
            Column::text("Rule"),
            Column::text("A call that breaks it is"),
            Column::text(format!("In the last {WATCHED_DAYS} days")),
        ];
        view! {
            <Section id="watched" title="Rules that are only watched">
                <Table columns=columns caption="Rules that are only watched" compact=true>{rows}</Table>
            </Section>
        }
    })
}

fn found(rule: CallRule, watched: bool, counted: &Counted) -> AnyView {
    match counted.rules.iter().find(|found| found.rule == rule) {
        None if watched => view! { <span class="muted">"no call has broken it"</span> }.into_any(),
        None => view! { <span class="muted">"not watched"</span> }.into_any(),
        Some(found) => {
            let href = paths::watched_rule(counted.profile, rule);
            let text = format!("{} of {}", counted_calls(found.calls), counted_keys(found.keys));
            view! { "would have refused "<a href=href>{text}</a> }.into_any()
        }
    }
}

pub(super) fn counted_calls(calls: u64) -> String {
    counted(calls, "call")
}

pub(super) fn counted_keys(keys: u64) -> String {
    if keys == 1 { "1 key".to_owned() } else { format!("{} keys", grouped(keys)) }
}
