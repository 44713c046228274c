//! What is remembered of a deployment for people: how calls ended lately, how soon answers began, what failed last.
//!
//! Of fixed size, whatever the traffic.

use super::Failure;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
const MINUTES: usize = 10;
const SAMPLES: usize = 64;

#[derive(Debug, Clone, Copy, Default)]
struct Minute {
    number: u64,
    succeeded: u32,
    failed: u32,
}

#[derive(Debug)]
pub(crate) struct Record {
    minutes: [Minute; MINUTES],
    first_bytes_ms: [u32; SAMPLES],
    sampled: usize,
    last_failure: Option<(Duration, Failure)>,
}

impl Default for Record {
    fn default() -> Self {
        let minutes = [Minute::default(); MINUTES];
        Self { minutes, first_bytes_ms: [0; SAMPLES], sampled: 0, last_failure: None }
    }
}

impl Record {
    pub(crate) fn first_byte_after(&mut self, took: Duration) {
        self.first_bytes_ms[self.sampled % SAMPLES] = u32::try_from(took.as_millis()).unwrap_or(u32::MAX);
        self.sampled = self.sampled.wrapping_add(1);
    }

    pub(crate) fn succeeded(&mut self, now: Duration) {
        let minute = self.minute(now);
        minute.succeeded = minute.succeeded.saturating_add(1);
    }

    pub(crate) fn failed(&mut self, now: Duration, failure: Failure) {
        let minute = self.minute(now);
        minute.failed = minute.failed.saturating_add(1);
        self.last_failure = Some((now, failure));
    }

    pub(crate) const fn last_failure(&self) -> Option<(Duration, Failure)> {
        self.last_failure
    }

    /// How many calls succeeded and failed within ten minutes.
    pub(crate) fn counts(&self, now: Duration) -> (u32, u32) {
        let oldest = (now.as_secs() / MINUTE.as_secs()).saturating_sub(MINUTES as u64 - 1);
        let recent = self.minutes.iter().filter(|minute| minute.number >= oldest);
        recent.fold((0, 0), |(good, bad), minute| {
            (u32::saturating_add(good, minute.succeeded), u32::saturating_add(bad, minute.failed))
        })
    }

    /// The median of the last answers' times to their first byte.
    pub(crate) fn median_first_byte_ms(&self) -> Option<u32> {
        let mut samples = self.first_bytes_ms;
        let samples = &mut samples[..self.sampled.min(SAMPLES)];
        samples.sort_unstable();
        samples.get(samples.len() / 2).copied()
    }

    fn minute(&mut self, now: Duration) -> &mut Minute {
        let number = now.as_secs() / MINUTE.as_secs();
        let minute = &mut self.minutes[usize::try_from(number).unwrap_or(0) % MINUTES];
        if minute.number != number {
            *minute = Minute { number, ..Minute::default() };
        }
        minute
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_those_of_ten_minutes() {
        let mut record = Record::default();
        for minute in 0..15 {
            record.succeeded(MINUTE * minute);
            record.failed(MINUTE * minute, Failure::TimedOut);
        }
        assert_eq!(record.counts(MINUTE * 14), (10, 10));
        assert_eq!(record.counts(MINUTE * 20), (4, 4));
        assert_eq!(record.counts(MINUTE * 60), (0, 0));
        assert_eq!(record.last_failure(), Some((MINUTE * 14, Failure::TimedOut)));
    }

    #[test]
    fn the_median_is_of_the_last_answers() {
        let mut record = Record::default();
        assert_eq!(record.median_first_byte_ms(), None);
        for ms in 0..1_000 {
            record.first_byte_after(Duration::from_millis(ms));
        }
        assert_eq!(record.median_first_byte_ms(), Some(968));
    }
}
