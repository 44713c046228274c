//! Reads what an earlier process left in the spool, and mends it.
//!
//! A torn end, as a crash leaves it, is cut off. Damage in the middle is copied beside the segment and skipped; every
//! record with a valid checksum around it counts. A call whose settlement was in the damaged place is found by its
//! intent and settled at its reservation: too much rather than nothing. A format of a newer version stops the start,
//! since guessing would lose money.

use super::log::{Open, segment_path};
use super::record::{
    Checkpoint, Extension, FILE_HEADER, Intent, Kind, Next, NotDecoded, OLDER_HEADERS, RawRecord, decode, next,
};
use domain::budget::{BudgetLine, Consumed};
use domain::id::EventId;
use domain::usage::UsageRecord;
use foldhash::{HashMap, HashMapExt};
use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum SpoolUnreadable {
    #[error("the spool cannot be opened: {0}")]
    Io(#[from] io::Error),
    #[error("{} was written by another version of Keywright; start that version once, so that it can finish its work", path.display())]
    OtherVersion { path: PathBuf },
    #[error("record {event} in {} is whole but not understood: {reason}", path.display())]
    NotUnderstood { path: PathBuf, event: EventId, reason: NotDecoded },
}

/// What a settled call used, and of whose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    pub lines: Vec<BudgetLine>,
    pub used: Consumed,
}

/// A call that the process did not live to finish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenCall {
    pub event: EventId,
    pub intent: Intent,
    pub checkpoint: Option<Checkpoint>,
}

/// What the spool held.
#[derive(Debug, Default)]
pub struct Found {
    pub highest: Option<EventId>,
    pub settled: HashMap<EventId, Charge>,
    /// Ordered by event id.
    pub interrupted: Vec<OpenCall>,
    /// Places that could not be read; they lie beside their segments.
    pub quarantined: Vec<PathBuf>,
}

impl Found {
    /// Every call whose place in the database matters for the sums.
    pub fn events(&self) -> Vec<EventId> {
        self.settled.keys().copied().chain(self.interrupted.iter().map(|call| call.event)).collect()
    }
}

#[derive(Default)]
struct Reading {
    found: Found,
    ended: HashSet<EventId>,
    started: BTreeMap<EventId, Started>,
}

struct Started {
    segment: u64,
    intent: Intent,
    intent_bytes: Vec<u8>,
    extension_bytes: Option<Vec<u8>>,
    checkpoint: Option<(Checkpoint, Vec<u8>)>,
}

type Replayed = (BTreeMap<u64, u64>, HashMap<EventId, Open>, Found);

pub(super) fn replay(folder: &Path) -> Result<Replayed, SpoolUnreadable> {
    let mut segments = BTreeMap::new();
    let mut reading = Reading::default();
    for number in segment_numbers(folder)? {
        if let Some(length) = read_segment(folder, number, &mut reading)? {
            segments.insert(number, length);
        }
    }
    let mut open = HashMap::new();
    for (event, started) in reading.started {
        if reading.ended.contains(&event) {
            continue;
        }
        let (checkpoint, bytes) = started.checkpoint.unzip();
        open.insert(
            event,
            Open {
                key: started.intent.key,
                segment: started.segment,
                intent: started.intent_bytes,
                extension: started.extension_bytes,
                checkpoint: bytes,
            },
        );
        reading.found.interrupted.push(OpenCall { event, intent: started.intent, checkpoint });
    }
    Ok((segments, open, reading.found))
}

fn segment_numbers(folder: &Path) -> io::Result<Vec<u64>> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let number: Option<u64> =
            name.to_str().and_then(|name| name.strip_suffix(".spool")).and_then(|name| name.parse().ok());
        numbers.extend(number);
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Reads one segment and tells its whole length; `None` if it held nothing and is gone.
fn read_segment(folder: &Path, number: u64, reading: &mut Reading) -> Result<Option<u64>, SpoolUnreadable> {
    let path = segment_path(folder, number);
    let bytes = fs::read(&path)?;
    if FILE_HEADER.starts_with(&bytes) && bytes.len() < FILE_HEADER.len() {
        fs::remove_file(&path)?;
        return Ok(None);
    }
    if !bytes.starts_with(&FILE_HEADER) && !OLDER_HEADERS.iter().any(|older| bytes.starts_with(older)) {
        if bytes.starts_with(&FILE_HEADER[..FILE_HEADER.len() - 1]) {
            return Err(SpoolUnreadable::OtherVersion { path });
        }
        // The header itself is damaged; the records behind it are not.
        quarantine(&path, &bytes, 0, FILE_HEADER.len(), reading)?;
    }
    let mut at = FILE_HEADER.len();
    loop {
        match next(&bytes, at) {
            Next::Record { record, end } => {
                reading.take(&path, number, record, &bytes[at..end])?;
                at = end;
            }
            Next::Damaged { until } => {
                quarantine(&path, &bytes, at, until, reading)?;
                at = until;
            }
            Next::Torn => {
                tracing::warn!(
                    "cut {} bytes of an unfinished record off the end of {}",
                    bytes.len() - at,
                    path.display()
                );
                let file = OpenOptions::new().write(true).open(&path)?;
                file.set_len(at as u64)?;
                file.sync_all()?;
                return Ok(Some(at as u64));
            }
            Next::End => return Ok(Some(at as u64)),
        }
    }
}

fn quarantine(path: &Path, bytes: &[u8], from: usize, until: usize, reading: &mut Reading) -> io::Result<()> {
    let aside = path.with_extension(format!("spool.damaged-{from}"));
    tracing::error!(
        "{} is damaged from byte {from} to {until}; the damaged part is kept as {}, everything else is used",
        path.display(),
        aside.display()
    );
    File::create(&aside)?.write_all(&bytes[from..until.min(bytes.len())])?;
    reading.found.quarantined.push(aside);
    Ok(())
}

impl Reading {
    fn take(&mut self, path: &Path, segment: u64, record: RawRecord<'_>, bytes: &[u8]) -> Result<(), SpoolUnreadable> {
        let event = record.event;
        let not_understood = |reason| SpoolUnreadable::NotUnderstood { path: path.to_owned(), event, reason };
        self.found.highest = self.found.highest.max(Some(event));
        match record.kind {
            Kind::Intent => {
                let intent: Intent = decode(record.payload).map_err(not_understood)?;
                let started =
                    Started { segment, intent, intent_bytes: bytes.to_vec(), extension_bytes: None, checkpoint: None };
                self.started.insert(event, started);
            }
            Kind::Checkpoint => {
                let checkpoint = decode(record.payload).map_err(not_understood)?;
                if let Some(started) = self.started.get_mut(&event) {
                    started.checkpoint = Some((checkpoint, bytes.to_vec()));
                }
            }
            Kind::Extended => {
                let Extension { amount } = decode(record.payload).map_err(not_understood)?;
                if let Some(started) = self.started.get_mut(&event) {
                    started.intent.amount = amount;
                    started.extension_bytes = Some(bytes.to_vec());
                }
            }
            Kind::Settled => {
                let usage: UsageRecord = decode(record.payload).map_err(not_understood)?;
                let used = usage.consumed();
                self.found.settled.insert(event, Charge { lines: usage.charged, used });
                self.end(event);
            }
            Kind::Released => self.end(event),
            Kind::Denied => {
                decode::<UsageRecord>(record.payload).map_err(not_understood)?;
            }
        }
        Ok(())
    }

    fn end(&mut self, event: EventId) {
        self.ended.insert(event);
        self.started.remove(&event);
    }
}
