//! Every page and form of the portal: its path, what it demands, and the function that answers.
//!
//! This is the permission table. The router is built from it and from nothing else, so that a page without a row
//! cannot be reached, and a test walks it with every role.

use crate::pages::{account, call, home, keys, models, notifications, playground, team, usage};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::permission::Permission;
use std::future::Future;
use std::pin::Pin;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    Get,
    Post,
}

pub type Answering = Pin<Box<dyn Future<Output = Result<Answer, PageError>> + Send>>;

/// One row of the table.
#[derive(Clone, Copy)]
pub struct Route {
    pub method: Method,
    /// In the router's syntax: `/keys/{id}`.
    pub path: &'static str,
    pub permission: Permission,
    pub handler: fn(Visit, Input) -> Answering,
}

macro_rules! route {
    ($method:ident $path:expr, $permission:ident, $handler:path) => {
        Route {
            method: Method::$method,
            path: $path,
            permission: Permission::$permission,
            handler: |visit, input| Box::pin($handler(visit, input)),
        }
    };
}

/// Every row: what people do for themselves, what they ask of each other, then administration.
pub fn table() -> Vec<Route> {
    [work(), requests(), reviews(), administration()].concat()
}

fn reviews() -> Vec<Route> {
    use crate::pages::reviews::{decide, list, progress, switch};
    vec![
        route!(Get paths::REVIEWS, SeeRequests, list::show),
        route!(Post paths::REVIEWS, Decide, decide::submit),
        route!(Get paths::REVIEW_PROGRESS, SeeAdministration, progress::show),
        route!(Get paths::REVIEWS_FILE, SeeAdministration, progress::download),
        route!(Get paths::SWITCH_REVIEWS, Administer, switch::show),
        route!(Post paths::SWITCH_REVIEWS, Administer, switch::submit),
    ]
}

fn requests() -> Vec<Route> {
    use crate::pages::approvals::{decided, lapsing, queue, rule, rules};
    use crate::pages::requests::{answer, ask, less, list, show, take};
    vec![
        route!(Get paths::REQUESTS, SignedIn, list::show),
        route!(Get "/requests/{id}", SignedIn, show::show),
        route!(Get "/requests/{id}/approve", Decide, answer::show_approve),
        route!(Post "/requests/{id}/approve", Decide, answer::approve),
        route!(Get "/requests/{id}/less", Decide, less::show),
        route!(Post "/requests/{id}/less", Decide, less::submit),
        route!(Get "/requests/{id}/decline", Decide, answer::show_decline),
        route!(Post "/requests/{id}/decline", Decide, answer::decline),
        route!(Get "/requests/{id}/withdraw", SignedIn, answer::show_withdraw),
        route!(Post "/requests/{id}/withdraw", SignedIn, answer::withdraw),
        route!(Get "/requests/{id}/secret", ManageKeys, take::show),
        route!(Post "/requests/{id}/secret", ManageKeys, take::submit),
        route!(Get "/keys/{id}/ask", ManageKeys, ask::show),
        route!(Post "/keys/{id}/ask", ManageKeys, ask::submit),
        route!(Get paths::APPROVALS, SeeRequests, queue::show),
        route!(Get paths::DECIDED, SeeRequests, decided::show),
        route!(Get paths::LAPSING, SeeRequests, lapsing::show),
        route!(Get paths::APPROVAL_RULES, SeeRequests, rules::show),
        route!(Get paths::NEW_APPROVAL_RULE, Administer, rule::show),
        route!(Post paths::NEW_APPROVAL_RULE, Administer, rule::submit),
        route!(Get "/approvals/rules/{id}/remove", Administer, rules::show_removal),
        route!(Post "/approvals/rules/{id}/remove", Administer, rules::remove),
    ]
}

fn work() -> Vec<Route> {
    vec![
        route!(Get paths::HOME, SignedIn, home::show),
        route!(Get paths::ACCOUNT, SignedIn, account::show),
        route!(Post paths::ACCOUNT_SESSIONS, SignedIn, account::end_session),
        route!(Get paths::ACCOUNT_NOTIFICATIONS, SignedIn, notifications::preferences::show),
        route!(Post paths::ACCOUNT_NOTIFICATIONS, SignedIn, notifications::preferences::submit),
        route!(Get paths::NOTIFICATIONS, SignedIn, notifications::list::show),
        route!(Post paths::NOTIFICATIONS, SignedIn, notifications::list::read_all),
        route!(Post "/notifications/{id}", SignedIn, notifications::list::read),
        route!(Get paths::MODELS, SignedIn, models::show),
        route!(Get paths::PLAYGROUND, ManageKeys, playground::show),
        route!(Post paths::PLAYGROUND, ManageKeys, playground::submit),
        route!(Post paths::PLAYGROUND_ANSWER, ManageKeys, playground::answer),
        route!(Get paths::USAGE, SignedIn, usage::show),
        route!(Get paths::USAGE_FILE, SignedIn, usage::download),
        route!(Get paths::NEW_USAGE_VIEW, SignedIn, usage::views::show),
        route!(Post paths::NEW_USAGE_VIEW, SignedIn, usage::views::submit),
        route!(Get "/usage/views/{id}/remove", SignedIn, usage::views::show_removal),
        route!(Post "/usage/views/{id}/remove", SignedIn, usage::views::remove),
        route!(Get paths::KEYS, SeeKeys, keys::list::show),
        route!(Get paths::KEYS_FILE, SeeKeys, keys::list::download),
        route!(Get paths::SELECTED_KEYS, ManageKeys, keys::selection::show),
        route!(Post paths::SELECTED_KEYS, ManageKeys, keys::selection::submit),
        route!(Get paths::MINT, ManageKeys, keys::mint::show),
        route!(Post paths::MINT, ManageKeys, keys::mint::submit),
        route!(Get "/keys/{id}", SeeKeys, keys::detail::show),
        route!(Get "/keys/{id}/first-call", SeeKeys, keys::first_call::show),
        route!(Get "/keys/{id}/rename", ManageKeys, keys::acts::rename::show),
        route!(Post "/keys/{id}/rename", ManageKeys, keys::acts::rename::submit),
        route!(Get "/keys/{id}/rotate", ManageKeys, keys::acts::rotate::show),
        route!(Post "/keys/{id}/rotate", ManageKeys, keys::acts::rotate::submit),
        route!(Get "/keys/{id}/old-secret", ManageKeys, keys::acts::old_secret::show),
        route!(Post "/keys/{id}/old-secret", ManageKeys, keys::acts::old_secret::submit),
        route!(Get "/keys/{id}/disable", ManageKeys, keys::acts::state::show_disable),
        route!(Post "/keys/{id}/disable", ManageKeys, keys::acts::state::submit_disable),
        route!(Get "/keys/{id}/enable", ManageKeys, keys::acts::state::show_enable),
        route!(Post "/keys/{id}/enable", ManageKeys, keys::acts::state::submit_enable),
        route!(Get "/keys/{id}/expiry", ManageKeys, keys::acts::expiry::show),
        route!(Post "/keys/{id}/expiry", ManageKeys, keys::acts::expiry::submit),
        route!(Get "/keys/{id}/right-size", ManageKeys, keys::right_size::show),
        route!(Post "/keys/{id}/right-size", ManageKeys, keys::right_size::submit),
        route!(Post "/keys/{id}/right-size/undo", ManageKeys, keys::right_size::undo),
        route!(Get "/keys/{id}/revoke", ManageKeys, keys::acts::revoke::show),
        route!(Post "/keys/{id}/revoke", ManageKeys, keys::acts::revoke::submit),
        route!(Get "/calls/{id}", SeeKeys, call::show),
        route!(Get paths::DOCTOR, SeeKeys, call::doctor::show),
        route!(Get "/team/{id}", SignedIn, team::show),
        route!(Get "/team/{id}/successor", SignedIn, team::successor::show),
        route!(Post "/team/{id}/successor", SignedIn, team::successor::submit),
    ]
}

fn administration() -> Vec<Route> {
    use crate::pages::admin::{
        adjustments, applications, audit, budgets, calls, commitments, cost_centres, cost_statement, currency,
        data_scopes, environments, guardrails, key_policy, mail, models, overview, people, providers, sign_in, teams,
        units,
    };
    vec![
        route!(Get "/admin", SeeAdministration, overview::show),
        route!(Get paths::MAIL, SeeAdministration, mail::show),
        route!(Post paths::MAIL, Administer, mail::submit),
        route!(Get "/admin/providers", SeeAdministration, providers::list::show),
        route!(Get "/admin/providers/new", Administer, providers::new::show),
        route!(Post "/admin/providers/new", Administer, providers::new::submit),
        route!(Get "/admin/providers/{id}", SeeAdministration, providers::show::show),
        route!(Get "/admin/providers/{id}/test", Administer, providers::show::untested),
        route!(Post "/admin/providers/{id}/test", Administer, providers::show::test),
        route!(Get "/admin/providers/{id}/change", Administer, providers::change::show),
        route!(Post "/admin/providers/{id}/change", Administer, providers::change::submit),
        route!(Get "/admin/providers/{id}/credential", Administer, providers::credential::show),
        route!(Post "/admin/providers/{id}/credential", Administer, providers::credential::submit),
        route!(Get "/admin/providers/{id}/switch", Administer, providers::switch::show),
        route!(Post "/admin/providers/{id}/switch", Administer, providers::switch::submit),
        route!(Get "/admin/providers/{id}/models", Administer, providers::models::show),
        route!(Post "/admin/providers/{id}/models", Administer, providers::models::submit),
        route!(Get "/admin/models", SeeAdministration, models::list::show),
        route!(Get "/admin/models/new", Administer, models::new::show),
        route!(Post "/admin/models/new", Administer, models::new::submit),
        route!(Get "/admin/models/{id}", SeeAdministration, models::show::show),
        route!(Post "/admin/models/{id}", Administer, models::show::submit),
        route!(Get "/admin/guardrails", SeeAdministration, guardrails::list::show),
        route!(Get "/admin/guardrails/new", Administer, guardrails::new::show),
        route!(Post "/admin/guardrails/new", Administer, guardrails::new::submit),
        route!(Get "/admin/guardrails/{id}", SeeAdministration, guardrails::show::show),
        route!(Post "/admin/guardrails/{id}", Administer, guardrails::show::submit),
        route!(Post "/admin/guardrails/{id}/withdraw", Administer, guardrails::coming::withdraw),
        route!(Get "/admin/guardrails/{id}/versions", SeeAdministration, guardrails::versions::show),
        route!(Get "/admin/guardrails/{id}/watched/{word}", SeeAdministration, guardrails::watched_rule::show),
        route!(Get "/admin/guardrails/{id}/compare", SeeAdministration, guardrails::compare::show),
        route!(Get "/admin/guardrails/{id}/preview/{job}", Administer, guardrails::preview::show),
        route!(Post "/admin/guardrails/{id}/preview/{job}", Administer, guardrails::preview::submit),
        route!(Get "/admin/key-policy", SeeAdministration, key_policy::show),
        route!(Post "/admin/key-policy", Administer, key_policy::submit),
        route!(Get "/admin/environments", SeeAdministration, environments::list::show),
        route!(Get "/admin/environments/new", Administer, environments::new::show),
        route!(Post "/admin/environments/new", Administer, environments::new::submit),
        route!(Get "/admin/environments/{name}", SeeAdministration, environments::show::show),
        route!(Post "/admin/environments/{name}", Administer, environments::show::submit),
        route!(Get "/admin/budgets", SeeAdministration, budgets::list::show),
        route!(Get "/admin/budgets/{id}", SeeAdministration, budgets::show::show),
        route!(Post "/admin/budgets/{id}", Administer, budgets::show::submit),
        route!(Get paths::DATA_SCOPES, Administer, data_scopes::list::show),
        route!(Get "/admin/data-scopes/{holder}", Administer, data_scopes::show::show),
        route!(Post "/admin/data-scopes/{holder}", Administer, data_scopes::show::submit),
        route!(Get paths::COST_CENTRES, SeeAdministration, cost_centres::list::show),
        route!(Get paths::NEW_COST_CENTRE, Administer, cost_centres::new::show),
        route!(Post paths::NEW_COST_CENTRE, Administer, cost_centres::new::submit),
        route!(Get paths::COST_CENTRE_FILE, Administer, cost_centres::import::show),
        route!(Post paths::COST_CENTRE_FILE, Administer, cost_centres::import::submit),
        route!(Get paths::COST_STATEMENT, SeeAdministration, cost_statement::show),
        route!(Get paths::COST_STATEMENT_FILE, SeeAdministration, cost_statement::download),
        route!(Get paths::NEW_ADJUSTMENT, Administer, adjustments::new::show),
        route!(Post paths::NEW_ADJUSTMENT, Administer, adjustments::new::submit),
        route!(Get "/admin/cost-centres/adjustments/{id}", SeeAdministration, adjustments::show::show),
        route!(Post "/admin/cost-centres/adjustments/{id}", Administer, adjustments::show::submit),
        route!(Get paths::COMMITMENTS, SeeAdministration, commitments::list::show),
        route!(Get paths::NEW_COMMITMENT, Administer, commitments::new::show),
        route!(Post paths::NEW_COMMITMENT, Administer, commitments::new::submit),
        route!(Get "/admin/commitments/{id}", SeeAdministration, commitments::show::show),
        route!(Post "/admin/commitments/{id}", Administer, commitments::show::submit),
        route!(Get "/admin/cost-centres/{id}", SeeAdministration, cost_centres::show::show),
        route!(Post "/admin/cost-centres/{id}", Administer, cost_centres::show::submit),
        route!(Get "/admin/cost-centres/{id}/end", Administer, cost_centres::end::show),
        route!(Post "/admin/cost-centres/{id}/end", Administer, cost_centres::end::submit),
        route!(Get "/admin/applications/new", Administer, applications::show),
        route!(Post "/admin/applications/new", Administer, applications::submit),
        route!(Get paths::CURRENCY, SeeAdministration, currency::show::show),
        route!(Post paths::CURRENCY, Administer, currency::show::submit),
        route!(Get paths::NEW_RATE, Administer, currency::rate::show),
        route!(Post paths::NEW_RATE, Administer, currency::rate::submit),
        route!(Get "/admin/currency/rates/{day}/remove", Administer, currency::remove::show),
        route!(Post "/admin/currency/rates/{day}/remove", Administer, currency::remove::submit),
        route!(Get "/admin/units/new", Administer, units::new::show),
        route!(Post "/admin/units/new", Administer, units::new::submit),
        route!(Get "/admin/units/{id}", SeeAdministration, units::show::show),
        route!(Post "/admin/units/{id}", Administer, units::show::submit),
        route!(Get "/admin/people", SeeAdministration, people::list::show),
        route!(Get "/admin/people/{id}", SeeAdministration, people::show::show),
        route!(Get "/admin/people/{id}/suspend", Administer, people::suspend::show),
        route!(Post "/admin/people/{id}/suspend", Administer, people::suspend::submit),
        route!(Get "/admin/people/{id}/administrator", Administer, people::administrator::show),
        route!(Post "/admin/people/{id}/administrator", Administer, people::administrator::submit),
        route!(Post "/admin/people/{id}/teams", Administer, people::teams::submit),
        route!(Get "/admin/people/{id}/successor", Administer, people::successor::show),
        route!(Post "/admin/people/{id}/successor", Administer, people::successor::submit),
        route!(Post "/admin/people/{id}/sessions", Administer, people::sessions::submit),
        route!(Get "/admin/teams", SeeAdministration, teams::list::show),
        route!(Get "/admin/teams/new", Administer, teams::new::show),
        route!(Post "/admin/teams/new", Administer, teams::new::submit),
        route!(Get "/admin/teams/{id}", SeeAdministration, teams::show::show),
        route!(Get "/admin/teams/{id}/add", Administer, teams::add::show),
        route!(Post "/admin/teams/{id}/members", Administer, teams::members::submit),
        route!(Post "/admin/teams/{id}/cost-centre", Administer, teams::cost_centre::submit),
        route!(Get "/admin/teams/{id}/remove", Administer, teams::members::show_removal),
        route!(Post "/admin/teams/{id}/remove", Administer, teams::members::remove),
        route!(Get paths::SIGN_IN_SETUP, SeeAdministration, sign_in::list::show),
        route!(Get paths::TESTED_LOGIN, Administer, sign_in::tested::show),
        route!(Get paths::NEW_RULE, Administer, sign_in::new::show),
        route!(Post paths::NEW_RULE, Administer, sign_in::new::submit),
        route!(Get "/admin/sign-in/rules/{id}", Administer, sign_in::change::show),
        route!(Post "/admin/sign-in/rules/{id}", Administer, sign_in::change::submit),
        route!(Get "/admin/sign-in/rules/{id}/remove", Administer, sign_in::remove::show),
        route!(Post "/admin/sign-in/rules/{id}/remove", Administer, sign_in::remove::submit),
        route!(Get "/admin/audit", SeeAudit, audit::list::show),
        route!(Get paths::AUDIT_FILE, SeeAudit, audit::list::download),
        route!(Get paths::ACCESS_RECORD, SeeAudit, calls::list::show),
        route!(Get paths::ACCESS_RECORD_FILE, SeeAudit, calls::list::download),
        route!(Get "/admin/audit/verify", SeeAudit, audit::verify::show),
    ]
}
