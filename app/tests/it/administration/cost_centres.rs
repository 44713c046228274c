//! Cost centres as the sample pages show them: valid, ended with keys left, and a file with every kind of mistake.

use super::levels::level;
use super::samples::calendar;
use app::pages::admin::cost_centres::{end, import, list, new, show};
use app::pages::form::Reasons;
use domain::budget::{BudgetScope, Window};
use domain::cost_centre::{CentreDraft, CentreEntry, CostCentre};
use domain::cost_centre_file::read;
use domain::day::{Day, Days};
use domain::id::CostCentreId;
use domain::money::NanoUsd;
use domain::refusal::{Reason, Refusal};
use portal::administration::cost_centre_import::CentreImport;
use portal::administration::cost_centres::{Booked, CentreDetail, CentreList, CentreRow};

fn today() -> Day {
    Days::in_zone(calendar().zone).of(calendar().now)
}

pub(super) fn entry(code: &str) -> CentreEntry {
    CentreEntry {
        code: code.to_owned(),
        name: "Research <and development>".to_owned(),
        contact: Some("ada@example.com".to_owned()),
        valid_from: None,
        valid_until: None,
    }
}

fn centre(number: u8, entry: CentreEntry) -> CostCentre {
    CostCentre { id: CostCentreId::from_random(&[number; 12]), entry, version: 3 }
}

fn row(number: u8, entry: CentreEntry) -> CentreRow {
    let booked = Booked { keys: 3, spend_this_month: NanoUsd::from_dollars(1_204), shown: None };
    CentreRow { standing: entry.standing(today()), centre: centre(number, entry), booked }
}

fn ended() -> CentreEntry {
    CentreEntry { valid_until: Some(today().plus(-1)), contact: None, ..entry("4700") }
}

pub(super) fn list_model(may_change: bool) -> list::Model {
    let next = CentreEntry { valid_from: Some(today().plus(40)), name: "4720".to_owned(), ..entry("4720") };
    let rows = vec![row(1, entry("4711")), row(2, next), row(3, ended())];
    list::Model {
        list: CentreList { rows, unallocated: Booked::default(), conversion: None, adjusted: true },
        may_change,
        happened: None,
    }
}

fn detail(entry: CentreEntry) -> CentreDetail {
    CentreDetail { row: row(3, entry), conversion: None, others: vec![self::entry("4711")], today: today() }
}

pub(super) fn page(may_change: bool) -> show::Model {
    show::Model {
        detail: detail(ended()),
        level: level(
            BudgetScope::CostCentre(CostCentreId::from_random(&[3; 12])),
            "4700",
            &[(Window::Month, 900, 120)],
        ),
        draft: CentreDraft::from(&ended()),
        reasons: Reasons::default(),
        happened: None,
        stale: may_change,
        may_change,
    }
}

pub(super) fn new_refused() -> new::Model {
    let draft = CentreDraft { code: "4711".to_owned(), valid_until: "someday".to_owned(), ..CentreDraft::default() };
    let mut refusals = vec![Refusal::new("code", Reason::NameTaken)];
    refusals.extend(draft.read().unwrap_err());
    new::Model { draft, reasons: Reasons::from(refusals) }
}

pub(super) fn end_refused() -> end::Model {
    let code = "4799".to_owned();
    let form = end::EndForm { last: String::new(), keys_to: code.clone() };
    let reasons = Reasons::from(vec![
        Refusal::new("last", Reason::Missing),
        Refusal::new("keys_to", Reason::CostCentreUnknown { code }),
    ]);
    end::Model { detail: detail(entry("4700")), form, reasons }
}

pub(super) fn import_refused() -> import::Model {
    let file =
        "code,name,contact,valid_from,valid_until\n,<Nameless>,,,\n1,Two,,\n1,One,,,1\n1,A,,,\n1,A,,,\n".to_owned();
    let wrong = read(&file).unwrap_err();
    import::Model { file, wrong, plan: None }
}

pub(super) fn import_planned() -> import::Model {
    let changed = CentreEntry { contact: None, valid_until: Some(today()), name: "R&D".to_owned(), ..entry("4711") };
    let plan = CentreImport { added: vec![entry("4730")], changed: vec![(centre(1, entry("4711")), changed)], same: 7 };
    import::Model { file: "code;name;…".to_owned(), wrong: vec![], plan: Some(plan) }
}
