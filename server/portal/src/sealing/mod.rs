//! Provider credentials at rest: sealed with the root secret, bound to where they may be used.

use domain::id::{CredentialId, ProviderId};
use domain::key_secret::{Pepper, SecretText};
use std::sync::Arc;
use zeroize::Zeroizing;

/// 32 bytes from a file or derived from a passphrase by whoever starts the process.
pub struct RootKey(Zeroizing<[u8; 32]>);

impl RootKey {
    pub fn new(bytes: Zeroizing<[u8; 32]>) -> Self {
        Self(bytes)
    }
}

/// Where a credential may be used; changing any of it makes the sealed text unreadable.
#[derive(Debug, Clone)]
pub struct CredentialBinding<'a> {
    pub provider: ProviderId,
    pub credential: CredentialId,
    pub version: i64,
    /// The provider's address; scheme, host and port count.
    pub base_url: &'a str,
}

/// Why a sealed text cannot be opened: all the same from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Sealed with another root secret.
    #[error("sealed with another root secret")]
    OtherRoot,
    /// Changed, moved to another place, or not a sealed text at all.
    #[error("does not open here")]
    DoesNotOpen,
}

/// Seals and opens with the root secret of this process.
pub struct Sealing {
    root: RootKey,
    peppers: Vec<(i64, Arc<Pepper>)>,
}

impl Sealing {
    /// Opens a sealed credential for the place that it is bound to.
    pub fn open_credential(&self, binding: &CredentialBinding<'_>, blob: &[u8]) -> Result<SecretText, SealError> {
        let _ = (binding, blob, &self.root.0);
        todo!()
    }

    /// The verifier key of this version.
    pub fn pepper(&self, version: i64) -> Option<Arc<Pepper>> {
        self.peppers.iter().find(|(v, _)| *v == version).map(|(_, pepper)| Arc::clone(pepper))
    }
}
