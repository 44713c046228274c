//! When a letter is tried again, and when the summary of a day goes out.

use crate::time::{MS_PER_HOUR, MS_PER_MINUTE, Timestamp};
use jiff::ToSpan;
use jiff::tz::TimeZone;

/// Between two attempts. Mail servers are away for minutes when they are restarted and for a night when somebody has to
/// come; after two days the letter is old and somebody is told instead.
const PAUSES: [i64; 9] = [
    MS_PER_MINUTE,
    2 * MS_PER_MINUTE,
    5 * MS_PER_MINUTE,
    15 * MS_PER_MINUTE,
    MS_PER_HOUR,
    3 * MS_PER_HOUR,
    6 * MS_PER_HOUR,
    12 * MS_PER_HOUR,
    24 * MS_PER_HOUR,
];

/// How long after the attempt with this number, counted from one, the next is made; `None` after the last.
pub fn pause_after(attempt: u32) -> Option<i64> {
    let nth = usize::try_from(attempt).ok()?.checked_sub(1)?;
    PAUSES.get(nth).copied()
}

/// How long whoever sends a letter has it to themselves. Longer than any attempt takes.
pub const CLAIM_MS: i64 = 10 * MS_PER_MINUTE;

/// The hour of the organisation's day at which summaries go out.
const SUMMARY_HOUR: i8 = 8;

/// The next moment at which summaries go out, always later than now.
pub fn next_summary(now: Timestamp, zone: &TimeZone) -> Timestamp {
    let today = now.to_jiff().to_zoned(zone.clone()).date();
    let days = (0..3).filter_map(|days| today.checked_add(days.days()).ok());
    let moments = days.filter_map(|day| {
        let moment = zone.to_ambiguous_zoned(day.at(SUMMARY_HOUR, 0, 0, 0)).compatible().ok()?;
        Some(Timestamp::from_ms(moment.timestamp().as_millisecond()))
    });
    moments.into_iter().find(|&moment| moment > now).unwrap_or_else(|| now.plus_days(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::from_ms(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    #[test]
    fn attempts_thin_out_and_end() {
        let pauses: Vec<i64> = (1..).map_while(pause_after).collect();
        assert!(pauses.is_sorted() && pauses.len() == 9);
        let all: i64 = pauses.iter().sum();
        assert!((40 * MS_PER_HOUR..60 * MS_PER_HOUR).contains(&all), "about two days: {all}");
        assert_eq!(pause_after(0), None);
        assert_eq!(pause_after(10), None);
    }

    #[test]
    fn summaries_go_out_at_eight_in_the_organisations_morning() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        assert_eq!(next_summary(at("2026-11-21T06:59:59Z"), &berlin), at("2026-11-21T07:00:00Z"));
        assert_eq!(next_summary(at("2026-11-21T07:00:00Z"), &berlin), at("2026-11-22T07:00:00Z"));
        assert_eq!(next_summary(at("2026-03-28T12:00:00Z"), &berlin), at("2026-03-29T06:00:00Z"), "summer time");
    }

    proptest! {
        #[test]
        fn a_summary_is_never_late_by_more_than_a_day(ms in 0..4_000_000_000_000_i64) {
            for zone in ["Pacific/Apia", "America/Santiago", "Asia/Kolkata"] {
                let now = Timestamp::from_ms(ms);
                let next = next_summary(now, &TimeZone::get(zone).unwrap());
                // Apia once skipped a day.
                prop_assert!(next > now && next.since(now) <= 49 * MS_PER_HOUR, "{}", zone);
            }
        }
    }
}
