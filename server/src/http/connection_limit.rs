//! Bounds how many connections are open at once, in all and from one address.
//!
//! An IPv6 client owns at least a /64 and could otherwise count as many clients, so those are counted by network.
//! Trusted proxies carry everybody's requests and are exempt from the bound per address, not from the total.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

use ipnet::IpNet;

#[derive(Debug, Clone)]
pub struct ConnectionLimit {
    pub total: usize,
    pub per_address: usize,
    pub exempt: Vec<IpNet>,
}

/// Why a connection is not served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    Process,
    Address,
}

/// The open connections of one listener.
#[derive(Clone)]
pub struct OpenConnections {
    limit: Arc<ConnectionLimit>,
    open: Arc<Mutex<Open>>,
}

#[derive(Default)]
struct Open {
    total: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// Counts one connection for as long as it lives.
pub struct Seat {
    open: Arc<Mutex<Open>>,
    address: Option<IpAddr>,
}

impl OpenConnections {
    pub fn new(limit: ConnectionLimit) -> Self {
        Self { limit: Arc::new(limit), open: Arc::default() }
    }

    pub fn admit(&self, peer: IpAddr) -> Result<Seat, Full> {
        let peer = peer.to_canonical();
        let is_exempt = self.limit.exempt.iter().any(|net| net.contains(&peer));
        let address = (!is_exempt).then(|| counted_as(peer));
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.total >= self.limit.total {
            return Err(Full::Process);
        }
        if let Some(address) = address {
            let count = open.by_address.entry(address).or_insert(0);
            if *count >= self.limit.per_address {
                return Err(Full::Address);
            }
            *count += 1;
        }
        open.total += 1;
        Ok(Seat { open: Arc::clone(&self.open), address })
    }

    pub fn count(&self) -> usize {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.total
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.total -= 1;
        if let Some(address) = self.address
            && let Some(count) = open.by_address.get_mut(&address)
        {
            *count -= 1;
            if *count == 0 {
                open.by_address.remove(&address);
            }
        }
    }
}

fn counted_as(peer: IpAddr) -> IpAddr {
    match peer {
        IpAddr::V4(_) => peer,
        IpAddr::V6(v6) => {
            let network = u128::from(v6) & (u128::MAX << 64);
            IpAddr::V6(Ipv6Addr::from(network))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(total: usize, per_address: usize) -> OpenConnections {
        OpenConnections::new(ConnectionLimit { total, per_address, exempt: vec!["10.0.0.0/8".parse().unwrap()] })
    }

    fn refused(open: &OpenConnections, peer: &str) -> Option<Full> {
        open.admit(peer.parse().unwrap()).err()
    }

    #[test]
    fn an_address_is_bounded_and_gets_its_place_back() {
        let open = limit(100, 2);
        let first = open.admit("192.0.2.1".parse().unwrap());
        let _second = open.admit("::ffff:192.0.2.1".parse().unwrap());
        assert_eq!(refused(&open, "192.0.2.1"), Some(Full::Address));
        assert_eq!(refused(&open, "192.0.2.2"), None);
        drop(first);
        assert_eq!(refused(&open, "192.0.2.1"), None);
        assert_eq!(open.count(), 1);
    }

    #[test]
    fn one_ipv6_network_is_one_address() {
        let open = limit(100, 1);
        let _seat = open.admit("2001:db8::1".parse().unwrap());
        assert_eq!(refused(&open, "2001:db8::2"), Some(Full::Address));
        assert_eq!(refused(&open, "2001:db8:0:1::1"), None);
    }

    #[test]
    fn trusted_proxies_are_bounded_by_the_total_only() {
        let open = limit(3, 1);
        let seats = [(); 3].map(|()| open.admit("10.0.0.1".parse().unwrap()).ok());
        assert!(seats.iter().all(Option::is_some));
        assert_eq!(refused(&open, "10.0.0.1"), Some(Full::Process));
        drop(seats);
        assert_eq!(open.count(), 0);
        assert!(open.open.lock().unwrap().by_address.is_empty());
    }
}
