//! How long single calls are kept. What they add up to is kept for good: by hour, by day, and in every account.

use crate::time::Timestamp;

/// Previews, right-sizing and an old secret's watch look back for thirty days.
pub const SHORTEST_DAYS: i64 = 31;
pub const LONGEST_DAYS: i64 = 36_500;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retention {
    /// Older calls are dropped; `None`: by their age, none.
    pub days: Option<i64>,
    /// While the database holds more, its oldest calls are dropped; `None`: it may grow.
    pub bytes: Option<i64>,
}

impl Retention {
    /// Calls from before this moment are dropped, the oldest first, as long as the database holds so many bytes.
    pub fn drops_before(&self, now: Timestamp, bytes_in_use: i64) -> Option<Timestamp> {
        let aged = self.days.map(|days| now.plus_days(-days.max(SHORTEST_DAYS)));
        let crowded = self.bytes.filter(|bytes| bytes_in_use > *bytes).map(|_| now.plus_days(-SHORTEST_DAYS));
        aged.max(crowded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_ms(1_800_000_000_000);

    #[test]
    fn calls_are_dropped_by_age_and_by_room_and_never_of_the_last_month() {
        let before = |days, bytes, in_use| Retention { days, bytes }.drops_before(NOW, in_use);
        let days_ago = |days: i64| Some(NOW.plus_days(-days));
        assert_eq!(before(None, None, i64::MAX), None);
        assert_eq!(before(Some(400), None, i64::MAX), days_ago(400));
        assert_eq!(before(Some(7), None, 0), days_ago(SHORTEST_DAYS));
        assert_eq!(before(None, Some(1_000), 1_000), None);
        assert_eq!(before(None, Some(1_000), 1_001), days_ago(SHORTEST_DAYS));
        assert_eq!(before(Some(400), Some(1_000), 1_000), days_ago(400));
        assert_eq!(before(Some(400), Some(1_000), 1_001), days_ago(SHORTEST_DAYS));
    }
}
