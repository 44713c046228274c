//! Who changed the key, when, and what from what to what: the audit log's lines about it.

use crate::components::{Change, Event, History, Section, when};
use crate::format::Calendar;
use crate::paths;
use crate::words;
use domain::id::KeyId;
use domain::time::Timestamp;
use leptos::prelude::*;
use portal::keys::{AuditLine, HistoryPage};
use serde_json::Value;

pub(super) fn section(key: KeyId, page: HistoryPage, calendar: &Calendar) -> impl IntoView + use<> {
    let events = page.lines.into_iter().map(|line| event(line, calendar)).collect();
    let older = page.next.map(|before| {
        view! { <p><a href=format!("{}?history={before}#history", paths::key(key))>"Older changes"</a></p> }
    });
    view! {
        <Section id="history" title="History">
            <div class="panel"><History events=events/></div>
            {older}
        </Section>
    }
}

fn event(line: AuditLine, calendar: &Calendar) -> Event {
    let entry = line.row.entry;
    let did = format!("{} {}", words::action(&entry.action), entry.object_name);
    Event {
        when: when(calendar, entry.at).into_any(),
        who: line.actor_name,
        did,
        changes: changes(entry.before.as_ref(), entry.after.as_ref(), calendar),
    }
}

/// The fields whose value changed. What a new key began with stands above, under what it can do.
fn changes(before: Option<&Value>, after: Option<&Value>, calendar: &Calendar) -> Vec<Change> {
    let (Some(Value::Object(before)), Some(Value::Object(after))) = (before, after) else { return Vec::new() };
    let changed = after.iter().filter(|(name, value)| before.get(*name) != Some(*value));
    let change = |(name, value): (&String, &Value)| {
        let after = said(name, value, calendar)?;
        let before = before.get(name).and_then(|value| said(name, value, calendar));
        Some(Change { what: words::field(name), before, after })
    };
    changed.filter_map(change).collect()
}

/// A value as people read it; nothing for what has no short form.
fn said(name: &str, value: &Value, calendar: &Calendar) -> Option<String> {
    let moment = name == "at" || name.ends_with("_at") || name.ends_with("_until");
    match value {
        Value::Number(ms) if moment => Some(calendar.date_time(Timestamp::from_ms(ms.as_i64()?))),
        Value::String(text) if name == "name" => Some(text.clone()),
        Value::String(code) => Some(code.replace('_', " ")).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(if *yes { "yes" } else { "no" }.to_owned()),
        // A key's state carries its kind as a tag.
        Value::Object(fields) => fields.get("state").and_then(|state| said("state", state, calendar)),
        Value::Null | Value::Array(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;
    use serde_json::json;

    #[test]
    fn only_what_changed_is_listed_in_words() {
        let calendar = Calendar { now: Timestamp::from_ms(0), zone: TimeZone::UTC };
        let before = json!({ "name": "a", "environment": "dev", "expires_at": 0, "state": { "state": "active" } });
        let after = json!({ "name": "b", "environment": "dev", "expires_at": 86_400_000, "state": { "state": "disabled", "at": 1 } });
        let lines: Vec<_> = changes(Some(&before), Some(&after), &calendar)
            .into_iter()
            .map(|change| format!("{}: {} → {}", change.what, change.before.unwrap_or_default(), change.after))
            .collect();
        assert_eq!(
            lines,
            ["Expires at: 1 Jan 1970, 00:00 → 2 Jan 1970, 00:00", "Name: a → b", "State: active → disabled"]
        );
        assert!(changes(None, Some(&after), &calendar).is_empty());
    }
}
