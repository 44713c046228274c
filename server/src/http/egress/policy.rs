//! Which places Keywright may call, and whose word it takes that a place is what it says.
//!
//! Public addresses are allowed. Addresses inside (loopback, private, link-local) are allowed where `[egress] allow`
//! lists their network, since models of one's own are a normal use; the refusal says which line to add.
//! Metadata services of clouds are never allowed, whatever is listed.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use url::Host;

use super::address::{Kind, kind, plain};
use super::authorities::Authorities;
use super::peers::Peers;
use super::way_out::Proxy;

#[derive(Clone, Default)]
pub struct EgressPolicy {
    allow: Arc<[IpNet]>,
    authorities: Authorities,
    proxy: Option<Proxy>,
    peers: Arc<Peers>,
}

/// Without the certificates, which fill a screen, and the private keys.
impl fmt::Debug for EgressPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EgressPolicy").field("allow", &self.allow).finish_non_exhaustive()
    }
}

/// Why a target may not be called. Its text is for administrators, who may see addresses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("{0} is a metadata service of a cloud, which hands out credentials; it is never called")]
    Metadata(IpAddr),
    #[error(
        "{0} is not a public address; to allow it, add it to the configuration: [egress] allow = [\"{net}\"]",
        net = IpNet::from(*.0)
    )]
    Inside(IpAddr),
    #[error("{0} is an address that nothing can be reached at")]
    Reserved(IpAddr),
    #[error("{0} is not a host name")]
    NotAHost(String),
}

impl Refusal {
    /// The refusal that made a client of this policy fail, if that was the cause.
    pub fn within<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Self> {
        let mut cause = Some(error);
        while let Some(error) = cause {
            // What an `io::Error` wraps is not its source.
            let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
            let refusal = match wrapped {
                Some(wrapped) => wrapped.downcast_ref(),
                None => error.downcast_ref(),
            };
            if refusal.is_some() {
                return refusal;
            }
            cause = error.source();
        }
        None
    }
}

impl EgressPolicy {
    pub fn new(allow: impl IntoIterator<Item = IpNet>) -> Self {
        Self { allow: allow.into_iter().collect(), ..Self::default() }
    }

    /// The same places, with certificates by these authorities believed, too.
    pub fn believing(self, authorities: Authorities) -> Self {
        Self { authorities, ..self }
    }

    /// The same places, called through a proxy.
    pub fn through(self, proxy: Option<Proxy>) -> Self {
        Self { proxy, ..self }
    }

    /// The same places, some of them known better.
    pub fn knowing(self, peers: Peers) -> Self {
        Self { peers: Arc::new(peers), ..self }
    }

    /// The proxy that calls to this host go through.
    pub(super) fn proxy_for(&self, host: &str) -> Option<&Proxy> {
        self.proxy.as_ref().filter(|proxy| proxy.serves(host))
    }

    pub(super) fn proxy(&self) -> Option<&Proxy> {
        self.proxy.as_ref()
    }

    pub(super) fn peers(&self) -> &Peers {
        &self.peers
    }

    pub fn authorities(&self) -> &Authorities {
        &self.authorities
    }

    /// For a developer's machine, where the identity provider and the demo model are at home, too.
    pub fn with_loopback() -> Self {
        let v4 = Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8);
        let v6 = Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128);
        Self::new([v4.into(), v6.into()])
    }

    pub fn check_address(&self, address: IpAddr) -> Result<(), Refusal> {
        let target = plain(address);
        let is_listed = || self.allow.iter().any(|net| net.contains(&target));
        match kind(target) {
            Kind::Public => Ok(()),
            Kind::Metadata => Err(Refusal::Metadata(target)),
            _ if is_listed() => Ok(()),
            Kind::Loopback | Kind::Private | Kind::LinkLocal => Err(Refusal::Inside(target)),
            Kind::Reserved => Err(Refusal::Reserved(target)),
        }
    }

    /// Checks a host as written in a URL, in any spelling that some resolver would take for an address
    /// (`2130706433`, `0x7f.1`, `[::ffff:127.0.0.1]`). A name is checked again when its addresses are known.
    pub fn check_host(&self, host: &str) -> Result<(), Refusal> {
        match Host::parse(host) {
            Ok(Host::Ipv4(address)) => self.check_address(address.into()),
            Ok(Host::Ipv6(address)) => self.check_address(address.into()),
            Ok(Host::Domain(_)) => Ok(()),
            Err(_) => Err(Refusal::NotAHost(host.to_owned())),
        }
    }

    /// Keeps the addresses that may be called; refuses if there is none, with the reason for the first.
    pub fn permitted<T>(
        &self,
        addresses: impl IntoIterator<Item = T>,
        ip: impl Fn(&T) -> IpAddr,
    ) -> Result<Vec<T>, Refusal> {
        let mut refused = None;
        let mut permitted = Vec::new();
        for address in addresses {
            match self.check_address(ip(&address)) {
                Ok(()) => permitted.push(address),
                Err(refusal) => refused = refused.or(Some(refusal)),
            }
        }
        match refused {
            Some(refusal) if permitted.is_empty() => Err(refusal),
            _ => Ok(permitted),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowing(nets: &[&str]) -> EgressPolicy {
        EgressPolicy::new(nets.iter().map(|net| net.parse().unwrap()))
    }

    #[test]
    fn addresses_inside_are_refused_however_they_are_spelled() {
        let policy = allowing(&[]);
        for host in [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f.1",
            "0x7f000001",
            "017700000001",
            "0177.0.0.1",
            "127.0.0.1.",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[64:ff9b::7f00:1]",
            "%31%32%37.0.0.1",
            "10.0.0.1",
            "0",
        ] {
            let refusal = policy.check_host(host).unwrap_err();
            assert!(matches!(refusal, Refusal::Inside(_)), "{host}: {refusal}");
        }
        assert_eq!(policy.check_host("api.openai.com"), Ok(()));
        assert_eq!(policy.check_host("1.1.1.1"), Ok(()));
        assert!(policy.check_host("a b").is_err());
        assert!(policy.check_host("::1").is_err());
    }

    #[test]
    fn the_refusal_says_which_line_to_add_and_that_line_helps() {
        let refusal = allowing(&[]).check_host("10.1.2.3").unwrap_err();
        assert!(refusal.to_string().contains("[egress] allow = [\"10.1.2.3/32\"]"));
        assert_eq!(allowing(&["10.1.2.3/32"]).check_host("10.1.2.3"), Ok(()));
        assert_eq!(allowing(&["127.0.0.0/8"]).check_host("[::ffff:127.0.0.1]"), Ok(()));
        assert!(allowing(&["10.1.2.3/32"]).check_host("10.1.2.4").is_err());
        for host in ["127.0.0.1", "[::1]"] {
            assert_eq!(EgressPolicy::with_loopback().check_host(host), Ok(()));
        }
    }

    #[test]
    fn metadata_services_cannot_be_allowed() {
        let policy = allowing(&["0.0.0.0/0", "::/0"]);
        for host in ["169.254.169.254", "2852039166", "[fd00:ec2::254]", "[::ffff:a9fe:a9fe]"] {
            assert!(matches!(policy.check_host(host), Err(Refusal::Metadata(_))), "{host}");
        }
    }

    #[test]
    fn of_several_addresses_only_permitted_ones_remain() {
        let addresses: Vec<IpAddr> = ["10.0.0.1", "1.1.1.1"].map(|ip| ip.parse().unwrap()).into();
        let policy = allowing(&[]);
        let kept = policy.permitted(addresses.clone(), |ip| *ip).unwrap();
        assert_eq!(kept, addresses[1..]);
        assert!(policy.permitted(addresses[..1].to_vec(), |ip| *ip).is_err());
    }
}
