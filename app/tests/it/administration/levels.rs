//! Levels of budgets, with what is left on each, and the units that bundle teams.

use super::samples::ago;
use super::things::{person, profile_row, team_id};
use app::pages::admin::{budgets, units};
use app::pages::form::Reasons;
use domain::budget::{BudgetFigures, BudgetScope, Cap, Window};
use domain::id::{ApplicationId, CostCentreId, UnitId};
use domain::limits::{Counted, Division, Limits, OverCommitment, Quota, QuotaUse};
use domain::money::NanoUsd;
use portal::administration::budgets::{LevelDetail, LevelRow, LiveShare};
use portal::administration::units::{TeamOfUnit, UnitDetail};

pub(super) fn unit_id() -> UnitId {
    UnitId::from_random(&[1; 12])
}

/// A level with these caps, in dollars, of which so many are spent.
pub(super) fn level(scope: BudgetScope, name: &str, caps: &[(Window, i64, i64)]) -> LevelRow {
    let money = NanoUsd::from_dollars;
    let figures = |&(window, limit, spent): &(Window, i64, i64)| BudgetFigures {
        scope,
        window,
        limit: money(limit),
        spent: money(spent),
        reserved: money(4),
        kept_for_others: NanoUsd::ZERO,
        resets_at: Some(ago(-10)),
    };
    let limits = Limits {
        caps: caps.iter().map(|&(window, limit, _)| Cap { window, limit: money(limit) }).collect(),
        requests_per_minute: (!caps.is_empty()).then_some(600),
        tokens_per_minute: (caps.len() > 1).then_some(2_000_000),
        concurrency: None,
        quotas: if caps.len() > 1 {
            vec![Quota { counted: Counted::Tokens, window: Window::Day, limit: 90_000_000 }]
        } else {
            vec![]
        },
        guarantees: if matches!(scope, BudgetScope::Team(_)) {
            caps.iter().map(|&(window, limit, _)| Cap { window, limit: money(limit / 2) }).collect()
        } else {
            vec![]
        },
    };
    let used = |&quota: &Quota| QuotaUse { scope, quota, used: 1_204_000, resets_at: Some(ago(-1)) };
    let quotas = limits.quotas.iter().map(used).collect();
    let within = matches!(scope, BudgetScope::Team(_)).then(|| "Europe".to_owned());
    let over_committed = match scope {
        BudgetScope::Organisation => {
            let over = |among, dollars| OverCommitment {
                among,
                window: Window::Month,
                limit: money(30_000),
                handed_out: money(dollars),
            };
            vec![
                over(Division::Teams, 36_000),
                over(Division::CostCentres, 41_000),
                over(Division::Applications, 52_000),
                over(Division::Guarantees, 31_000),
            ]
        }
        _ => vec![],
    };
    LevelRow {
        quotas,
        scope,
        name: name.to_owned(),
        within,
        limits,
        figures: caps.iter().map(figures).collect(),
        over_committed,
    }
}

pub(super) fn levels() -> Vec<LevelRow> {
    vec![
        level(BudgetScope::Organisation, "Example Ltd", &[(Window::Month, 30_000, 18_204), (Window::Day, 2_000, 310)]),
        level(BudgetScope::Unit(unit_id()), "Europe", &[(Window::Month, 20_000, 19_990)]),
        level(
            BudgetScope::CostCentre(CostCentreId::from_random(&[1; 12])),
            "4711 <Research>",
            &[(Window::Quarter, 9_000, 120)],
        ),
        level(BudgetScope::Application(ApplicationId::from_random(&[1; 12])), "search <3", &[(Window::Day, 90, 12)]),
        level(BudgetScope::Team(team_id(1)), "Billing", &[(Window::Month, 10_000, 9_120)]),
        level(BudgetScope::Team(team_id(2)), "Search", &[]),
        level(BudgetScope::Profile(profile_row().profile.id), "Standard developer", &[]),
        level(BudgetScope::Person(person(3, true).id), "Devi Developer", &[(Window::Total, 500, 20)]),
    ]
}

pub(super) fn budget_page(which: usize, may_change: bool) -> budgets::show::Model {
    let row = levels().swap_remove(which);
    let entered = budgets::entered::Entered::of(&row.limits, 3);
    let share = |scope, name: &str, window, dollars, spent, holds| LiveShare {
        scope,
        name: name.to_owned(),
        figures: level(scope, name, &[(window, dollars, spent)]).figures.swap_remove(0),
        holds,
    };
    let team = BudgetScope::Team(team_id(1));
    let (own_shares, shares_below) = match row.scope {
        BudgetScope::Team(_) => (vec![share(row.scope, &row.name, Window::Month, 5_000, 1_200, true)], vec![]),
        BudgetScope::Unit(_) => (vec![], vec![share(team, "Billing", Window::Month, 5_000, 4_990, true)]),
        BudgetScope::Organisation => {
            let unit = BudgetScope::Unit(unit_id());
            let gone = share(unit, "Europe", Window::Quarter, 90_000, 0, false);
            (vec![], vec![share(unit, "Europe", Window::Month, 20_000, 19_990, true), gone])
        }
        _ => (vec![], vec![]),
    };
    let above = match row.scope {
        BudgetScope::Team(_) => Some((BudgetScope::Unit(unit_id()), "Europe".to_owned())),
        BudgetScope::Organisation | BudgetScope::Profile(_) | BudgetScope::Person(_) => None,
        _ => Some((BudgetScope::Organisation, "Example Ltd".to_owned())),
    };
    let detail = LevelDetail {
        row,
        above,
        own_shares,
        shares_below,
        version: 3,
        changed_at: Some(ago(3)),
        changed_by: Some("Ada Example".to_owned()),
    };
    budgets::show::Model { detail, entered, reasons: Reasons::default(), happened: None, stale: None, may_change }
}

pub(super) fn unit_page(may_change: bool) -> units::show::Model {
    let team = |seed, name: &str, unit: Option<(UnitId, &str)>| TeamOfUnit {
        id: team_id(seed),
        name: name.to_owned(),
        unit: unit.map(|(id, name)| (id, name.to_owned())),
    };
    let teams = vec![
        team(1, "Billing", Some((unit_id(), "Europe"))),
        team(2, "Search", None),
        team(3, "Storage", Some((UnitId::from_random(&[2; 12]), "Asia"))),
    ];
    let detail = UnitDetail { id: unit_id(), name: "Europe".to_owned(), teams };
    units::show::Model { detail, name: "Europe".to_owned(), reasons: Reasons::default(), happened: None, may_change }
}
