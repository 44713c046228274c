//! Keys of which some are chosen, and what became of them.

use super::*;
use app::pages::form::Reasons;
use app::pages::keys::selection::{Act, Model, Outcome};
use domain::virtual_key::RevocationReason;
use portal::keys::{Changed, KeyOutcome, Selection};

pub(crate) fn never_used() -> list::Model {
    let asked = list::Asked { view: Some("never-used".to_owned()), ..list::Asked::default() };
    list::Model { asked, ..list_model() }
}

pub(crate) fn chosen(act: Act) -> Model {
    let mut reasons = Reasons::default();
    if act == Act::Revoke {
        reasons.add("count", "Type 5, the number of keys that will be revoked.");
    }
    Model {
        act,
        selection: Selection { rows: rows(), next: Some("cursor/+=".to_owned()) },
        list: list::Asked { view: Some("unused".to_owned()), after: Some("1.x".to_owned()), ..list::Asked::default() },
        until: "2026-12-05".to_owned(),
        reason: RevocationReason::NoLongerNeeded,
        count: "4".to_owned(),
        reasons,
        calendar: calendar(),
    }
}

pub(crate) fn none_chosen() -> Model {
    Model { selection: Selection { rows: vec![], next: None }, ..chosen(Act::Disable) }
}

pub(crate) fn outcome() -> Outcome {
    let one = |seed, name: &str, outcome| Changed { key: key_id(seed), name: name.to_owned(), outcome };
    let refused = KeyOutcome::Refused(vec![Refusal::new("key", Reason::KeyEnded)]);
    let changed = vec![
        one(1, "claude-code laptop", KeyOutcome::Done),
        one(2, "nightly-evaluation", refused),
        one(3, "invoice-parser", KeyOutcome::Gone),
        one(4, "<b>prototype</b>", KeyOutcome::Failed),
    ];
    Outcome { act: Act::Revoke, changed, list: chosen(Act::Revoke).list, calendar: calendar() }
}
