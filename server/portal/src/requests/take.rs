//! Taking the first secret of an approved key: once, by whoever asked for it.

use crate::act::{By, Change, News, Subject, append, spend};
use crate::keys::MintedKey;
use crate::{FormId, Made, Portal, PortalError};
use domain::access_request::{RequestState, Wish};
use domain::id::RequestId;
use domain::permission::Scope;
use domain::person::Caller;
use domain::refusal::Reason;
use domain::virtual_key::KeyState;
use serde_json::json;

impl Portal {
    pub async fn take_secret(
        &self,
        caller: &Caller,
        request: RequestId,
        form: &FormId,
    ) -> Result<MintedKey, PortalError> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let kept = tx.request_for_update(request).await?.filter(|kept| kept.asked_by == caller.person);
        let kept = kept.ok_or(PortalError::NotFound)?;
        let (RequestState::Approved { granted, .. }, Wish::NewKey { .. }) = (&kept.state, &kept.wish) else {
            return Err(PortalError::NotFound);
        };
        let id = granted.key;
        // Whoever asked may have left the team that owns the key, or given up leading it.
        let found = tx.key_for_update(id, &Scope::to_change(caller)).await?.ok_or(PortalError::NotFound)?;
        spend(&mut tx, form, caller, now, Made::Key(id)).await?;
        if !found.secrets.is_empty() {
            return Err(PortalError::AlreadyDone { made: Made::Key(id) });
        }
        if matches!(found.key.state, KeyState::Revoked { .. }) || now >= found.key.expires_at {
            return Err(PortalError::refused("key", Reason::KeyEnded));
        }
        let (secret, tagged) = self.draw_secret(id, 1, now)?;
        tx.insert_secret(id, &tagged).await?;
        let text = id.to_string();
        let subject = Subject { kind: "key", id: &text, name: &found.key.name };
        let after = Some(json!({ "secret_version": 1 }));
        let change = Change { action: "key.secret_taken", subject, before: None, after };
        append(&mut tx, By::Person(caller), now, change).await?;
        self.commit_and_tell(tx, News::Key(id)).await?;
        tracing::info!(key.id = %id, "the secret of virtual key {id} was taken");
        Ok(MintedKey { key: found.key, secret, secret_version: 1, clamped: Vec::new(), old_secret_until: None })
    }
}
