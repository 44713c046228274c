//! What the sample pages show: profiles, people, teams, audit entries.

use super::samples::ago;
use app::pages::admin::guardrails;
use app::pages::admin::guardrails::entered::Entered;
use app::pages::form::Reasons;
use domain::access_profile::{
    AboveMaximum, AccessProfile, Audience, CapTerm, ProfileTerms, PromptBound, QuotaTerm, Term,
};
use domain::audit::{Actor, AuditEntry, AuditRow, GENESIS};
use domain::budget::Window;
use domain::call_rule::{CallRule, RuleSet};
use domain::id::{KeyId, PersonId, ProfileId, ProviderId, TeamId};
use domain::limits::Counted;
use domain::model::Endpoint;
use domain::money::NanoUsd;
use domain::person::{Membership, Role};
use domain::profile_rollout::MoveOn;
use domain::refusal::{Reason, Refusal};
use domain::retention::Retention;
use domain::usage::UsageRecord;
use domain::virtual_key::ConsumerKind;
use portal::FormId;
use portal::administration::access_record::{AccessLine, AccessPage};
use portal::administration::overview::Overview;
use portal::administration::people::{PersonDetail, PersonRow};
use portal::administration::profile_rollouts::Coming;
use portal::administration::profiles::{ProfileDetail, ProfileDraft, ProfileRow};
use portal::administration::standing::{Refused, Standing, Storage, Unusual};
use portal::administration::teams::{TeamDetail, TeamMember, TeamRow};
use portal::administration::watched_rules::{WatchedCallRow, WatchedDetail, WatchedKeyRow, WatchedRule};
use portal::keys::AuditLine;
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
