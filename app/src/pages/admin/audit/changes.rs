//! What an entry changed, value by value: only what differs, by the path to it.

use crate::components::Change;
use crate::format::{Calendar, grouped};
use crate::words;
use domain::money::{NanoUsd, PicoUsd};
use domain::time::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;

/// The values that differ. An entry without a before or after is all new, or all gone.
pub fn changes(calendar: &Calendar, before: Option<&Value>, after: Option<&Value>) -> Vec<Change> {
    let (old, new) = (leaves(before), leaves(after));
    let mut paths: Vec<&String> = old.keys().chain(new.keys()).collect();
    paths.sort();
    paths.dedup();
    let change = |path: &String| {
        let (before, after) = (old.get(path), new.get(path));
        if before == after {
            return None;
        }
        let say = |value: Option<&Value>| value.map(|value| text(calendar, path, value));
        Some(Change {
            what: words::field(path),
            before: say(before),
            after: say(after).unwrap_or_else(|| "–".to_owned()),
        })
    };
    paths.into_iter().filter_map(change).collect()
}

/// Every value that is not an object, by its path; lists of plain values stay together, null and empty ones are nothing.
fn leaves(value: Option<&Value>) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    if let Some(value) = value {
        collect(value, String::new(), &mut found);
    }
    found
}

fn collect(value: &Value, path: String, found: &mut BTreeMap<String, Value>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| collect(value, below(name), found)),
        Value::Array(list) if list.iter().any(|one| one.is_object() || one.is_array()) => {
            // Counted from one, as people count.
            list.iter().zip(1_u32..).for_each(|(value, at)| collect(value, below(&at.to_string()), found));
        }
        Value::Null => (),
        Value::Array(list) if list.is_empty() => (),
        _ => {
            found.insert(path, value.clone());
        }
    }
}

/// Moments are kept as milliseconds, amounts as nano-dollars and prices as pico-dollars: the path tells which it is.
fn text(calendar: &Calendar, path: &str, value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(number) => {
            number.as_i64().map_or_else(|| number.to_string(), |number| figure(calendar, path, number))
        }
        Value::Array(list) => {
            let parts: Vec<String> = list.iter().map(|one| text(calendar, "", one)).collect();
            parts.join(", ")
        }
        other => other.to_string(),
    }
}

fn figure(calendar: &Calendar, path: &str, number: i64) -> String {
    let mut steps = path.split('.');
    let (first, last) = (steps.next().unwrap_or_default(), path.rsplit('.').next().unwrap_or_default());
    let within = |step: &str| path.split('.').any(|one| one == step);
    if last == "until" || ["_at", "_from", "_until"].iter().any(|ending| last.ends_with(ending)) {
        calendar.exact(Timestamp::from_ms(number))
    } else if within("quotas") || last == "tokens_per_minute" {
        grouped(u64::try_from(number).unwrap_or(0))
    } else if within("amount") || last == "limit" || first == "budget" {
        NanoUsd::from_nano(number).to_string()
    } else if first == "price" && last == "request" {
        format!("{} a call", NanoUsd::from_pico_rounded_up(number.into()))
    } else if first == "price" && (within("tokens") || within("prices")) {
        format!("{} per million", PicoUsd::from_pico(number).per_million())
    } else {
        number.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;
    use serde_json::json;

    fn said(before: Option<&Value>, after: Option<&Value>) -> Vec<(String, Option<String>, String)> {
        let calendar = Calendar { now: Timestamp::from_ms(0), zone: TimeZone::UTC };
        let changes = changes(&calendar, before, after);
        changes.into_iter().map(|change| (change.what, change.before, change.after)).collect()
    }

    #[test]
    fn only_what_differs_is_said() {
        let before = json!({ "name": "a", "terms": { "rpm": 60, "models": ["x"], "caps": [{ "limit": 50_000_000_000_i64 }] }, "same": 1 });
        let after = json!({ "name": "b", "terms": { "rpm": 60, "models": ["x", "y"], "caps": [{ "limit": 100_000_000_000_i64 }] }, "same": 1 });
        let own = str::to_owned;
        assert_eq!(
            said(Some(&before), Some(&after)),
            [
                (own("Name"), Some(own("a")), own("b")),
                (own("Terms caps 1 limit"), Some(own("$50.00")), own("$100.00")),
                (own("Terms models"), Some(own("x")), own("x, y")),
            ]
        );
    }

    #[test]
    fn figures_have_the_unit_that_people_use() {
        let price =
            json!({ "price": { "tokens": { "input": 3_000_000 }, "request": 1_000_000_000 }, "price_version": 2 });
        let said: Vec<_> = said(None, Some(&price)).into_iter().map(|(_, _, after)| after).collect();
        assert_eq!(said, ["$0.001 a call", "$3.00 per million", "2"]);
    }

    #[test]
    fn new_gone_and_empty_values_read_well() {
        let own = str::to_owned;
        assert_eq!(
            said(None, Some(&json!({ "enabled": true, "expires_at": 86_400_000, "note": null, "tags": [] }))),
            [(own("Enabled"), None, own("yes")), (own("Expires at"), None, own("2 Jan 1970, 00:00:00.000")),]
        );
        assert_eq!(
            said(None, Some(&json!({ "until": 86_400_000 }))),
            [(own("Until"), None, own("2 Jan 1970, 00:00:00.000"))]
        );
        assert_eq!(said(Some(&json!({ "lead": false })), None), [(own("Lead"), Some(own("no")), own("–"))]);
        assert_eq!(said(Some(&json!("x")), None).len(), 1);
    }
}
