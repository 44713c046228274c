//! Removing segments whose records are all in the database.

use super::{Log, segment_path};
use crate::gateway::spool::disk::{Disk, SpoolFile};
use domain::id::EventId;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// Segments that are no longer part of the spool, until their files are gone.
#[derive(Default)]
pub(in crate::gateway::spool) struct Retired {
    /// With their lengths, oldest first.
    segments: Vec<(u64, u64)>,
    /// Where calls in flight were written again, and which of them stood where before.
    copies: BTreeMap<u64, Arc<dyn SpoolFile>>,
    moved: Vec<(EventId, u64)>,
}

impl Retired {
    /// Removes the files, oldest first, and only when the copies of what is still needed are on disk.
    pub(in crate::gateway::spool) fn finish(&mut self, folder: &Path, disk: &dyn Disk) -> io::Result<()> {
        self.copies.values().try_for_each(|file| file.sync())?;
        self.moved.clear();
        while let Some(&(oldest, _)) = self.segments.first() {
            disk.remove(&segment_path(folder, oldest))?;
            self.segments.remove(0);
        }
        Ok(())
    }
}

impl Log {
    /// Gives up the segments before `number`, whose records are all in the database; what is left to do with their files
    /// takes no lock ([`Retired::finish`]).
    pub(in crate::gateway::spool) fn retire_before(&mut self, number: u64) -> io::Result<Retired> {
        let mut retired = Retired::default();
        while let Some(oldest) = self.first_segment_from(0).filter(|&oldest| oldest < number) {
            if self.current.as_ref().is_some_and(|current| current.number == oldest) {
                break;
            }
            match self.carry_on(oldest, &mut retired) {
                Err(error) if retired.segments.is_empty() => return Err(error),
                // What was given up before is gone all the same, and the rest is tried again with the next batch.
                Err(_) => break,
                Ok(()) => {}
            }
            let length = self.segments.remove(&oldest).unwrap_or_default();
            self.total_bytes -= length;
            self.dirty.remove(&oldest);
            retired.segments.push((oldest, length));
        }
        Ok(retired)
    }

    /// Takes segments back whose files could not be removed: they go with the next batch.
    pub(in crate::gateway::spool) fn take_back(&mut self, retired: Retired) {
        for (number, length) in retired.segments {
            self.segments.insert(number, length);
            self.total_bytes += length;
        }
        for (event, segment) in retired.moved {
            if let Some(open) = self.open.get_mut(&event) {
                open.segment = segment;
            }
        }
    }

    /// Writes the intents of this segment whose calls are still in flight again, so that one long call does not keep
    /// every segment since its start.
    fn carry_on(&mut self, segment: u64, retired: &mut Retired) -> io::Result<()> {
        let left: Vec<EventId> =
            self.open.iter().filter(|(_, open)| open.segment == segment).map(|(&event, _)| event).collect();
        for event in left {
            let Some(open) = self.open.get(&event) else { continue };
            let mut bytes = open.intent.clone();
            bytes.extend_from_slice(open.extension.as_deref().unwrap_or_default());
            bytes.extend_from_slice(open.checkpoint.as_deref().unwrap_or_default());
            let copied_to = self.append(&bytes, false)?;
            if let Some(current) = &self.current {
                retired.copies.insert(copied_to, current.file.clone());
            }
            if let Some(open) = self.open.get_mut(&event) {
                open.segment = copied_to;
            }
            retired.moved.push((event, segment));
        }
        Ok(())
    }
}
