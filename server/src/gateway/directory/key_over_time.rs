//! A key's records one after another: the one that holds now, and those that follow as its grants end.
//!
//! A grant stops counting by the clock of the call, without a job and without anybody reading anything anew. Nearly all
//! keys have no grant that ends: theirs is one record, and the clock is not asked.

use super::KeyFacts;
use domain::access_profile::AccessProfile;
use domain::grant::{OverTime, over_time};
use domain::time::Timestamp;
use domain::virtual_key::VirtualKey;
use proxy::ports::{KeyRecord, Level};
use std::sync::Arc;

/// Each record holds until its moment; in the order of time.
type UntilThen = Arc<[(Timestamp, Arc<KeyRecord>)]>;

#[derive(Clone)]
pub(super) struct KeyOverTime {
    before: Option<UntilThen>,
    /// What holds when every grant has ended.
    last: Arc<KeyRecord>,
}

impl KeyOverTime {
    pub(super) fn of(facts: KeyFacts, profile: &Arc<AccessProfile>, above: &[Level], now: Timestamp) -> Self {
        let KeyFacts { key, secrets, grants, owner_active } = facts;
        let record = |effective| {
            Arc::new(KeyRecord {
                key: key.clone(),
                secrets: secrets.clone(),
                profile: profile.clone(),
                effective,
                owner_active,
                above: above.to_vec(),
            })
        };
        let OverTime { before, last } = over_time(&profile.terms, &key.terms, &grants, now);
        let before: Vec<_> = before.into_iter().map(|(end, terms)| (end, record(terms))).collect();
        Self { before: (!before.is_empty()).then(|| before.into()), last: record(last) }
    }

    /// The record that holds at this moment.
    pub(super) fn at(&self, now: impl FnOnce() -> Timestamp) -> Arc<KeyRecord> {
        let Some(before) = &self.before else { return self.last.clone() };
        let now = now();
        let current = before.iter().find(|(end, _)| now < *end).map(|(_, record)| record);
        current.unwrap_or(&self.last).clone()
    }

    pub(super) fn key(&self) -> &VirtualKey {
        &self.last.key
    }

    pub(super) fn above(&self) -> &[Level] {
        &self.last.above
    }

    /// The same key below other levels.
    pub(super) fn below(&self, above: &[Level]) -> Self {
        let moved = |record: &KeyRecord| {
            let KeyRecord { key, secrets, profile, effective, owner_active, above: _ } = record;
            Arc::new(KeyRecord {
                key: key.clone(),
                secrets: secrets.clone(),
                profile: profile.clone(),
                effective: effective.clone(),
                owner_active: *owner_active,
                above: above.to_vec(),
            })
        };
        let before = self.before.as_ref().map(|before| before.iter().map(|(end, one)| (*end, moved(one))).collect());
        Self { before, last: moved(&self.last) }
    }
}
