//! Reads the spool behind its writer: records that wait for the database longer than a moment wait on disk.

use super::log::segment_path;
use super::record::{FILE_HEADER, Kind, Next, decode, next};
use domain::usage::UsageRecord;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::sync::Arc;

/// A place in the spool: everything before it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Cursor {
    pub(super) segment: u64,
    pub(super) offset: u64,
}

impl Cursor {
    /// Every segment before this one was read to its end.
    pub fn segment(&self) -> u64 {
        self.segment
    }
}

/// A segment as far as it is whole.
pub(super) struct Stretch {
    pub(super) segment: u64,
    pub(super) length: u64,
    pub(super) grows: bool,
}

/// Bytes that are read at once. Larger than any record, so that each read makes progress.
const CHUNK: u64 = 512 * 1024;

/// Reads up to `most` records. `stretch` tells the first segment at or behind a cursor.
pub(super) fn read(
    folder: &Path,
    mut cursor: Cursor,
    most: usize,
    stretch: impl Fn(Cursor) -> Option<Stretch>,
) -> io::Result<(Vec<Arc<UsageRecord>>, Cursor)> {
    let mut records = Vec::new();
    while let Some(Stretch { segment, length, grows }) = stretch(cursor) {
        if segment != cursor.segment {
            cursor = Cursor { segment, offset: 0 };
        }
        cursor.offset = cursor.offset.max(FILE_HEADER.len() as u64);
        let mut wanted = CHUNK;
        while cursor.offset < length && records.len() < most {
            let bytes = chunk(folder, cursor, length, wanted)?;
            let at_end = cursor.offset + bytes.len() as u64 == length;
            let taken = take(&bytes, at_end, most, &mut records);
            // Nothing valid in a whole chunk: a long damaged stretch. See further.
            wanted = if taken == 0 { wanted.saturating_mul(2) } else { CHUNK };
            cursor.offset += taken as u64;
        }
        if cursor.offset < length || grows {
            break;
        }
        cursor = Cursor { segment: segment + 1, offset: 0 };
    }
    Ok((records, cursor))
}

fn chunk(folder: &Path, cursor: Cursor, length: u64, wanted: u64) -> io::Result<Vec<u8>> {
    let mut file = File::open(segment_path(folder, cursor.segment))?;
    file.seek(SeekFrom::Start(cursor.offset))?;
    let mut bytes = Vec::new();
    file.take(wanted.min(length - cursor.offset)).read_to_end(&mut bytes)?;
    if bytes.is_empty() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(bytes)
}

/// Takes records from the front and says how many bytes are done with.
fn take(bytes: &[u8], at_end: bool, most: usize, records: &mut Vec<Arc<UsageRecord>>) -> usize {
    let mut at = 0;
    while records.len() < most {
        match next(bytes, at) {
            Next::Record { record, end } => {
                if matches!(record.kind, Kind::Settled | Kind::Denied) {
                    match decode(record.payload) {
                        Ok(usage) => records.push(Arc::new(usage)),
                        // Replay refuses to start with such a record, and this process writes none.
                        Err(error) => tracing::error!(%error, event.id = %record.event, "unreadable usage record"),
                    }
                }
                at = end;
            }
            Next::Damaged { until } => at = until,
            Next::Torn if at_end => return bytes.len(),
            Next::Torn | Next::End => return at,
        }
    }
    at
}
