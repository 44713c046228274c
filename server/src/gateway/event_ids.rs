//! Makes event ids that never repeat: not within a millisecond, not when the clock is set back, not after a restart.

use super::sync::{AtomicI64, Ordering};
use domain::id::EventId;
use domain::time::Timestamp;

/// The one replica of this release.
const REPLICA: u8 = 0;
const SEQUENCE: i64 = 0xFFFF;

pub struct EventIds {
    last: AtomicI64,
}

impl EventIds {
    /// Ids above everything that is already known.
    pub fn above(highest: Option<EventId>) -> Self {
        Self { last: AtomicI64::new(highest.map_or(-1, EventId::as_i64)) }
    }

    pub fn next(&self, now: Timestamp) -> EventId {
        let mut last = self.last.load(Ordering::Relaxed);
        loop {
            let next = after(last, now);
            match self.last.compare_exchange_weak(last, next.as_i64(), Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return next,
                Err(other) => last = other,
            }
        }
    }
}

/// The smallest id of this replica that is above `last` and not before `now`.
fn after(last: i64, now: Timestamp) -> EventId {
    let of_now = EventId::new(now, REPLICA, 0);
    if of_now.as_i64() > last {
        return of_now;
    }
    let last = EventId::from_i64(last);
    let same_millisecond = EventId::new(last.made_at(), REPLICA, 0).as_i64();
    if last.as_i64() < same_millisecond + SEQUENCE {
        EventId::from_i64(last.as_i64() + 1)
    } else {
        EventId::new(last.made_at().plus_ms(1), REPLICA, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp::from_ms(1_800_000_000_000);

    #[test]
    fn a_clock_set_back_does_not_repeat_ids() {
        let ids = EventIds::above(None);
        let first = ids.next(NOW);
        let second = ids.next(NOW.plus_ms(-60_000));
        assert!(first < second && first.made_at() == second.made_at());
        assert_eq!(ids.next(NOW.plus_ms(5)).made_at(), NOW.plus_ms(5));
    }

    #[test]
    fn a_full_millisecond_flows_into_the_next() {
        let ids = EventIds::above(Some(EventId::new(NOW, REPLICA, u16::MAX)));
        assert_eq!(ids.next(NOW), EventId::new(NOW.plus_ms(1), REPLICA, 0));
    }

    proptest! {
        #[test]
        fn ids_grow_whatever_came_before(
            ms in 0..(1i64 << 41), replica in 0u8..64, sequence in any::<u16>(), shift in -1000i64..1000,
        ) {
            let known = EventId::new(NOW.plus_ms(ms % 100_000_000), replica, sequence);
            let next = after(known.as_i64(), known.made_at().plus_ms(shift));
            prop_assert!(next > known && next.as_i64() > 0);
            prop_assert_eq!((next.as_i64() >> 16) & 63, i64::from(REPLICA));
            prop_assert!(next.made_at() <= known.made_at().plus_ms(shift.max(1)));
        }
    }

    #[test]
    fn many_threads_never_draw_the_same_id() {
        let ids = EventIds::above(None);
        let drawn: Vec<EventId> = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..4).map(|_| scope.spawn(|| (0..30_000).map(|_| ids.next(NOW)).collect::<Vec<_>>())).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        let different: std::collections::HashSet<_> = drawn.iter().collect();
        assert_eq!(different.len(), 120_000);
    }
}
