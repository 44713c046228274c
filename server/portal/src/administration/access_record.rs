//! Who accessed what, and when: the record of calls, for those who oversee.

use crate::{Portal, PortalError};
use domain::id::{EventId, KeyId};
use domain::permission::Permission;
use domain::person::Caller;
use domain::usage::UsageRecord;
use domain::virtual_key::Owner;
use std::collections::BTreeSet;
pub use store::CallFilter;
use store::KeyNames;

/// A call with the names that a reader knows its key by.
#[derive(Debug, Clone)]
pub struct AccessLine {
    pub call: UsageRecord,
    pub key_name: String,
    pub owner_name: String,
}

#[derive(Debug, Clone)]
pub struct AccessPage {
    /// Newest first.
    pub lines: Vec<AccessLine>,
    /// Pass as `before` to go on. There may be a `next` without a line: so far back nothing was found.
    pub next: Option<EventId>,
}

/// Lines of one page.
pub const ACCESS_PAGE: u32 = 50;
/// Lines of a file.
pub const ACCESS_FILE: u32 = 20_000;

impl Portal {
    pub async fn access_record(
        &self,
        caller: &Caller,
        filter: &CallFilter,
        before: Option<EventId>,
        limit: u32,
    ) -> Result<AccessPage, PortalError> {
        super::demand(caller, Permission::SeeAudit)?;
        self.gateway.catch_up().await;
        let scope = self.sight(caller).await?.calls;
        let found = self.store.search_calls(&scope, filter, before, limit.clamp(1, ACCESS_FILE)).await?;
        let keys: BTreeSet<KeyId> = found.calls.iter().map(|call| call.key).collect();
        let keys = Vec::from_iter(keys);
        let (names, owners) = (self.store.key_names(&keys).await?, self.store.owned_names(&keys).await?);
        let namer = self.namer(caller).await?;
        let owner_name = |key: KeyId, name: &str| match owners.get(&key) {
            Some((_, Owner::Person(person))) => namer.name(*person, name.to_owned()),
            _ => name.to_owned(),
        };
        let line = |call: UsageRecord| match names.get(&call.key) {
            Some(KeyNames { name, owner }) => {
                AccessLine { key_name: name.clone(), owner_name: owner_name(call.key, owner), call }
            }
            // Calls outlive everything that they name.
            None => AccessLine { key_name: call.key.to_string(), owner_name: String::new(), call },
        };
        Ok(AccessPage { next: found.next, lines: found.calls.into_iter().map(line).collect() })
    }
}
