//! Requests and tokens per minute: a meter that fills with use and drains evenly, a minute's worth a minute. No timer, and
//! no window that could be gamed at its edge.
//!
//! A minute's worth may be used at once; over any span of time at most the limit and its share of the span passes (GCRA,
//! in exact integers). Tokens are metered by an estimate that is corrected when the call has ended, so that a meter may
//! be overfull: then everybody waits until that is worked off. What was refused fills nothing.

use domain::time::{MS_PER_MINUTE, Timestamp};
use proxy::ports::Allowance;

/// What one request or token fills; the limit of a minute is drained from it each millisecond.
const UNIT: u128 = MS_PER_MINUTE as u128;
/// Neither a lowered limit nor an absurd figure keeps anybody waiting for longer.
const MOST_MINUTES: u128 = 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Meter {
    filled: u128,
    at: Timestamp,
}

impl Default for Meter {
    fn default() -> Self {
        Self { filled: 0, at: Timestamp::from_ms(0) }
    }
}

/// Too early; this many milliseconds from now it will pass if nothing else does before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooEarly {
    pub(super) retry_after_ms: u64,
}

impl Meter {
    /// Whether `count` more are within `per_minute`. More than a whole minute's worth passes when nothing else is
    /// there, since it would never pass otherwise.
    pub(super) fn check(&self, now: Timestamp, count: u64, per_minute: u64) -> Result<(), TooEarly> {
        let Some(minute) = room(per_minute) else { return Err(TooEarly { retry_after_ms: 60_000 }) };
        let wanted = u128::from(count.min(per_minute)) * UNIT;
        let over = (self.filled(now, per_minute) + wanted).saturating_sub(minute);
        if over == 0 { Ok(()) } else { Err(TooEarly { retry_after_ms: drained_in(over, per_minute) }) }
    }

    pub(super) fn fill(&mut self, now: Timestamp, count: u64, per_minute: u64) {
        let filled = self.filled(now, per_minute) + u128::from(count) * UNIT;
        *self = Self { filled: filled.min(most(per_minute)), at: now };
    }

    /// Replaces an estimate by what was used.
    pub(super) fn correct(&mut self, now: Timestamp, expected: u64, used: u64, per_minute: u64) {
        if used >= expected {
            self.fill(now, used - expected, per_minute);
        } else {
            let filled = self.filled(now, per_minute).saturating_sub(u128::from(expected - used) * UNIT);
            *self = Self { filled, at: now };
        }
    }

    pub(super) fn allowance(&self, now: Timestamp, per_minute: u64) -> Allowance {
        let filled = self.filled(now, per_minute);
        let remaining = room(per_minute).unwrap_or(0).saturating_sub(filled) / UNIT;
        Allowance {
            limit: per_minute,
            remaining: u64::try_from(remaining).unwrap_or(u64::MAX),
            resets_in_ms: if per_minute == 0 { 60_000 } else { drained_in(filled, per_minute) },
        }
    }

    /// A clock that was set back drains nothing and adds nothing.
    fn filled(&self, now: Timestamp, per_minute: u64) -> u128 {
        let passed = u128::from(now.since(self.at).max(0).unsigned_abs());
        self.filled.saturating_sub(passed * u128::from(per_minute)).min(most(per_minute))
    }
}

/// A whole minute's worth, if the limit allows anything.
fn room(per_minute: u64) -> Option<u128> {
    (per_minute > 0).then(|| u128::from(per_minute) * UNIT)
}

fn most(per_minute: u64) -> u128 {
    u128::from(per_minute) * UNIT * MOST_MINUTES
}

fn drained_in(filled: u128, per_minute: u64) -> u64 {
    u64::try_from(filled.div_ceil(u128::from(per_minute))).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp::from_ms(1_800_000_000_000);

    fn pass(meter: &mut Meter, now: Timestamp, count: u64, per_minute: u64) -> Result<(), TooEarly> {
        meter.check(now, count, per_minute)?;
        meter.fill(now, count, per_minute);
        Ok(())
    }

    #[test]
    fn a_minutes_worth_passes_at_once_and_then_evenly() {
        let mut meter = Meter::default();
        for _ in 0..5 {
            pass(&mut meter, NOW, 1, 5).unwrap();
        }
        assert_eq!(meter.check(NOW, 1, 5), Err(TooEarly { retry_after_ms: 12_000 }));
        assert_eq!(meter.check(NOW.plus_ms(11_999), 1, 5), Err(TooEarly { retry_after_ms: 1 }));
        assert!(meter.check(NOW.plus_ms(12_000), 1, 5).is_ok());
        assert!(Meter::default().check(NOW, 1, 0).is_err());
        assert_eq!(meter.allowance(NOW, 5), Allowance { limit: 5, remaining: 0, resets_in_ms: 60_000 });
        assert_eq!(meter.allowance(NOW.plus_ms(30_000), 5), Allowance { limit: 5, remaining: 2, resets_in_ms: 30_000 });
    }

    #[test]
    fn an_estimate_gives_way_to_what_was_used() {
        let mut meter = Meter::default();
        pass(&mut meter, NOW, 900, 1_000).unwrap();
        assert_eq!(meter.check(NOW, 200, 1_000), Err(TooEarly { retry_after_ms: 6_000 }));
        meter.correct(NOW, 900, 100, 1_000);
        assert_eq!(meter.allowance(NOW, 1_000).remaining, 900);
        meter.correct(NOW, 100, 1_600, 1_000);
        assert_eq!(meter.allowance(NOW, 1_000), Allowance { limit: 1_000, remaining: 0, resets_in_ms: 96_000 });
        assert_eq!(meter.check(NOW, 400, 1_000), Err(TooEarly { retry_after_ms: 60_000 }));
    }

    #[test]
    fn what_is_more_than_a_minutes_worth_passes_alone_and_is_worked_off() {
        let mut meter = Meter::default();
        pass(&mut meter, NOW, 3_000, 1_000).unwrap();
        assert_eq!(meter.check(NOW, 3_000, 1_000), Err(TooEarly { retry_after_ms: 180_000 }));
        assert!(meter.check(NOW.plus_ms(180_000), 3_000, 1_000).is_ok());
    }

    #[test]
    fn neither_the_clock_nor_a_lowered_limit_nor_an_absurd_figure_locks_for_long() {
        let mut meter = Meter::default();
        pass(&mut meter, NOW, 1, 1).unwrap();
        let yesterday = NOW.plus_ms(-86_400_000);
        assert_eq!(meter.check(yesterday, 1, 1), Err(TooEarly { retry_after_ms: 60_000 }));
        meter.correct(NOW, 0, u64::MAX, 1);
        let TooEarly { retry_after_ms } = meter.check(NOW, 1, 1).unwrap_err();
        assert_eq!(retry_after_ms, 600_000);
        let mut meter = Meter::default();
        pass(&mut meter, NOW, 100_000, 100_000).unwrap();
        assert!(meter.check(NOW, 1, 2).unwrap_err().retry_after_ms <= 600_000);
    }

    proptest! {
        #[test]
        fn no_span_sees_more_than_the_limit_and_its_refill(
            per_minute in 1u64..1000, gaps in prop::collection::vec((0i64..3_000, 1u64..50), 1..400),
        ) {
            let (mut meter, mut now, mut passed) = (Meter::default(), NOW, vec![]);
            for (gap, count) in gaps {
                now = now.plus_ms(gap);
                let count = count.min(per_minute);
                if pass(&mut meter, now, count, per_minute).is_ok() {
                    passed.push((now, count));
                }
            }
            for (from, &(start, _)) in passed.iter().enumerate() {
                let mut sum = 0;
                for &(end, count) in &passed[from..] {
                    sum += count;
                    let refill = end.since(start).unsigned_abs() * per_minute / 60_000;
                    prop_assert!(sum <= per_minute + refill);
                }
            }
        }

        #[test]
        fn what_is_told_as_retry_after_is_true(per_minute in 1u64..5_000, used in 0u64..10_000, wanted in 1u64..10_000) {
            let mut meter = Meter::default();
            meter.fill(NOW, used, per_minute);
            if let Err(TooEarly { retry_after_ms }) = meter.check(NOW, wanted, per_minute) {
                let then = NOW.plus_ms(retry_after_ms as i64);
                prop_assert!(meter.check(then, wanted, per_minute).is_ok());
                prop_assert!(meter.check(then.plus_ms(-1), wanted, per_minute).is_err());
            }
        }
    }
}
