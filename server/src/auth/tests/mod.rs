//! Sign-in as a whole: our router, the development provider or a lying one, browsers with cookie jars, a store on
//! SQLite, and a clock turned by hand.

mod dev_provider;
mod lies;
mod lying_issuer;
mod rules;
mod sessions;
mod sign_in;
mod world;

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use domain::time::{Clock, Timestamp};
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

pub(super) struct ManualClock(AtomicI64);

impl ManualClock {
    fn new() -> Self {
        Self(AtomicI64::new(1_800_000_000_000))
    }
    fn advance(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::Relaxed);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.0.load(Ordering::Relaxed))
    }
}
