//! The data folder: it exists, belongs to this process alone, and keeps others out.
//!
//! A lock file is held for as long as the process lives. The kernel gives it back however the process ends, so there is
//! nothing stale to clean up; the file itself stays.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

const LOCK: &str = "keywright.lock";

#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    #[error("the data folder {path} cannot be used: {error}", path = .0.display(), error = .1)]
    Unusable(PathBuf, io::Error),
    #[error(
        "another Keywright process{holder} is using the data folder {path}; stop it first, or give this one its own data_dir",
        path = .path.display(),
        holder = .process.as_ref().map(|id| format!(" (process {id})")).unwrap_or_default()
    )]
    InUse { path: PathBuf, process: Option<String> },
}

/// A data folder that no other process uses while this value lives.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    _lock: File,
}

impl DataDir {
    /// Creates the folder if it is missing, readable by its owner alone, and locks it.
    pub fn lock(path: &Path) -> Result<Self, DataDirError> {
        let unusable = |error| DataDirError::Unusable(path.to_owned(), error);
        let created = DirBuilder::new().recursive(true).mode(0o700).create(path);
        created.map_err(unusable)?;
        let mut lock = OpenOptions::new()
            .create(true)
            .read(true)
            .write(true)
            .truncate(false)
            .mode(0o600)
            .open(path.join(LOCK))
            .map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let process = holder(&mut lock);
                let path = path.to_owned();
                return Err(DataDirError::InUse { path, process });
            }
            Err(TryLockError::Error(error)) => return Err(unusable(error)),
        }
        write_holder(&mut lock).map_err(unusable)?;
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Can files be created here? Leaves nothing behind.
pub fn check_writable(path: &Path) -> Result<(), DataDirError> {
    let unusable = |error| DataDirError::Unusable(path.to_owned(), error);
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(unusable)?;
    let probe = path.join(format!(".check-{}", std::process::id()));
    fs::write(&probe, b"").map_err(unusable)?;
    fs::remove_file(&probe).map_err(unusable)
}

/// For the message of the process that comes second; the lock is what counts.
fn write_holder(lock: &mut File) -> io::Result<()> {
    lock.set_len(0)?;
    lock.rewind()?;
    writeln!(lock, "{}", std::process::id())
}

fn holder(lock: &mut File) -> Option<String> {
    let mut text = String::new();
    lock.take(32).read_to_string(&mut text).ok()?;
    let id = text.trim();
    (!id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit())).then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_second_process_is_refused_and_told_by_whom_until_the_first_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        let first = DataDir::lock(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        let refused = DataDir::lock(&path).unwrap_err().to_string();
        assert!(refused.contains(&format!("process {}", std::process::id())), "{refused}");
        drop(first);
        assert_eq!(DataDir::lock(&path).unwrap().path(), path);
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_named() {
        let error = check_writable(Path::new("/proc/keywright")).unwrap_err();
        assert!(error.to_string().contains("/proc/keywright"));
        let folder = tempfile::tempdir().unwrap();
        assert!(check_writable(folder.path()).is_ok());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
