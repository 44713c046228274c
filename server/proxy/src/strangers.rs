//! Addresses from which keys come that nobody has: after twenty in a minute, what else they try is refused without a
//! closer word, until they slow down.
//!
//! Never decides about a good key, from whatever address, and knows nothing of key ids, so that nobody can be locked
//! out. Of fixed size, made once: an attack does not make it grow. Where more addresses fall on one place than it has
//! room for, the one that is closest to being forgiven is forgotten, which errs on the side of the refused.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Failures at once; as many again come back in a minute.
const BURST: u32 = 20;
const EVERY: Duration = Duration::from_secs(3);
const ADDRESSES: usize = 65_536;
const PER_SET: usize = 8;

/// A bucket that leaks: the hash of its source, and when it would be empty again in milliseconds. Bare numbers, since
/// a table of zeroes takes no memory until it is written to.
type Bucket = [u64; 2];

pub(crate) struct Strangers {
    origin: Instant,
    /// Which set an address falls on cannot be chosen from outside.
    hash: RandomState,
    sets: Mutex<Box<[[Bucket; PER_SET]]>>,
}

impl Default for Strangers {
    fn default() -> Self {
        let sets = vec![[[0; 2]; PER_SET]; ADDRESSES / PER_SET].into_boxed_slice();
        Self { origin: Instant::now(), hash: RandomState::new(), sets: Mutex::new(sets) }
    }
}

impl Strangers {
    /// Counts a failure; says how long to wait if there were too many.
    pub(crate) fn failed(&self, address: IpAddr, now: Instant) -> Option<Duration> {
        let source = self.hash.hash_one(source(address));
        let now = millis(now.saturating_duration_since(self.origin)) + 1;
        let mut sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        let at = usize::try_from(source % (sets.len() as u64)).unwrap_or(0);
        let bucket = sets[at].iter_mut().min_by_key(|[known, empty_at]| (*known != source, *empty_at))?;
        if bucket[0] != source {
            *bucket = [source, 0];
        }
        let full = millis(EVERY) * u64::from(BURST);
        let empty_at = bucket[1].max(now) + millis(EVERY);
        match empty_at.checked_sub(now + full).filter(|over| *over > 0) {
            Some(over) => Some(Duration::from_millis(over)),
            None => {
                bucket[1] = empty_at;
                None
            }
        }
    }
}

/// The address, or the network that one customer has: whoever has a /64 has all of its addresses.
fn source(address: IpAddr) -> u128 {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits() & !u128::from(u64::MAX),
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn twenty_at_once_and_one_every_three_seconds() {
        let (strangers, now) = (Strangers::default(), Instant::now());
        let from = address("192.0.2.1");
        for _ in 0..BURST {
            assert_eq!(strangers.failed(from, now), None);
        }
        let wait = strangers.failed(from, now).unwrap();
        assert!(wait <= EVERY && wait > EVERY - Duration::from_millis(50), "{wait:?}");
        assert_eq!(strangers.failed(address("192.0.2.2"), now), None, "others are others");
        assert_eq!(strangers.failed(address("::ffff:192.0.2.1"), now).unwrap(), wait, "the same in another dress");
        assert_eq!(strangers.failed(from, now + wait), None);
        assert!(strangers.failed(from, now + wait).is_some());
        // Refused attempts do not make the wait longer.
        assert_eq!(strangers.failed(from, now + wait + EVERY), None);
    }

    #[test]
    fn a_network_of_one_customer_is_one_source() {
        let (strangers, now) = (Strangers::default(), Instant::now());
        for host in 0..BURST {
            assert_eq!(strangers.failed(address(&format!("2001:db8::{host:x}")), now), None);
        }
        assert!(strangers.failed(address("2001:db8::ffff"), now).is_some());
        assert_eq!(strangers.failed(address("2001:db8:0:1::1"), now), None);
    }

    #[test]
    fn more_addresses_than_there_is_room_for_are_served_and_the_loudest_is_remembered() {
        let (strangers, now) = (Strangers::default(), Instant::now());
        let loud = address("192.0.2.1");
        while strangers.failed(loud, now).is_none() {}
        for number in 0..400_000u32 {
            let quiet = IpAddr::V4(std::net::Ipv4Addr::from_bits(0x0a00_0000 + number));
            assert_eq!(strangers.failed(quiet, now), None);
        }
        assert!(strangers.failed(loud, now).is_some());
    }
}
