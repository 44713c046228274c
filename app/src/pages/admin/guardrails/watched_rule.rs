//! `/admin/guardrails/{id}/watched/{word}`: the calls that one rule would have refused, by key and one by one.

use super::watched::{counted_calls, counted_keys};
use crate::chrome::Place;
use crate::components::{Cell, Column, Crumb, EmptyState, NameCell, PageHead, Section, Table, when};
use crate::format::{Calendar, grouped};
use crate::pages::admin::{document, may_change};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use crate::words;
use domain::call_rule::CallRule;
use leptos::prelude::*;
use portal::administration::watched_rules::{NAMED, WATCHED_DAYS, WatchedCallRow, WatchedDetail, WatchedKeyRow};

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let (id, word): (_, String) = (input.segment("id")?, input.segment("word")?);
    let rule = CallRule::from_word(&word).ok_or(PageError::NotFound)?;
    let detail = visit.portal.watched_rule(&visit.caller, id, rule).await?;
    let (title, may_change) = (title(rule), may_change(&visit));
    Ok(Answer::ok(document(&visit, Place::Guardrails, &title, |calendar| view(calendar, detail, may_change))))
}

fn title(rule: CallRule) -> String {
    format!("Watched: {}", words::call_rule(rule))
}

pub fn view(calendar: &Calendar, detail: WatchedDetail, may_change: bool) -> impl IntoView + use<> {
    let WatchedDetail { profile, found, named } = detail;
    let rule = found.rule;
    let is_watched = profile.terms.watched.has(rule);
    let crumb = Crumb { text: profile.name.clone(), href: paths::guardrail(profile.id) };
    let said = if found.calls == 0 {
        format!("No call has broken this rule in the last {WATCHED_DAYS} days while it was watched.")
    } else {
        let (calls, keys) = (counted_calls(found.calls), counted_keys(found.keys));
        format!("In the last {WATCHED_DAYS} days it would have refused {calls} of {keys}, with {}.", rule.denial_code())
    };
    let state = if is_watched {
        "It is only watched: calls that break it are served, and counted."
    } else {
        "It is enforced now: calls that break it are refused. What is listed was served while it was watched."
    };
    let enforce = (may_change && is_watched).then(|| {
        let href = paths::enforce_rule(profile.id, rule);
        view! { <a class="button" href=href>"Enforce\u{2026}"</a> }
    });
    let lists = match named {
        None => view! { <p class="muted">"Keys and calls are listed for those who see everybody\u{2019}s calls."</p> }
            .into_any(),
        Some((_, calls)) if calls.is_empty() && found.calls == 0 => {
            view! { <EmptyState text="Nothing to list."/> }.into_any()
        }
        Some((keys, calls)) => view! { {by_key(keys, found.keys)}{newest(calls, calendar)} }.into_any(),
    };
    view! {
        <PageHead title=title(rule) crumb=crumb>{enforce}</PageHead>
        <p>{said}" "{state}</p>
        {lists}
    }
}

fn by_key(keys: Vec<WatchedKeyRow>, all: u64) -> impl IntoView + use<> {
    let rest = all.saturating_sub(u64::try_from(keys.len()).unwrap_or(u64::MAX));
    let rest = (rest > 0).then(|| view! { <p class="muted">{format!("And {} with fewer.", counted_keys(rest))}</p> });
    let rows: Vec<_> = keys
        .into_iter()
        .map(|WatchedKeyRow { key, name, owner_name, calls }| {
            view! {
                <tr>
                    <NameCell name=name href=paths::key(key)/>
                    <Cell label="Owner">{owner_name.unwrap_or_else(|| "not shown".to_owned())}</Cell>
                    <Cell label="Calls" number=true>{grouped(calls)}</Cell>
                </tr>
            }
        })
        .collect();
    let columns = vec![Column::text("Key"), Column::text("Owner"), Column::number("Calls")];
    view! {
        <Section id="keys" title="By key">
            <Table columns=columns caption="Keys whose calls it would have refused" compact=true>{rows}</Table>
            {rest}
        </Section>
    }
}

fn newest(calls: Vec<WatchedCallRow>, calendar: &Calendar) -> impl IntoView + use<> {
    let is_cut = calls.len() >= NAMED as usize;
    let rows: Vec<_> = calls
        .into_iter()
        .map(|WatchedCallRow { call, key_name }| {
            let made = when(calendar, call.id.made_at()).into_any();
            let endpoint = call.endpoint.map(words::endpoint).unwrap_or_default();
            view! {
                <tr>
                    <NameCell name=call.id.to_string() href=paths::call(call.id)/>
                    <Cell label="When">{made}</Cell>
                    <Cell label="Key">{key_name}</Cell>
                    <Cell label="Model">{call.model}</Cell>
                    <Cell label="Endpoint">{endpoint}</Cell>
                    <Cell label="From">{call.network}</Cell>
                </tr>
            }
        })
        .collect();
    let columns = ["Call", "When", "Key", "Model", "Endpoint", "From"].map(Column::text).to_vec();
    let cut = is_cut.then(|| view! { <p class="muted">{format!("The newest {NAMED}.")}</p> });
    view! {
        <Section id="calls" title="Newest calls">
            <Table columns=columns caption="Calls that it would have refused">{rows}</Table>
            {cut}
        </Section>
    }
}
