//! The one real clock and the one real source of randomness. Everything else takes them as arguments.

use domain::time::{Clock, Timestamp};
use rand::TryRng;
use rand::rngs::SysRng;
use std::time::{SystemTime, UNIX_EPOCH};

pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else is given")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// Which of several deployments a call takes, and how long a retry waits: needs no secrecy, and no system call each time.
pub fn spread() -> u64 {
    rand::random()
}

/// The operating system's generator.
pub struct SystemRandomness;

impl portal::ports::Randomness for SystemRandomness {
    /// A machine whose generator fails cannot make secrets; going on with weak ones would be worse than stopping.
    fn fill(&self, bytes: &mut [u8]) {
        SysRng.try_fill_bytes(bytes).expect("the operating system's random generator answers");
    }
}
