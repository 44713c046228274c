//! When something is worth telling: given how it stands and what was told already.
//!
//! Always true: a threshold is told once for a cap in a window, and of several that were passed between two looks only
//! the last. What ends is looked for by the moments that lie between two looks, so that a process that was down tells
//! what it missed, as it stands now.

use crate::budget::{BudgetFigures, BudgetScope, Window};
use crate::money::NanoUsd;
use crate::rotation::OldSecret;
use crate::time::{MS_PER_DAY, MS_PER_HOUR, Timestamp};
use serde::{Deserialize, Serialize};

/// Percentages of a cap that are told.
pub const THRESHOLDS: [u8; 3] = [50, 80, 100];
/// From here on it is more than a note.
pub const NEARLY: u8 = 80;

/// One cap in one of its windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BudgetOccasion {
    pub scope: BudgetScope,
    pub window: Window,
    pub window_start: Timestamp,
    pub limit: NanoUsd,
}

impl BudgetOccasion {
    pub fn dedupe(&self, percent: u8) -> String {
        let Self { scope, window, window_start, limit } = self;
        format!("budget:{scope}:{}:{}:{}:{percent}", window.word(), window_start.as_ms(), limit.as_nano())
    }
}

/// The highest threshold that is reached, if neither it nor a higher one was told.
pub fn budget_due(figures: &BudgetFigures, was_told: impl Fn(u8) -> bool) -> Option<u8> {
    let reached = THRESHOLDS.into_iter().filter(|&percent| figures.percent_spent() >= i64::from(percent)).max()?;
    let told = THRESHOLDS.into_iter().any(|percent| percent >= reached && was_told(percent));
    (!told).then_some(reached)
}

/// How far from its end a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    InFourteenDays,
    InThreeDays,
    Tomorrow,
    Over,
}

impl Ending {
    /// From the farthest to the nearest.
    pub const ALL: [Self; 4] = [Self::InFourteenDays, Self::InThreeDays, Self::Tomorrow, Self::Over];

    pub const fn word(self) -> &'static str {
        match self {
            Self::InFourteenDays => "14",
            Self::InThreeDays => "3",
            Self::Tomorrow => "1",
            Self::Over => "0",
        }
    }

    /// How long before the end it is told.
    pub const fn before_ms(self) -> i64 {
        match self {
            Self::InFourteenDays => 14 * MS_PER_DAY,
            Self::InThreeDays => 3 * MS_PER_DAY,
            Self::Tomorrow => MS_PER_DAY,
            Self::Over => 0,
        }
    }

    /// Where something that ends then stands now: the last mark that was passed.
    pub fn at(ends_at: Timestamp, now: Timestamp) -> Option<Self> {
        let left = ends_at.since(now);
        Self::ALL.into_iter().rev().find(|ending| left <= ending.before_ms())
    }
}

/// Between the last look and this one. What is older than three days is no news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    pub since: Timestamp,
    pub now: Timestamp,
}

const OLDEST_NEWS_MS: i64 = 3 * MS_PER_DAY;

impl Look {
    /// Without a look before, what happened until now is not told.
    pub fn after(last: Option<Timestamp>, now: Timestamp) -> Self {
        let since = last.map_or(now, |last| last.clamp(now.plus_ms(-OLDEST_NEWS_MS), now));
        Self { since, now }
    }

    /// Ends whose mark, so long before them, was passed: later than the first moment, up to the second.
    pub const fn ends_with_mark(&self, before_ms: i64) -> (Timestamp, Timestamp) {
        (self.since.plus_ms(before_ms), self.now.plus_ms(before_ms))
    }
}

/// So long before an old secret ends, whoever still uses it is told. A rotation with less overlap was meant to be quick.
pub const OLD_SECRET_MARKS: [i64; 2] = [MS_PER_DAY, 4 * MS_PER_HOUR];

/// The last call with an old secret that ends soon, if there was one since the rotation. One that lives for exactly as long
/// as a mark passes it as it begins, when there is nothing to tell yet; then the next mark counts.
pub const fn old_secret_due(finding: OldSecret) -> Option<Timestamp> {
    match finding {
        OldSecret::InUse { used_at } => Some(used_at),
        OldSecret::SafeToRetire { .. } | OldSecret::TooEarlyToTell => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn figures(spent: i64, limit: i64) -> BudgetFigures {
        BudgetFigures {
            scope: BudgetScope::Organisation,
            window: Window::Month,
            limit: NanoUsd::from_nano(limit),
            spent: NanoUsd::from_nano(spent),
            reserved: NanoUsd::ZERO,
            kept_for_others: NanoUsd::ZERO,
            resets_at: None,
        }
    }

    #[test]
    fn of_several_thresholds_the_last_is_told_and_none_twice() {
        let due = |spent, told: &[u8]| budget_due(&figures(spent, 100), |percent| told.contains(&percent));
        for (spent, told, expected) in [
            (49, &[][..], None),
            (50, &[], Some(50)),
            (79, &[50], None),
            (80, &[50], Some(80)),
            (250, &[], Some(100)),
            (100, &[50, 80], Some(100)),
            (100, &[100], None),
            // What was told of more is not told again as less.
            (80, &[100], None),
        ] {
            assert_eq!(due(spent, told), expected, "{spent} {told:?}");
        }
        assert_eq!(budget_due(&figures(0, 0), |_| false), Some(100), "a cap of nothing is used up");
    }

    #[test]
    fn an_end_stands_at_the_last_mark_that_was_passed() {
        let now = Timestamp::from_ms(1_000_000_000_000);
        let at = |ms| Ending::at(now.plus_ms(ms), now);
        assert_eq!(at(14 * MS_PER_DAY + 1), None);
        assert_eq!(at(14 * MS_PER_DAY), Some(Ending::InFourteenDays));
        assert_eq!(at(3 * MS_PER_DAY + 1), Some(Ending::InFourteenDays));
        assert_eq!(at(3 * MS_PER_DAY), Some(Ending::InThreeDays));
        assert_eq!(at(MS_PER_DAY), Some(Ending::Tomorrow));
        assert_eq!(at(1), Some(Ending::Tomorrow));
        assert_eq!(at(0), Some(Ending::Over));
        assert_eq!(at(-MS_PER_DAY), Some(Ending::Over));
    }

    #[test]
    fn a_first_look_tells_nothing_of_the_past() {
        let now = Timestamp::from_ms(1_000_000_000_000);
        assert_eq!(Look::after(None, now), Look { since: now, now });
        assert_eq!(Look::after(Some(now.plus_days(-1)), now).since, now.plus_days(-1));
        assert_eq!(Look::after(Some(now.plus_days(-40)), now).since, now.plus_days(-3));
        assert_eq!(Look::after(Some(now.plus_days(1)), now).since, now, "a clock that went back");
    }

    proptest! {
        /// However often one looks, each mark of an end falls between exactly two looks.
        #[test]
        fn looks_that_follow_each_other_meet_every_mark_once(mut looks in proptest::collection::vec(0..20 * MS_PER_DAY, 2..30)) {
            let begin = Timestamp::from_ms(1_000_000_000_000);
            let end = begin.plus_days(17);
            looks.push(0);
            // No gap is longer than what is still news.
            looks.extend((0..=10).map(|nth| nth * 2 * MS_PER_DAY));
            looks.sort_unstable();
            for ending in Ending::ALL {
                let mut met = 0;
                let mut last = Some(begin);
                for &ms in &looks {
                    let look = Look::after(last, begin.plus_ms(ms));
                    let (after, until) = look.ends_with_mark(ending.before_ms());
                    met += u32::from(after < end && end <= until);
                    last = Some(look.now);
                }
                prop_assert_eq!(met, 1, "{:?}", ending);
            }
        }
    }
}
