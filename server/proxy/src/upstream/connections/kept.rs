//! What is kept for the next one, by place: the newest first, and none for longer than a minute.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Shorter than providers keep an idle connection, so that few are found closed.
const LONGEST: Duration = Duration::from_secs(60);

pub(super) struct Kept<P, T>(Mutex<HashMap<P, VecDeque<(Instant, T)>>>);

impl<P, T> Default for Kept<P, T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<P: Hash + Eq, T> Kept<P, T> {
    pub(super) fn take(&self, place: &P) -> Option<T> {
        let (since, thing) = self.lock().get_mut(place)?.pop_back()?;
        (since.elapsed() < LONGEST).then_some(thing)
    }

    /// Keeps `thing`, and forgets what was kept too long: at this place always, and elsewhere when a place is new.
    pub(super) fn put(&self, place: P, thing: T) {
        let now = Instant::now();
        let is_old = |since: Instant| now.duration_since(since) >= LONGEST;
        let mut places = self.lock();
        if let Some(things) = places.get_mut(&place) {
            while things.front().is_some_and(|(since, _)| is_old(*since)) {
                things.pop_front();
            }
            return things.push_back((now, thing));
        }
        places.retain(|_, things| things.back().is_some_and(|(since, _)| !is_old(*since)));
        places.insert(place, VecDeque::from([(now, thing)]));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<P, VecDeque<(Instant, T)>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    #[tokio::test(start_paused = true)]
    async fn the_newest_is_taken_first_and_none_that_is_old() {
        let kept = Kept::default();
        kept.put("a", 1);
        advance(LONGEST / 2).await;
        kept.put("a", 2);
        kept.put("a", 3);
        assert_eq!((kept.take(&"a"), kept.take(&"b")), (Some(3), None));
        advance(LONGEST / 2).await;
        kept.put("a", 4);
        assert_eq!(kept.lock()["a"].len(), 2, "the oldest is gone, although newer ones are taken before it");
        assert_eq!([kept.take(&"a"), kept.take(&"a"), kept.take(&"a")], [Some(4), Some(2), None]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_place_that_nobody_goes_to_any_more_is_forgotten() {
        let kept = Kept::default();
        kept.put("a", 1);
        advance(LONGEST).await;
        kept.put("b", 2);
        assert_eq!(kept.lock().keys().collect::<Vec<_>>(), [&"b"]);
        kept.put("a", 3);
        advance(LONGEST).await;
        assert_eq!(kept.take(&"a"), None);
    }
}
