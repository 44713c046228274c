//! How long one provider may take, where an installation's own figures do not fit it: a slow server of one's own, or a
//! fast one that is better given up early.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// `None`: as the installation has it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderTimeouts {
    pub connect_ms: Option<u32>,
    /// Until an answer begins, counted anew for each attempt.
    pub first_byte_ms: Option<u32>,
    pub between_events_ms: Option<u32>,
}

impl ProviderTimeouts {
    /// What may be entered: long enough to mean something, short enough to end.
    pub const SHORTEST_MS: u32 = 100;
    pub const LONGEST_MS: u32 = 3_600_000;

    pub fn connect(&self) -> Option<Duration> {
        self.connect_ms.map(from_ms)
    }
    pub fn first_byte(&self) -> Option<Duration> {
        self.first_byte_ms.map(from_ms)
    }
    pub fn between_events(&self) -> Option<Duration> {
        self.between_events_ms.map(from_ms)
    }

    /// True if all of them are within what may be entered.
    pub fn are_sound(&self) -> bool {
        let all = [self.connect_ms, self.first_byte_ms, self.between_events_ms];
        all.into_iter().flatten().all(|ms| (Self::SHORTEST_MS..=Self::LONGEST_MS).contains(&ms))
    }
}

fn from_ms(ms: u32) -> Duration {
    Duration::from_millis(u64::from(ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_neither_nothing_nor_for_ever() {
        let with = |ms| ProviderTimeouts { first_byte_ms: Some(ms), ..ProviderTimeouts::default() };
        assert!(ProviderTimeouts::default().are_sound() && with(100).are_sound() && with(3_600_000).are_sound());
        assert!(!with(0).are_sound() && !with(99).are_sound() && !with(3_600_001).are_sound());
    }
}
