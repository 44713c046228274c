//! What the sample pages show: providers, models, profiles, people, teams, audit entries.

use super::samples::{ago, caller};
use app::pages::admin::guardrails::entered::Entered;
use app::pages::admin::models::editor::ModelForm;
use app::pages::admin::{budgets, guardrails, models, providers, units};
use app::pages::form::Reasons;
use domain::access_profile::{
    AboveMaximum, AccessProfile, Audience, CapTerm, ProfileTerms, PromptBound, QuotaTerm, Term,
};
use domain::audit::{Actor, AuditEntry, AuditRow, GENESIS};
use domain::budget::{BudgetFigures, BudgetScope, Cap, Window};
use domain::call_rule::{CallRule, RuleSet};
use domain::id::{
    ApplicationId, CostCentreId, CredentialId, DeploymentId, KeyId, ModelId, PersonId, ProfileId, ProviderId, TeamId,
    UnitId,
};
use domain::limits::{Counted, Division, Limits, OverCommitment, Quota, QuotaUse};
use domain::markup::Markup;
use domain::model::{Endpoint, Model, ProviderKind};
use domain::money::{NanoUsd, PicoUsd};
use domain::person::{Membership, Role};
use domain::pricing::{PriceList, Tier, TokenPrices};
use domain::profile_rollout::MoveOn;
use domain::provider_timeouts::ProviderTimeouts;
use domain::refusal::{Reason, Refusal};
use domain::retention::Retention;
use domain::usage::UsageRecord;
use domain::virtual_key::ConsumerKind;
use portal::FormId;
use portal::administration::access_record::{AccessLine, AccessPage};
use portal::administration::budgets::{LevelDetail, LevelRow, LiveShare};
use portal::administration::catalogue::CatalogueCandidate;
use portal::administration::models::{AdminModel, AdminModelDetail, DeploymentRow, PriceRow};
use portal::administration::overview::Overview;
use portal::administration::people::{PersonDetail, PersonRow};
use portal::administration::profile_rollouts::Coming;
use portal::administration::profiles::{ProfileDetail, ProfileDraft, ProfileRow};
use portal::administration::providers::{CredentialFacts, ProviderDeployment, ProviderDetail, ProviderRow};
use portal::administration::standing::{Refused, Standing, Storage, Unusual};
use portal::administration::teams::{TeamDetail, TeamMember, TeamRow};
use portal::administration::units::{TeamOfUnit, UnitDetail};
use portal::administration::watched_rules::{WatchedCallRow, WatchedDetail, WatchedKeyRow, WatchedRule};
use portal::keys::AuditLine;
use portal::ports::{DeploymentFailure, DeploymentHealth, DeploymentStanding};
use portal::presets::preset;
use serde_json::json;

pub(super) fn form_id() -> FormId {
    "a".repeat(32).parse().unwrap()
}

pub(super) fn refused() -> Reasons {
    Reasons::from(vec![Refusal::new("name", Reason::Missing), Refusal::new("credential", Reason::Missing)])
}

pub(super) fn provider_id(seed: u8) -> ProviderId {
    ProviderId::from_random(&[seed; 12])
}

pub(super) fn team_id(seed: u8) -> TeamId {
    TeamId::from_random(&[seed; 12])
}

/// Busy, or without a single call.
pub(super) fn standing_of(models: usize) -> Standing {
    let dollars = NanoUsd::from_dollars;
    if models == 0 {
        return Standing {
            today: NanoUsd::ZERO,
            this_month: NanoUsd::ZERO,
            forecast: NanoUsd::ZERO,
            nearly_spent: 0,
            idle: 0,
            unusual: vec![],
            refused: vec![],
            failing: vec![],
            storage: Storage { bytes: 400_000, in_use: 390_000, oldest_call: None },
            retention: Retention::default(),
            undelivered: 0,
        };
    }
    Standing {
        today: dollars(412),
        this_month: dollars(18_204),
        forecast: dollars(27_900),
        nearly_spent: 3,
        idle: 1,
        unusual: vec![Unusual {
            application: "invoice-parser <b>".to_owned(),
            today: dollars(300),
            usually: dollars(12),
        }],
        refused: vec![Refused {
            code: "rate_limited".to_owned(),
            key: KeyId::from_random(&[3; 12]),
            key_name: "invoice-parser-prod".to_owned(),
            times: 1_204,
        }],
        failing: vec![("Chat West".to_owned(), 2)],
        storage: Storage { bytes: 1_434_567_890, in_use: 1_234_567_890, oldest_call: Some(ago(90)) },
        retention: Retention { days: Some(400), bytes: Some(1_200_000_000) },
        undelivered: 3,
    }
}

pub(super) fn overview_of(models: usize) -> Overview {
    let some = |names: &[&str]| names.iter().map(|name| name.parse().unwrap()).take(models).collect();
    Overview {
        people: 640,
        live_keys: 812,
        providers: usize::from(models > 0) * 2,
        models,
        profiles: 3,
        teams: 14,
        unpriced: some(&["house-model"]),
        unreachable: some(&["rare-1", "rare-2"]),
        old_credentials: if models > 0 { vec!["Chat West".to_owned()] } else { vec![] },
    }
}

pub(super) fn provider(seed: u8, enabled: bool, days: i64) -> ProviderRow {
    let name = ["Messages EU", "Chat West", "Our own"][usize::from(seed) - 1];
    ProviderRow {
        id: provider_id(seed),
        name: name.to_owned(),
        preset: "anthropic".to_owned(),
        kind: ProviderKind::Anthropic,
        base_url: "https://api.anthropic.com/v1".to_owned(),
        enabled,
        timeouts: ProviderTimeouts { first_byte_ms: Some(2_500), ..ProviderTimeouts::default() },
        markup: Markup::from_basis_points(-1_250).unwrap(),
        created_at: ago(days),
        credential: (seed != 3).then(|| CredentialFacts {
            id: CredentialId::from_random(&[seed; 12]),
            version: 1,
            last_four: "9PdE".to_owned(),
            fingerprint: "3f·a1·7c".to_owned(),
            created_at: ago(days),
            created_by: Some(caller(Role::Administrator).person),
            created_by_name: Some("Ada Example".to_owned()),
        }),
        models: 14,
    }
}

pub(super) fn provider_detail() -> ProviderDetail {
    let deployment = |seed: u8, name: &str, only_one| ProviderDeployment {
        model: ModelId::from_random(&[seed; 12]),
        model_name: name.parse().unwrap(),
        model_enabled: true,
        deployment: DeploymentId::from_random(&[seed; 12]),
        upstream_model: format!("{name}-2026"),
        weight: 80,
        priority: 1,
        only_one,
        health: (seed == 1).then(|| DeploymentHealth {
            deployment: DeploymentId::from_random(&[seed; 12]),
            standing: DeploymentStanding::Cooling { until: ago(0).plus_ms(40_000) },
            last_failure: Some(DeploymentFailure { at: ago(0).plus_ms(-20_000), what: "status", status: Some(529) }),
            succeeded: 1_204,
            failed: 3,
            median_first_byte_ms: Some(412),
        }),
    };
    ProviderDetail {
        provider: provider(2, true, 212),
        deployments: vec![deployment(1, "claude-sonnet-5", false), deployment(2, "claude-opus-5", true)],
        dependent_keys: 212,
    }
}

pub(super) fn new_provider(reasons: Reasons) -> providers::new::Model {
    let preset = preset("openai-compatible").unwrap();
    let base_url = "https://llm.example.com/v1".to_owned();
    providers::new::Model { form: form_id(), preset, name: "Our own".to_owned(), base_url, reasons }
}

pub(super) fn price() -> PriceList {
    let pico = PicoUsd::from_pico;
    let tokens = TokenPrices {
        input: pico(3_000_000),
        output: pico(15_000_000),
        cache_read: Some(pico(300_000)),
        cache_write: Some(pico(3_750_000)),
        ..TokenPrices::default()
    };
    PriceList { tokens, tiers: vec![Tier { above_input_tokens: 200_000, prices: tokens }], ..PriceList::default() }
}

pub(super) fn candidate(name: &str, added: bool, priced: bool) -> CatalogueCandidate {
    CatalogueCandidate {
        name: name.parse().unwrap(),
        upstream_model: name.to_owned(),
        price: priced.then(price),
        max_input_tokens: Some(200_000),
        max_output_tokens: Some(64_000),
        capabilities: vec!["tools".to_owned(), "vision".to_owned(), "prompt_caching".to_owned()],
        endpoints: vec![Endpoint::Messages],
        sunset: (!priced).then(|| "2027-03-01".to_owned()),
        added,
    }
}

pub(super) fn admin_model(name: &str, priced: bool) -> AdminModel {
    let deployment = DeploymentRow {
        id: DeploymentId::from_random(&[1; 12]),
        provider: provider_id(1),
        provider_name: "Messages EU".to_owned(),
        provider_enabled: priced,
        upstream_model: format!("{name}-2026"),
        weight: 80,
        priority: 1,
    };
    AdminModel {
        model: Model {
            id: ModelId::from_random(&[u8::from(priced); 12]),
            name: name.parse().unwrap(),
            price: priced.then(price),
            price_version: 2,
            max_input_tokens: Some(200_000),
            max_output_tokens: Some(64_000),
            capabilities: vec!["tools".to_owned(), "prompt_caching".to_owned()],
            sunset: Some("2027-03-01".to_owned()),
            endpoints: vec![Endpoint::Messages, Endpoint::CountTokens],
            deployments: Vec::new(),
            enabled: true,
            alias_of: None,
        },
        deployments: vec![deployment],
        profiles: vec!["Standard developer".to_owned()],
    }
}

pub(super) fn model_page(reasons: Reasons, may_change: bool) -> models::show::Model {
    let model = admin_model("claude-sonnet-5", true);
    let entered = ModelForm::of(&model);
    let prices = vec![
        PriceRow {
            version: 2,
            price: Some(price()),
            effective_from: ago(20),
            set_by_name: Some("Ada Example".to_owned()),
        },
        PriceRow { version: 1, price: None, effective_from: ago(90), set_by_name: None },
    ];
    let catalogue_price = Some(PriceList { tiers: vec![], ..price() });
    let detail = AdminModelDetail { model, prices, catalogue_price };
    let providers = vec![provider(1, true, 41), provider(3, false, 3)];
    models::show::Model { detail, entered, providers, reasons, happened: None, may_change }
}

pub(super) fn profile_row() -> ProfileRow {
    fn term<T>(default: T, maximum: T) -> Term<T> {
        Term { default, maximum, developers_may_change: true, above: AboveMaximum::Reject }
    }
    let money = NanoUsd::from_dollars;
    let amount =
        Term { default: money(50), maximum: money(100), developers_may_change: true, above: AboveMaximum::Clamp };
    let terms = ProfileTerms {
        models: vec!["claude-*".parse().unwrap(), "gpt-*".parse().unwrap()],
        endpoints: Endpoint::ALL.to_vec(),
        caps: vec![CapTerm { window: Window::Month, amount }],
        requests_per_minute: term(60, 120),
        concurrency: term(8, 16),
        tokens_per_minute: Some(term(200_000, 400_000)),
        quotas: vec![QuotaTerm { counted: Counted::Tokens, window: Window::Day, amount: term(5_000_000, 9_000_000) }],
        prompt_bound: PromptBound::Estimate,
        shrink_to_fit: true,
        idle: None,
        watched: RuleSet::NONE,
        required: vec![],
        parameters: domain::parameter_rules::ParameterRules::NONE,
        lifetime_days: term(90, 180),
        networks: vec!["10.0.0.0/8".parse().unwrap()],
        max_output_tokens: None,
        assumed_output_tokens: 4_096,
        approval: domain::access_profile::Approval::default(),
    };
    let audience =
        Audience { roles: vec![Role::Developer], teams: vec![team_id(1)], groups: vec!["llm-users".to_owned()] };
    let profile = AccessProfile {
        id: ProfileId::from_random(&[1; 12]),
        name: "Standard developer".to_owned(),
        description: "For everyday work with coding agents and small services.".to_owned(),
        version: 7,
        terms,
        audience,
        consumers: vec![ConsumerKind::Person, ConsumerKind::Agent],
        keys_per_person: 5,
        enabled: true,
    };
    ProfileRow { profile, live_keys: 812, models_allowed: 14, models_served: 38 }
}

pub(super) fn draft_of(profile: &AccessProfile) -> ProfileDraft {
    profile.clone().into()
}

pub(super) fn entered(profile: &AccessProfile) -> Entered {
    Entered { version: Some(profile.version), ..Entered::of(&draft_of(profile)) }
}

pub(super) fn guardrail_page(may_change: bool, stale: Option<(i64, i64)>, reasons: Reasons) -> guardrails::show::Model {
    let mut row = profile_row();
    row.profile.terms.watched = RuleSet::NONE.with(CallRule::Models).with(CallRule::Images);
    let watched = vec![WatchedRule { rule: CallRule::Models, calls: 1_204, keys: 17 }];
    let entered = entered(&row.profile);
    let models = ["claude-opus-5", "claude-sonnet-5", "house-model"].map(str::to_owned).to_vec();
    let teams = vec![(team_id(1), "Billing".to_owned()), (team_id(2), "Search".to_owned())];
    let coming = Some(Coming { moves: MoveOn::NextRotation, live_keys: 640 });
    let detail = ProfileDetail { row, coming, watched, teams, models };
    let calendar = super::samples::calendar();
    guardrails::show::Model {
        detail,
        entered,
        reasons,
        happened: None,
        stale,
        restored: None,
        enforced: Some(CallRule::Networks),
        calendar,
        may_change,
        sees_spend: true,
    }
}

pub(super) fn watched_rule() -> WatchedDetail {
    let mut profile = profile_row().profile;
    profile.terms.watched = RuleSet::NONE.with(CallRule::Models);
    let found = WatchedRule { rule: CallRule::Models, calls: 1_204, keys: 17 };
    let key = |seed, name: &str, calls| WatchedKeyRow {
        key: KeyId::from_random(&[seed; 12]),
        name: name.to_owned(),
        owner_name: (seed == 1).then(|| "Devi Developer".to_owned()),
        calls,
    };
    let calls = crate::samples::calls().into_iter().take(2);
    let calls = calls.map(|call| WatchedCallRow { call, key_name: "invoice-parser".to_owned() });
    let keys = vec![key(1, "invoice-parser", 1_100), key(2, "search-eval", 64)];
    WatchedDetail { profile, found, named: Some((keys, calls.collect())) }
}

pub(super) fn person(seed: u8, active: bool) -> PersonRow {
    let name = ["Lena Lead", "Sam Suspended", "Devi Developer"][usize::from(seed) - 1];
    PersonRow {
        id: PersonId::from_random(&[seed; 12]),
        name: name.to_owned(),
        email: format!("person{seed}@example.com"),
        issuer: "https://login.example.com".to_owned(),
        roles: vec![Role::Developer, Role::Administrator],
        granted_roles: vec![Role::Administrator],
        active,
        created_at: ago(300),
        last_sign_in_at: active.then(|| ago(1)),
    }
}

pub(super) fn team(seed: u8, led: bool) -> TeamRow {
    let name = ["Billing", "Search"][usize::from(seed) - 1];
    let leads = if led { vec!["Lena Lead".to_owned()] } else { vec![] };
    TeamRow { id: team_id(seed), name: name.to_owned(), members: 12, leads, created_at: ago(200) }
}

pub(super) fn team_detail() -> TeamDetail {
    let member = |seed: u8, lead| {
        let PersonRow { id, name, email, active, .. } = person(seed, seed != 2);
        TeamMember { person: id, name, email, active, lead, by_rule: !lead }
    };
    TeamDetail {
        team: team(1, true),
        members: vec![member(1, true), member(2, false)],
        live_keys: 31,
        cost_centre: Some("4700".to_owned()),
        cost_centres: vec![super::cost_centres::entry("4711")],
    }
}

pub(super) fn person_detail() -> PersonDetail {
    PersonDetail {
        person: person(1, true),
        groups: vec!["llm-users".to_owned()],
        memberships: vec![Membership { team: team_id(1), team_name: "Billing".to_owned(), lead: true }],
        live_keys: 4,
        teams: vec![team(2, false)],
        oneself: false,
    }
}

pub(super) fn audit_lines() -> Vec<AuditLine> {
    let line = |seq, action: &str, name: &str, before, after| AuditLine {
        row: AuditRow {
            seq,
            entry: AuditEntry {
                at: ago(seq),
                actor: Actor::Person(person(1, true).id),
                address: Some("10.4.1.9".to_owned()),
                action: action.to_owned(),
                object_kind: "profile".to_owned(),
                object: "prof_111111111111".to_owned(),
                object_name: name.to_owned(),
                before,
                after,
            },
            previous: GENESIS,
            hash: GENESIS,
        },
        actor_name: "Lena Lead".to_owned(),
    };
    let terms =
        |maximum: i64| json!({ "terms": { "caps": [{ "window": "month", "amount": { "maximum": maximum } }] } });
    vec![
        line(3, "profile.changed", "Standard developer", Some(terms(50_000_000_000)), Some(terms(100_000_000_000))),
        line(
            2,
            "key.minted",
            "<script>alert(1)</script>",
            None,
            Some(json!({ "expires_at": 1_800_000_000_000_i64, "environment": "dev" })),
        ),
        line(
            1,
            "credential.replaced",
            "Chat West",
            Some(json!({ "last_four": "x7Qa" })),
            Some(json!({ "last_four": "9PdE" })),
        ),
    ]
}

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

/// A page of the access record that goes on; without lines, a search that has found nothing so far.
pub(crate) fn access_page(found: bool) -> AccessPage {
    let line = |(nth, call): (usize, UsageRecord)| AccessLine {
        call,
        key_name: "invoice-parser".to_owned(),
        owner_name: if nth % 2 == 0 { "Billing" } else { "Ada Example" }.to_owned(),
    };
    let calls = crate::samples::calls();
    let next = calls.last().map(|call| call.id);
    AccessPage { lines: calls.into_iter().enumerate().filter(|_| found).map(line).collect(), next }
}
