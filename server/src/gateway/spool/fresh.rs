//! Records as they were written, for whoever carries them into the database: while that keeps up, nothing is read back
//! from the disk.
//!
//! Holds every record behind one place of the spool, or nothing at all. Who asks for another place, or falls so far
//! behind that there is no room, reads the files up to where this begins again.

use super::tail::Cursor;
use domain::usage::UsageRecord;
use std::collections::VecDeque;
use std::sync::Arc;

pub(super) struct Fresh {
    /// At most so many. Usage that waits for a database longer than this waits on the disk.
    most: usize,
    since: Option<Cursor>,
    /// Each with the place behind it.
    records: VecDeque<(Cursor, Arc<UsageRecord>)>,
}

impl Fresh {
    pub(super) const fn new(most: usize) -> Self {
        Self { most, since: None, records: VecDeque::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    /// Begins to hold what is written behind `end`, if it does not hold anything yet. Answers where it begins.
    pub(super) fn begin(&mut self, end: Cursor) -> Cursor {
        *self.since.get_or_insert(end)
    }

    /// A record was written, and `behind` is the place behind it.
    pub(super) fn push(&mut self, behind: Cursor, record: &Arc<UsageRecord>) {
        if self.since.is_none() {
            return;
        }
        if self.records.len() >= self.most {
            return self.forget();
        }
        self.records.push_back((behind, Arc::clone(record)));
    }

    /// Something was written that is not held here.
    pub(super) fn forget(&mut self) {
        *self = Self::new(self.most);
    }

    /// Up to `most` records from `cursor` on and the place behind them, which is `written_up_to` if these are all; `None`
    /// if what follows is not held.
    pub(super) fn take(
        &mut self,
        cursor: Cursor,
        most: usize,
        written_up_to: Cursor,
    ) -> Option<(Vec<Arc<UsageRecord>>, Cursor)> {
        if self.since != Some(cursor) {
            return None;
        }
        let mut end = cursor;
        let taken = self.records.drain(..most.min(self.records.len()));
        let records = taken
            .map(|(behind, record)| {
                end = behind;
                record
            })
            .collect();
        if self.records.is_empty() {
            // What stands behind the last record is none: intents and releases are not waited for.
            end = end.max(written_up_to);
        }
        self.since = Some(end);
        Some((records, end))
    }
}
