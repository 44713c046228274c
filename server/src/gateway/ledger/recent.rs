//! Finished calls that can be asked for by their id, and by their key while they are fresh.
//!
//! Served and refused calls have places of their own: refusals cost their sender nothing and must not push out what
//! somebody paid for.

use domain::id::{EventId, KeyId};
use domain::time::Timestamp;
use domain::usage::{Outcome, UsageRecord};
use foldhash::{HashMap, HashMapExt};
use std::collections::VecDeque;
use std::sync::Arc;

pub(super) const SERVED: usize = 4_096;
pub(super) const REFUSED: usize = 512;

pub(super) struct Recent {
    served: Ring,
    refused: Ring,
}

impl Default for Recent {
    fn default() -> Self {
        Self { served: Ring::of(SERVED), refused: Ring::of(REFUSED) }
    }
}

struct Ring {
    most: usize,
    order: VecDeque<Arc<UsageRecord>>,
    by_id: HashMap<EventId, Arc<UsageRecord>>,
    by_key: HashMap<KeyId, VecDeque<Arc<UsageRecord>>>,
}

impl Recent {
    pub(super) fn push(&mut self, record: Arc<UsageRecord>) {
        if record.outcome == Outcome::Denied { self.refused.push(record) } else { self.served.push(record) }
    }

    pub(super) fn get(&self, event: EventId) -> Option<&Arc<UsageRecord>> {
        self.served.by_id.get(&event).or_else(|| self.refused.by_id.get(&event))
    }

    /// The first call of this key that ended at `since` or later.
    pub(super) fn ended_since(&self, key: KeyId, since: Timestamp) -> Option<&Arc<UsageRecord>> {
        let found = [&self.served, &self.refused].into_iter().filter_map(|ring| ring.ended_since(key, since));
        found.min_by_key(|record| ended(record))
    }
}

fn ended(record: &UsageRecord) -> Timestamp {
    record.id.made_at().plus_ms(i64::from(record.duration_ms))
}

impl Ring {
    fn of(most: usize) -> Self {
        Self { most, order: VecDeque::new(), by_id: HashMap::new(), by_key: HashMap::new() }
    }

    fn push(&mut self, record: Arc<UsageRecord>) {
        if self.order.len() >= self.most
            && let Some(oldest) = self.order.pop_front()
        {
            self.forget(&oldest);
        }
        self.by_id.insert(record.id, record.clone());
        self.by_key.entry(record.key).or_default().push_back(record.clone());
        self.order.push_back(record);
    }

    fn forget(&mut self, record: &UsageRecord) {
        self.by_id.remove(&record.id);
        if let Some(of_key) = self.by_key.get_mut(&record.key) {
            // Both orders are those of their pushes.
            of_key.pop_front();
            if of_key.is_empty() {
                self.by_key.remove(&record.key);
            }
        }
    }

    /// Looks back from the newest, since that is what is asked for; calls stand in the order of their ends.
    fn ended_since(&self, key: KeyId, since: Timestamp) -> Option<&Arc<UsageRecord>> {
        let of_key = self.by_key.get(&key)?;
        of_key.iter().rev().take_while(|record| ended(record) >= since).last()
    }
}
