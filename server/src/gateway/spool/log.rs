//! The spool's state behind its mutex: the segment being written, the calls in flight, and what could not be written.
//!
//! Always true: a segment is removed only after all older ones, after its records are in the database, and after the
//! intents of calls still in flight were written again further on. So an intent is never found without the end of its
//! call unless the process died in between.
//!
//! Fails closed: while the disk refuses, nothing is admitted. The end of a call that was already admitted is kept in
//! memory and written as soon as the disk takes it.

mod retire;

use super::Settings;
use super::disk::{Disk, SpoolFile};
use super::fresh::Fresh;
use super::record::{FILE_HEADER, NotEncoded};
use super::tail::Cursor;
use domain::id::{EventId, KeyId};
use domain::usage::UsageRecord;
use foldhash::HashMap;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Set aside in the total for the end of each call in flight: a settlement never waits for the bound on the total.
const ROOM_FOR_AN_END: u64 = 4 * 1024;
/// How far settlements may write past the size of a segment when no new one can be made.
const SLACK: u64 = 1024 * 1024;

/// Why nothing more is written; the caller denies.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    #[error("the spool holds as much as it may; the database has to take some of it first")]
    Full,
    #[error("an earlier write or sync failed and has not been made good yet")]
    Failing,
    #[error("the disk refused: {0}")]
    Disk(#[from] io::Error),
    #[error("the record cannot be encoded: {0}")]
    Encoding(#[from] NotEncoded),
}

struct Current {
    number: u64,
    file: Arc<dyn SpoolFile>,
}

/// A call in flight, as the spool has to remember it until its end is written.
pub(super) struct Open {
    pub(super) key: KeyId,
    pub(super) segment: u64,
    pub(super) intent: Vec<u8>,
    pub(super) extension: Option<Vec<u8>>,
    pub(super) checkpoint: Option<Vec<u8>>,
}

pub(super) struct Log {
    folder: PathBuf,
    disk: Arc<dyn Disk>,
    settings: Settings,
    current: Option<Current>,
    /// Every segment on disk with the length up to which it is whole.
    segments: BTreeMap<u64, u64>,
    total_bytes: u64,
    /// Never falls, so that a reader's place stays behind every segment that is yet to come.
    next_number: u64,
    open: HashMap<EventId, Open>,
    unwritten: Vec<(EventId, Vec<u8>)>,
    fresh: Fresh,
    /// Written to since the last sync.
    dirty: BTreeMap<u64, Arc<dyn SpoolFile>>,
    /// Counts appends, so that a writer can wait for the sync that covers its own.
    appended: u64,
    synced: u64,
    /// The appends that a failed sync left in doubt: behind the first, up to the second.
    in_doubt: (u64, u64),
    sync_failed: bool,
}

/// How far an append has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Durability {
    Waiting,
    Synced,
    InDoubt,
}

pub(super) fn segment_path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number:016}.spool"))
}

impl Log {
    pub(super) fn new(
        folder: PathBuf,
        disk: Arc<dyn Disk>,
        settings: Settings,
        segments: BTreeMap<u64, u64>,
        open: HashMap<EventId, Open>,
    ) -> Self {
        Self {
            folder,
            disk,
            settings,
            current: None,
            total_bytes: segments.values().sum(),
            next_number: segments.last_key_value().map_or(1, |(&last, _)| last + 1),
            segments,
            open,
            unwritten: Vec::new(),
            fresh: Fresh::new(settings.held_records),
            dirty: BTreeMap::new(),
            appended: 0,
            synced: 0,
            in_doubt: (0, 0),
            sync_failed: false,
        }
    }

    /// Writes the intent of a call; refused while anything is amiss.
    pub(super) fn admit(&mut self, event: EventId, key: KeyId, intent: Vec<u8>) -> Result<(), Refused> {
        self.check_health()?;
        self.check_room(intent.len() as u64 + ROOM_FOR_AN_END)?;
        let segment = self.append(&intent, false)?;
        self.open.insert(event, Open { key, segment, intent, extension: None, checkpoint: None });
        Ok(())
    }

    /// Writes that a call in flight holds more; refused while anything is amiss.
    pub(super) fn extend(&mut self, event: EventId, bytes: Vec<u8>) -> Result<(), Refused> {
        if !self.open.contains_key(&event) {
            return Ok(());
        }
        self.check_health()?;
        self.check_room(bytes.len() as u64)?;
        self.append(&bytes, false)?;
        if let Some(open) = self.open.get_mut(&event) {
            open.extension = Some(bytes);
        }
        Ok(())
    }

    /// Best effort: without it a crash settles the whole reservation, which is never too little.
    pub(super) fn checkpoint(&mut self, event: EventId, bytes: Vec<u8>) -> Result<(), Refused> {
        if !self.open.contains_key(&event) {
            return Ok(());
        }
        self.check_health()?;
        self.append(&bytes, false)?;
        if let Some(open) = self.open.get_mut(&event) {
            open.checkpoint = Some(bytes);
        }
        Ok(())
    }

    /// Writes the end of a call. `None` if the call has already ended: then nothing is written. After an error the end
    /// is kept and written later; the call counts as ended.
    pub(super) fn end(
        &mut self,
        event: EventId,
        bytes: Vec<u8>,
        record: Option<&Arc<UsageRecord>>,
    ) -> Option<(KeyId, Result<(), Refused>)> {
        let open = self.open.remove(&event)?;
        let written = self.append(&bytes, true).map(|_| self.keep_fresh(record));
        if written.is_err() {
            self.unwritten.push((event, bytes));
        }
        Some((open.key, written.map_err(Refused::from)))
    }

    /// Writes a record that belongs to no call in flight. Such records may fill half of the spool: denials, which cost
    /// their sender nothing, must not stop the calls of others while the database is away.
    pub(super) fn note(&mut self, bytes: &[u8], record: &Arc<UsageRecord>) -> Result<(), Refused> {
        self.check_health()?;
        self.check_room(bytes.len() as u64 + self.settings.max_bytes / 2)?;
        self.append(bytes, false)?;
        self.keep_fresh(Some(record));
        Ok(())
    }

    /// Up to `most` records from `cursor` on, if they are still in memory.
    pub(super) fn take_fresh(&mut self, cursor: Cursor, most: usize) -> Option<(Vec<Arc<UsageRecord>>, Cursor)> {
        let written_up_to = self.written_up_to();
        self.fresh.take(cursor, most, written_up_to)
    }

    /// How many records wait in memory.
    pub(super) fn fresh_records(&self) -> usize {
        self.fresh.len()
    }

    /// Up to where a reader at `cursor` has to read the files; what is written behind that stays in memory for it.
    pub(super) fn files_end(&mut self, cursor: Cursor) -> Cursor {
        // A reader that has read a segment to its end stands at the next one, which may not exist yet.
        self.fresh.begin(self.written_up_to().max(cursor))
    }

    fn keep_fresh(&mut self, record: Option<&Arc<UsageRecord>>) {
        let behind = self.written_up_to();
        if let Some(record) = record {
            self.fresh.push(behind, record);
        }
    }

    fn written_up_to(&self) -> Cursor {
        let last = self.segments.last_key_value();
        last.map_or(Cursor::default(), |(&segment, &offset)| Cursor { segment, offset })
    }

    /// Tries again what could not be written or synced.
    pub(super) fn make_good(&mut self) -> io::Result<()> {
        if self.sync_failed {
            if self.current.is_none() {
                self.rotate()?;
            }
            if let Some(current) = &self.current {
                current.file.sync()?;
            }
            self.sync_failed = false;
        }
        while let Some((_, bytes)) = self.unwritten.first().cloned() {
            self.fresh.forget();
            self.append(&bytes, true)?;
            self.unwritten.remove(0);
        }
        Ok(())
    }

    pub(super) fn needs_making_good(&self) -> bool {
        self.sync_failed || !self.unwritten.is_empty()
    }

    pub(super) fn unwritten(&self) -> Vec<EventId> {
        self.unwritten.iter().map(|(event, _)| *event).collect()
    }

    /// What has to be synced, and up to which append this brings the spool.
    pub(super) fn take_dirty(&mut self) -> (BTreeMap<u64, Arc<dyn SpoolFile>>, u64) {
        (std::mem::take(&mut self.dirty), self.appended)
    }

    pub(super) fn is_dirty(&self) -> bool {
        !self.dirty.is_empty()
    }

    pub(super) fn synced(&mut self, up_to: u64, result: &io::Result<()>) {
        if result.is_err() {
            self.in_doubt = (self.synced, up_to);
            self.sync_failed = true;
            // The pages of that file may be marked clean although they never reached the disk: a second sync of it
            // would prove nothing. What follows goes into a new file.
            self.current = None;
        }
        self.synced = self.synced.max(up_to);
    }

    pub(super) fn last_append(&self) -> u64 {
        self.appended
    }

    pub(super) fn durability(&self, append: u64) -> Durability {
        let (after, up_to) = self.in_doubt;
        if after < append && append <= up_to {
            Durability::InDoubt
        } else if append <= self.synced {
            Durability::Synced
        } else if self.sync_failed {
            // Nobody can say when the disk will sync again, and who waits holds a thread.
            Durability::InDoubt
        } else {
            Durability::Waiting
        }
    }

    /// The whole length of a segment, and whether it may still grow; `None` if there is no such segment.
    pub(super) fn length_of(&self, number: u64) -> Option<(u64, bool)> {
        let grows = self.current.as_ref().is_some_and(|current| current.number == number);
        self.segments.get(&number).map(|&length| (length, grows))
    }

    pub(super) fn first_segment_from(&self, number: u64) -> Option<u64> {
        self.segments.range(number..).next().map(|(&number, _)| number)
    }

    pub(super) fn disk(&self) -> Arc<dyn Disk> {
        self.disk.clone()
    }

    pub(super) fn total_bytes(&self) -> u64 {
        self.total_bytes
    }

    pub(super) fn in_flight(&self) -> usize {
        self.open.len()
    }

    fn check_health(&mut self) -> Result<(), Refused> {
        if self.sync_failed {
            return Err(Refused::Failing);
        }
        if !self.unwritten.is_empty() {
            self.make_good().map_err(|_| Refused::Failing)?;
        }
        Ok(())
    }

    fn check_room(&self, wanted: u64) -> Result<(), Refused> {
        let promised = (self.open.len() as u64).saturating_mul(ROOM_FOR_AN_END);
        let held = self.total_bytes.saturating_add(promised);
        if held.saturating_add(wanted) > self.settings.max_bytes { Err(Refused::Full) } else { Ok(()) }
    }

    /// Appends to the current segment or a new one and says which. Leaves no partial record behind.
    fn append(&mut self, bytes: &[u8], ends_a_call: bool) -> io::Result<u64> {
        let length = self.current.as_ref().and_then(|current| self.segments.get(&current.number)).copied();
        if length.is_none_or(|length| length >= self.settings.segment_bytes) {
            let rotated = self.rotate();
            let may_continue = ends_a_call && length.is_some_and(|length| length < self.settings.segment_bytes + SLACK);
            if !may_continue {
                rotated?;
            }
        }
        let Some(current) = &self.current else { return Err(io::Error::other("no segment is open")) };
        let number = current.number;
        let length = self.segments.entry(number).or_default();
        if let Err(error) = current.file.append(bytes) {
            if current.file.cut(*length).is_err() {
                // The torn end stays where it is and nothing is written behind it: readers stop at the known length,
                // and a replay finds nothing valid there.
                self.current = None;
            }
            return Err(error);
        }
        *length += bytes.len() as u64;
        self.total_bytes += bytes.len() as u64;
        self.appended += 1;
        self.dirty.entry(number).or_insert_with(|| current.file.clone());
        Ok(number)
    }

    fn rotate(&mut self) -> io::Result<()> {
        let number = self.next_number;
        self.next_number += 1;
        let path = segment_path(&self.folder, number);
        let file = self.disk.create(&path, self.settings.segment_bytes + SLACK)?;
        if let Err(error) = file.append(&FILE_HEADER) {
            self.disk.remove(&path)?;
            return Err(error);
        }
        self.segments.insert(number, FILE_HEADER.len() as u64);
        self.total_bytes += FILE_HEADER.len() as u64;
        self.dirty.insert(number, file.clone());
        self.current = Some(Current { number, file });
        Ok(())
    }
}
