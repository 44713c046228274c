//! Keys that nobody uses: when one is disabled, and from when on its owner is told.
//!
//! Nobody is surprised: a key is disabled only after its owner was told for [`TOLD_DAYS`], and a call in between begins
//! everything anew, also where the rule is new or the process stood still for months.

use crate::time::Timestamp;
use crate::virtual_key::ConsumerKind;
use serde::{Deserialize, Serialize};

/// How long before its end the owner is told.
pub const TOLD_DAYS: i64 = 7;
/// Shorter would end a key that somebody uses each week.
pub const FEWEST_DAYS: u32 = 14;
pub const MOST_DAYS: u32 = 366;

/// A term of an access profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdleRule {
    pub days: u32,
    /// Also keys of services and of CI, which may be needed once a quarter and then at once.
    pub services_too: bool,
}

impl IdleRule {
    pub const fn concerns(&self, consumer: ConsumerKind) -> bool {
        match consumer {
            ConsumerKind::Person | ConsumerKind::Agent => true,
            ConsumerKind::Service | ConsumerKind::Ci => self.services_too,
        }
    }

    /// Keys that were quiet before this moment are to be looked at.
    pub fn told_after(&self, now: Timestamp) -> Timestamp {
        now.plus_days(TOLD_DAYS - i64::from(self.days))
    }

    /// What is to be done about a key now.
    pub fn verdict(&self, quiet: Quiet, now: Timestamp) -> Verdict {
        match quiet.told() {
            Some(_) if now >= self.ends_at(quiet, now) => Verdict::Disable,
            None if quiet.since < self.told_after(now) => Verdict::Tell,
            _ => Verdict::Leave,
        }
    }

    /// When the key is disabled if nobody calls with it; `now` is when its owner is told, if that has not happened.
    pub fn ends_at(&self, quiet: Quiet, now: Timestamp) -> Timestamp {
        let told = quiet.told().unwrap_or(now).plus_days(TOLD_DAYS);
        quiet.since.plus_days(i64::from(self.days)).max(told)
    }
}

/// How long nobody has used a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quiet {
    /// Its last call; or that it was minted or enabled, if that was later.
    pub since: Timestamp,
    /// When its owner was told last, perhaps before its last call.
    pub told_at: Option<Timestamp>,
}

impl Quiet {
    /// When the owner was told about this silence.
    pub fn told(&self) -> Option<Timestamp> {
        self.told_at.filter(|&told| told >= self.since)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Leave,
    /// Its owner is to be told, and the days until its end begin.
    Tell,
    Disable,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp::from_ms(1_795_248_000_000);
    const RULE: IdleRule = IdleRule { days: 60, services_too: false };

    fn quiet(days: i64, told: Option<i64>) -> Quiet {
        Quiet { since: NOW.plus_days(-days), told_at: told.map(|days| NOW.plus_days(-days)) }
    }

    #[test]
    fn an_owner_is_told_a_week_before() {
        for (quiet, expected) in [
            (quiet(0, None), Verdict::Leave),
            (quiet(53, None), Verdict::Leave),
            (quiet(54, None), Verdict::Tell),
            (quiet(54, Some(0)), Verdict::Leave),
            (quiet(59, Some(6)), Verdict::Leave),
            (quiet(60, Some(7)), Verdict::Disable),
            (quiet(400, None), Verdict::Tell),
            (quiet(400, Some(6)), Verdict::Leave),
            (quiet(400, Some(7)), Verdict::Disable),
            (quiet(20, Some(30)), Verdict::Leave),
            (quiet(60, Some(90)), Verdict::Tell),
        ] {
            assert_eq!(RULE.verdict(quiet, NOW), expected, "{quiet:?}");
        }
    }

    #[test]
    fn the_end_that_is_told_is_the_end_that_comes() {
        assert_eq!(RULE.ends_at(quiet(55, None), NOW), NOW.plus_days(7), "a new rule leaves a week");
        assert_eq!(RULE.ends_at(quiet(53, None), NOW), NOW.plus_days(7));
        assert_eq!(RULE.ends_at(quiet(55, Some(2)), NOW), NOW.plus_days(5));
        assert_eq!(RULE.ends_at(quiet(10, Some(9)), NOW), NOW.plus_days(50), "the rule was made longer meanwhile");
    }

    #[test]
    fn services_are_left_alone_unless_they_are_meant_too() {
        let all = IdleRule { services_too: true, ..RULE };
        let concerned = |rule: IdleRule| ConsumerKind::ALL.map(|consumer| rule.concerns(consumer));
        assert_eq!((concerned(RULE), concerned(all)), ([true, true, false, false], [true; 4]));
    }

    proptest! {
        #[test]
        fn nothing_ends_sooner_than_a_week_after_it_was_told(
            days in FEWEST_DAYS..MOST_DAYS, since in 0_i64..500, told in prop::option::of(0_i64..500),
        ) {
            let rule = IdleRule { days, services_too: true };
            let quiet = quiet(since, told);
            if rule.verdict(quiet, NOW) == Verdict::Disable {
                prop_assert!(quiet.told().unwrap() <= NOW.plus_days(-TOLD_DAYS));
                prop_assert!(quiet.since <= NOW.plus_days(-i64::from(days)));
            }
        }
    }
}
