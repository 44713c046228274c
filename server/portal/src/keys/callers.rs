//! Who uses a key, and the end of its old secret: how a rotation is watched, cut short or given more time.

use super::change::refuse_ended;
use super::seen::SeenKey;
use crate::act::{By, Change, News, Subject, append};
use crate::{Portal, PortalError};
use domain::id::KeyId;
use domain::person::Caller;
use domain::refusal::Reason;
use domain::rotation::{OldSecret, latest_end, watch};
use domain::time::Timestamp;
use domain::usage::NO_SECRET;
use domain::virtual_key::Overlap;
use serde_json::json;
pub use store::Caller as KeyCaller;

/// How far back callers are listed.
pub const CALLERS_DAYS: i64 = 7;
const MOST_CALLERS: u32 = 100;

#[derive(Debug, Clone)]
pub struct KeyCallers {
    /// The latest first; at most a hundred.
    pub callers: Vec<KeyCaller>,
    /// Versions below this one are old secrets.
    /// [`NO_SECRET`] while nobody has taken one of a key that was approved.
    pub current_version: i64,
    pub rotation: Option<Rotation>,
}

/// An old secret that still works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotation {
    pub old_version: i64,
    pub rotated_at: Timestamp,
    pub ends_at: Timestamp,
    pub finding: OldSecret,
}

impl SeenKey<'_> {
    pub async fn callers(&self) -> Result<KeyCallers, PortalError> {
        let (portal, key) = (self.portal, self.id());
        portal.gateway.catch_up().await;
        let now = portal.clock.now();
        let callers = portal.store.callers(key, now.plus_days(1 - CALLERS_DAYS), MOST_CALLERS).await?;
        let secrets = portal.store.key_with_secrets(key).await?.ok_or(PortalError::NotFound)?.secrets;
        let current = secrets.first();
        let old = secrets.get(1).filter(|secret| secret.is_live(now));
        let rotation = current.zip(old).and_then(|(current, old)| {
            let used = callers.iter().filter(|used| used.secret_version == old.version).map(|used| used.used_at).max();
            Some(Rotation {
                old_version: old.version,
                rotated_at: current.created_at,
                ends_at: old.valid_until?,
                finding: watch(current.created_at, used, now),
            })
        });
        Ok(KeyCallers { callers, current_version: current.map_or(NO_SECRET, |secret| secret.version), rotation })
    }
}

impl Portal {
    /// Ends the old secret so long from now: earlier than it would have, or later. Within thirty days of the rotation.
    pub async fn end_old_secret(&self, caller: &Caller, key: KeyId, after: Overlap) -> Result<(), PortalError> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let kept = self.key_to_change(&mut tx, caller, key).await?;
        refuse_ended(&kept.key, now)?;
        let (Some(current), Some(old)) = (kept.secrets.first(), kept.secrets.get(1).filter(|old| old.is_live(now)))
        else {
            return Err(PortalError::refused("end", Reason::OldSecretEnded));
        };
        let (until, latest) = (now.plus_ms(after.as_ms()), latest_end(current.created_at));
        if until > latest {
            return Err(PortalError::refused("end", Reason::LaterThanOverlap { latest }));
        }
        tx.end_secret(key, old.version, until).await?;
        let id = key.to_string();
        let subject = Subject { kind: "key", id: &id, name: &kept.key.name };
        let before = Some(json!({ "old_secret_until": old.valid_until }));
        let after = Some(json!({ "old_secret_until": until }));
        let change = Change { action: "key.old_secret_end_changed", subject, before, after };
        append(&mut tx, By::Person(caller), now, change).await?;
        self.commit_and_tell(tx, News::Key(key)).await
    }
}
