//! The log as a file: one entry a line as JSON, with the hashes that chain it, so that others can check it too.

use crate::format::Calendar;
use domain::audit::Actor;
use portal::keys::AuditLine;
use serde_json::json;

pub(super) fn json_lines(lines: &[AuditLine]) -> String {
    let mut text = String::new();
    for AuditLine { row, actor_name } in lines {
        let entry = &row.entry;
        let (person, system) = match &entry.actor {
            Actor::Person(id) => (Some(id.to_string()), None),
            Actor::System(occasion) => (None, Some(occasion)),
        };
        let line = json!({
            "seq": row.seq,
            "at": Calendar::machine(entry.at),
            "at_ms": entry.at.as_ms(),
            "actor": { "person": person, "system": system, "name": actor_name },
            "address": entry.address,
            "action": entry.action,
            "object": { "kind": entry.object_kind, "id": entry.object, "name": entry.object_name },
            "before": entry.before,
            "after": entry.after,
            "previous": hex(&row.previous),
            "hash": hex(&row.hash),
        });
        text.push_str(&line.to_string());
        text.push('\n');
    }
    text
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
