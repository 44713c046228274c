//! Requests per minute by GCRA: one number per key, no timer, no window that could be gamed at its edge.
//!
//! A key may use a whole minute's worth at once and is then refilled evenly; over any span of time it gets at most its
//! limit plus the limit's share of that span. Refused requests cost nothing.

use domain::time::Timestamp;

const NS_PER_MS: i128 = 1_000_000;
const NS_PER_MINUTE: i128 = 60_000 * NS_PER_MS;

/// When the key's allowance will be whole again, in nanoseconds since 1970: the "theoretical arrival time".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Allowance {
    whole_at_ns: i128,
}

/// The request came too early; this many milliseconds from now one will pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooEarly {
    pub(super) retry_after_ms: u64,
}

impl Allowance {
    /// The allowance after one more request, if that is within `per_minute`.
    pub(super) fn after_request(self, now: Timestamp, per_minute: u32) -> Result<Self, TooEarly> {
        if per_minute == 0 {
            return Err(TooEarly { retry_after_ms: 60_000 });
        }
        let now_ns = i128::from(now.as_ms()) * NS_PER_MS;
        // Rounded up: a limit that does not divide the minute must not let one more through.
        let interval = NS_PER_MINUTE.div_euclid(i128::from(per_minute))
            + i128::from(NS_PER_MINUTE.rem_euclid(i128::from(per_minute)) != 0);
        let burst = interval * i128::from(per_minute);
        // A clock that was set back, or a limit that was lowered, must not lock the key for longer than a minute.
        let whole_at = self.whole_at_ns.clamp(now_ns, now_ns + burst) + interval;
        let over = whole_at - (now_ns + burst);
        if over > 0 {
            let retry_after_ms = u64::try_from((over + NS_PER_MS - 1) / NS_PER_MS).unwrap_or(60_000);
            return Err(TooEarly { retry_after_ms });
        }
        Ok(Self { whole_at_ns: whole_at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp::from_ms(1_800_000_000_000);

    #[test]
    fn a_minutes_worth_passes_at_once_and_then_evenly() {
        let mut allowance = Allowance::default();
        for _ in 0..5 {
            allowance = allowance.after_request(NOW, 5).unwrap();
        }
        assert_eq!(allowance.after_request(NOW, 5), Err(TooEarly { retry_after_ms: 12_000 }));
        assert_eq!(allowance.after_request(NOW.plus_ms(11_999), 5), Err(TooEarly { retry_after_ms: 1 }));
        assert!(allowance.after_request(NOW.plus_ms(12_000), 5).is_ok());
        assert!(Allowance::default().after_request(NOW, 0).is_err());
    }

    #[test]
    fn a_clock_set_back_by_a_day_locks_for_a_minute_at_most() {
        let allowance = Allowance::default().after_request(NOW, 1).unwrap();
        let yesterday = NOW.plus_ms(-86_400_000);
        let TooEarly { retry_after_ms } = allowance.after_request(yesterday, 1).unwrap_err();
        assert!(retry_after_ms <= 60_000);
    }

    proptest! {
        #[test]
        fn no_span_sees_more_than_the_limit_and_its_refill(
            per_minute in 1u32..1000, gaps in prop::collection::vec(0i64..3_000, 1..400),
        ) {
            let (mut allowance, mut now, mut passed) = (Allowance::default(), NOW, vec![]);
            for gap in gaps {
                now = now.plus_ms(gap);
                if let Ok(after) = allowance.after_request(now, per_minute) {
                    allowance = after;
                    passed.push(now);
                }
            }
            for (from, &start) in passed.iter().enumerate() {
                for (to, &end) in passed.iter().enumerate().skip(from) {
                    let refill = end.since(start) * i64::from(per_minute) / 60_000;
                    prop_assert!((to - from + 1) as i64 <= i64::from(per_minute) + refill);
                }
            }
        }

        #[test]
        fn what_is_told_as_retry_after_is_true(per_minute in 1u32..1000, used in 1u32..1000) {
            let mut allowance = Allowance::default();
            for _ in 0..used.min(per_minute) {
                allowance = allowance.after_request(NOW, per_minute).unwrap();
            }
            if let Err(TooEarly { retry_after_ms }) = allowance.after_request(NOW, per_minute) {
                let then = NOW.plus_ms(retry_after_ms as i64);
                prop_assert!(allowance.after_request(then, per_minute).is_ok());
                prop_assert!(allowance.after_request(then.plus_ms(-1), per_minute).is_err());
            }
        }
    }
}
