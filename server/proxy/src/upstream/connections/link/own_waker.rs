//! The waker that a connection is driven with: the same one from call to call, whoever drives it.
//!
//! What drives a connection causes most of its wakes itself: a request handed in, an answer taken out. Given the task's
//! own waker, each of these would have the task run once more for nothing, or the task of the call before. Always true: a
//! wake that comes while somebody attends is answered by another look before the attending ends; one that comes in
//! between wakes who attended last.

use futures_util::task::AtomicWaker;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Poll, Wake, Waker};

const ATTENDED: u8 = 1;
const WOKEN: u8 = 2;
/// Looks within one attending; whoever is woken more often than that lets other tasks have their turn.
const LOOKS: usize = 3;

#[derive(Default)]
pub(super) struct OwnWaker {
    state: AtomicU8,
    /// Who attended last.
    task: AtomicWaker,
}

impl OwnWaker {
    /// Looks until there is something or nothing moves any more; then `task` is woken when something does. What is woken
    /// beside a result is left to the next look, which has to come before anybody waits.
    pub(super) fn attend<R>(&self, task: &Waker, mut look: impl FnMut() -> Poll<R>) -> Poll<R> {
        self.task.register(task);
        for _ in 0..LOOKS {
            self.state.store(ATTENDED, Ordering::SeqCst);
            let seen = look();
            let is_woken = self.state.swap(0, Ordering::SeqCst) & WOKEN != 0;
            if seen.is_ready() || !is_woken {
                return seen;
            }
        }
        task.wake_by_ref();
        Poll::Pending
    }

    /// From now on nobody is woken.
    pub(super) fn leave(&self) {
        drop(self.task.take());
    }
}

impl Wake for OwnWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.state.fetch_or(WOKEN, Ordering::SeqCst) & ATTENDED == 0 {
            self.task.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;
    use std::thread::{self, Thread};
    use std::time::{Duration, Instant};

    #[derive(Default)]
    struct Task(AtomicUsize);

    impl Wake for Task {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn setting() -> (Arc<OwnWaker>, Waker, Arc<Task>, Waker) {
        let (own, task) = (Arc::<OwnWaker>::default(), Arc::<Task>::default());
        (own.clone(), Waker::from(own), task.clone(), Waker::from(task))
    }

    #[test]
    fn a_wake_of_ones_own_is_one_more_look_and_not_one_more_run() {
        let (own, waker, woken, task) = setting();
        let mut looks = 0;
        let seen = own.attend(&task, || {
            looks += 1;
            waker.wake_by_ref();
            if looks == 2 { Poll::Ready("here") } else { Poll::Pending }
        });
        assert_eq!((seen, looks, woken.0.load(Ordering::SeqCst)), (Poll::Ready("here"), 2, 0));
    }

    #[test]
    fn who_attended_last_is_woken_in_between_and_nobody_once_it_has_left() {
        let (own, waker, woken, task) = setting();
        assert!(own.attend(&task, || Poll::<()>::Pending).is_pending());
        waker.wake_by_ref();
        assert_eq!(woken.0.load(Ordering::SeqCst), 1);
        assert!(own.attend(&task, || Poll::<()>::Pending).is_pending());
        own.leave();
        waker.wake_by_ref();
        assert_eq!(woken.0.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn what_never_rests_lets_others_have_their_turn() {
        let (own, waker, woken, task) = setting();
        let mut looks = 0;
        let seen = own.attend(&task, || {
            looks += 1;
            waker.wake_by_ref();
            Poll::<()>::Pending
        });
        assert_eq!((seen, looks, woken.0.load(Ordering::SeqCst)), (Poll::Pending, LOOKS, 1));
    }

    /// Wakes the thread that it was made by.
    struct Sleeper(Thread);

    impl Wake for Sleeper {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    #[test]
    fn a_wake_of_another_thread_is_never_lost() {
        const ROUNDS: usize = 20_000;
        const NEVER: Duration = Duration::from_secs(30);
        let (own, waker, ..) = setting();
        let task = Waker::from(Arc::new(Sleeper(thread::current())));
        let (told, seen) = (AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            scope.spawn(|| {
                for round in 1..=ROUNDS {
                    told.store(round, Ordering::SeqCst);
                    waker.wake_by_ref();
                    while seen.load(Ordering::SeqCst) < round {
                        thread::yield_now();
                    }
                }
            });
            for round in 1..=ROUNDS {
                let look = || if told.load(Ordering::SeqCst) == round { Poll::Ready(()) } else { Poll::Pending };
                while own.attend(&task, look).is_pending() {
                    let asleep = Instant::now();
                    thread::park_timeout(NEVER);
                    assert!(asleep.elapsed() < NEVER, "round {round}");
                }
                seen.store(round, Ordering::SeqCst);
            }
        });
    }
}
