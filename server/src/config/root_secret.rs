//! The root secret: the key that every other key in the database is wrapped by.
//!
//! It comes from a file of 32 bytes that nobody else may read, or from a passphrase through argon2id. It is never
//! generated here: a missing one leaves the process sealed, because a new one could open nothing.

use std::fmt;
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use argon2::{Algorithm, Argon2, Params, Version};
use zeroize::Zeroizing;

use super::reader::{Found, Place, Section};
use super::secret::Secret;
use super::{Surroundings, read_secret_file};

pub const LENGTH: usize = 32;
/// RFC 9106, second recommended option: it runs once per start.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
const LANES: u32 = 4;
const SHORTEST_PASSPHRASE: usize = 16;

#[derive(Debug, Clone)]
pub enum RootSource {
    File(PathBuf),
    Passphrase(Secret),
}

/// The root secret itself. Wiped when dropped, never printed.
pub struct RootSecret(Zeroizing<[u8; LENGTH]>);

#[derive(Debug, thiserror::Error)]
pub enum RootSecretError {
    #[error("the root secret file {path} cannot be read: {error}", path = .0.display(), error = .1)]
    Unreadable(PathBuf, io::Error),
    #[error(
        "the root secret file {path} has mode {mode:04o}: others could read it; run chmod 0400 {path}",
        path = .0.display(),
        mode = .1
    )]
    Mode(PathBuf, u32),
    #[error("the root secret {path} is not a file", path = .0.display())]
    NotAFile(PathBuf),
    #[error(
        "the root secret file {path} has {length} bytes instead of {LENGTH}; make one with: \
         head -c {LENGTH} /dev/urandom > {path}",
        path = .0.display(),
        length = .1
    )]
    Length(PathBuf, u64),
    #[error("the root secret cannot be derived from the passphrase: {0}")]
    Derivation(String),
}

impl RootSource {
    /// `salt` is stored beside the database's key-check value. Takes about a tenth of a second for a passphrase:
    /// call it off the async threads.
    pub fn unlock(&self, salt: &[u8]) -> Result<RootSecret, RootSecretError> {
        match self {
            Self::File(path) => read_file(path),
            Self::Passphrase(passphrase) => derive(passphrase.expose().as_bytes(), salt, MEMORY_KIB),
        }
    }
}

impl RootSecret {
    pub fn new(bytes: [u8; LENGTH]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    pub fn expose(&self) -> &[u8; LENGTH] {
        &self.0
    }
}

impl fmt::Debug for RootSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

fn read_file(path: &Path) -> Result<RootSecret, RootSecretError> {
    let unreadable = |error| RootSecretError::Unreadable(path.to_owned(), error);
    // Opening a pipe must not wait for a writer.
    let nonblock = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or_default();
    let mut file = std::fs::OpenOptions::new().read(true).custom_flags(nonblock).open(path).map_err(unreadable)?;
    // Asked of the open file, so that it cannot be exchanged in between.
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(RootSecretError::NotAFile(path.to_owned()));
    }
    let mode = metadata.mode() & 0o7777;
    if !matches!(mode, 0o400 | 0o600) {
        return Err(RootSecretError::Mode(path.to_owned(), mode));
    }
    if metadata.len() != LENGTH as u64 {
        return Err(RootSecretError::Length(path.to_owned(), metadata.len()));
    }
    let mut bytes = Zeroizing::new([0; LENGTH]);
    file.read_exact(&mut bytes[..]).map_err(unreadable)?;
    Ok(RootSecret(bytes))
}

fn derive(passphrase: &[u8], salt: &[u8], memory_kib: u32) -> Result<RootSecret, RootSecretError> {
    let failed = |error: argon2::Error| RootSecretError::Derivation(error.to_string());
    let params = Params::new(memory_kib, PASSES, LANES, Some(LENGTH)).map_err(failed)?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut bytes = Zeroizing::new([0; LENGTH]);
    argon2.hash_password_into(passphrase, salt, &mut bytes[..]).map_err(failed)?;
    Ok(RootSecret(bytes))
}

pub(super) fn read(section: Section<'_>, around: &Surroundings<'_>) -> Option<RootSource> {
    let source = section.required("source", "write \"file\" or \"passphrase\"");
    let file = section.text("file");
    let passphrase = section.secret("passphrase");
    let passphrase_file = section.text("passphrase_file");
    let root = match source.as_ref().map(|source| source.value.as_str()) {
        Some("file") => match file {
            Some(file) => Some(RootSource::File(file.value.into())),
            None => {
                section.missing("file", "name the file that holds the 32 bytes, like /etc/keywright/root.key");
                None
            }
        },
        Some("passphrase") => {
            let secret = match (passphrase, passphrase_file) {
                (Some(Found { place: place @ Place::Line { .. }, .. }), _) => {
                    let advice =
                        "does not belong in this file: set KEYWRIGHT_ROOT_PASSPHRASE, or name a passphrase_file";
                    section.problem(&place, "passphrase", advice);
                    None
                }
                (Some(secret), _) => Some(secret.value),
                (None, Some(file)) => {
                    section.parsed("passphrase_file", file, |path| read_secret_file(around, Path::new(path)))
                }
                (None, None) => {
                    let advice = "name a file that holds the passphrase, or set KEYWRIGHT_ROOT_PASSPHRASE";
                    section.missing("passphrase_file", advice);
                    None
                }
            };
            if let Some(secret) = &secret
                && secret.expose().chars().count() < SHORTEST_PASSPHRASE
            {
                let advice = format!("use {SHORTEST_PASSPHRASE} characters or more, such as six random words");
                section.missing("passphrase_file", &advice);
            }
            secret.map(RootSource::Passphrase)
        }
        Some(_) => {
            if let Some(found) = source {
                section.parsed("source", found, |_| Err::<(), _>("write \"file\" or \"passphrase\""));
            }
            None
        }
        None => None,
    };
    section.finish();
    root
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn unlock_file(bytes: &[u8], mode: u32) -> Result<RootSecret, RootSecretError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("root.key");
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        RootSource::File(path).unlock(b"")
    }

    #[test]
    fn a_file_is_read_only_if_nobody_else_can_read_it() {
        for mode in [0o400, 0o600] {
            assert_eq!(unlock_file(&[7; LENGTH], mode).unwrap().expose(), &[7; LENGTH]);
        }
        for mode in [0o440, 0o604, 0o644, 0o700, 0o4600] {
            let error = unlock_file(&[7; LENGTH], mode).unwrap_err();
            assert!(matches!(error, RootSecretError::Mode(_, found) if found == mode), "{error}");
        }
    }

    #[test]
    fn a_file_has_exactly_the_right_length() {
        for length in [0, 31, 33, 64] {
            let error = unlock_file(&vec![7; length], 0o600).unwrap_err();
            assert!(matches!(error, RootSecretError::Length(..)), "{error}");
        }
        let folder = tempfile::tempdir().unwrap();
        let error = RootSource::File(folder.path().join("none")).unlock(b"").unwrap_err();
        assert!(matches!(error, RootSecretError::Unreadable(..)));
        let error = RootSource::File(folder.path().to_owned()).unlock(b"").unwrap_err();
        assert!(matches!(error, RootSecretError::NotAFile(_)));
    }

    #[test]
    fn a_passphrase_gives_the_same_secret_for_the_same_salt_only() {
        // Little memory, because an unoptimised build would take seconds for the real amount.
        let unlock = |phrase: &[u8], salt: &[u8]| *derive(phrase, salt, 64).unwrap().expose();
        assert_eq!(unlock(b"correct", &[1; 16]), unlock(b"correct", &[1; 16]));
        assert_ne!(unlock(b"correct", &[1; 16]), unlock(b"correct", &[2; 16]));
        assert_ne!(unlock(b"correct", &[1; 16]), unlock(b"horse", &[1; 16]));
        assert!(derive(b"correct", b"short", 64).is_err());
        let source = RootSource::Passphrase(Secret::new("correct horse battery staple"));
        assert!(!format!("{source:?}").contains("horse"));
    }
}
