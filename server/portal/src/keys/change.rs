//! The life of a key after minting: rename, disable, enable, revoke, expire.
//!
//! Each act is one transaction with one audit entry; asking for what is so already changes nothing and leaves none. The
//! gateway knows before the answer. A key outside the caller's reach is not found; one that the caller may only see is
//! forbidden.

use super::detail::latest_expiry;
use crate::act::{By, Change, News, Subject, append};
use crate::notifications::Voice;
use crate::{Portal, PortalError};
use domain::access_profile::AccessProfile;
use domain::id::KeyId;
use domain::minting::LONGEST_NAME;
use domain::notification::{Happening, KeyChange};
use domain::permission::{Permission, Scope};
use domain::person::Caller;
use domain::plain_text::{folded, plain_text};
use domain::refusal::Reason;
use domain::time::Timestamp;
use domain::virtual_key::{KeyState, Owner, RevocationReason, VirtualKey};
use serde_json::{Value, json};
use store::{KeyWithSecrets, Tx};

/// What an act changes, for the audit log.
pub(super) struct Difference {
    pub(super) action: &'static str,
    pub(super) before: Value,
    pub(super) after: Value,
}

impl Portal {
    pub async fn rename_key(&self, caller: &Caller, key: KeyId, name: &str) -> Result<VirtualKey, PortalError> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let mut kept = self.key_to_change(&mut tx, caller, key).await?.key;
        refuse_ended(&kept, now)?;
        let name = plain_text(name, LONGEST_NAME).map_err(|reason| PortalError::refused("name", reason))?;
        if name == kept.name {
            return Ok(kept);
        }
        // A change of case keeps the name in the eyes of the rule; any other name may be another key's.
        if folded(&name) != folded(&kept.name)
            && let Some(other) = self.key_named(caller, kept.owner, &name, now).await?
        {
            return Err(PortalError::refused("name", Reason::KeyNameTaken { key: Some(other) }));
        }
        let before = json!({ "name": kept.name });
        kept.name = name;
        let after = json!({ "name": kept.name });
        self.save(tx, caller, kept, now, Difference { action: "key.renamed", before, after }).await
    }

    pub async fn disable_key(&self, caller: &Caller, key: KeyId) -> Result<VirtualKey, PortalError> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let mut kept = self.key_to_change(&mut tx, caller, key).await?.key;
        refuse_ended(&kept, now)?;
        if matches!(kept.state, KeyState::Disabled { .. }) {
            return Ok(kept);
        }
        let before = json!(kept.state);
        kept.state = KeyState::Disabled { at: now, by: caller.person };
        let after = json!(kept.state);
        self.save(tx, caller, kept, now, Difference { action: "key.disabled", before, after }).await
    }

    pub async fn enable_key(&self, caller: &Caller, key: KeyId) -> Result<VirtualKey, PortalError> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let mut kept = self.key_to_change(&mut tx, caller, key).await?.key;
        refuse_ended(&kept, now)?;
        if kept.state == KeyState::Active {
            return Ok(kept);
        }
        if !self.may_enable(caller, &kept).await? {
            return Err(PortalError::refused("key", Reason::DisabledByAdministrator));
        }
        // Its days without use begin anew.
        tx.put_enabled(key, now).await?;
        let before = json!(kept.state);
        kept.state = KeyState::Active;
        let after = json!(kept.state);
        self.save(tx, caller, kept, now, Difference { action: "key.enabled", before, after }).await
    }

    /// Refused from the next call on. Revoking twice keeps the first revocation; the gateway hears of it again, since who
    /// asks twice may have had no answer.
    pub async fn revoke_key(
        &self,
        caller: &Caller,
        key: KeyId,
        reason: RevocationReason,
    ) -> Result<VirtualKey, PortalError> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let mut kept = self.key_to_change(&mut tx, caller, key).await?.key;
        if matches!(kept.state, KeyState::Revoked { .. }) {
            self.commit_and_tell(tx, News::Key(key)).await?;
            return Ok(kept);
        }
        let before = json!(kept.state);
        kept.state = KeyState::Revoked { at: now, by: caller.person, reason };
        let after = json!(kept.state);
        let kept = self.save(tx, caller, kept, now, Difference { action: "key.revoked", before, after }).await?;
        tracing::info!(key.id = %key, reason = reason.word(), "revoked virtual key {key}");
        Ok(kept)
    }

    /// Earlier or later, within the profile's longest lifetime counted from minting.
    pub async fn set_key_expiry(
        &self,
        caller: &Caller,
        key: KeyId,
        expires_at: Timestamp,
    ) -> Result<VirtualKey, PortalError> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let mut kept = self.key_to_change(&mut tx, caller, key).await?.key;
        if matches!(kept.state, KeyState::Revoked { .. }) {
            return Err(PortalError::refused("key", Reason::KeyEnded));
        }
        if expires_at == kept.expires_at {
            return Ok(kept);
        }
        let profile = self.profile_of(&kept).await?;
        let latest = latest_expiry(&kept, &profile);
        if expires_at <= now {
            return Err(PortalError::refused("expires_at", Reason::InThePast));
        }
        if expires_at > latest {
            return Err(PortalError::refused("expires_at", Reason::LaterThanLifetime { latest }));
        }
        if now >= kept.expires_at {
            refuse_one_too_many(&mut tx, &kept, &profile, now).await?;
        }
        let before = json!({ "expires_at": kept.expires_at });
        kept.expires_at = expires_at;
        let after = json!({ "expires_at": kept.expires_at });
        self.save(tx, caller, kept, now, Difference { action: "key.expiry_changed", before, after }).await
    }

    /// The key, locked for this transaction, if the caller may change it.
    pub(super) async fn key_to_change(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        key: KeyId,
    ) -> Result<KeyWithSecrets, PortalError> {
        match tx.key_for_update(key, &Scope::to_change(caller)).await? {
            Some(kept) if Permission::ManageKeys.allows(Some(caller)) => Ok(kept),
            Some(_) => Err(PortalError::Forbidden),
            None => {
                self.visible_key(caller, key).await?;
                Err(PortalError::Forbidden)
            }
        }
    }

    pub(super) async fn save(
        &self,
        mut tx: Tx,
        caller: &Caller,
        key: VirtualKey,
        now: Timestamp,
        Difference { action, before, after }: Difference,
    ) -> Result<VirtualKey, PortalError> {
        tx.update_key(&key).await?;
        if let Some(change) = told_change(action) {
            let (name, by) = (key.name.clone(), caller.name.clone());
            let changed = Happening::KeyChanged { key: key.id, name, change, by, at: now };
            let others = self.others_looking_after(&key, caller.person).await?;
            self.tell(&mut tx, &others, &changed, Voice::Usual, now).await?;
        }
        let id = key.id.to_string();
        let subject = Subject { kind: "key", id: &id, name: &key.name };
        let change = Change { action, subject, before: Some(before), after: Some(after) };
        append(&mut tx, By::Person(caller), now, change).await?;
        self.commit_and_tell(tx, News::Key(key.id)).await?;
        Ok(key)
    }
}

/// What others who look after the key should hear of: that it works no longer, or again.
fn told_change(action: &str) -> Option<KeyChange> {
    match action {
        "key.disabled" => Some(KeyChange::Disabled),
        "key.enabled" => Some(KeyChange::Enabled),
        "key.revoked" => Some(KeyChange::Revoked),
        _ => None,
    }
}

/// An expired key that is taken up again counts like a minted one: else keys could be minted while others sleep.
async fn refuse_one_too_many(
    tx: &mut Tx,
    key: &VirtualKey,
    profile: &AccessProfile,
    now: Timestamp,
) -> Result<(), PortalError> {
    let Owner::Person(person) = key.owner else { return Ok(()) };
    let held = u32::try_from(tx.live_keys_of(person, profile.id, now).await?).unwrap_or(u32::MAX);
    let at_most = profile.keys_per_person;
    if held < at_most { Ok(()) } else { Err(PortalError::refused("key", Reason::TooManyKeys { held, at_most })) }
}

/// Revoked and expired keys do not change any more, save by a later expiry.
pub(super) fn refuse_ended(key: &VirtualKey, now: Timestamp) -> Result<(), PortalError> {
    let ended = matches!(key.state, KeyState::Revoked { .. }) || now >= key.expires_at;
    if ended { Err(PortalError::refused("key", Reason::KeyEnded)) } else { Ok(()) }
}
