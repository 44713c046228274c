//! Short-lived values under the hashes of their tokens, in bounded memory: the oldest make room.

use std::collections::VecDeque;

use domain::time::Timestamp;

const MOST: usize = 256;

pub(super) struct Bounded<T> {
    lifetime_ms: i64,
    entries: VecDeque<([u8; 32], Timestamp, T)>,
}

impl<T: Clone> Bounded<T> {
    pub(super) fn new(lifetime_ms: i64) -> Self {
        Self { lifetime_ms, entries: VecDeque::new() }
    }

    pub(super) fn put(&mut self, hash: [u8; 32], value: T, now: Timestamp) {
        self.forget_old(now);
        if self.entries.len() == MOST {
            self.entries.pop_front();
        }
        self.entries.push_back((hash, now, value));
    }

    pub(super) fn get(&mut self, hash: &[u8; 32], now: Timestamp) -> Option<T> {
        self.forget_old(now);
        self.entries.iter().find(|(known, ..)| known == hash).map(|(.., value)| value.clone())
    }

    pub(super) fn take(&mut self, hash: &[u8; 32], now: Timestamp) -> Option<T> {
        self.forget_old(now);
        let place = self.entries.iter().position(|(known, ..)| known == hash)?;
        self.entries.remove(place).map(|(.., value)| value)
    }

    fn forget_old(&mut self, now: Timestamp) {
        self.entries.retain(|(_, at, _)| now.since(*at) < self.lifetime_ms);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_end_by_use_by_age_and_by_crowding() {
        let at = Timestamp::from_ms;
        let mut codes = Bounded::new(60_000);
        codes.put([1; 32], 'a', at(0));
        assert_eq!(codes.get(&[1; 32], at(59_999)), Some('a'));
        assert_eq!(codes.take(&[1; 32], at(59_999)), Some('a'));
        assert_eq!(codes.take(&[1; 32], at(59_999)), None);
        codes.put([2; 32], 'b', at(0));
        assert_eq!(codes.take(&[2; 32], at(60_000)), None);
        for number in 0..=MOST {
            codes.put([u8::try_from(number % 256).unwrap(); 32], 'c', at(0));
        }
        assert_eq!(codes.entries.len(), MOST);
    }
}
