//! Random 256-bit values that somebody else keeps for us: session ids, sign-in states, invitations.
//!
//! Only the SHA-256 of a token is ever stored, so a copy of the database signs nobody in. A fast hash suffices because
//! nothing can be guessed: all 256 bits are random.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portal::ports::Randomness;
use sha2::{Digest as _, Sha256};

#[derive(Clone, Copy)]
pub struct OpaqueToken([u8; 32]);

impl OpaqueToken {
    pub fn generate(random: &dyn Randomness) -> Self {
        let mut bytes = [0; 32];
        random.fill(&mut bytes);
        Self(bytes)
    }

    /// Reads exactly what [`Self::reveal`] wrote: 43 characters of base64url.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 43 {
            return None;
        }
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// The token itself, for a cookie or a link.
    pub fn reveal(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What the store keeps.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }
}

impl fmt::Debug for OpaqueToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::tests::Counting;

    #[test]
    fn a_token_is_read_back_and_never_printed_by_accident() {
        let random = Counting::default();
        let token = OpaqueToken::generate(&random);
        let read = OpaqueToken::parse(&token.reveal()).unwrap();
        assert_eq!(read.hash(), token.hash());
        assert_ne!(OpaqueToken::generate(&random).hash(), token.hash());
        assert_eq!(format!("{token:?}"), "[redacted]");
        for wrong in ["", "short", &"x".repeat(44), &"!".repeat(43), &"=".repeat(43)] {
            assert!(OpaqueToken::parse(wrong).is_none(), "{wrong}");
        }
    }
}
