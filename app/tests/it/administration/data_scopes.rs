//! What people see, as the sample pages show it: roles as usual and changed, a person refused, an administrator.

use super::samples::ago;
use app::pages::admin::data_scopes::{list, show};
use app::pages::form::Reasons;
use domain::data_scope::{DataScope, Holder, Reach, ScopedRole};
use domain::id::PersonId;
use domain::refusal::{Reason, Refusal};
use portal::administration::data_scopes::ScopeRow;

fn row(holder: Holder, scope: DataScope, version: i64) -> ScopeRow {
    let name = matches!(holder, Holder::Person(_)).then(|| "Ada <Example>".to_owned());
    let (changed_at, changed_by) = ((version > 0).then(|| ago(3)), (version > 0).then(|| "Grace".to_owned()));
    ScopeRow { holder, name, scope, version, changed_at, changed_by, sees_everything: version == 7 }
}

fn narrow() -> DataScope {
    let (spend, calls, names, audit) = (Reach::CostCentre, Reach::Team, Reach::Own, Reach::CostCentre);
    DataScope { spend, calls, names, audit, cost_centres: vec!["4711".to_owned(), "4712".to_owned()] }
}

fn person() -> Holder {
    Holder::Person(PersonId::from_random(&[7; 12]))
}

pub(super) fn list_model() -> list::Model {
    let mut rows: Vec<ScopeRow> =
        ScopedRole::ALL.into_iter().map(|role| row(Holder::Role(role), role.usual(), 0)).collect();
    rows[2].version = 2;
    rows.push(row(person(), narrow(), 7));
    list::Model { rows, happened: None }
}

pub(super) fn person_refused() -> show::Model {
    let refusal = Refusal::new("cost_centres", Reason::CostCentreUnknown { code: "4712".to_owned() });
    show::Model {
        row: row(person(), narrow(), 7),
        scope: narrow(),
        version: 7,
        reasons: Reasons::from(vec![refusal]),
        happened: None,
        stale: true,
    }
}

pub(super) fn role() -> show::Model {
    let role = ScopedRole::Auditor;
    let scope = role.usual();
    let row = row(Holder::Role(role), scope.clone(), 0);
    show::Model { row, scope, version: 0, reasons: Reasons::default(), happened: None, stale: false }
}
