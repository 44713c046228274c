//! Watching a rotation: whether the old secret may be ended without anybody noticing.

use crate::time::{MS_PER_DAY, Timestamp};

/// An old secret that nobody used for this long is taken for replaced everywhere.
pub const QUIET_MS: i64 = MS_PER_DAY;
/// How late after the rotation an old secret may be made to end. Whoever needs longer has two keys.
pub const LONGEST_OVERLAP_DAYS: i64 = 30;

/// What is known about the use of an old secret that still works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OldSecret {
    /// Somebody used it since the rotation, and not long ago.
    InUse { used_at: Timestamp },
    /// Nobody for a day.
    SafeToRetire { quiet_since: Timestamp },
    /// Nobody since the rotation, which is less than a day ago.
    TooEarlyToTell,
}

/// `used_at`: the last call with the old secret, if there was one.
pub fn watch(rotated_at: Timestamp, used_at: Option<Timestamp>, now: Timestamp) -> OldSecret {
    let since = used_at.filter(|&at| at > rotated_at);
    let quiet_since = since.unwrap_or(rotated_at);
    match since {
        _ if now.since(quiet_since) >= QUIET_MS => OldSecret::SafeToRetire { quiet_since },
        Some(used_at) => OldSecret::InUse { used_at },
        None => OldSecret::TooEarlyToTell,
    }
}

/// The latest moment at which an old secret may end.
pub fn latest_end(rotated_at: Timestamp) -> Timestamp {
    rotated_at.plus_days(LONGEST_OVERLAP_DAYS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::MS_PER_HOUR;

    #[test]
    fn a_day_of_silence_makes_the_old_secret_safe_to_retire() {
        let rotated = Timestamp::from_ms(1_000_000_000);
        let hours = |hours: i64| rotated.plus_ms(hours * MS_PER_HOUR);
        assert_eq!(watch(rotated, None, hours(23)), OldSecret::TooEarlyToTell);
        assert_eq!(watch(rotated, None, hours(24)), OldSecret::SafeToRetire { quiet_since: rotated });
        assert_eq!(watch(rotated, Some(hours(2)), hours(25)), OldSecret::InUse { used_at: hours(2) });
        assert_eq!(watch(rotated, Some(hours(2)), hours(26)), OldSecret::SafeToRetire { quiet_since: hours(2) });
        // A call before the rotation says nothing about what happens since.
        assert_eq!(watch(rotated, Some(hours(-1)), hours(1)), OldSecret::TooEarlyToTell);
    }
}
