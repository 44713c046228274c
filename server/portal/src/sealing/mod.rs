//! Secrets at rest: provider credentials, the verifier key of virtual keys, and whatever else must not be readable in a
//! copy of the database.
//!
//! A sealed text opens only with the root secret it was sealed with, and only in the place that it was sealed for: a row
//! copied to another provider, an older version put back, or a provider pointed at another host does not open. Nothing
//! here makes a root secret, and a wrong one is never replaced. Nothing that is opened has a `Debug` that shows it.

mod envelope;
#[cfg(test)]
mod tests;

use crate::ports::Randomness;
use domain::id::{CredentialId, ProviderId};
use domain::key_secret::{Pepper, SecretText};
use envelope::WrappingKey;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::sync::Arc;
use zeroize::Zeroizing;

/// 32 bytes from a file, or derived from a passphrase by whoever starts the process.
pub struct RootKey(Zeroizing<[u8; 32]>);

impl RootKey {
    pub fn new(bytes: Zeroizing<[u8; 32]>) -> Self {
        Self(bytes)
    }

    /// A key for one use, so that no two uses share one.
    fn derive(&self, label: &str) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(hmac(&self.0, label.as_bytes()))
    }
}

/// Where a credential may be used; changing any of it makes the sealed text unreadable.
#[derive(Debug, Clone, Copy)]
pub struct CredentialBinding<'a> {
    pub provider: ProviderId,
    pub credential: CredentialId,
    pub version: i64,
    /// The provider's address; scheme, host and port count.
    pub base_url: &'a str,
}

/// Why a sealed text cannot be opened, or could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Sealed with another root secret.
    #[error("sealed with another root secret")]
    OtherRoot,
    /// Changed, moved to another place, or not a sealed text at all.
    #[error("does not open here")]
    DoesNotOpen,
}

/// The newest verifier key is the one that new secrets are tagged with.
pub(crate) struct Peppers(pub(crate) Vec<(i64, Arc<Pepper>)>);

/// Seals and opens with the root secret of this process.
pub struct Sealing {
    wrapping: WrappingKey,
    fingerprints: Zeroizing<[u8; 32]>,
    /// Drawn at the first start; a database restored beside another does not open the other's texts.
    organisation: String,
    peppers: Peppers,
}

/// What a root secret can do before the installation is known: check itself, and open what the start needs.
pub(crate) struct Root {
    wrapping: WrappingKey,
    fingerprints: Zeroizing<[u8; 32]>,
}

impl Root {
    pub(crate) fn new(root: &RootKey) -> Self {
        let id = root.derive("keywright/root-id/1");
        let id = id.first_chunk::<8>().copied().unwrap_or_default();
        let wrapping = WrappingKey { id, key: root.derive("keywright/wrap/1") };
        Self { wrapping, fingerprints: root.derive("keywright/fingerprint/1") }
    }

    pub(crate) fn seal(&self, random: &dyn Randomness, fields: &[&[u8]], content: &[u8]) -> Result<Vec<u8>, SealError> {
        envelope::seal(&self.wrapping, random, &envelope::purpose(fields), content)
    }

    pub(crate) fn open(&self, fields: &[&[u8]], blob: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        envelope::open(&self.wrapping, &envelope::purpose(fields), blob)
    }

    pub(crate) fn with(self, organisation: String, peppers: Peppers) -> Sealing {
        Sealing { wrapping: self.wrapping, fingerprints: self.fingerprints, organisation, peppers }
    }
}

impl Sealing {
    pub fn seal_credential(
        &self,
        random: &dyn Randomness,
        binding: &CredentialBinding<'_>,
        credential: &SecretText,
    ) -> Result<Vec<u8>, SealError> {
        let purpose = self.credential_purpose(binding)?;
        envelope::seal(&self.wrapping, random, &purpose, credential.expose().as_bytes())
    }

    /// Opens a sealed credential for the place that it is bound to.
    pub fn open_credential(&self, binding: &CredentialBinding<'_>, blob: &[u8]) -> Result<SecretText, SealError> {
        let opened = envelope::open(&self.wrapping, &self.credential_purpose(binding)?, blob)?;
        let text = std::str::from_utf8(&opened).map_err(|_| SealError::DoesNotOpen)?;
        Ok(SecretText::new(text.to_owned()))
    }

    fn credential_purpose(&self, binding: &CredentialBinding<'_>) -> Result<Vec<u8>, SealError> {
        let origin = origin_of(binding.base_url).ok_or(SealError::DoesNotOpen)?;
        let (provider, credential) = (binding.provider.to_string(), binding.credential.to_string());
        Ok(envelope::purpose(&[
            b"keywright/cred/1",
            self.organisation.as_bytes(),
            provider.as_bytes(),
            credential.as_bytes(),
            &binding.version.to_be_bytes(),
            origin.as_bytes(),
        ]))
    }

    /// Seals any other secret under a name of its own: an identity provider's client secret, a webhook's.
    pub fn seal_named(&self, random: &dyn Randomness, name: &str, secret: &[u8]) -> Result<Vec<u8>, SealError> {
        envelope::seal(&self.wrapping, random, &self.named_purpose(name), secret)
    }

    pub fn open_named(&self, name: &str, blob: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        envelope::open(&self.wrapping, &self.named_purpose(name), blob)
    }

    fn named_purpose(&self, name: &str) -> Vec<u8> {
        envelope::purpose(&[b"keywright/named/1", self.organisation.as_bytes(), name.as_bytes()])
    }

    /// Tells two credentials apart without saying anything about them: `3f·a1·7c`.
    pub fn fingerprint(&self, credential: &SecretText) -> String {
        let [a, b, c, ..] = hmac(&self.fingerprints, credential.expose().as_bytes());
        format!("{a:02x}·{b:02x}·{c:02x}")
    }

    /// The verifier key of this version.
    pub fn pepper(&self, version: i64) -> Option<Arc<Pepper>> {
        self.peppers.0.iter().find(|(of, _)| *of == version).map(|(_, pepper)| Arc::clone(pepper))
    }

    /// The verifier key for new secrets, with its version.
    pub(crate) fn newest_pepper(&self) -> Option<(i64, Arc<Pepper>)> {
        self.peppers
            .0
            .iter()
            .max_by_key(|(version, _)| *version)
            .map(|(version, pepper)| (*version, Arc::clone(pepper)))
    }
}

/// `https://api.example.com:443`: scheme, host and port of an address, spelled in one way.
pub(crate) fn origin_of(address: &str) -> Option<String> {
    let url = url::Url::parse(address).ok()?;
    let (host, port) = (url.host_str()?, url.port_or_known_default()?);
    Some(format!("{}://{host}:{port}", url.scheme()))
}

fn hmac(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}
