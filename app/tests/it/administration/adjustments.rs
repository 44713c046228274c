//! Past spend on its way to another cost centre, as the sample pages show each step.

use super::samples::{Drawing, ago, calendar, caller, frame};
use super::things::form_id;
use app::chrome::Place;
use app::html;
use app::pages::admin::Happened;
use app::pages::admin::adjustments::{choose, confirm, show};
use app::pages::form::Reasons;
use domain::adjustment::{Adjustment, AdjustmentProblem, DayAmount, Move, MoveDraft, UNALLOCATED};
use domain::commitment::Month;
use domain::day::Day;
use domain::id::{AdjustmentId, CostCentreId, KeyId, PersonId};
use domain::money::NanoUsd;
use domain::person::Role;
use domain::refusal::{Reason, Refusal};
use leptos::prelude::*;
use portal::administration::adjustments::{Adjusting, AdjustmentDetail, MovePlan, NamedCentre, NamedKey};
use portal::administration::cost_statement::AdjustedRow;

fn id(number: u8) -> AdjustmentId {
    AdjustmentId::from_random(&[number; 12])
}

fn key() -> NamedKey {
    NamedKey { id: KeyId::from_random(&[1; 12]), name: "claude-code <laptop>".to_owned() }
}

pub(super) fn centre(code: Option<&str>, listed: bool) -> NamedCentre {
    NamedCentre {
        code: code.map(str::to_owned),
        id: listed.then(|| CostCentreId::from_random(&[1; 12])),
        label: match (code, listed) {
            (Some(code), true) => format!("{code} <Research>"),
            (Some(code), false) => code.to_owned(),
            (None, _) => "Unallocated".to_owned(),
        },
    }
}

fn day(text: &str) -> Day {
    Day::of(text.parse().unwrap())
}

fn moved() -> Move {
    let (first, last) = (day("2026-10-28"), day("2026-11-19"));
    Move { key: key().id, first, last, from: Some("4711".to_owned()), to: None }
}

/// Each side of one that stands, of one that was taken back, and of what took it back.
pub(super) fn lines() -> Vec<AdjustedRow> {
    let line = |number: u8, own: NamedCentre, other: NamedCentre, dollars: i64, opens_key| AdjustedRow {
        adjustment: id(number),
        centre: own,
        other,
        amount: NanoUsd::from_dollars(dollars),
        key: key(),
        opens_key,
        days: (moved().first, moved().last),
        why: "It was <b>Sales'</b> from the start".to_owned(),
        by_name: "Ada Example".to_owned(),
        at: ago(3),
        undoes: number == 3,
        undone: number == 2,
    };
    let (listed, none) = (centre(Some("4711"), true), centre(None, false));
    vec![
        line(1, listed.clone(), none.clone(), -214, true),
        line(2, listed.clone(), centre(Some("old"), false), 3, false),
        line(3, centre(Some("old"), false), listed.clone(), -3, false),
        line(1, none, listed, 214, true),
    ]
}

fn plan() -> MovePlan {
    MovePlan {
        moved: moved(),
        key: key(),
        from: centre(Some("4711"), true),
        to: centre(None, false),
        amount: NanoUsd::from_nano(214_000_000_001),
        months: vec![
            (Month::of(moved().first), NanoUsd::from_dollars(14)),
            (Month::of(moved().last), NanoUsd::from_nano(200_000_000_001)),
        ],
    }
}

fn draft(key: &str) -> MoveDraft {
    MoveDraft {
        key: key.to_owned(),
        first: "2026-10-28".to_owned(),
        last: "2026-11-19".to_owned(),
        from: "4711".to_owned(),
        to: UNALLOCATED.to_owned(),
    }
}

fn adjusting(key: Option<NamedKey>) -> Adjusting {
    let there =
        vec![(centre(None, false), NanoUsd::from_dollars(7)), (centre(Some("4711"), true), NanoUsd::from_dollars(214))];
    Adjusting {
        standing: if key.is_some() { there } else { vec![] },
        proposed: if key.is_some() { vec![] } else { vec![(self::key(), NanoUsd::from_dollars(214))] },
        key,
        centres: vec![centre(Some("4711"), true), centre(Some("4712"), true), centre(None, false)],
        plan: Err(vec![]),
        today: day("2026-11-20"),
    }
}

fn detail(undone: bool) -> AdjustmentDetail {
    let adjustment = Adjustment {
        id: id(1),
        moved: moved(),
        days: vec![DayAmount { day: moved().first, amount: NanoUsd::from_dollars(214) }],
        why: "It was <b>Sales'</b> from the start".to_owned(),
        by: PersonId::from_random(&[7; 12]),
        at: ago(3),
        undoes: (!undone).then(|| id(2)),
    };
    AdjustmentDetail {
        adjustment,
        key: key(),
        opens_key: !undone,
        from: centre(Some("4711"), true),
        to: centre(None, false),
        amount: NanoUsd::from_dollars(214),
        months: plan().months,
        by_name: "Ada Example".to_owned(),
        undone_by: undone.then(|| id(3)),
    }
}

fn page(undone: bool, may_change: bool, reasons: Reasons) -> show::Model {
    show::Model {
        form: form_id(),
        detail: detail(undone),
        why: "Taken back: it was <right>".to_owned(),
        reasons,
        happened: may_change.then(|| Happened::well("Moved. The statements below have it.")),
        may_change,
    }
}

pub(super) fn draw(drawing: &mut Drawing, may_change: bool) {
    let calendar = calendar();
    drawing.draw("adjustment", Place::Budgets, || show::view(&calendar, page(false, may_change, Reasons::default())));
    drawing.draw("adjustment-undone", Place::Budgets, || {
        show::view(&calendar, page(true, may_change, Reasons::default()))
    });
}

pub(super) fn draw_refused(drawing: &mut Drawing) {
    let calendar = calendar();
    drawing.draw("adjustment-new", Place::Budgets, || {
        let draft = draft("");
        choose::view(choose::Model { draft, adjusting: adjusting(None), reasons: Reasons::default() })
    });
    drawing.draw("adjustment-new-refused", Place::Budgets, || {
        let mut refusals = MoveDraft { last: "soon".to_owned(), ..draft("") }.read().1;
        let ended = Reason::CostCentreEnded { code: "4700".to_owned(), last: day("2026-11-01") };
        refusals.push(Refusal::new("move_to", ended));
        refusals.push(Refusal::new("charged_to", Reason::Adjustment(AdjustmentProblem::NothingThere)));
        let (draft, reasons) = (draft(&key().id.to_string()), Reasons::from(refusals));
        choose::view(choose::Model { draft, adjusting: adjusting(Some(key())), reasons })
    });
    drawing.draw("adjustment-confirm", Place::Budgets, || {
        let (shown, now) = (NanoUsd::from_dollars(200), plan().amount);
        let reasons = Reasons::from(vec![
            Refusal::new("why", Reason::Missing),
            Refusal::new("amount", Reason::Adjustment(AdjustmentProblem::Changed { shown, now })),
        ]);
        let (form, draft) = (form_id(), draft(&key().id.to_string()));
        confirm::view(confirm::Model { form, draft, plan: plan(), why: String::new(), reasons })
    });
    drawing.draw("adjustment-moved-on", Place::Budgets, || {
        let reasons = Reasons::from(vec![Refusal::new("undo", Reason::Adjustment(AdjustmentProblem::MovedOn))]);
        show::view(&calendar, page(false, true, reasons))
    });
}

fn html_of(view: impl IntoView + 'static) -> String {
    html::document(&frame().chrome(Some(&caller(Role::Administrator)), Place::Budgets), "sample", || view)
}

#[test]
fn what_is_confirmed_is_the_amount_that_was_shown_to_the_nano_dollar() {
    let (form, draft) = (form_id(), draft(&key().id.to_string()));
    let model = confirm::Model { form, draft, plan: plan(), why: "<why>".to_owned(), reasons: Reasons::default() };
    let page = html_of(confirm::view(model));
    for (name, value) in [("amount", "214000000001"), ("charged_to", "4711"), ("move_to", "~"), ("last", "2026-11-19")]
    {
        assert!(page.contains(&format!("name=\"{name}\" value=\"{value}\"")), "{name} on {page}");
    }
    assert!(page.contains("$214.000000001"), "{page}");
    assert!(page.contains("/admin/cost-centres/statement?month=2026-10"), "each month's statement: {page}");
}

#[test]
fn what_was_taken_back_or_is_only_read_offers_no_way_back() {
    let offers = |undone, may_change| {
        let model = page(undone, may_change, Reasons::default());
        html_of(show::view(&calendar(), model)).contains("Take it back")
    };
    assert!(offers(false, true));
    assert!(!offers(true, true) && !offers(false, false));
}

#[test]
fn a_key_without_spend_says_so_and_one_with_spend_at_one_place_needs_no_choice() {
    let draft = MoveDraft { from: String::new(), to: String::new(), ..draft(&key().id.to_string()) };
    let drawn = |standing: Vec<(NamedCentre, NanoUsd)>| {
        let adjusting = Adjusting { standing, ..adjusting(Some(key())) };
        html_of(choose::view(choose::Model { draft: draft.clone(), adjusting, reasons: Reasons::default() }))
    };
    assert!(drawn(vec![]).contains("This key spent nothing on these days."));
    let only = drawn(vec![(centre(Some("4711"), true), NanoUsd::from_dollars(3))]);
    assert!(only.contains("<option value=\"4711\" selected>4711 &lt;Research&gt;: $3.00</option>"), "{only}");
}
