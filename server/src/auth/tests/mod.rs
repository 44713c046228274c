//! Sign-in as a whole: our router, the development provider or a lying one, a browser with a cookie jar, a store on
//! SQLite, and a clock turned by hand.

use std::sync::atomic::{AtomicU64, Ordering};

use portal::ports::Randomness;
use sha2::{Digest as _, Sha256};

/// Random-looking bytes from a counter: every draw differs, every run is the same.
#[derive(Default)]
pub(super) struct Counting(AtomicU64);

impl Randomness for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let draw = Sha256::digest(self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes());
            chunk.copy_from_slice(&draw[..chunk.len()]);
        }
    }
}
