//! What is found out about everyone's keys together, kept for a minute where there are many.
//!
//! Counting a hundred thousand keys takes longer than a page may, and a minute changes little of it. A change that is made
//! here is seen at once; what keys spend, and that they come to their ends, a minute later at most. With few keys nothing
//! is kept, and every page is exact.

use super::ViewCounts;
use crate::lately::MANY;
use domain::id::KeyId;
use domain::time::{MS_PER_MINUTE, Timestamp};
use std::sync::{Arc, Mutex, PoisonError};
use store::KeyListItem;

#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) hot: Vec<KeyListItem>,
    pub(super) attention: Vec<KeyListItem>,
    pub(super) counts: ViewCounts,
}

#[derive(Default)]
pub(crate) struct Everyone {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// Grows with each change: what was being found out before it is not kept after it.
    changes: u64,
    found: Option<(Timestamp, Found)>,
    /// All that are nearly spent, whatever a page shows of them.
    hot: Option<(Timestamp, Arc<[KeyId]>)>,
}

/// Of the last minute.
fn fresh<T: Clone>(kept: Option<&(Timestamp, T)>, now: Timestamp) -> Option<T> {
    let (at, found) = kept?;
    (0..MS_PER_MINUTE).contains(&now.since(*at)).then(|| found.clone())
}

impl Everyone {
    pub(crate) fn forget(&self) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.changes += 1;
        kept.found = None;
        kept.hot = None;
    }

    pub(super) fn changes(&self) -> u64 {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).changes
    }

    pub(super) fn at(&self, now: Timestamp) -> Option<Found> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        fresh(kept.found.as_ref(), now)
    }

    pub(super) fn hot_at(&self, now: Timestamp) -> Option<Arc<[KeyId]>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        fresh(kept.hot.as_ref(), now)
    }

    /// `looked_at` is how many keys had to be looked at to find these.
    pub(super) fn keep_hot(&self, changes: u64, now: Timestamp, looked_at: usize, hot: &Arc<[KeyId]>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.changes == changes && i64::try_from(looked_at).is_ok_and(|count| count >= MANY) {
            kept.hot = Some((now, hot.clone()));
        }
    }

    pub(super) fn keep(&self, changes: u64, now: Timestamp, found: &Found) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.changes == changes && found.counts.live >= MANY {
            kept.found = Some((now, found.clone()));
        }
    }
}
