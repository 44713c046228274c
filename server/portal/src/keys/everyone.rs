//! What is found out about everyone's keys together, kept for a minute where there are many.
//!
//! Counting a hundred thousand keys takes longer than a page may, and a minute changes little of it. A change that is made
//! here is seen at once; what keys spend, and that they come to their ends, a minute later at most. With few keys nothing
//! is kept, and every page is exact.

use super::computed::Found;
use crate::lately::MANY;
use domain::id::KeyId;
use domain::key_review::Quarter;
use domain::time::{MS_PER_MINUTE, Timestamp};
use std::sync::{Arc, Mutex, PoisonError};
use store::{ReviewOwners, TeamWaiting, ToReview};

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
    /// Keys that wait for an administrator in a review, and those of each team.
    to_review: Option<(Timestamp, (Quarter, ReviewOwners, i64))>,
    waiting: Option<(Timestamp, (Quarter, Vec<TeamWaiting>))>,
    /// What a quarter that is over left undecided.
    left_over: Option<(Timestamp, (Quarter, Vec<TeamWaiting>))>,
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
        kept.to_review = None;
        kept.waiting = None;
        kept.left_over = None;
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

    pub(super) fn to_review_at(&self, what: &ToReview) -> Option<i64> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (quarter, owners, count) = fresh(kept.to_review.as_ref(), what.now)?;
        (quarter == what.quarter && owners == what.owners).then_some(count)
    }

    pub(super) fn keep_to_review(&self, changes: u64, what: &ToReview, count: i64) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.changes == changes && count >= MANY {
            kept.to_review = Some((what.now, (what.quarter, what.owners.clone(), count)));
        }
    }

    pub(super) fn waiting_at(&self, quarter: Quarter, now: Timestamp) -> Option<Vec<TeamWaiting>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        fresh(kept.waiting.as_ref(), now).filter(|(of, _)| *of == quarter).map(|(_, waiting)| waiting)
    }

    pub(super) fn keep_waiting(&self, changes: u64, now: Timestamp, quarter: Quarter, waiting: &[TeamWaiting]) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.changes == changes && waiting.iter().map(|team| team.keys).sum::<i64>() >= MANY {
            kept.waiting = Some((now, (quarter, waiting.to_vec())));
        }
    }

    pub(super) fn left_over_at(&self, quarter: Quarter, now: Timestamp) -> Option<Vec<TeamWaiting>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        fresh(kept.left_over.as_ref(), now).filter(|(of, _)| *of == quarter).map(|(_, left)| left)
    }

    /// However few were left, they are looked for among all keys; and nothing that happens now changes what was left then.
    pub(super) fn keep_left_over(&self, changes: u64, now: Timestamp, quarter: Quarter, left: &[TeamWaiting]) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.changes == changes {
            kept.left_over = Some((now, (quarter, left.to_vec())));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_quarter_left_over_is_known_for_a_minute_or_until_something_changes() {
        const NOW: Timestamp = Timestamp::from_ms(1_800_000_000_000);
        let (everyone, quarter): (Everyone, Quarter) = (Everyone::default(), "2026-Q4".parse().unwrap());
        let left = [TeamWaiting { team: None, led: false, keys: 1 }];
        let changes = everyone.changes();
        everyone.keep_left_over(changes, NOW, quarter, &left);
        assert_eq!(everyone.left_over_at(quarter, NOW.plus_ms(MS_PER_MINUTE - 1)).as_deref(), Some(&left[..]));
        assert_eq!(everyone.left_over_at(quarter.previous(), NOW), None);
        assert_eq!(everyone.left_over_at(quarter, NOW.plus_ms(MS_PER_MINUTE)), None);
        everyone.forget();
        assert_eq!(everyone.left_over_at(quarter, NOW), None);
        everyone.keep_left_over(changes, NOW, quarter, &left);
        assert_eq!(everyone.left_over_at(quarter, NOW), None, "it was found out before the change");
    }
}
