//! One act on many keys: who holds them, what would happen, and what became of each.
//!
//! Each key goes through the use case of the single act, in a transaction and with an audit entry of its own: a refusal of
//! one leaves the others done. A selection with a key in it that the caller may not change is none of its own making, and
//! nothing of it happens.

use super::detail::may_change;
use super::list::KeyRow;
use super::views::{KeysQuery, View};
use crate::{Portal, PortalError};
use domain::id::KeyId;
use domain::order::Order;
use domain::person::Caller;
use domain::refusal::{Reason, Refusal};
use domain::time::Timestamp;
use domain::virtual_key::RevocationReason;
use store::KeyListItem;

/// Keys of one act.
pub const MOST_SELECTED: usize = 200;

/// What to do with each key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeysAct {
    Disable,
    Enable,
    Revoke(RevocationReason),
    SetExpiry(Timestamp),
    /// By that moment.
    AskToRotate(Timestamp),
}

#[derive(Debug, Clone)]
pub struct Selection {
    pub rows: Vec<KeyRow>,
    /// More match than one act takes; where they go on.
    pub next: Option<String>,
}

/// What became of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    pub key: KeyId,
    pub name: String,
    pub outcome: KeyOutcome,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyOutcome {
    Done,
    Refused(Vec<Refusal>),
    /// It was taken away from the caller meanwhile.
    Gone,
    /// The database could not be reached, or something broke: this one is to be tried again.
    Failed,
}

impl Portal {
    /// The keys as rows. One that the caller does not see is not found; one that they only see is forbidden.
    pub async fn selected_keys(&self, caller: &Caller, keys: &[KeyId]) -> Result<Selection, PortalError> {
        let items = self.all_changeable(caller, keys).await?;
        self.selection(caller, items, None).await
    }

    /// As many keys of a view as one act takes, of those that the caller may change. Newest first, however the list is
    /// sorted: in that order nothing moves past the cursor between two acts, neither what is used nor what the act changes.
    pub async fn matching_keys(&self, caller: &Caller, query: &KeysQuery) -> Result<Selection, PortalError> {
        let view = View::of(caller, &self.sight(caller).await?.calls, query, self.clock.now());
        let limit = u32::try_from(MOST_SELECTED).unwrap_or(u32::MAX);
        let (mut items, next) = match view.stored(query.view) {
            Some(which) => {
                let page = self.stored_page(&view, which, Order::default(), query.after.as_deref(), limit).await?;
                (page.items, page.next)
            }
            None => (self.seen_in(&view).await?.of(query), None),
        };
        items.retain(|item| may_change(caller, item.key.owner));
        items.truncate(MOST_SELECTED);
        self.selection(caller, items, next).await
    }

    /// In the order of the keys. Nothing happens unless all of them are the caller's to change.
    pub async fn change_keys(
        &self,
        caller: &Caller,
        keys: &[KeyId],
        act: KeysAct,
    ) -> Result<Vec<Changed>, PortalError> {
        let items = self.all_changeable(caller, keys).await?;
        let mut changed = Vec::with_capacity(items.len());
        for item in items {
            let key = item.key.id;
            let result = match act {
                KeysAct::Disable => self.disable_key(caller, key).await,
                KeysAct::Enable => self.enable_key(caller, key).await,
                KeysAct::Revoke(reason) => self.revoke_key(caller, key, reason).await,
                KeysAct::SetExpiry(end) => self.set_key_expiry(caller, key, end).await,
                KeysAct::AskToRotate(due) => self.ask_to_rotate(caller, key, due).await,
            };
            let outcome = match result {
                Ok(_) => KeyOutcome::Done,
                Err(PortalError::Refused(refusals)) => KeyOutcome::Refused(refusals),
                Err(PortalError::NotFound | PortalError::Forbidden) => KeyOutcome::Gone,
                Err(_) => KeyOutcome::Failed,
            };
            changed.push(Changed { key, name: item.key.name, outcome });
        }
        Ok(changed)
    }

    async fn all_changeable(&self, caller: &Caller, keys: &[KeyId]) -> Result<Vec<KeyListItem>, PortalError> {
        let mut wanted = keys.to_vec();
        wanted.sort_unstable();
        wanted.dedup();
        if wanted.len() > MOST_SELECTED {
            let at_most = u32::try_from(MOST_SELECTED).unwrap_or(u32::MAX);
            return Err(PortalError::refused("key", Reason::TooMany { at_most }));
        }
        let readable = self.sight(caller).await?.calls;
        let items = self.store.keys_among(&wanted, &readable, self.clock.now()).await?;
        if items.len() < wanted.len() {
            return Err(PortalError::NotFound);
        }
        if items.iter().all(|item| may_change(caller, item.key.owner)) {
            Ok(items)
        } else {
            Err(PortalError::Forbidden)
        }
    }

    async fn selection(
        &self,
        caller: &Caller,
        items: Vec<KeyListItem>,
        next: Option<String>,
    ) -> Result<Selection, PortalError> {
        let mut rows = self.rows(caller, items, self.clock.now()).await?;
        self.tell_teams(caller, &mut rows).await?;
        Ok(Selection { rows, next })
    }
}
