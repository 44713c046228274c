//! Addresses of pages, in one place, so that a page that moves breaks the build and not somebody's evening.

use domain::budget::BudgetScope;
use domain::call_rule::CallRule;
use domain::commitment::Month;
use domain::data_scope::Holder;
use domain::day::Day;
use domain::dimension::Dimension;
use domain::id::{
    AdjustmentId, CommitmentId, CostCentreId, EventId, KeyId, ModelId, NotificationId, PersonId, ProfileId, ProviderId,
    RequestId, RuleId, TeamId, UnitId, UsageViewId,
};
use domain::time::Timestamp;
use portal::{FormId, Made};
use serde::Serialize;

/// A page with what it is asked in its address; without anything asked, the page alone.
pub fn asked(path: &str, query: impl Serialize) -> String {
    match serde_html_form::to_string(query) {
        Ok(query) if !query.is_empty() => format!("{path}?{query}"),
        _ => path.to_owned(),
    }
}

pub const HOME: &str = "/";
pub const KEYS: &str = "/keys";
pub const MINT: &str = "/keys/new";
pub const KEYS_FILE: &str = "/keys/file.csv";
/// One act on several keys.
pub const SELECTED_KEYS: &str = "/keys/selected";
pub const MODELS: &str = "/models";
pub const PLAYGROUND: &str = "/playground";
pub const PLAYGROUND_ANSWER: &str = "/playground/answer";
pub const USAGE: &str = "/usage";
pub const NEW_USAGE_VIEW: &str = "/usage/views/new";
pub const USAGE_FILE: &str = "/usage/file.csv";
pub const PROVIDERS: &str = "/admin/providers";
pub const CATALOGUE: &str = "/admin/models";
pub const GUARDRAILS: &str = "/admin/guardrails";
pub const PEOPLE: &str = "/admin/people";
pub const AUDIT: &str = "/admin/audit";
pub const SIGN_IN: &str = "/auth/sign-in";
pub const SIGN_OUT: &str = "/auth/sign-out";
pub const SIGN_OUT_EVERYWHERE: &str = "/auth/sign-out-everywhere";
pub const ACCOUNT: &str = "/account";
pub const DOCTOR: &str = "/doctor";
pub const ACCOUNT_SESSIONS: &str = "/account/sessions";
pub const ACCOUNT_NOTIFICATIONS: &str = "/account/notifications";
pub const NOTIFICATIONS: &str = "/notifications";
pub const MAIL: &str = "/admin/mail";

/// The element that the skip link leads to.
pub const MAIN_ID: &str = "main";

/// The page of what a form made.
pub fn made(made: Made) -> String {
    match made {
        Made::Key(id) => key(id),
        Made::Profile(id) => guardrail(id),
        Made::Provider(id) => provider(id),
        Made::Model(id) => catalogue_model(id),
        Made::Team(id) => team(id),
        Made::Unit(id) => unit(id),
        Made::Commitment(id) => commitment(id),
        Made::Adjustment(id) => adjustment(id),
        Made::Application(id) => level(BudgetScope::Application(id)),
        Made::Request(id) => request(id),
        Made::ApprovalRule(_) => APPROVAL_RULES.to_owned(),
        Made::Rule(_) => SIGN_IN_SETUP.to_owned(),
        Made::Preferences => ACCOUNT_NOTIFICATIONS.to_owned(),
        Made::UsageView(_) => USAGE.to_owned(),
    }
}

/// Where one of them is marked as read.
pub fn notification(id: NotificationId) -> String {
    format!("{NOTIFICATIONS}/{id}")
}

/// Usage as this query asks for it.
pub fn usage_view(query: &str) -> String {
    if query.is_empty() { USAGE.to_owned() } else { format!("{USAGE}?{query}") }
}

/// The form that keeps such a view under a name.
pub fn keep_usage_view(query: &str) -> String {
    format!("{NEW_USAGE_VIEW}?{query}")
}

pub fn remove_usage_view(id: UsageViewId) -> String {
    format!("{USAGE}/views/{id}/remove")
}

pub fn key(id: KeyId) -> String {
    format!("{KEYS}/{id}")
}

/// The pages that change a key: each act has one of its own that states what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyAct {
    Rename,
    Rotate,
    OldSecret,
    Disable,
    Enable,
    SetExpiry,
    RightSize,
    UndoRightSize,
    Revoke,
}

pub fn key_act(id: KeyId, act: KeyAct) -> String {
    let word = match act {
        KeyAct::Rename => "rename",
        KeyAct::Rotate => "rotate",
        KeyAct::OldSecret => "old-secret",
        KeyAct::Disable => "disable",
        KeyAct::Enable => "enable",
        KeyAct::SetExpiry => "expiry",
        KeyAct::RightSize => "right-size",
        KeyAct::UndoRightSize => "right-size/undo",
        KeyAct::Revoke => "revoke",
    };
    format!("{KEYS}/{id}/{word}")
}

/// Where its owner is asked for a new secret.
pub fn ask_to_rotate(id: KeyId) -> String {
    format!("{SELECTED_KEYS}?act=rotate&key={id}")
}

/// The part of a key's page that lists its calls, from the one before `before`.
pub fn key_calls(id: KeyId, before: Option<EventId>) -> String {
    before.map_or_else(|| format!("{KEYS}/{id}#calls"), |before| format!("{KEYS}/{id}?before={before}#calls"))
}

/// What the waiting line asks: the first call that ended after `since`, with this version of the secret.
pub fn first_call(id: KeyId, since: Timestamp, version: i64) -> String {
    format!("{KEYS}/{id}/first-call?since={}&version={version}", since.as_ms())
}

/// The playground with this key chosen.
pub fn playground(key: KeyId) -> String {
    format!("{PLAYGROUND}?key={key}")
}

/// The same with a model.
pub fn try_out(key: KeyId, model: &str) -> String {
    asked(PLAYGROUND, [("key", &*key.to_string()), ("model", model)])
}

pub fn mint_like(id: KeyId) -> String {
    format!("{MINT}?like={id}")
}

pub fn call(id: EventId) -> String {
    format!("/calls/{id}")
}

pub const ADMINISTRATION: &str = "/admin";
pub const NEW_PROVIDER: &str = "/admin/providers/new";
pub const NEW_CATALOGUE_MODEL: &str = "/admin/models/new";
pub const NEW_GUARDRAIL: &str = "/admin/guardrails/new";
pub const ENVIRONMENTS: &str = "/admin/environments";
pub const NEW_ENVIRONMENT: &str = "/admin/environments/new";
pub const DATA_SCOPES: &str = "/admin/data-scopes";
pub const COST_CENTRES: &str = "/admin/cost-centres";
pub const NEW_COST_CENTRE: &str = "/admin/cost-centres/new";
pub const COST_CENTRE_FILE: &str = "/admin/cost-centres/import";
/// What a month cost each cost centre.
pub const COST_STATEMENT: &str = "/admin/cost-centres/statement";
pub const COST_STATEMENT_FILE: &str = "/admin/cost-centres/statement/file.csv";
/// Past spend that belongs to another cost centre.
pub const NEW_ADJUSTMENT: &str = "/admin/cost-centres/adjustments/new";
pub const COMMITMENTS: &str = "/admin/commitments";
pub const NEW_COMMITMENT: &str = "/admin/commitments/new";
/// The display currency.
pub const CURRENCY: &str = "/admin/currency";
pub const NEW_RATE: &str = "/admin/currency/rates/new";
pub const KEY_POLICY: &str = "/admin/key-policy";
pub const TEAMS: &str = "/admin/teams";
pub const NEW_TEAM: &str = "/admin/teams/new";
pub const BUDGETS: &str = "/admin/budgets";
pub const SIGN_IN_SETUP: &str = "/admin/sign-in";
pub const TESTED_LOGIN: &str = "/admin/sign-in/test";
pub const NEW_RULE: &str = "/admin/sign-in/rules/new";
pub const UNITS: &str = "/admin/units";
pub const NEW_UNIT: &str = "/admin/units/new";
pub const NEW_APPLICATION: &str = "/admin/applications/new";
pub const AUDIT_FILE: &str = "/admin/audit.jsonl";
pub const ACCESS_RECORD: &str = "/admin/calls";
pub const ACCESS_RECORD_FILE: &str = "/admin/calls.csv";
pub const VERIFY_AUDIT: &str = "/admin/audit/verify";

pub fn provider(id: ProviderId) -> String {
    format!("{PROVIDERS}/{id}")
}

pub fn catalogue_model(id: ModelId) -> String {
    format!("{CATALOGUE}/{id}")
}

pub fn guardrail(id: ProfileId) -> String {
    format!("{GUARDRAILS}/{id}")
}

pub fn guardrail_versions(id: ProfileId) -> String {
    format!("{GUARDRAILS}/{id}/versions")
}

pub fn compare_guardrail(id: ProfileId, from: i64, to: i64) -> String {
    format!("{GUARDRAILS}/{id}/compare?from={from}&to={to}")
}

/// The calls that a rule which is only watched would have refused.
pub fn watched_rule(id: ProfileId, rule: CallRule) -> String {
    format!("{GUARDRAILS}/{id}/watched/{}", rule.word())
}

/// The form, filled in with the rule enforced.
pub fn enforce_rule(id: ProfileId, rule: CallRule) -> String {
    format!("{GUARDRAILS}/{id}?enforce={}#watched", rule.word())
}

/// Keys that exist do not come to the newest version after all.
pub fn withdraw_guardrail_change(id: ProfileId) -> String {
    format!("{GUARDRAILS}/{id}/withdraw")
}

/// The form, filled in with an older version.
pub fn restore_guardrail(id: ProfileId, version: i64) -> String {
    format!("{GUARDRAILS}/{id}?like={version}")
}

/// What a change would do, before it is saved.
pub fn preview_guardrail(id: ProfileId, job: &FormId) -> String {
    format!("{GUARDRAILS}/{id}/preview/{job}")
}

/// The form, filled in with the draft of a preview.
pub fn edit_draft(id: ProfileId, job: &FormId) -> String {
    format!("{GUARDRAILS}/{id}?draft={job}")
}

/// By its name, which is a short word.
pub fn environment(name: &str) -> String {
    format!("{ENVIRONMENTS}/{name}")
}

/// What a role or person sees.
pub fn data_scope(holder: Holder) -> String {
    format!("{DATA_SCOPES}/{holder}")
}

pub fn cost_centre(id: CostCentreId) -> String {
    format!("{COST_CENTRES}/{id}")
}

pub fn end_cost_centre(id: CostCentreId) -> String {
    format!("{COST_CENTRES}/{id}/end")
}

pub fn cost_statement(month: Month) -> String {
    format!("{COST_STATEMENT}?month={month}")
}

pub fn cost_statement_file(month: Month) -> String {
    format!("{COST_STATEMENT_FILE}?month={month}")
}

pub fn adjustment(id: AdjustmentId) -> String {
    format!("{COST_CENTRES}/adjustments/{id}")
}

/// Where past spend of a key is moved.
pub fn move_spend_of(key: KeyId) -> String {
    format!("{NEW_ADJUSTMENT}?key={key}")
}

/// Where a month's spend is moved away from a cost centre.
pub fn move_spend_from(centre: &str, month: Month) -> String {
    let (first, last) = (month.first_day(), month.plus(1).first_day().plus(-1));
    let days = [("first", first.date().to_string()), ("last", last.date().to_string())];
    serde_html_form::to_string(days.into_iter().chain([("charged_to", centre.to_owned())]).collect::<Vec<_>>())
        .map_or_else(|_| NEW_ADJUSTMENT.to_owned(), |query| format!("{NEW_ADJUSTMENT}?{query}"))
}

pub fn commitment(id: CommitmentId) -> String {
    format!("{COMMITMENTS}/{id}")
}

/// Where the rate that holds from this day is removed.
pub fn remove_rate(from: Day) -> String {
    format!("{CURRENCY}/rates/{}/remove", from.date())
}

pub fn usage_by_cost_centre() -> String {
    format!("{USAGE}?by={}", Dimension::CostCentre.word())
}

/// Who spent what of it.
pub fn usage_of_cost_centre(code: &str) -> String {
    let by = Dimension::Team.word();
    asked(USAGE, [("by", by), (Dimension::CostCentre.word(), code)])
}

/// Everybody's keys in which this name is found.
pub fn keys_of_application(name: &str) -> String {
    asked(KEYS, [("owner", "everyone"), ("q", name)])
}

pub fn person(id: PersonId) -> String {
    format!("{PEOPLE}/{id}")
}

pub fn team(id: TeamId) -> String {
    format!("{TEAMS}/{id}")
}

pub fn unit(id: UnitId) -> String {
    format!("{UNITS}/{id}")
}

pub fn rule(id: RuleId) -> String {
    format!("{SIGN_IN_SETUP}/rules/{id}")
}

/// The way to a provider and back that signs nobody in.
pub fn test_login(issuer: &str) -> String {
    format!("/auth/test/{issuer}")
}

/// Budgets and limits of a level.
pub fn level(scope: BudgetScope) -> String {
    format!("{BUDGETS}/{scope}")
}

/// A team's budgets and limits, for its leads.
pub fn led_team(id: TeamId) -> String {
    format!("/team/{id}")
}

pub const REVIEWS: &str = "/reviews";
pub const REVIEW_PROGRESS: &str = "/reviews/progress";
pub const REVIEWS_FILE: &str = "/reviews/file.csv";
pub const SWITCH_REVIEWS: &str = "/reviews/switch";

pub const REQUESTS: &str = "/requests";
pub const APPROVALS: &str = "/approvals";
pub const DECIDED: &str = "/approvals/decided";
pub const LAPSING: &str = "/approvals/lapsing";
pub const APPROVAL_RULES: &str = "/approvals/rules";
pub const NEW_APPROVAL_RULE: &str = "/approvals/rules/new";

/// A request, as whoever asked and whoever answers see it.
pub fn request(id: RequestId) -> String {
    format!("{REQUESTS}/{id}")
}

/// The form that asks for more than a key has.
pub fn ask(key: KeyId) -> String {
    format!("{KEYS}/{key}/ask")
}

/// The same with one model filled in. Its name is whatever a client sent.
pub fn ask_for_model(key: KeyId, model: &str) -> String {
    asked(&ask(key), [("model", model)])
}

/// The pages that answer a request, or take it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestAct {
    Approve,
    ApproveLess,
    Decline,
    Withdraw,
    TakeSecret,
}

pub fn request_act(id: RequestId, act: RequestAct) -> String {
    let word = match act {
        RequestAct::Approve => "approve",
        RequestAct::ApproveLess => "less",
        RequestAct::Decline => "decline",
        RequestAct::Withdraw => "withdraw",
        RequestAct::TakeSecret => "secret",
    };
    format!("{REQUESTS}/{id}/{word}")
}
