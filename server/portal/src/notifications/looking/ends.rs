//! Keys that end, and old secrets that end while somebody still uses them.
//!
//! A key is found by the marks before its end that lie between two looks, so that a look reads the few keys that passed
//! one and not all that end some day. The moment of the last look is kept with what it told.

use super::Due;
use crate::{Portal, PortalError};
use domain::id::KeyId;
use domain::notification::Happening;
use domain::notification::due::{Ending, Look, OLD_SECRET_MARKS, old_secret_due};
use domain::rotation::watch;
use domain::time::Timestamp;
use store::EndingKey;

/// Where the last look is kept, as milliseconds in eight bytes.
const LOOKED_AT: &str = "notifications.looked_at";
/// More than pass one mark between two looks, also after days without one.
const MOST: u32 = 100_000;
const MOST_CALLERS: u32 = 100;

impl Portal {
    pub(super) async fn tell_what_ends(&self, now: Timestamp) -> Result<(), PortalError> {
        let last = self.store.setting(LOOKED_AT).await?.and_then(|bytes| <[u8; 8]>::try_from(bytes).ok());
        let last = last.map(|bytes| Timestamp::from_ms(i64::from_be_bytes(bytes)));
        let look = Look::after(last, now);
        let mut due = self.keys_that_end(look).await?;
        due.extend(self.old_secrets_that_end(look).await?);
        self.tell_all(&due, now).await?;
        // What was told is committed: only now is the look over.
        let mut tx = self.store.begin().await?;
        tx.put_setting(LOOKED_AT, &now.as_ms().to_be_bytes()).await?;
        Ok(tx.commit().await?)
    }

    async fn keys_that_end(&self, look: Look) -> Result<Vec<Due>, PortalError> {
        let mut due = Vec::new();
        for mark in Ending::ALL {
            let (after, until) = look.ends_with_mark(mark.before_ms());
            for EndingKey { key, name, owner, ends_at } in self.store.keys_ending(after, until, MOST).await? {
                // Of several marks that were passed at once, the last is told.
                let Some(ending) = Ending::at(ends_at, look.now).filter(|&ending| ending == mark) else { continue };
                let happening = Happening::KeyEnds { key, name, expires_at: ends_at, ending };
                due.push(Due { happening, people: self.looking_after(owner).await? });
            }
        }
        Ok(due)
    }

    async fn old_secrets_that_end(&self, look: Look) -> Result<Vec<Due>, PortalError> {
        let mut due = Vec::new();
        for before_ms in OLD_SECRET_MARKS {
            let (after, until) = look.ends_with_mark(before_ms);
            for EndingKey { key, name, owner, ends_at } in self.store.old_secrets_ending(after, until, MOST).await? {
                let Some(used_at) = self.old_secret_used(key, look.now).await? else { continue };
                let happening = Happening::OldSecretInUse { key, name, ends_at, used_at };
                due.push(Due { happening, people: self.looking_after(owner).await? });
            }
        }
        Ok(due)
    }

    async fn old_secret_used(&self, key: KeyId, now: Timestamp) -> Result<Option<Timestamp>, PortalError> {
        let secrets = self.store.key_with_secrets(key).await?.map(|kept| kept.secrets).unwrap_or_default();
        let [current, old, ..] = secrets.as_slice() else { return Ok(None) };
        let callers = self.store.callers(key, current.created_at, MOST_CALLERS).await?;
        let used = callers.iter().filter(|used| used.secret_version == old.version).map(|used| used.used_at).max();
        Ok(old_secret_due(watch(current.created_at, used, now)))
    }
}
