//! How refusals are written down: the first few of a key in a minute each, then one for all of the same kind.
//!
//! A refusal costs its sender nothing; a loop that hammers a spent key must not fill the spool and the database. What is
//! held back is counted, and written with its count when the minute is over. Best effort: a crash loses that minute's.

use domain::id::KeyId;
use domain::time::{MS_PER_MINUTE, Timestamp};
use domain::usage::UsageRecord;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

/// Of one key in one minute, whatever they are.
const FEW: usize = 10;
/// Of one key in one minute, if each has a denial or model that was not seen in it: clients choose models.
const MOST: usize = 20;
/// Stands for all kinds that are too many.
const OTHERS: u64 = 0;

#[derive(Default)]
pub(super) struct Refusals {
    minute: i64,
    keys: HashMap<KeyId, OfKey>,
}

#[derive(Default)]
struct OfKey {
    written: usize,
    /// With the last one that was held back.
    kinds: HashMap<u64, Option<Arc<UsageRecord>>>,
}

impl Refusals {
    /// What is to be written now that this one has happened.
    pub(super) fn after(&mut self, record: Arc<UsageRecord>, now: Timestamp) -> Vec<Arc<UsageRecord>> {
        let mut due = self.of_past_minutes(now);
        let of_key = self.keys.entry(record.key).or_default();
        let mut hasher = DefaultHasher::new();
        (&record.denial, &record.model).hash(&mut hasher);
        let kind = hasher.finish();
        let is_new = !of_key.kinds.contains_key(&kind);
        if of_key.written < FEW || (is_new && of_key.written < MOST) {
            of_key.written += 1;
            of_key.kinds.entry(kind).or_default();
            due.push(record);
            return due;
        }
        let held = of_key.kinds.entry(if is_new { OTHERS } else { kind }).or_default();
        let repeated = held.as_ref().map_or(0, |before| before.repeated.saturating_add(1));
        *held = Some(Arc::new(UsageRecord { repeated, ..UsageRecord::clone(&record) }));
        due
    }

    /// What was held back before this minute.
    pub(super) fn of_past_minutes(&mut self, now: Timestamp) -> Vec<Arc<UsageRecord>> {
        let minute = now.as_ms().div_euclid(MS_PER_MINUTE);
        if minute == self.minute {
            return Vec::new();
        }
        self.minute = minute;
        self.all()
    }

    /// Everything that is held back.
    pub(super) fn all(&mut self) -> Vec<Arc<UsageRecord>> {
        self.keys.drain().flat_map(|(_, of_key)| of_key.kinds.into_values().flatten()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{NOW, key, usage};
    use super::*;
    use domain::id::EventId;

    #[test]
    fn repetitions_are_counted_and_written_when_the_minute_is_over() {
        let mut refusals = Refusals::default();
        let of = |number: u8, model: &str| UsageRecord {
            model: model.to_owned(),
            denial: Some("rate_limited".to_owned()),
            ..usage(EventId::from_i64(1), key(number, &[]).key.id, 0)
        };
        let mut written = |record: &UsageRecord, times: usize| -> usize {
            (0..times).map(|_| refusals.after(Arc::new(record.clone()), NOW).len()).sum()
        };
        assert_eq!(written(&of(1, "a"), 1_000), 10);
        assert_eq!(written(&of(1, "b"), 1_000), 1);
        assert_eq!(written(&of(2, "a"), 5), 5, "each key has its own");
        let invented: usize = (0..1_000).map(|model| written(&of(1, &format!("m{model}")), 1)).sum();
        assert_eq!(invented, 9, "models can be invented without end");

        assert!(refusals.of_past_minutes(NOW).is_empty());
        let later = NOW.plus_ms(MS_PER_MINUTE);
        let mut held = refusals.of_past_minutes(later);
        held.sort_by_key(|record| record.repeated);
        let counts: Vec<u32> = held.iter().map(|record| 1 + record.repeated).collect();
        assert_eq!(counts, [990, 991, 999]);
        assert_eq!(10 + 1 + 9 + counts.iter().sum::<u32>(), 3_000, "none is lost");
        assert_eq!(refusals.after(Arc::new(of(1, "a")), later).len(), 1);
        assert!(refusals.all().is_empty());
    }
}
