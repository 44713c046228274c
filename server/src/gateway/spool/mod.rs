//! Writes down what calls cost before their answers end, so that neither a killed process nor a missing database loses
//! a single one.
//!
//! An append-only journal in segments under `data_dir/spool`. Every record is handed to the kernel (`write(2)`) before
//! the call goes on: a killed process loses nothing. A thread syncs at most ten milliseconds later, or before the call
//! goes on with [`Sync::Always`]: a loss of power costs at most that. The size is bounded; a full spool or disk refuses
//! new calls ([`Refused`]) and never the end of an admitted one.

mod disk;
mod fresh;
mod log;
mod packed;
mod record;
mod replay;
mod tail;
#[cfg(feature = "fault-injection")]
mod write_behind;

#[cfg(test)]
pub(super) use disk::testing::QuotaDisk;
pub use disk::{Disk, RealDisk, SpoolFile};
pub use log::Refused;
pub use record::{Checkpoint, Intent};
pub use replay::{Charge, Found, OpenCall, SpoolUnreadable};
pub use tail::Cursor;

use domain::id::{EventId, KeyId};
use domain::money::NanoUsd;
use domain::usage::UsageRecord;
use log::{Durability, Log};
use record::{Extension, Kind, encode, encode_released};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// When records are synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sync {
    /// In groups, at most [`GROUP`] after the write.
    #[default]
    Group,
    /// Before the call goes on. Blocks the calling thread for the time of a sync; calls at once share one.
    Always,
}

/// What is shipped knows one disk and asks nobody.
#[cfg(not(feature = "fault-injection"))]
fn disk() -> Arc<dyn Disk> {
    Arc::new(RealDisk)
}

#[cfg(feature = "fault-injection")]
fn disk() -> Arc<dyn Disk> {
    write_behind::chosen()
}

const GROUP: Duration = Duration::from_millis(10);
/// For how many groups the thread looks for more by itself: a second.
const LOOKS: u32 = if cfg!(test) { 2 } else { 100 };
/// How often a failing disk is asked again.
const AGAIN: Duration = Duration::from_secs(1);

#[derive(Debug, Clone, Copy)]
pub struct Settings {
    pub sync: Sync,
    /// A new segment is begun when one has this size.
    pub segment_bytes: u64,
    /// More than this is never held; calls are refused before.
    pub max_bytes: u64,
    /// So many finished calls, of less than a kilobyte each, wait in memory for whoever carries them on.
    pub held_records: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { sync: Sync::Group, segment_bytes: 16 * 1024 * 1024, max_bytes: 1024 * 1024 * 1024, held_records: 16_384 }
    }
}

struct Shared {
    folder: PathBuf,
    sync: Sync,
    state: Mutex<State>,
    /// Something became dirty, needs making good, or the spool ends.
    wake: Condvar,
    /// A sync is over.
    synced: Condvar,
}

struct State {
    log: Log,
    /// The thread looks for work by itself, or is woken: whoever writes does not wake it, which takes longer than writing.
    is_attended: bool,
    ending: bool,
}

/// The journal. Dropping it syncs what is written and ends its thread.
pub struct Spool {
    shared: Arc<Shared>,
    syncing: Option<JoinHandle<()>>,
}

impl Spool {
    /// Opens the folder, mends and reads what an earlier process left there.
    pub fn open(folder: &Path, settings: Settings) -> Result<(Self, Found), SpoolUnreadable> {
        Self::open_on(disk(), folder, settings)
    }

    pub fn open_on(disk: Arc<dyn Disk>, folder: &Path, settings: Settings) -> Result<(Self, Found), SpoolUnreadable> {
        std::fs::create_dir_all(folder)?;
        let (segments, open, found) = replay::replay(folder)?;
        let log = Log::new(folder.to_owned(), disk, settings, segments, open);
        let shared = Arc::new(Shared {
            folder: folder.to_owned(),
            sync: settings.sync,
            state: Mutex::new(State { log, is_attended: true, ending: false }),
            wake: Condvar::new(),
            synced: Condvar::new(),
        });
        let thread = std::thread::Builder::new().name("spool-sync".into());
        let syncing = thread.spawn({
            let shared = shared.clone();
            move || keep_synced(&shared)
        })?;
        Ok((Self { shared, syncing: Some(syncing) }, found))
    }

    /// Writes that this call is about to be sent.
    pub fn admit(&self, event: EventId, intent: &Intent) -> Result<(), Refused> {
        let bytes = encode(Kind::Intent, event, intent)?;
        self.write(|log| log.admit(event, intent.key, bytes))
    }

    pub fn checkpoint(&self, event: EventId, checkpoint: &Checkpoint) -> Result<(), Refused> {
        let bytes = encode(Kind::Checkpoint, event, checkpoint)?;
        self.write(|log| log.checkpoint(event, bytes))
    }

    /// Writes that a call in flight holds more by now.
    pub fn extend(&self, event: EventId, amount: NanoUsd) -> Result<(), Refused> {
        let bytes = encode(Kind::Extended, event, &Extension { amount })?;
        self.write(|log| log.extend(event, bytes))
    }

    /// Writes what a call cost. `None` if it had ended before. After an error the record is kept and written as soon
    /// as the disk takes it, and until then no call is admitted.
    pub fn settle(&self, record: &Arc<UsageRecord>) -> Option<(KeyId, Result<(), Refused>)> {
        let bytes = match encode(Kind::Settled, record.id, &**record) {
            Ok(bytes) => bytes,
            // Without an end the intent stays, and the next start settles the call at its reservation.
            Err(error) => return Some((record.key, Err(error.into()))),
        };
        self.end(record.id, bytes, Some(record))
    }

    /// Writes that a call was never sent. `None` if it had ended before.
    pub fn release(&self, event: EventId) -> Option<(KeyId, Result<(), Refused>)> {
        self.end(event, encode_released(event), None)
    }

    /// Writes that a recognised key was refused.
    pub fn note_denied(&self, record: &Arc<UsageRecord>) -> Result<(), Refused> {
        let bytes = encode(Kind::Denied, record.id, &**record)?;
        self.write(|log| log.note(&bytes, record))
    }

    /// Ends of calls that the disk has not taken yet.
    pub fn unwritten(&self) -> Vec<EventId> {
        self.shared.lock().log.unwritten()
    }

    /// Bytes in all segments.
    pub fn total_bytes(&self) -> u64 {
        self.shared.lock().log.total_bytes()
    }

    pub fn calls_in_flight(&self) -> usize {
        self.shared.lock().log.in_flight()
    }

    /// Waits until everything written so far is synced.
    pub fn flush(&self) -> Result<(), Refused> {
        let mut state = self.shared.lock();
        state.log.make_good()?;
        self.shared.wait_for_sync(state)
    }

    fn end(
        &self,
        event: EventId,
        bytes: Vec<u8>,
        record: Option<&Arc<UsageRecord>>,
    ) -> Option<(KeyId, Result<(), Refused>)> {
        let mut key = None;
        let written = self.write(|log| {
            let Some((of_key, written)) = log.end(event, bytes, record) else { return Ok(()) };
            key = Some(of_key);
            written
        });
        key.map(|key| (key, written))
    }

    fn write(&self, act: impl FnOnce(&mut Log) -> Result<(), Refused>) -> Result<(), Refused> {
        let mut state = self.shared.lock();
        let result = act(&mut state.log);
        if self.shared.sync == Sync::Always && result.is_ok() {
            return self.shared.wait_for_sync(state);
        }
        self.shared.see_to(state);
        result
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the thread if there is work and it sleeps.
    fn see_to(&self, mut state: MutexGuard<'_, State>) {
        let wakes = !state.is_attended && (state.log.is_dirty() || state.log.needs_making_good());
        state.is_attended |= wakes;
        // Whoever is woken needs the lock first.
        drop(state);
        if wakes {
            self.wake.notify_one();
        }
    }

    fn wait_for_sync(&self, mut state: MutexGuard<'_, State>) -> Result<(), Refused> {
        let mine = state.log.last_append();
        loop {
            match state.log.durability(mine) {
                Durability::Synced => return Ok(()),
                Durability::InDoubt => return Err(Refused::Failing),
                Durability::Waiting => {
                    self.wake.notify_one();
                    state = self.synced.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        self.shared.lock().ending = true;
        self.shared.wake.notify_one();
        if let Some(thread) = self.syncing.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that syncs the spool ended early");
        }
    }
}

/// The syncing thread: gathers a group, syncs it, and asks a failing disk again each second. It goes on looking for a while
/// after a group, since where one call came others follow.
fn keep_synced(shared: &Shared) {
    let mut state = shared.lock();
    let mut looks_left = 0_u32;
    loop {
        if state.log.needs_making_good() {
            match state.log.make_good() {
                Ok(()) => tracing::info!("the spool takes records again; nothing was lost"),
                Err(_) if state.ending => return give_up(&state),
                Err(error) => {
                    tracing::error!(%error, "the spool cannot be written; calls are refused until it can");
                    state = shared.wake.wait_timeout(state, AGAIN).unwrap_or_else(PoisonError::into_inner).0;
                    continue;
                }
            }
        }
        if !state.log.is_dirty() {
            if state.ending {
                return;
            }
            if looks_left == 0 {
                state.is_attended = false;
                state = shared.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
                state.is_attended = true;
                continue;
            }
        }
        let gathers = shared.sync == Sync::Group && !state.ending;
        if gathers {
            // Lets records come together, so that one sync serves them all. Who waits for a sync wakes this.
            state = shared.wake.wait_timeout(state, GROUP).unwrap_or_else(PoisonError::into_inner).0;
        }
        if !state.log.is_dirty() {
            looks_left = looks_left.saturating_sub(1);
            continue;
        }
        looks_left = if gathers { LOOKS } else { 0 };
        let (dirty, up_to) = state.log.take_dirty();
        drop(state);
        let result = dirty.values().try_for_each(|file| file.sync());
        if let Err(error) = &result {
            tracing::error!(%error, "the disk did not confirm usage records; they are in memory and go to the database");
        }
        state = shared.lock();
        state.log.synced(up_to, &result);
        shared.synced.notify_all();
    }
}

fn give_up(state: &State) {
    for event in state.log.unwritten() {
        tracing::error!(
            event.id = %event,
            "the end of call {event} could not be written; the next start settles it at its reservation"
        );
    }
}

/// Reading on for the database; see [`tail`].
impl Spool {
    /// The next records for the database from `cursor` on and the cursor behind them, if they are still in memory.
    pub fn fresh(&self, cursor: Cursor, most: usize) -> Option<(Vec<Arc<UsageRecord>>, Cursor)> {
        self.shared.lock().log.take_fresh(cursor, most)
    }

    /// How many records [`Self::fresh`] has.
    pub fn fresh_records(&self) -> usize {
        self.shared.lock().log.fresh_records()
    }

    /// As [`Self::fresh`], from the file system: call it where blocking is allowed.
    pub fn read(&self, cursor: Cursor, most: usize) -> io::Result<(Vec<Arc<UsageRecord>>, Cursor)> {
        let end = self.shared.lock().log.files_end(cursor);
        if cursor == end {
            return Ok((Vec::new(), cursor));
        }
        tail::read(&self.shared.folder, cursor, most, |cursor| {
            let state = self.shared.lock();
            let segment = state.log.first_segment_from(cursor.segment).filter(|&segment| segment <= end.segment)?;
            let (length, grows) = state.log.length_of(segment)?;
            if segment == end.segment {
                return Some(tail::Stretch { segment, length: length.min(end.offset), grows: true });
            }
            Some(tail::Stretch { segment, length, grows })
        })
    }

    /// The database holds everything before `cursor`: older segments go.
    pub fn ingested(&self, cursor: Cursor) -> io::Result<()> {
        let (retired, disk) = {
            let mut state = self.shared.lock();
            let retired = state.log.retire_before(cursor.segment);
            let disk = state.log.disk();
            // Calls in flight were written again.
            self.shared.see_to(state);
            (retired, disk)
        };
        let mut retired = retired?;
        let finished = retired.finish(&self.shared.folder, &*disk);
        if finished.is_err() {
            self.shared.lock().log.take_back(retired);
        }
        finished
    }
}

#[cfg(test)]
mod tests;
