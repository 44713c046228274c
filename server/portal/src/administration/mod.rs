//! What administrators do, and auditors read: providers, models, access profiles, budgets,
//! people, teams, the audit log.
//!
//! Whoever changes something takes an `Administrator`; whoever reads takes a `Caller` and is refused without the
//! permission.

pub mod access_record;
mod address;
pub mod adjustments;
mod applications;
pub mod audit;
pub mod budgets;
pub mod catalogue;
pub mod commitments;
pub mod connection;
pub mod cost_centre_import;
pub mod cost_centres;
pub mod cost_statement;
pub(crate) mod credentials;
pub mod data_scopes;
pub mod environments;
pub mod exchange;
pub mod key_policy;
pub mod models;
pub mod overview;
pub mod people;
pub mod preview_jobs;
pub mod profile_preview;
pub mod profile_rollouts;
pub mod profile_spend;
pub mod profile_templates;
pub mod profile_versions;
pub mod profiles;
pub mod providers;
pub mod sign_in;
pub mod standing;
pub mod teams;
pub mod units;
pub mod watched_rules;

use crate::PortalError;
use domain::permission::Permission;
use domain::person::Caller;

/// Whoever may not read administration at all is told so; nothing there is anybody's own.
pub(crate) fn demand(caller: &Caller, permission: Permission) -> Result<(), PortalError> {
    if permission.allows(Some(caller)) { Ok(()) } else { Err(PortalError::Forbidden) }
}
