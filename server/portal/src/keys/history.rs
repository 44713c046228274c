//! Who did what to a key, and when.

use crate::{Portal, PortalError};
use domain::audit::AuditRow;
use domain::id::KeyId;
use domain::person::Caller;

/// An audit entry with the name of who acted.
#[derive(Debug, Clone)]
pub struct AuditLine {
    pub row: AuditRow,
    /// The person's display name, or what acted instead of a person.
    pub actor_name: String,
}

#[derive(Debug, Clone)]
pub struct HistoryPage {
    /// Newest first.
    pub lines: Vec<AuditLine>,
    /// Pass as `before` for the page after.
    pub next: Option<i64>,
}

impl Portal {
    pub async fn key_history(
        &self,
        caller: &Caller,
        key: KeyId,
        before: Option<i64>,
    ) -> Result<HistoryPage, PortalError> {
        let _ = (caller, key, before);
        todo!()
    }
}
