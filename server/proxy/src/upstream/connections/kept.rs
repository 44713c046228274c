//! What is kept for the next one, by place: the newest first, and none for longer than a minute.

use foldhash::HashMap;
use std::collections::VecDeque;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::time::{Instant, sleep};

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

    pub(super) fn put(&self, place: P, thing: T) {
        self.lock().entry(place).or_default().push_back((Instant::now(), thing));
    }

    fn forget_the_old(&self) {
        let now = Instant::now();
        self.lock().retain(|_, things| {
            things.retain(|(since, _)| now.duration_since(*since) < LONGEST);
            !things.is_empty()
        });
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<P, VecDeque<(Instant, T)>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets what was kept too long, for as long as something can be kept.
pub(super) async fn forget_the_old<P: Hash + Eq, T>(kept: Weak<Kept<P, T>>) {
    loop {
        sleep(LONGEST / 2).await;
        match kept.upgrade() {
            Some(kept) => kept.forget_the_old(),
            None => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
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
        assert_eq!([kept.take(&"a"), kept.take(&"a"), kept.take(&"a")], [Some(4), Some(2), None]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_takes_is_forgotten_with_its_place() {
        let kept = Arc::new(Kept::default());
        let forgetting = tokio::spawn(forget_the_old(Arc::downgrade(&kept)));
        kept.put("a", 1);
        sleep(LONGEST / 4).await;
        kept.put("b", 2);
        sleep(LONGEST).await;
        assert_eq!(kept.lock().keys().collect::<Vec<_>>(), [&"b"]);
        sleep(LONGEST).await;
        assert!(kept.lock().is_empty());
        drop(kept);
        forgetting.await.unwrap();
    }
}
