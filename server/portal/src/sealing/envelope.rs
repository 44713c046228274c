//! The sealed text itself: a fresh content key for each, wrapped by the root's key, both with AES-256-GCM.
//!
//! `version(1) | algorithm(1) | root(8) | nonce(12) | wrapped content key(32+16) | nonce(12) | ciphertext + tag(16)`.
//! What the text is for is authenticated with both layers: text moved to another place does not open. A content key is
//! used once, so that its nonce cannot repeat; the wrapping nonces are random, 96 bits, and far below their limit at the
//! number of credentials that an installation has.

use super::SealError;
use crate::ports::Randomness;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use zeroize::Zeroizing;

const VERSION: u8 = 1;
/// AES-256-GCM for both layers. The number tells ciphers apart if there is ever a second one.
const ALGORITHM: u8 = 1;
const HEADER: usize = 10;
const NONCE: usize = 12;
const WRAPPED: usize = 32 + 16;
const OVERHEAD: usize = HEADER + NONCE + WRAPPED + NONCE + 16;

/// The key that wraps content keys, and the short name by which sealed texts tell which root they need.
pub(super) struct WrappingKey {
    pub(super) id: [u8; 8],
    pub(super) key: Zeroizing<[u8; 32]>,
}

/// What a sealed text is for: fields with their lengths before them, so that no two lists of fields read the same.
pub(super) fn purpose(fields: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    for field in fields {
        let length = u32::try_from(field.len()).unwrap_or(u32::MAX);
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(field);
    }
    out
}

pub(super) fn seal(
    wrapping: &WrappingKey,
    random: &dyn Randomness,
    purpose: &[u8],
    content: &[u8],
) -> Result<Vec<u8>, SealError> {
    let mut content_key = Zeroizing::new([0; 32]);
    let (mut wrap_nonce, mut nonce) = ([0; NONCE], [0; NONCE]);
    random.fill(content_key.as_mut_slice());
    random.fill(&mut wrap_nonce);
    random.fill(&mut nonce);

    let mut blob = Vec::with_capacity(OVERHEAD + content.len());
    blob.extend_from_slice(&[VERSION, ALGORITHM]);
    blob.extend_from_slice(&wrapping.id);
    let bound = bind(&blob, purpose);
    blob.extend_from_slice(&wrap_nonce);
    blob.extend(encrypt(&wrapping.key, wrap_nonce, &bound, content_key.as_slice())?);
    blob.extend_from_slice(&nonce);
    blob.extend(encrypt(&content_key, nonce, &bound, content)?);
    Ok(blob)
}

pub(super) fn open(wrapping: &WrappingKey, purpose: &[u8], blob: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
    if blob.len() < OVERHEAD || blob[..2] != [VERSION, ALGORITHM] {
        return Err(SealError::DoesNotOpen);
    }
    let (header, rest) = blob.split_at(HEADER);
    if header[2..] != wrapping.id {
        return Err(SealError::OtherRoot);
    }
    let (wrap_nonce, rest) = take_nonce(rest)?;
    let (wrapped, rest) = rest.split_at(WRAPPED);
    let (nonce, ciphertext) = take_nonce(rest)?;
    let bound = bind(header, purpose);
    let unwrapped = decrypt(&wrapping.key, wrap_nonce, &bound, wrapped)?;
    let content_key: [u8; 32] = unwrapped.as_slice().try_into().map_err(|_| SealError::DoesNotOpen)?;
    decrypt(&Zeroizing::new(content_key), nonce, &bound, ciphertext)
}

fn bind(header: &[u8], purpose: &[u8]) -> Vec<u8> {
    [header, purpose].concat()
}

fn take_nonce(bytes: &[u8]) -> Result<([u8; NONCE], &[u8]), SealError> {
    let (nonce, rest) = bytes.split_first_chunk::<NONCE>().ok_or(SealError::DoesNotOpen)?;
    Ok((*nonce, rest))
}

fn cipher(key: &Zeroizing<[u8; 32]>) -> Aes256Gcm {
    Aes256Gcm::new_from_slice(key.as_slice()).expect("32 bytes are a key of AES-256")
}

fn encrypt(key: &Zeroizing<[u8; 32]>, nonce: [u8; NONCE], aad: &[u8], msg: &[u8]) -> Result<Vec<u8>, SealError> {
    cipher(key).encrypt(&Nonce::from(nonce), Payload { msg, aad }).map_err(|_| SealError::DoesNotOpen)
}

fn decrypt(
    key: &Zeroizing<[u8; 32]>,
    nonce: [u8; NONCE],
    aad: &[u8],
    msg: &[u8],
) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let opened = cipher(key).decrypt(&Nonce::from(nonce), Payload { msg, aad });
    opened.map(Zeroizing::new).map_err(|_| SealError::DoesNotOpen)
}
