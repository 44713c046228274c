//! How many refusals are written down: the first few of a key in a minute each, then one of each kind.
//!
//! A refusal costs its sender nothing; a loop that hammers a spent key must not fill the spool and the database. What is
//! left out is a repetition of what stands there.

use domain::id::KeyId;
use domain::time::{MS_PER_MINUTE, Timestamp};
use domain::usage::UsageRecord;
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// Of one key in one minute, whatever they are.
const FEW: u32 = 10;
/// Of one key in one minute, if each has a denial or model that was not seen in it: clients choose models.
const MOST: u32 = 20;

#[derive(Default)]
pub(super) struct Refusals {
    minute: i64,
    keys: HashMap<KeyId, OfKey>,
}

#[derive(Default)]
struct OfKey {
    written: u32,
    kinds: HashSet<u64>,
}

impl Refusals {
    /// Whether this one is to be written down.
    pub(super) fn is_news(&mut self, record: &UsageRecord, now: Timestamp) -> bool {
        let minute = now.as_ms().div_euclid(MS_PER_MINUTE);
        if minute != self.minute {
            self.minute = minute;
            self.keys.clear();
        }
        let of_key = self.keys.entry(record.key).or_default();
        if of_key.written >= MOST {
            return false;
        }
        let mut kind = DefaultHasher::new();
        (&record.denial, &record.model).hash(&mut kind);
        let first_of_its_kind = of_key.kinds.insert(kind.finish());
        let is_news = of_key.written < FEW || first_of_its_kind;
        of_key.written += u32::from(is_news);
        is_news
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{NOW, key, usage};
    use super::*;
    use domain::id::EventId;

    #[test]
    fn repetitions_are_left_out_until_the_next_minute() {
        let mut refusals = Refusals::default();
        let of = |number: u8, model: &str| UsageRecord {
            model: model.to_owned(),
            denial: Some("rate_limited".to_owned()),
            ..usage(EventId::from_i64(1), key(number, &[]).key.id, 0)
        };
        let mut written =
            |record: &UsageRecord, times, now| (0..times).filter(|_| refusals.is_news(record, now)).count();
        assert_eq!(written(&of(1, "a"), 1_000, NOW), 10);
        assert_eq!(written(&of(1, "b"), 1_000, NOW), 1);
        assert_eq!(written(&of(2, "a"), 5, NOW), 5, "each key has its own");
        let invented = (0..1_000).map(|model| written(&of(1, &format!("m{model}")), 1, NOW)).sum::<usize>();
        assert_eq!(invented, 9, "models can be invented without end");
        assert_eq!(written(&of(1, "a"), 1_000, NOW.plus_ms(MS_PER_MINUTE)), 10);
    }
}
