//! `/admin/data-scopes`: whose spend, calls, names and changes each role and person sees.

pub mod list;
pub mod show;

use crate::words;
use domain::data_scope::{DataScope, Holder, Reach, ScopedRole};
use portal::administration::data_scopes::ScopeRow;

pub(super) const fn reach(reach: Reach) -> &'static str {
    match reach {
        Reach::Own => "Own",
        Reach::Team => "Teams",
        Reach::CostCentre => "Cost centres",
        Reach::All => "Everyone’s",
    }
}

pub(super) fn holder(row: &ScopeRow) -> String {
    match row.holder {
        Holder::Role(ScopedRole::Developer) => "Developers, and whoever has no other role".to_owned(),
        Holder::Role(ScopedRole::Lead) => "Leads".to_owned(),
        Holder::Role(ScopedRole::Auditor) => format!("{}s", words::role(domain::person::Role::Auditor)),
        Holder::Person(person) => row.name.clone().unwrap_or_else(|| person.to_string()),
    }
}

/// What a person with this scope reads, one sentence for each thing.
pub(super) fn sentences(scope: &DataScope) -> Vec<String> {
    let whose = |reach: Reach| match reach {
        Reach::Own => "their own and that of teams they lead".to_owned(),
        Reach::Team => "their own and that of every team they are in".to_owned(),
        Reach::CostCentre => format!("their own, that of teams they lead, and what is booked to {}", centres(scope)),
        Reach::All => "everybody’s".to_owned(),
    };
    let spend = match scope.spend {
        Reach::All => "Spend: everybody’s, with the overview, the budgets and what cost centres cost.".to_owned(),
        reach => format!("Spend: {}. The overview, the budgets and the list of cost centres are closed.", whose(reach)),
    };
    let calls = format!("Keys and calls: {}.", whose(scope.calls));
    let names = match scope.names {
        Reach::All => "Names: everybody’s.".to_owned(),
        reach => {
            let whom = match reach {
                Reach::Team => "their own teams".to_owned(),
                Reach::CostCentre => format!("teams they lead and of {}", centres(scope)),
                Reach::Own | Reach::All => "teams they lead".to_owned(),
            };
            format!(
                "Names: their own and those of people of {whom}; all others are called “Person 7F3AQK”, the same on every \
                 page. The pages of people and teams are closed."
            )
        }
    };
    let audit = match scope.audit {
        Reach::All => "Audit log, for auditors: everything.".to_owned(),
        Reach::Own => "Audit log, for auditors: what they and people of teams they lead did.".to_owned(),
        Reach::Team => "Audit log, for auditors: what people of their teams did.".to_owned(),
        Reach::CostCentre => {
            format!("Audit log, for auditors: what people of teams they lead and of {} did.", centres(scope))
        }
    };
    vec![spend, calls, names, audit]
}

fn centres(scope: &DataScope) -> String {
    match scope.cost_centres.as_slice() {
        [] => "the cost centre that the directory names for them".to_owned(),
        [one] => format!("cost centre {one}"),
        many => format!("cost centres {}", many.join(", ")),
    }
}
