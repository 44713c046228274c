//! A new secret under the same key: same id, history and budgets.
//!
//! At most two secrets live at once. The one before ends when the chosen overlap is over; an older one that still lives
//! is forgotten, which ends it. A key whose guardrails change at its next rotation comes to them with it.

use super::change::refuse_ended;
use super::mint::MintedKey;
use crate::act::{By, Change, News, Subject, append, spend};
use crate::{FormId, Made, Portal, PortalError};
use domain::id::KeyId;
use domain::notification::Kind;
use domain::person::Caller;
use domain::profile_rollout::version_after_rotation;
use domain::refusal::Reason;
use domain::virtual_key::Overlap;
use serde_json::json;

impl Portal {
    pub async fn rotate_key(
        &self,
        caller: &Caller,
        key: KeyId,
        form: &FormId,
        overlap: Overlap,
    ) -> Result<MintedKey, PortalError> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        // Before the key, as whoever changes the guardrails takes them.
        let rollout = tx.rollout_of_key(key).await?;
        let mut kept = self.key_to_change(&mut tx, caller, key).await?;
        spend(&mut tx, form, caller, now, Made::Key(key)).await?;
        refuse_ended(&kept.key, now)?;
        // Approved, and not taken yet: the first secret is for whoever asked.
        let current = kept.secrets.first().ok_or_else(|| PortalError::refused("key", Reason::NoSecretYet))?;

        let until = now.plus_ms(overlap.as_ms());
        let (secret, tagged) = self.draw_secret(key, current.version + 1, now)?;
        tx.end_secret(key, current.version, until).await?;
        tx.insert_secret(key, &tagged).await?;
        // A secret that is still live from an earlier rotation ends with this.
        tx.delete_secrets_below(key, current.version).await?;
        tx.delete_rotation_ask(key).await?;
        tx.settle_notifications(Kind::RotationAsked, &key.to_string(), now).await?;
        let mut before = json!({ "secret_version": current.version });
        let mut after = json!({ "secret_version": tagged.version, "old_secret_until": until });
        let keeps_to = kept.key.profile_version;
        if keeps_to.is_some() && version_after_rotation(keeps_to, rollout.as_ref(), now).is_none() {
            tx.release_key(key).await?;
            kept.key.profile_version = None;
            before["guardrails_version"] = json!(keeps_to);
            after["guardrails_version"] = json!("newest");
        }
        let id = key.to_string();
        let subject = Subject { kind: "key", id: &id, name: &kept.key.name };
        let (before, after) = (Some(before), Some(after));
        append(&mut tx, By::Person(caller), now, Change { action: "key.rotated", subject, before, after }).await?;
        self.commit_and_tell(tx, News::Key(key)).await?;
        tracing::info!(key.id = %key, "rotated virtual key {key}");
        Ok(MintedKey {
            key: kept.key,
            secret,
            secret_version: tagged.version,
            clamped: Vec::new(),
            old_secret_until: Some(until),
        })
    }
}
