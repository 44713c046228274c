//! A key beside what it used: with something to take away, just narrowed, and too young.

use super::*;
use app::pages::form::Reasons;
use app::pages::keys::right_size::Model;
use domain::limits::{Counted, Quota};
use domain::right_size::{Observed, Part, Undo, Unproposed, UsedHour};

fn size(proposed: Result<Vec<Part>, Unproposed>, undo: Option<UndoOffer>) -> RightSize {
    let key = virtual_key();
    let hour = UsedHour { hour: 7, calls: 9, tokens: 81_000, cost: dollars(120) };
    let observed = Observed {
        calls: 1_412,
        models: vec!["claude-opus-4".to_owned(), "gpt-5-mini".to_owned()],
        endpoints: Some(vec![Endpoint::Messages]),
        addresses: Some(vec!["10.4.1.9".parse().unwrap(), "10.4.1.12".parse().unwrap()]),
        hours: vec![hour],
    };
    RightSize { terms: key.terms.clone(), key, observed, proposed, seen: "0123456789abcdef".to_owned(), undo }
}

fn parts() -> Vec<Part> {
    vec![
        Part::Models(vec!["claude-opus-4".parse().unwrap(), "gpt-5-mini".parse().unwrap()]),
        Part::Endpoints(vec![Endpoint::Messages, Endpoint::CountTokens]),
        Part::Networks(vec!["10.4.1.0/24".parse().unwrap()]),
        Part::Cap(Cap { window: Window::Month, limit: dollars(1_000) }),
        Part::RequestsPerMinute(18),
        Part::Concurrency(18),
        Part::Quota(Quota { counted: Counted::Tokens, window: Window::Day, limit: 200_000 }),
    ]
}

pub(crate) fn proposals() -> Model {
    let mut reasons = Reasons::default();
    reasons.add("parts", "No line is ticked. Tick at least one, or leave the key as it is.");
    Model { size: size(Ok(parts()), None), ticked: vec!["models".to_owned()], reasons, calendar: calendar() }
}

pub(crate) fn undo() -> Model {
    let [requests, cap] =
        [Part::RequestsPerMinute(18), Part::Cap(Cap { window: Window::Month, limit: dollars(1_000) })];
    let offer = UndoOffer {
        at: now().plus_days(-1),
        by_name: "Ada Example".to_owned(),
        undo: Undo::Possible { until: now().plus_days(6) },
        returned: vec![
            Returned { now: requests, then: Some(Part::RequestsPerMinute(60)), held_back: true },
            Returned { now: cap, then: None, held_back: false },
        ],
    };
    Model { size: size(Ok(vec![]), Some(offer)), ticked: vec![], reasons: Reasons::default(), calendar: calendar() }
}

pub(crate) fn too_young() -> Model {
    let unproposed = Unproposed::TooYoung { until: now().plus_days(12) };
    Model { size: size(Err(unproposed), None), ticked: vec![], reasons: Reasons::default(), calendar: calendar() }
}
