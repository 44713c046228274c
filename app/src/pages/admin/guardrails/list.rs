//! `/admin/guardrails`: every profile in a line: who it is for, what it allows, how many keys live under it, and
//! what they spent this month.

use crate::chrome::Place;
use crate::components::{Cell, Chip, Column, EmptyState, NameCell, PageHead, Table, Tone};
use crate::format::{grouped, usd};
use crate::pages::admin::{at_least_none, count, counted, document, may_change};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use crate::words;
use domain::access_profile::Audience;
use domain::budget::Cap;
use domain::id::ProfileId;
use domain::money::NanoUsd;
use domain::replay::worst_month;
use leptos::prelude::*;
use portal::administration::profiles::ProfileRow;
use std::collections::HashMap;

const SPENT: &str = "Spent this month";

pub async fn show(visit: Visit, _: Input) -> Result<Answer, PageError> {
    let (portal, caller) = (visit.portal.as_ref(), &visit.caller);
    let (profiles, spent) = (portal.profiles(caller).await?, portal.spend_by_profile(caller).await?);
    let model = Model { profiles, spent, may_change: may_change(&visit) };
    Ok(Answer::ok(document(&visit, Place::Guardrails, "Guardrails", |_| view(model))))
}

#[derive(Debug, Clone)]
pub struct Model {
    pub profiles: Vec<ProfileRow>,
    /// This month; `None` for those who do not see everybody's spend.
    pub spent: Option<HashMap<ProfileId, NanoUsd>>,
    pub may_change: bool,
}

pub fn view(model: Model) -> impl IntoView {
    let Model { profiles, spent, may_change } = model;
    let add = may_change.then(|| view! { <a class="button primary" href=paths::NEW_GUARDRAIL>"Add guardrails"</a> });
    if profiles.is_empty() {
        let text =
            "No guardrails yet, so that nobody can mint a key. Add the first ones: who, which models, which budget.";
        return view! { <PageHead title="Guardrails"/><EmptyState text=text>{add}</EmptyState> }.into_any();
    }
    let mut columns = vec![
        Column::text("Guardrails"),
        Column::text("State"),
        Column::text("Who"),
        Column::number("Models"),
        Column::number("A key, at most"),
        Column::number("Live keys"),
    ];
    columns.extend(spent.is_some().then(|| Column::number(SPENT)));
    columns.push(Column::number("All keys a month, at most"));
    let spent_by = |id| spent.as_ref().map(|spent| spent.get(&id).copied().unwrap_or_default());
    let rows = profiles.into_iter().map(|profile| {
        let spent = spent_by(profile.profile.id);
        row(profile, spent)
    });
    let rows = rows.collect_view();
    view! {
        <PageHead title="Guardrails">{add}<a class="button" href=paths::ENVIRONMENTS>"Environments"</a><a class="button" href=paths::KEY_POLICY>"Key policy"</a></PageHead>
        <Table columns=columns caption="Guardrails">{rows}</Table>
    }
    .into_any()
}

fn row(row: ProfileRow, spent: Option<NanoUsd>) -> impl IntoView {
    let ProfileRow { profile, live_keys, models_allowed, models_served } = row;
    let (tone, state) = match (profile.enabled, models_allowed) {
        (false, _) => (Tone::Plain, "Off"),
        (true, 0) => (Tone::Warn, "Allows no model"),
        (true, _) => (Tone::Ok, "On"),
    };
    let budget = profile.terms.caps.first().map_or_else(
        || "none".to_owned(),
        |cap| format!("{} {}", usd(cap.amount.maximum), words::per_window(cap.window)),
    );
    let maxima: Vec<Cap> =
        (profile.terms.caps.iter()).map(|cap| Cap { window: cap.window, limit: cap.amount.maximum }).collect();
    let worst = worst_month(&maxima)
        .map_or_else(String::new, |month| usd(NanoUsd::from_nano(month.as_nano().saturating_mul(live_keys.max(0)))));
    let note = view! { {format!("version {}", profile.version)}{(!profile.description.is_empty()).then(|| format!(" · {}", profile.description))} };
    let models = format!("{} of {}", grouped(count(models_allowed)), grouped(count(models_served)));
    view! {
        <tr>
            <NameCell name=profile.name href=paths::guardrail(profile.id) note=note.into_any()/>
            <Cell label="State"><Chip tone=tone text=state/></Cell>
            <Cell label="Who">{audience(&profile.audience)}</Cell>
            <Cell label="Models" number=true>{models}</Cell>
            <Cell label="A key, at most" number=true>{budget}</Cell>
            <Cell label="Live keys" number=true>{grouped(at_least_none(live_keys))}</Cell>
            {spent.map(|spent| view! { <Cell label=SPENT number=true>{usd(spent)}</Cell> })}
            <Cell label="All keys a month, at most" number=true>{worst}</Cell>
        </tr>
    }
}

/// `developers · 2 teams · llm-users`
pub(super) fn audience(audience: &Audience) -> String {
    let mut parts: Vec<String> = audience.roles.iter().map(|role| format!("{}s", role.word())).collect();
    if !audience.teams.is_empty() {
        parts.push(counted(count(audience.teams.len()), "team"));
    }
    match audience.groups.as_slice() {
        [] => (),
        few @ ([_] | [_, _]) => parts.push(few.join(", ")),
        many => parts.push(counted(count(many.len()), "group")),
    }
    if parts.is_empty() { "nobody".to_owned() } else { parts.join(" · ") }
}
