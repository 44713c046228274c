//! Asking a key's owner to rotate its secret by a day. Nobody else can: the new secret is shown to whoever rotates.
//!
//! An ask stops nothing. It stands on the key's page, on its owner's first page and among what needs attention, until the
//! secret is rotated.

use super::change::refuse_ended;
use super::list::KeyRow;
use crate::act::{By, Change, News, Subject, append};
use crate::{Portal, PortalError};
use domain::id::KeyId;
use domain::person::Caller;
use domain::refusal::Reason;
use domain::time::Timestamp;
use domain::virtual_key::VirtualKey;
use serde_json::json;
use std::collections::HashMap;
use store::RotationAsk;

/// Until when somebody wants the secret rotated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RotationDue {
    pub due_at: Timestamp,
    pub asked_by_name: String,
}

impl Portal {
    /// A later ask takes the place of an earlier one.
    pub async fn ask_to_rotate(
        &self,
        caller: &Caller,
        key: KeyId,
        due_at: Timestamp,
    ) -> Result<VirtualKey, PortalError> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let kept = self.key_to_change(&mut tx, caller, key).await?;
        refuse_ended(&kept.key, now)?;
        if kept.secrets.is_empty() {
            return Err(PortalError::refused("key", Reason::NoSecretYet));
        }
        if due_at <= now {
            return Err(PortalError::refused("until", Reason::InThePast));
        }
        let before = tx.rotation_ask(key).await?;
        if before.is_some_and(|before| before.due_at == due_at) {
            return Ok(kept.key);
        }
        tx.put_rotation_ask(&RotationAsk { key, due_at, asked_at: now, asked_by: caller.person }).await?;
        let id = key.to_string();
        let subject = Subject { kind: "key", id: &id, name: &kept.key.name };
        let before = before.map(|before| json!({ "rotate_by": before.due_at }));
        let after = Some(json!({ "rotate_by": due_at }));
        append(&mut tx, By::Person(caller), now, Change { action: "key.rotation_asked", subject, before, after })
            .await?;
        self.commit_and_tell(tx, News::Nothing).await?;
        Ok(kept.key)
    }

    pub(super) async fn rotations_due(
        &self,
        caller: &Caller,
        keys: &[KeyId],
    ) -> Result<HashMap<KeyId, RotationDue>, PortalError> {
        let asks = match keys {
            [] => Vec::new(),
            keys => self.store.rotation_asks_of(keys).await?,
        };
        if asks.is_empty() {
            return Ok(HashMap::new());
        }
        let askers: Vec<_> = asks.iter().map(|ask| ask.asked_by).collect();
        let names = self.names_for(caller, &askers).await?;
        let due = |ask: RotationAsk| {
            let asked_by_name = names.get(&ask.asked_by).cloned().unwrap_or_default();
            (ask.key, RotationDue { due_at: ask.due_at, asked_by_name })
        };
        Ok(asks.into_iter().map(due).collect())
    }

    pub(super) async fn tell_rotations(&self, caller: &Caller, rows: &mut [KeyRow]) -> Result<(), PortalError> {
        let keys: Vec<KeyId> = rows.iter().map(|row| row.id).collect();
        let mut due = self.rotations_due(caller, &keys).await?;
        for row in rows {
            row.rotation_due = due.remove(&row.id);
        }
        Ok(())
    }
}
