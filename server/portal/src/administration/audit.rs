//! Reading and checking the audit log.

use crate::keys::AuditLine;
use crate::{Portal, PortalError};
use domain::audit::Broken;
use domain::id::PersonId;
use domain::person::Caller;
use domain::time::Timestamp;

#[derive(Debug, Clone, Default)]
pub struct AuditQuery {
    pub actor: Option<PersonId>,
    /// The printed id of what was changed.
    pub object: Option<String>,
    /// `key.minted`
    pub action: Option<String>,
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
    /// The `next` of the page before.
    pub before: Option<i64>,
}

#[derive(Debug, Clone)]
pub struct AuditPage {
    /// Newest first.
    pub lines: Vec<AuditLine>,
    pub next: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditVerdict {
    /// Entries that follow from one another.
    pub entries: i64,
    /// The hash of the last of them, to compare with a checkpoint kept elsewhere: a cut-off tail shows only there.
    pub last_hash: [u8; 32],
    pub broken: Option<Broken>,
    pub checked_at: Timestamp,
}

/// Every action that an entry can name, for the filter.
pub const ACTIONS: &[&str] = &[
    "key.minted",
    "key.rotated",
    "key.renamed",
    "key.disabled",
    "key.enabled",
    "key.revoked",
    "key.expiry_changed",
    "profile.created",
    "profile.changed",
    "provider.added",
    "provider.changed",
    "provider.enabled",
    "provider.disabled",
    "provider.tested",
    "credential.added",
    "credential.replaced",
    "model.added",
    "model.changed",
    "person.activated",
    "person.deactivated",
    "person.role_granted",
    "person.role_revoked",
    "team.created",
    "team.member_changed",
    "team.member_removed",
    "installation.initialised",
];

impl Portal {
    pub async fn audit(&self, caller: &Caller, query: &AuditQuery) -> Result<AuditPage, PortalError> {
        let _ = (caller, query);
        todo!()
    }

    /// Recomputes the whole chain.
    pub async fn verify_audit(&self, caller: &Caller) -> Result<AuditVerdict, PortalError> {
        let _ = caller;
        todo!()
    }
}
