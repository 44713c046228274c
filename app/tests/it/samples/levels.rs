//! Levels above the keys: a team as its lead sees it, and what it shares among its keys.

use super::*;
use app::components::Crumb;
use app::pages::form::Reasons;
use app::pages::handover::Successor;
use domain::limits::{Counted, Limits, Quota, QuotaUse};
use domain::refusal::{Reason, Refusal};
use portal::administration::budgets::{LevelDetail, LevelRow};
use portal::handover::{Handover, MovingKey};
use portal::ports::SharedLimits;
use portal::team_page::{Share, TeamPage, TeamPart, TeamSpend};
use std::sync::Arc;

pub(crate) fn figures(scope: BudgetScope, limit: i64, spent: i64, reserved: i64) -> BudgetFigures {
    BudgetFigures {
        scope,
        window: Window::Month,
        limit: dollars(limit),
        spent: dollars(spent).plus(NanoUsd::from_nano(123_456)),
        reserved: dollars(reserved),
        kept_for_others: NanoUsd::ZERO,
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

fn led_team() -> LevelDetail {
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
    LevelDetail {
        row,
        above: Some((BudgetScope::Organisation, "Example Ltd".to_owned())),
        own_shares: vec![],
        shares_below: vec![],
        version: 3,
        changed_at: Some(now().plus_days(-3)),
        changed_by,
    }
}

pub(super) fn team_page(with_spend: bool) -> TeamPage {
    let part = |number: u8, name: &str, lead| TeamPart {
        person: PersonId::from_random(&[number; 12]),
        name: name.to_owned(),
        email: format!("{name}@example.com"),
        active: number != 3,
        lead,
        by_rule: number == 2,
        keys: usize::from(number),
    };
    let share = |name: &str, cost| Share { name: name.to_owned(), requests: 1_204, cost: dollars(cost), shown: None };
    let many = |count: i64| (0..count).map(|number| share(&format!("model-{number}"), count - number)).collect();
    TeamPage {
        team: team(),
        level: led_team(),
        members: vec![part(1, "ada", Some(true)), part(2, "grace", Some(false)), part(3, "gone", None)],
        live_keys: 6,
        spend: TeamSpend {
            since: now().plus_days(-19),
            total: dollars(91_200),
            conversion: None,
            total_shown: None,
            by_person: if with_spend { vec![share("ada", 90_000), share("", 1_200)] } else { vec![] },
            by_application: if with_spend { vec![share("invoice-parser", 91_000), share("", 200)] } else { vec![] },
            by_model: if with_spend { many(14) } else { vec![] },
            partial: with_spend,
        },
        may_hand_over: true,
        sees_people: false,
    }
}

pub(super) fn handover(moves: bool) -> app::pages::handover::Model {
    let key = |number: u8, team: Option<&str>| MovingKey {
        key: KeyId::from_random(&[number; 16]),
        name: format!("service-{number}"),
        consumer: ConsumerKind::Service,
        team: team.map(str::to_owned),
    };
    let handover = Handover {
        from: PersonId::from_random(&[3; 12]),
        from_name: "Grace Hopper".to_owned(),
        moves: if moves { vec![key(1, None), key(2, Some("Billing"))] } else { vec![] },
        staying: 2,
        more: moves,
        successors: vec![],
    };
    let successors = vec![(PersonId::from_random(&[1; 12]), "Ada Example".to_owned())];
    app::pages::handover::Model {
        form: "a".repeat(32).parse().unwrap(),
        action: format!("/team/{}/successor", team()),
        handover,
        names_leaver: true,
        to: Successor::OneOf(successors),
        ticked: Some(vec![KeyId::from_random(&[2; 16])]),
        crumb: Crumb { text: "Team".to_owned(), href: format!("/team/{}", team()) },
        reasons: Reasons::from(vec![Refusal::new("to", Reason::KeyNameTaken { key: None })]),
    }
}
