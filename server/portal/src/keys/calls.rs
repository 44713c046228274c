//! Single calls: the recent ones of a key, one by its id, and the first one after minting.

use crate::{Portal, PortalError};
use domain::id::{EventId, KeyId};
use domain::person::Caller;
use domain::time::Timestamp;
use domain::usage::UsageRecord;

#[derive(Debug, Clone)]
pub struct CallsPage {
    /// Newest first.
    pub calls: Vec<UsageRecord>,
    /// Pass as `before` for the page after.
    pub next: Option<EventId>,
}

#[derive(Debug, Clone)]
pub struct CallDetail {
    pub call: UsageRecord,
    pub key_name: String,
    /// The provider that served it and what it calls the model, if the deployment still exists.
    pub served_by: Option<(String, String)>,
}

impl Portal {
    pub async fn recent_calls(
        &self,
        caller: &Caller,
        key: KeyId,
        before: Option<EventId>,
        limit: u32,
    ) -> Result<CallsPage, PortalError> {
        let _ = (caller, key, before, limit);
        todo!()
    }

    pub async fn call(&self, caller: &Caller, call: EventId) -> Result<CallDetail, PortalError> {
        let _ = (caller, call);
        todo!()
    }

    /// For the line that waits for the first call: the first one that finished after `since`, refusals included.
    pub async fn first_call_since(
        &self,
        caller: &Caller,
        key: KeyId,
        since: Timestamp,
    ) -> Result<Option<UsageRecord>, PortalError> {
        let _ = (caller, key, since);
        todo!()
    }
}
