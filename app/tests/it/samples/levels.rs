//! Levels above the keys: a team as its lead sees it, and what it shares among its keys.

use super::*;
use domain::limits::{Counted, Limits, Quota, QuotaUse};
use portal::administration::budgets::{LevelDetail, LevelRow};
use portal::ports::SharedLimits;
use std::sync::Arc;

pub(crate) fn figures(scope: BudgetScope, limit: i64, spent: i64, reserved: i64) -> BudgetFigures {
    BudgetFigures {
        scope,
        window: Window::Month,
        limit: dollars(limit),
        spent: dollars(spent).plus(NanoUsd::from_nano(123_456)),
        reserved: dollars(reserved),
        resets_at: Window::Month.resets_at(now(), &calendar().zone),
    }
}

pub(super) fn quota_use(scope: BudgetScope) -> QuotaUse {
    let quota = Quota { counted: Counted::Tokens, window: Window::Day, limit: 9_000_000 };
    QuotaUse { scope, quota, used: 8_400_000, resets_at: Window::Day.resets_at(now(), &calendar().zone) }
}

pub(super) fn above() -> Vec<SharedLimits> {
    let limits = Limits { requests_per_minute: Some(600), tokens_per_minute: Some(1_000_000), ..Limits::default() };
    vec![SharedLimits { scope: BudgetScope::Team(team()), name: "Billing".to_owned(), limits: Arc::new(limits) }]
}

pub(super) fn led_team() -> LevelDetail {
    let scope = BudgetScope::Team(team());
    let row = LevelRow {
        scope,
        name: "Billing".to_owned(),
        within: Some("Europe".to_owned()),
        limits: Limits { requests_per_minute: Some(600), concurrency: Some(40), ..Limits::default() },
        figures: vec![figures(scope, 100_000, 91_200, 400)],
        quotas: vec![quota_use(scope)],
        over_committed: vec![],
    };
    let changed_by = Some("Ada Example".to_owned());
    LevelDetail { row, version: 3, changed_at: Some(now().plus_days(-3)), changed_by }
}
