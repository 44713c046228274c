//! `/admin/guardrails/{id}/compare`: two versions side by side, and the way back to the older one.

use super::said::{differences, said};
use crate::chrome::Place;
use crate::components::{Cell, Column, Crumb, EmptyState, Fold, NameCell, PageHead, Table};
use crate::format::Calendar;
use crate::pages::admin::{count, counted, document, may_change};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use leptos::prelude::*;
use portal::administration::profile_versions::{Comparison, VersionLine};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
struct Query {
    from: i64,
    to: i64,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let (id, Query { from, to }) = (input.segment("id")?, input.query()?);
    let comparison = visit.portal.compare_versions(&visit.caller, id, (from, to)).await?;
    let model = Model { comparison, may_change: may_change(&visit) };
    let title = format!("Compare versions of {}", model.comparison.newest.name);
    Ok(Answer::ok(document(&visit, Place::Guardrails, &title, |calendar| view(calendar, model))))
}

#[derive(Debug, Clone)]
pub struct Model {
    pub comparison: Comparison,
    pub may_change: bool,
}

pub fn view(calendar: &Calendar, model: Model) -> impl IntoView + use<> {
    let Model { comparison: Comparison { newest, older, newer, teams }, may_change } = model;
    let (from, to) = (older.profile.version, newer.profile.version);
    let heads = [format!("Version {from}"), format!("Version {to}")];
    let changed = differences(&older.profile, &newer.profile, &teams);
    let changed_terms: Vec<String> = changed.iter().map(|change| change.what.clone()).collect();
    let summary = match changed.len() {
        0 => "The two versions say the same.".to_owned(),
        terms => format!("{} between them.", counted(count(terms), "difference")),
    };
    let columns = || vec![Column::text("Term"), Column::text(heads[0].clone()), Column::text(heads[1].clone())];
    let table = (!changed.is_empty()).then(|| {
        let rows = changed.into_iter().map(|change| {
            view! {
                <tr>
                    <NameCell name=change.what/>
                    <Cell label=heads[0].clone()>{change.before.map(|before| view! { <del>{before}</del> })}</Cell>
                    <Cell label=heads[1].clone()><ins>{change.after}</ins></Cell>
                </tr>
            }
        });
        let rows = rows.collect_view();
        view! { <Table columns=columns() caption="Differences" compact=true>{rows}</Table> }
    });
    let same: Vec<_> = said(&newer.profile, &teams)
        .into_iter()
        .filter(|one| !changed_terms.contains(&one.term))
        .map(|one| {
            view! {
                <tr>
                    <NameCell name=one.term/>
                    <Cell label="Both">{one.value}</Cell>
                </tr>
            }
        })
        .collect();
    let unchanged = format!("{} unchanged", counted(count(same.len()), "term"));
    let same_columns = vec![Column::text("Term"), Column::text("Both")];
    let empty = table.is_none().then(|| view! { <EmptyState text="Nothing differs between these two versions."/> });
    let restore = (may_change && from != newest.version).then(|| {
        view! {
            <a class="button" href=paths::restore_guardrail(newest.id, from)>{format!("Restore version {from}")}</a>
        }
    });
    let context = view! {
        {summary}" Version "{saved(calendar, &older)}"; version "{saved(calendar, &newer)}"."
    };
    view! {
        <PageHead
            title=format!("Versions {from} and {to}")
            crumb=Crumb { text: format!("{}: versions", newest.name), href: paths::guardrail_versions(newest.id) }
            context=context.into_any()
        >
            {restore}
        </PageHead>
        {empty}
        {table}
        <Fold summary="What is the same" note=unchanged>
            <Table columns=same_columns caption="What is the same" compact=true>{same}</Table>
        </Fold>
    }
}

/// `7 was saved 12 days ago by Ada Example`
fn saved(calendar: &Calendar, line: &VersionLine) -> String {
    let by = line.saved_by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
    format!("{} was saved {}{by}", line.profile.version, calendar.relative(line.saved_at))
}
