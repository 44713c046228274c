//! `/admin/audit`: the log, newest first. The filter lives in the address, so that a link to what was found is what was
//! found.

use super::changes::changes;
use super::file;
use crate::chrome::Place;
use crate::components::{
    Cell, Change, Column, EmptyState, Filter, Fold, PageHead, SelectField, SelectOption, Table, TextField, when,
};
use crate::format::Calendar;
use crate::pages::admin::people::list::some;
use crate::pages::admin::{document, encoded, more};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use crate::words;
use domain::audit::Actor;
use domain::id::PersonId;
use domain::time::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use leptos::prelude::*;
use portal::administration::audit::{ACTIONS, AuditPage, AuditQuery};
use portal::keys::AuditLine;
use serde::Deserialize;

/// The filter as it stands in the address.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Query {
    /// The id of who acted.
    pub actor: String,
    /// A part of a name or e-mail address.
    pub who: String,
    /// The id of what was changed.
    pub object: String,
    pub action: String,
    /// The first and the last day, in the organisation's zone.
    pub from: String,
    pub until: String,
    /// The cursor of the page before.
    pub before: Option<i64>,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let query: Query = input.query()?;
    let page = visit.portal.audit(&visit.caller, &asked(&query, &visit.frame.calendar.zone)?).await?;
    Ok(Answer::ok(document(&visit, Place::Audit, "Audit log", |calendar| view(calendar, query, page))))
}

/// Everything that was found, up to the most that a file holds.
pub async fn download(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let query: Query = input.query()?;
    let page = visit.portal.audit_file(&visit.caller, &asked(&query, &visit.frame.calendar.zone)?).await?;
    let name = page.next.map_or_else(|| "audit-log.jsonl".to_owned(), |next| format!("audit-log-from-{next}.jsonl"));
    let body = file::json_lines(&page.lines).into_bytes();
    Ok(Answer::Download { name, content_type: "application/jsonl", body })
}

fn asked(query: &Query, zone: &TimeZone) -> Result<AuditQuery, PageError> {
    let actor: Option<PersonId> = some(&query.actor)
        .map(str::parse)
        .transpose()
        .map_err(|_| PageError::BadRequest("Who acted is given by the id of a person: per_…".to_owned()))?;
    Ok(AuditQuery {
        actor,
        who: some(&query.who).map(str::to_owned),
        object: some(&query.object).map(str::to_owned),
        action: some(&query.action).map(str::to_owned),
        from: day(&query.from, zone, 0)?,
        until: day(&query.until, zone, 1)?,
        before: query.before,
    })
}

/// The midnight that begins the day, or the one that ends it.
pub(in crate::pages::admin) fn day(text: &str, zone: &TimeZone, later: i64) -> Result<Option<Timestamp>, PageError> {
    let Some(text) = some(text) else { return Ok(None) };
    let midnight = || {
        let day: Date = text.parse().ok()?;
        let day = day.checked_add(jiff::Span::new().days(later)).ok()?;
        let moment = day.to_zoned(zone.clone()).ok()?;
        Some(Timestamp::from_ms(moment.timestamp().as_millisecond()))
    };
    let wrong = || PageError::BadRequest("A day is given as 2026-11-20.".to_owned());
    midnight().ok_or_else(wrong).map(Some)
}

pub fn view(calendar: &Calendar, query: Query, page: AuditPage) -> impl IntoView + use<> {
    let AuditPage { lines, next } = page;
    let next = next.map(|before| format!("{}{before}", address(paths::AUDIT, &query)));
    let file = address(paths::AUDIT_FILE, &query);
    let file = file.trim_end_matches("before=").trim_end_matches(['&', '?']).to_owned();
    let filtered = [&query.actor, &query.who, &query.object, &query.action, &query.from, &query.until]
        .iter()
        .any(|text| !text.is_empty());
    let empty = lines.is_empty().then(|| {
        let text = if filtered {
            "No entry matches. Take away a part of the filter."
        } else {
            "Nothing has been changed yet."
        };
        view! { <EmptyState text=text/> }
    });
    let table = (!lines.is_empty()).then(|| {
        let columns =
            vec![Column::text("What"), Column::text("When"), Column::text("Who"), Column::text("Before → after")];
        let rows = lines.into_iter().map(|line| row(calendar, line)).collect_view();
        view! { <Table columns=columns caption="Audit log" compact=true>{rows}</Table> }
    });
    let actions = std::iter::once(SelectOption::new("", "Anything"))
        .chain(ACTIONS.iter().map(|&action| SelectOption::new(action, action)))
        .collect();
    let actor =
        (!query.actor.is_empty()).then(|| view! { <input type="hidden" name="actor" value=query.actor.clone()/> });
    let all = filtered.then(|| view! { <a href=paths::AUDIT>"All entries"</a> }.into_any());
    view! {
        <PageHead title="Audit log">
            <a class="button" href=paths::ACCESS_RECORD>"Access record"</a>
            <a class="button" href=file>"JSON lines"</a>
            <a class="button" href=paths::VERIFY_AUDIT>"Verify the chain"</a>
        </PageHead>
        <Filter action=paths::AUDIT aside=all.unwrap_or_else(|| ().into_any())>
            {actor}
            <TextField name="who" label="Who" value=query.who placeholder="Name or e-mail address"/>
            <SelectField name="action" label="What" options=actions value=query.action/>
            <TextField name="object" label="Id" value=query.object mono=true placeholder="kwr_… prov_… prof_…"/>
            <TextField name="from" label="From" kind="date" value=query.from/>
            <TextField name="until" label="To" kind="date" value=query.until/>
        </Filter>
        {empty}
        {table}
        {more(next)}
    }
}

/// The same search at another path; ends in its cursor's name, whose value follows.
fn address(path: &str, query: &Query) -> String {
    let Query { actor, who, object, action, from, until, .. } = query;
    let parts =
        [("actor", actor), ("who", who), ("object", object), ("action", action), ("from", from), ("until", until)];
    let kept = parts.iter().filter(|(_, value)| !value.is_empty());
    let filter: String = kept.map(|(name, value)| format!("{name}={}&", encoded(value))).collect();
    format!("{path}?{filter}before=")
}

fn row(calendar: &Calendar, line: AuditLine) -> impl IntoView + use<> {
    let AuditLine { row, actor_name } = line;
    let entry = row.entry;
    let changed = changes(calendar, entry.before.as_ref(), entry.after.as_ref());
    let changed = values(changed);
    let who = match entry.actor {
        Actor::Person(id) => view! { <a href=format!("{}?actor={id}", paths::AUDIT)>{actor_name}</a> }.into_any(),
        Actor::System(_) => actor_name.into_any(),
    };
    let name = if entry.object_name.is_empty() { entry.object.clone() } else { entry.object_name };
    let object = format!("{}?object={}", paths::AUDIT, encoded(&entry.object));
    let from = entry.address.map(|address| format!("from {address}")).unwrap_or_default();
    let (at, since) = (calendar.exact(entry.at), when(calendar, entry.at).into_any());
    view! {
        <tr id=format!("entry-{}", row.seq)>
            <th scope="row" class="name">
                {words::action(&entry.action)}" "<a href=object>{name}</a>
                <span class="note">{format!("{} · entry {}", entry.action, row.seq)}</span>
            </th>
            <Cell label="When" note=at.into_any()>{since}</Cell>
            <Cell label="Who" note=from.into_any()>{who}</Cell>
            <Cell label="Before → after">{changed}</Cell>
        </tr>
    }
}

/// So many values are read at a glance; what was made new has dozens, which are folded behind the first ones.
const AT_A_GLANCE: usize = 4;

fn values(mut changed: Vec<Change>) -> impl IntoView + use<> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_zone_and_the_last_one_is_whole() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let query = Query { from: "2026-11-20".to_owned(), until: "2026-11-20".to_owned(), ..Query::default() };
        let asked = asked(&query, &berlin).unwrap();
        let text = |at: Option<Timestamp>| Calendar::machine(at.unwrap());
        assert_eq!(text(asked.from), "2026-11-19T23:00:00.000Z");
        assert_eq!(text(asked.until), "2026-11-20T23:00:00.000Z");
    }

    #[test]
    fn a_filter_that_cannot_be_read_is_said_and_not_ignored() {
        let zone = TimeZone::UTC;
        for query in [
            Query { actor: "me".to_owned(), ..Query::default() },
            Query { from: "yesterday".to_owned(), ..Query::default() },
            Query { until: "2026-02-30".to_owned(), ..Query::default() },
        ] {
            assert!(matches!(asked(&query, &zone), Err(PageError::BadRequest(_))), "{query:?}");
        }
    }

    #[test]
    fn the_way_on_keeps_the_filter() {
        let query = Query { object: "kwr_1&x".to_owned(), action: "key.minted".to_owned(), ..Query::default() };
        assert_eq!(address(paths::AUDIT, &query), "/admin/audit?object=kwr_1%26x&action=key.minted&before=");
    }
}
