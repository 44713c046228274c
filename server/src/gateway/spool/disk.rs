//! The few things that the spool asks of a disk, behind a seam, because a full or failing disk is the case that matters
//! most here and cannot be had on demand.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;

/// An append-only file.
pub trait SpoolFile: Send + Sync {
    /// `write(2)`: when it returns, the bytes survive the end of this process. After an error any part of them may
    /// stand in the file.
    fn append(&self, bytes: &[u8]) -> io::Result<()>;
    /// Shortens the file to what is known to be whole.
    fn cut(&self, length: u64) -> io::Result<()>;
    /// `fdatasync(2)`: when it returns, the bytes survive the end of the machine's power.
    fn sync(&self) -> io::Result<()>;
}

/// Where segments are made and removed.
pub trait Disk: Send + Sync {
    /// A new file with `room` bytes set aside for it, so that a disk that fills up is noticed here, before a call is
    /// admitted, and not when its settlement is written.
    fn create(&self, path: &Path, room: u64) -> io::Result<Arc<dyn SpoolFile>>;
    fn remove(&self, path: &Path) -> io::Result<()>;
}

/// The file system.
pub struct RealDisk;

impl Disk for RealDisk {
    fn create(&self, path: &Path, room: u64) -> io::Result<Arc<dyn SpoolFile>> {
        let mut options = OpenOptions::new();
        options.create_new(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path)?;
        if let Err(error) = set_aside(&file, room) {
            drop(file);
            std::fs::remove_file(path)?;
            return Err(error);
        }
        // A file whose directory entry is lost with the power is lost whole, however well its data was synced.
        if let Some(folder) = path.parent() {
            File::open(folder)?.sync_all()?;
        }
        Ok(Arc::new(file))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }
}

impl SpoolFile for File {
    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        let mut file = self;
        file.write_all(bytes)
    }
    fn cut(&self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }
    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }
}

/// Allocates without changing the length: the length stays what says where the records end.
#[cfg(target_os = "linux")]
fn set_aside(file: &File, room: u64) -> io::Result<()> {
    use rustix::fs::{FallocateFlags, fallocate};
    use rustix::io::Errno;
    match fallocate(file, FallocateFlags::KEEP_SIZE, 0, room) {
        // Some file systems cannot; then a full disk is noticed at the write, which is handled too.
        Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) | Ok(()) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(target_os = "linux"))]
fn set_aside(_file: &File, _room: u64) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
pub(in crate::gateway) mod testing {
    use super::*;
    use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

    /// The real file system with a quota that can be set: a write beyond it is cut short, as on a full disk, and the
    /// quota counts what is really written.
    pub(in crate::gateway) struct QuotaDisk {
        pub(in crate::gateway) room: Arc<AtomicI64>,
        pub(in crate::gateway) sync_fails: Arc<AtomicBool>,
        pub(in crate::gateway) cut_fails: Arc<AtomicBool>,
    }

    impl QuotaDisk {
        pub(in crate::gateway) fn new(room: i64) -> Self {
            let flag = || Arc::new(AtomicBool::new(false));
            Self { room: Arc::new(AtomicI64::new(room)), sync_fails: flag(), cut_fails: flag() }
        }
    }

    struct QuotaFile {
        file: Arc<dyn SpoolFile>,
        room: Arc<AtomicI64>,
        sync_fails: Arc<AtomicBool>,
        cut_fails: Arc<AtomicBool>,
    }

    fn broken() -> io::Error {
        io::Error::other("input/output error")
    }

    impl Disk for QuotaDisk {
        fn create(&self, path: &Path, _room: u64) -> io::Result<Arc<dyn SpoolFile>> {
            Ok(Arc::new(QuotaFile {
                file: RealDisk.create(path, 0)?,
                room: self.room.clone(),
                sync_fails: self.sync_fails.clone(),
                cut_fails: self.cut_fails.clone(),
            }))
        }
        fn remove(&self, path: &Path) -> io::Result<()> {
            RealDisk.remove(path)
        }
    }

    impl SpoolFile for QuotaFile {
        fn append(&self, bytes: &[u8]) -> io::Result<()> {
            let left = usize::try_from(self.room.load(Ordering::SeqCst)).unwrap_or(0);
            let fits = &bytes[..bytes.len().min(left)];
            self.file.append(fits)?;
            self.room.fetch_sub(fits.len() as i64, Ordering::SeqCst);
            if fits.len() < bytes.len() { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
        }
        fn cut(&self, length: u64) -> io::Result<()> {
            if self.cut_fails.load(Ordering::SeqCst) { Err(broken()) } else { self.file.cut(length) }
        }
        fn sync(&self) -> io::Result<()> {
            if self.sync_fails.load(Ordering::SeqCst) { Err(broken()) } else { self.file.sync() }
        }
    }
}
