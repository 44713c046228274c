//! `/admin/guardrails/{id}/versions`: who saved which version, what changed with it, and how many keys go by it.

use super::said::differences;
use crate::chrome::Place;
use crate::components::{Cell, Change, Column, Crumb, Fold, NameCell, PageHead, Table, when};
use crate::format::{Calendar, grouped};
use crate::pages::admin::{at_least_none, document, may_change, more};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::id::{ProfileId, TeamId};
use leptos::prelude::*;
use portal::administration::profile_versions::{VersionLine, VersionPage};
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Query {
    before: Option<i64>,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let (id, Query { before }) = (input.segment("id")?, input.query()?);
    let page = visit.portal.profile_versions(&visit.caller, id, before).await?;
    let (title, may_change) = (format!("Versions of {}", page.newest.name), may_change(&visit));
    Ok(Answer::ok(document(&visit, Place::Guardrails, &title, |calendar| view(calendar, page, may_change))))
}

pub fn view(calendar: &Calendar, page: VersionPage, may_change: bool) -> impl IntoView + use<> {
    let VersionPage { newest, coming, lines, next, teams } = page;
    let coming = super::coming::coming(calendar, newest.id, newest.version, coming, may_change);
    let next = next.map(|before| format!("{}?before={before}", paths::guardrail_versions(newest.id)));
    let columns = vec![
        Column::text("Version"),
        Column::text("Saved"),
        Column::text("By"),
        Column::number("Live keys"),
        Column::text("What changed"),
    ];
    let rows = lines.into_iter().map(|line| row(calendar, newest.id, newest.version, &teams, line)).collect_view();
    view! {
        <PageHead
            title="Versions"
            crumb=Crumb { text: newest.name, href: paths::guardrail(newest.id) }
        />
        <p class="muted">"Keys follow the newest version, unless a change was meant for new keys only, or for later: then they keep to the one that they had."</p>
        {coming}
        <Table columns=columns caption="Versions">{rows}</Table>
        {more(next)}
    }
}

fn row(
    calendar: &Calendar,
    id: ProfileId,
    newest: i64,
    teams: &[(TeamId, String)],
    line: VersionLine,
) -> impl IntoView + use<> {
    let VersionLine { profile, saved_at, saved_by, before, live_keys } = line;
    let version = profile.version;
    let against = if version == newest { version - 1 } else { newest };
    let compare = (against > 0).then(|| {
        let text = if version == newest { "compare with the one before" } else { "compare with the newest" };
        view! { <a href=paths::compare_guardrail(id, version.min(against), version.max(against))>{text}</a> }
    });
    let note = view! { {(version == newest).then_some("the newest")}{(version == newest && against > 0).then_some(" · ")}{compare} };
    let changed = match &before {
        Some(before) => changes(differences(before, &profile, teams)).into_any(),
        None if version == 1 => "The first one.".into_any(),
        None => ().into_any(),
    };
    let saved = when(calendar, saved_at).into_any();
    view! {
        <tr>
            <NameCell name=format!("Version {version}") note=note.into_any()/>
            <Cell label="Saved">{saved}</Cell>
            <Cell label="By">{saved_by.unwrap_or_else(|| "Keywright".to_owned())}</Cell>
            <Cell label="Live keys" number=true>{grouped(at_least_none(live_keys))}</Cell>
            <Cell label="What changed">{changed}</Cell>
        </tr>
    }
}

/// So many are read at a glance; the rest is folded.
const AT_A_GLANCE: usize = 4;

/// Changes as a list of before and after.
pub fn changes(mut changed: Vec<Change>) -> impl IntoView + use<> {
    let item = |change: Change| {
        let before = change.before.map(|before| view! { <del>{before}</del>" → " });
        view! { <li>{change.what}": "{before}<ins>{change.after}</ins></li> }
    };
    let rest = changed.split_off(changed.len().min(AT_A_GLANCE));
    let folded = (!rest.is_empty()).then(|| {
        let summary = format!("{} more", rest.len());
        let rest = rest.into_iter().map(item).collect_view();
        view! { <Fold summary=summary><ul class="changes">{rest}</ul></Fold> }
    });
    let first = changed.into_iter().map(item).collect_view();
    view! { <ul class="changes">{first}</ul>{folded} }
}
