//! Bounds what is held of requests before the ledger has heard of them: bytes of bodies in the whole process, and calls
//! of one key.
//!
//! A body counts from its first byte until nothing refers to it any more; a call counts from before its body is read
//! until it is settled. Fails closed, with a denial that says when to come back. The ledger still has the last word on
//! a key's concurrency: the bound here is a little wider, so that its denial with its figures is the usual one.

use crate::ports::KeyRecord;
use crate::sync::{Mutex, MutexGuard, PoisonError};
use bytes::Bytes;
use domain::budget::BudgetScope;
use domain::denial::{Denial, TrafficLimit};
use domain::id::KeyId;
use foldhash::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Calls of a key beyond its concurrency whose bodies are read nevertheless.
const SLACK: u32 = 4;
const COME_BACK_MS: u64 = 1_000;

pub(crate) struct Holding {
    bytes: Arc<Semaphore>,
    calls: Mutex<HashMap<KeyId, u32>>,
}

impl Holding {
    pub(crate) fn new(bytes: usize) -> Arc<Self> {
        let bytes = Arc::new(Semaphore::new(bytes.min(Semaphore::MAX_PERMITS)));
        Arc::new(Self { bytes, calls: Mutex::default() })
    }

    /// Counts a call of this key, until the guard is dropped.
    pub(crate) fn enter(self: &Arc<Self>, record: &KeyRecord) -> Result<Held, Denial> {
        let (key, limit) = (record.key.id, record.effective.concurrency);
        let mut calls = self.calls();
        let count = calls.entry(key).or_insert(0);
        if *count >= limit.saturating_add(SLACK) {
            let scope = BudgetScope::Key(key);
            let limit = TrafficLimit { scope, limit: u64::from(limit), retry_after_ms: COME_BACK_MS };
            return Err(Denial::ConcurrencyLimited(limit));
        }
        *count += 1;
        drop(calls);
        Ok(Held { holding: Arc::clone(self), key })
    }

    /// Room for a body that is about to grow.
    pub(crate) fn room(&self) -> Room {
        Room { bytes: Arc::clone(&self.bytes), taken: None }
    }

    /// Counts and nothing else: whole after every step, whoever panics.
    fn calls(&self) -> MutexGuard<'_, HashMap<KeyId, u32>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    fn left(&self) -> (usize, usize) {
        (self.bytes.available_permits(), self.calls().len())
    }
}

/// One call of a key.
pub(crate) struct Held {
    holding: Arc<Holding>,
    key: KeyId,
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Entry::Occupied(mut count) = self.holding.calls().entry(self.key) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

/// The bytes of one body.
pub(crate) struct Room {
    bytes: Arc<Semaphore>,
    taken: Option<OwnedSemaphorePermit>,
}

impl Room {
    /// Makes room for this much more, or says that there is none. Never waits: calls that each hold a part and wait for
    /// the rest would wait for each other.
    pub(crate) fn take(&mut self, more: usize) -> Result<(), Denial> {
        let full = Denial::Overloaded { retry_after_ms: COME_BACK_MS };
        let permits = u32::try_from(more).map_err(|_| full.clone())?;
        let permit = Arc::clone(&self.bytes).try_acquire_many_owned(permits).map_err(|_| full)?;
        match &mut self.taken {
            Some(taken) => taken.merge(permit),
            None => self.taken = Some(permit),
        }
        Ok(())
    }

    /// The body; its room is free when its last slice is gone.
    pub(crate) fn keep(self, body: Bytes) -> Bytes {
        match self.taken {
            Some(room) => Bytes::from_owner(Kept { body, _room: room }),
            None => body,
        }
    }
}

struct Kept {
    body: Bytes,
    _room: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Kept {
    fn as_ref(&self) -> &[u8] {
        &self.body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_has_its_room_until_its_last_slice_is_gone() {
        let holding = Holding::new(10);
        let mut room = holding.room();
        room.take(4).unwrap();
        room.take(3).unwrap();
        assert_eq!(holding.room().take(4), Err(Denial::Overloaded { retry_after_ms: 1_000 }));
        let body = room.keep(Bytes::from_static(b"1234567"));
        let slice = body.slice(2..4);
        drop(body);
        assert_eq!((holding.left().0, &slice[..]), (3, &b"34"[..]));
        drop(slice);
        assert_eq!(holding.left().0, 10);
    }

    #[test]
    fn a_body_that_is_given_up_gives_its_room_back() {
        let holding = Holding::new(10);
        let mut room = holding.room();
        room.take(4).unwrap();
        room.take(7).unwrap_err();
        drop(room);
        assert_eq!(holding.left(), (10, 0));
    }
}
