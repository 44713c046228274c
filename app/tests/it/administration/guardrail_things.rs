//! What the sample pages show of guardrails beside the form: versions, a comparison, previews.

use super::samples::{ago, calendar, caller};
use super::things::{draft_of, form_id, profile_row, team_id};
use app::pages::admin::{environments, guardrails, key_policy};
use app::pages::form::Reasons;
use domain::access_profile::AccessProfile;
use domain::budget::Window;
use domain::data_scope::OfEveryone;
use domain::environment::Environment;
use domain::id::{KeyId, PersonId};
use domain::key_policy::KeyPolicy;
use domain::money::NanoUsd;
use domain::person::Role;
use domain::profile_rollout::MoveOn;
use domain::replay::{KeyReplay, Rule};
use portal::administration::environments::{EnvironmentChoices, EnvironmentDraft};
use portal::administration::key_policy::{AcknowledgementRow, PolicyPage, PolicyVersion};
use portal::administration::preview_jobs::{PreviewState, Proposal};
use portal::administration::profile_preview::{Preview, PreviewReport, RefusedKey};
use portal::administration::profile_rollouts::Coming;
use portal::administration::profile_versions::{Comparison, VersionLine, VersionPage};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A version that was narrowed since.
fn version_line(version: i64, before: Option<AccessProfile>) -> VersionLine {
    let mut profile = AccessProfile { version, ..profile_row().profile };
    if version < 7 {
        profile.terms.caps[0].amount.maximum = NanoUsd::from_dollars(200);
        profile.terms.models.push("house-model".parse().unwrap());
        profile.terms.tokens_per_minute = None;
    }
    let saved_by = (version > 1).then(|| "Ada Example".to_owned());
    VersionLine { profile, saved_at: ago(90 - version), saved_by, before, live_keys: 812 / version }
}

pub(super) fn versions() -> VersionPage {
    let older = version_line(6, None);
    let lines = vec![version_line(7, Some(older.profile.clone())), older, version_line(1, None)];
    let coming = Some(Coming { moves: MoveOn::At(calendar().now.plus_days(10)), live_keys: 1 });
    let teams = vec![(team_id(1), "Billing".to_owned())];
    VersionPage { newest: profile_row().profile, coming, lines, next: Some(1), teams }
}

pub(super) fn comparison() -> Comparison {
    let teams = vec![(team_id(1), "Billing".to_owned())];
    Comparison { newest: profile_row().profile, older: version_line(6, None), newer: version_line(7, None), teams }
}

/// A preview in each of its states, with and without refusals.
pub(super) fn previews() -> Vec<(&'static str, PreviewState)> {
    let refused = |refused, calls| RefusedKey {
        id: KeyId::from_random(&[refused; 12]),
        name: "invoice-parser".to_owned(),
        owner_name: "Billing".to_owned(),
        found: KeyReplay {
            calls,
            refused: refused.into(),
            shortened: 0,
            by_rule: BTreeMap::from([(Rule::Model, 3), (Rule::Cap(Window::Month), 2)]),
        },
    };
    let some = PreviewReport {
        from: ago(30),
        computed_at: ago(0),
        keys: 812,
        keys_changed: 640,
        keys_above: 6,
        calls: 1_900_000,
        refused: 1_204,
        shortened: 12,
        keys_refused: 17,
        owners_refused: 9,
        by_rule: BTreeMap::from([(Rule::Model, 1_100), (Rule::Cap(Window::Month), 104)]),
        named: vec![refused(200, 812_000), refused(9, 10)],
        worst_before: NanoUsd::from_dollars(81_200),
        worst_after: NanoUsd::from_dollars(64_000),
    };
    let none = PreviewReport {
        refused: 0,
        keys_refused: 0,
        owners_refused: 0,
        named: vec![],
        by_rule: BTreeMap::new(),
        ..some.clone()
    };
    vec![
        ("guardrail-preview", PreviewState::Done(Arc::new(some))),
        ("guardrail-preview-none", PreviewState::Done(Arc::new(none))),
        ("guardrail-preview-running", PreviewState::Running { done: 100, of: 720 }),
        ("guardrail-preview-failed", PreviewState::Failed),
    ]
}

pub(super) fn preview_page(state: PreviewState) -> guardrails::preview::Model {
    let current = profile_row().profile;
    let mut draft = draft_of(&current);
    draft.terms.caps[0].amount.maximum = NanoUsd::from_dollars(80);
    let proposal = Proposal { person: caller(Role::Administrator).person, profile: current.id, version: 6, draft };
    let preview = Preview { id: form_id(), proposal, current, state, teams: vec![(team_id(1), "Billing".to_owned())] };
    let mut reasons = Reasons::default();
    if let PreviewState::Done(report) = &preview.state {
        let field = if report.refused > 0 { "accept" } else { "apply" };
        reasons.add(field, "Calls like these would be refused from now on. Agree to it, or change only new keys.");
    }
    let chosen = guardrails::preview::Chosen { apply: "from_date".to_owned(), from: "2026-12-01".to_owned() };
    guardrails::preview::Model { preview, reasons, chosen, again: true, calendar: calendar() }
}

pub(super) fn environments_of() -> Vec<Environment> {
    let prod = Environment { roles: vec![Role::Administrator], teams: vec![team_id(1)], ..Environment::open("prod") };
    let old = Environment { archived: true, profiles: vec![profile_row().profile.id], ..Environment::open("old") };
    vec![old, Environment::open("dev"), prod]
}

pub(super) fn environment_choices() -> EnvironmentChoices {
    let profile = profile_row().profile;
    EnvironmentChoices { profiles: vec![(profile.id, profile.name)], teams: vec![(team_id(1), "Billing".to_owned())] }
}

pub(super) fn environment_page(may_change: bool) -> environments::show::Model {
    let environment = environments_of().remove(2);
    let draft =
        EnvironmentDraft { roles: environment.roles.clone(), teams: environment.teams.clone(), ..Default::default() };
    let choices = environment_choices();
    let reasons = Reasons::default();
    environments::show::Model { environment, draft, choices, reasons, happened: None, stale: true, may_change }
}

pub(super) fn policy_page(may_change: bool) -> key_policy::Model {
    let version = |version, text: &str| PolicyVersion {
        policy: KeyPolicy { version, text: text.to_owned() },
        saved_at: ago(9 - version),
        saved_by_name: "Ada Example".to_owned(),
    };
    let text = "Do not share keys.\n\nRevoke what leaked.\nAt once.";
    let versions = vec![version(3, text), version(2, ""), version(1, "Be careful.")];
    let one = AcknowledgementRow {
        key: KeyId::from_random(&[4; 12]),
        version: 3,
        person: PersonId::from_random(&[4; 12]),
        person_name: "Devi Developer".to_owned(),
        at: ago(1),
    };
    let next = Some((one.at, one.key));
    let policy = PolicyPage { versions, acknowledgements: vec![one], next };
    let reasons = Reasons::default();
    key_policy::Model {
        policy,
        text: text.to_owned(),
        happened: None,
        reasons,
        stale: Some((2, 3)),
        may_change,
        of_everyone: OfEveryone::ALL,
    }
}
