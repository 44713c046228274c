//! The credential that an SDK sends: its format, its checksum and its verifier.
//!
//! `kwr_<id12>_<secret43><crc6>`, 66 ASCII characters: a public id, 256 random bits, and a CRC-32 so that scanners and
//! the gateway can tell a typing error from an attack without a look-up. The secret is full random, so that its
//! verifier is a keyed hash and not a slow one: nobody enumerates 2^256 (ASVS 11.4.2 speaks of passwords).
//! A database alone verifies nothing: the pepper is kept wrapped by the root secret.

use crate::base62;
use crate::id::{Id12, KeyId};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Length of every token of this format.
pub const TOKEN_LENGTH: usize = 66;
/// What a scanner looks for; the checksum weeds out the rest.
pub const SCANNER_REGEX: &str = r"\bkw[rasb]_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}\b";

const BODY_LENGTH: usize = TOKEN_LENGTH - 6;

/// What a token may do; each kind is accepted on its own surface alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    VirtualKey,
    Management,
    Scim,
    BreakGlass,
}

impl TokenKind {
    const fn letter(self) -> u8 {
        match self {
            Self::VirtualKey => b'r',
            Self::Management => b'a',
            Self::Scim => b's',
            Self::BreakGlass => b'b',
        }
    }
}

/// A secret text that cannot be printed, compared in variable time or left behind in memory.
#[derive(Clone)]
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
    /// The content. Each call is a place for a reviewer to look at.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Why a presented text is not even shaped like one of our tokens. The client is told the same in every case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error("not our prefix, length or alphabet")]
    Shape,
    #[error("the checksum does not match")]
    Checksum,
}

/// A token whose shape and checksum are right. Says nothing about whether it exists.
#[derive(Clone, Copy)]
pub struct PresentedToken<'a> {
    pub kind: TokenKind,
    pub key: KeyId,
    text: &'a str,
}

impl<'a> PresentedToken<'a> {
    /// Cheap checks first, nothing allocated: length, prefix, alphabet, checksum.
    pub fn parse(text: &'a str) -> Result<Self, Malformed> {
        let bytes = text.as_bytes();
        if bytes.len() != TOKEN_LENGTH || !bytes.starts_with(b"kw") || bytes[3] != b'_' || bytes[16] != b'_' {
            return Err(Malformed::Shape);
        }
        let kind = match bytes[2] {
            b'r' => TokenKind::VirtualKey,
            b'a' => TokenKind::Management,
            b's' => TokenKind::Scim,
            b'b' => TokenKind::BreakGlass,
            _ => return Err(Malformed::Shape),
        };
        if !base62::is_base62(&bytes[17..]) {
            return Err(Malformed::Shape);
        }
        let id: Id12 = text.get(4..16).and_then(|id| id.parse().ok()).ok_or(Malformed::Shape)?;
        if bytes[BODY_LENGTH..] != checksum(&bytes[..BODY_LENGTH]) {
            return Err(Malformed::Checksum);
        }
        Ok(Self { kind, key: KeyId::new(id), text })
    }

    /// The verifier to compare with [`same_tag`].
    pub fn tag(&self, pepper: &Pepper) -> Tag {
        tag(self.text, pepper)
    }
}

/// The random key of the verifier. Held in memory only, wiped when dropped.
pub struct Pepper(Zeroizing<[u8; 32]>);

impl Pepper {
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

/// HMAC-SHA-256 of a whole token under the pepper: what the database keeps instead of the secret.
pub type Tag = [u8; 32];

/// The verifier of a whole token.
pub fn tag(token: &str, pepper: &Pepper) -> Tag {
    let mut mac = Hmac::<Sha256>::new_from_slice(pepper.expose()).expect("HMAC takes keys of any length");
    mac.update(token.as_bytes());
    mac.finalize().into_bytes().into()
}

/// Compares two verifiers in constant time.
pub fn same_tag(a: &Tag, b: &Tag) -> bool {
    a.ct_eq(b).into()
}

/// Writes the token of this kind, id and 256-bit secret.
pub fn compose(kind: TokenKind, id: KeyId, secret: &Zeroizing<[u8; 32]>) -> SecretText {
    let mut text = String::with_capacity(TOKEN_LENGTH);
    text.push_str("kw");
    text.push(char::from(kind.letter()));
    text.push('_');
    text.push_str(id.bare());
    text.push('_');
    let digits = Zeroizing::new(base62::encode_256(secret));
    text.extend(digits.iter().map(|&digit| char::from(digit)));
    let crc = checksum(text.as_bytes());
    text.extend(crc.iter().map(|&digit| char::from(digit)));
    SecretText::new(text)
}

/// CRC-32 (IEEE) as six base62 digits.
fn checksum(body: &[u8]) -> [u8; 6] {
    let mut out = [0; 6];
    base62::write_u64(u64::from(crc32fast::hash(body)), &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn token() -> SecretText {
        compose(TokenKind::VirtualKey, KeyId::from_random(&[9; 12]), &Zeroizing::new([0xab; 32]))
    }

    #[test]
    fn a_composed_token_is_read_back() {
        let text = token();
        let presented = PresentedToken::parse(text.expose()).unwrap();
        assert_eq!(text.expose().len(), TOKEN_LENGTH);
        assert_eq!((presented.kind, presented.key), (TokenKind::VirtualKey, KeyId::from_random(&[9; 12])));
        let pepper = Pepper::new([1; 32]);
        assert!(same_tag(&presented.tag(&pepper), &tag(text.expose(), &pepper)));
        assert!(!same_tag(&presented.tag(&pepper), &tag(text.expose(), &Pepper::new([2; 32]))));
    }

    #[test]
    fn every_single_changed_character_is_noticed() {
        let text = token();
        for at in 0..TOKEN_LENGTH {
            let mut broken = text.expose().as_bytes().to_vec();
            broken[at] = if broken[at] == b'x' { b'y' } else { b'x' };
            let broken = String::from_utf8(broken).unwrap();
            assert!(PresentedToken::parse(&broken).is_err(), "at {at}");
        }
    }

    #[test]
    fn secrets_do_not_print() {
        assert_eq!(format!("{:?}", token()), "[redacted]");
    }

    proptest! {
        #[test]
        fn no_text_panics_the_parser(text in ".{0,80}") {
            let _ = PresentedToken::parse(&text);
        }

        #[test]
        fn no_text_of_the_right_length_panics_the_parser(text in "kw[rasb]_[0-9A-Za-zé]{12}_[0-9A-Za-zé]{49}") {
            let _ = PresentedToken::parse(&text);
        }
    }
}
