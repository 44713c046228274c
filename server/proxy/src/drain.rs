//! Waiting for a provider on behalf of a client that may hang up.
//!
//! After the client is gone, the rest of an answer is worth reading only if its usage comes at the end; then for a
//! bounded time, and for a bounded number of calls at once.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until};

/// Why the waiting ended without a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    Timeout,
    ClientGone,
}

pub(crate) struct Drain {
    slots: Arc<Semaphore>,
    /// Whether reading on tells anything.
    worthwhile: bool,
    time: Duration,
    running: Option<(Instant, OwnedSemaphorePermit)>,
    gone: bool,
}

impl Drain {
    pub(crate) const fn new(slots: Arc<Semaphore>, worthwhile: bool, time: Duration) -> Self {
        Self { slots, worthwhile, time, running: None, gone: false }
    }

    /// The client hung up. False if there is no point in reading on, or no room for it.
    pub(crate) fn begin(&mut self) -> bool {
        self.gone = true;
        if self.running.is_none() && self.worthwhile {
            let slot = Arc::clone(&self.slots).try_acquire_owned().ok();
            self.running = slot.map(|slot| (Instant::now() + self.time, slot));
        }
        self.running.is_some()
    }

    pub(crate) const fn client_is_gone(&self) -> bool {
        self.gone
    }

    /// True when the time for reading on has passed.
    pub(crate) fn is_over(&self, now: Instant) -> bool {
        self.running.as_ref().is_some_and(|(until, _)| now >= *until)
    }

    /// Waits for the provider until `due`; `gone` resolves when the client hangs up.
    pub(crate) async fn wait<T>(
        &mut self,
        work: impl Future<Output = T>,
        gone: impl Future<Output = ()>,
        due: Instant,
    ) -> Result<T, Stop> {
        let (mut work, mut gone) = (std::pin::pin!(work), std::pin::pin!(gone));
        loop {
            let until = self.running.as_ref().map(|(until, _)| *until);
            // Asked here, since a provider that always has something ready never lets the timer speak.
            if until.is_some_and(|until| Instant::now() >= until) {
                return Err(Stop::ClientGone);
            }
            let due = until.map_or(due, |until| due.min(until));
            tokio::select! {
                biased;
                result = &mut work => return Ok(result),
                () = &mut gone, if !self.gone => {
                    if !self.begin() {
                        return Err(Stop::ClientGone);
                    }
                }
                () = sleep_until(due) => {
                    return Err(if self.gone { Stop::ClientGone } else { Stop::Timeout });
                }
            }
        }
    }
}
