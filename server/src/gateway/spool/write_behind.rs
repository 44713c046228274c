//! A disk that lies: it confirms records at once and writes them half a second later. It is the control of the proof
//! that `kill -9` loses no answer: with this disk, answers must be lost, or the proof proves nothing.
//!
//! Only in builds with the feature `fault-injection`, and there only if the environment says `KEYWRIGHT_FAULT=write-behind`.

use super::disk::{Disk, RealDisk, SpoolFile};
use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

const BEHIND: Duration = Duration::from_millis(500);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The disk that the environment asks for.
pub(super) fn chosen() -> Arc<dyn Disk> {
    match std::env::var("KEYWRIGHT_FAULT").as_deref() {
        Ok("write-behind") => {
            tracing::error!("this build lies about durability: usage records are written behind the answers");
            Arc::new(WriteBehindDisk)
        }
        _ => Arc::new(RealDisk),
    }
}

pub(super) struct WriteBehindDisk;

impl Disk for WriteBehindDisk {
    fn create(&self, path: &Path, room: u64) -> io::Result<Arc<dyn SpoolFile>> {
        let held = Arc::new(Held { file: RealDisk.create(path, room)?, waiting: Mutex::default() });
        let weak = Arc::downgrade(&held);
        std::thread::Builder::new().name("write-behind".into()).spawn(move || {
            while let Some(held) = weak.upgrade() {
                held.write_older_than(BEHIND);
                drop(held);
                std::thread::sleep(LOOK_EVERY);
            }
        })?;
        Ok(held)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        RealDisk.remove(path)
    }
}

struct Held {
    file: Arc<dyn SpoolFile>,
    waiting: Mutex<VecDeque<(Instant, Vec<u8>)>>,
}

impl Held {
    fn waiting(&self) -> MutexGuard<'_, VecDeque<(Instant, Vec<u8>)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_older_than(&self, age: Duration) {
        let mut waiting = self.waiting();
        while waiting.front().is_some_and(|(since, _)| since.elapsed() >= age) {
            let Some((_, bytes)) = waiting.pop_front() else { return };
            if let Err(error) = self.file.append(&bytes) {
                tracing::error!(%error, "written behind, and not at all");
            }
        }
    }
}

impl SpoolFile for Held {
    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        self.waiting().push_back((Instant::now(), bytes.to_owned()));
        Ok(())
    }

    fn cut(&self, length: u64) -> io::Result<()> {
        self.write_older_than(Duration::ZERO);
        self.file.cut(length)
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

/// An orderly end loses nothing, as with every cache that writes behind.
impl Drop for Held {
    fn drop(&mut self) {
        self.write_older_than(Duration::ZERO);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_confirmed_is_not_there_until_later() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("segment");
        let file = WriteBehindDisk.create(&path, 64).unwrap();
        file.append(b"confirmed").unwrap();
        file.sync().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"");
        file.cut(9).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"confirmed");
    }
}
