//! What kind of place an IP address is, looking through the forms that embed an IPv4 address in an IPv6 one.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Public,
    /// Hands out cloud credentials to whoever asks from the inside.
    Metadata,
    Loopback,
    Private,
    LinkLocal,
    /// Multicast, documentation, reserved: nothing that one could mean.
    Reserved,
}

const METADATA_V4: [Ipv4Addr; 6] = [
    Ipv4Addr::new(169, 254, 169, 254), // most clouds
    Ipv4Addr::new(169, 254, 170, 2),   // Amazon ECS tasks
    Ipv4Addr::new(169, 254, 170, 23),  // Amazon EKS pod identities
    Ipv4Addr::new(100, 100, 100, 200), // Alibaba
    Ipv4Addr::new(192, 0, 0, 192),     // Oracle
    Ipv4Addr::new(168, 63, 129, 16),   // Azure
];
const METADATA_V6: [Ipv6Addr; 3] = [
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254), // Amazon EC2
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23),  // Amazon EKS pod identities
    Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),  // Google
];

pub(super) fn kind(address: IpAddr) -> Kind {
    match plain(address) {
        IpAddr::V4(v4) => kind_v4(v4),
        IpAddr::V6(v6) => kind_v6(v6),
    }
}

/// The IPv4 address that packets to this one would reach, if it embeds one.
pub(super) fn plain(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else {
        return address;
    };
    let [a, b, c, d, e, f, g, h] = v6.segments();
    let v4 = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        IpAddr::V4(Ipv4Addr::new(a, b, c, d))
    };
    match [a, b, c, d, e, f] {
        // IPv4-mapped, IPv4-compatible (but :: and ::1 are themselves), NAT64, 6to4.
        [0, 0, 0, 0, 0, 0xffff] => v4(g, h),
        [0, 0, 0, 0, 0, 0] if g != 0 || h > 1 => v4(g, h),
        [0, 0, 0, 0, 0xffff, 0] => v4(g, h),
        [0x64, 0xff9b, 0, 0, 0, 0] => v4(g, h),
        [0x2002, high, low, ..] => v4(high, low),
        _ => address,
    }
}

fn kind_v4(ip: Ipv4Addr) -> Kind {
    let [a, b, c, _] = ip.octets();
    match (a, b, c) {
        _ if METADATA_V4.contains(&ip) => Kind::Metadata,
        (127, ..) | (0, ..) => Kind::Loopback,
        (10, ..) | (172, 16..=31, _) | (192, 168, _) | (100, 64..=127, _) => Kind::Private,
        (169, 254, _) => Kind::LinkLocal,
        (192, 0, 0) | (192, 0, 2) | (198, 18..=19, _) | (198, 51, 100) | (203, 0, 113) => Kind::Reserved,
        (224.., ..) => Kind::Reserved,
        _ => Kind::Public,
    }
}

fn kind_v6(ip: Ipv6Addr) -> Kind {
    let segments = ip.segments();
    match (segments[0], segments[1]) {
        _ if METADATA_V6.contains(&ip) => Kind::Metadata,
        _ if ip.is_loopback() || ip.is_unspecified() => Kind::Loopback,
        (0xfc00..=0xfdff, _) => Kind::Private,
        (0xfe80..=0xfebf, _) => Kind::LinkLocal,
        (0xfec0..=0xfeff, _) => Kind::Private,
        // NAT64 for local use (RFC 8215): the prefix length is the network's choice, so the address cannot be read.
        (0x64, 0xff9b) => Kind::Private,
        // Teredo tunnels, and documentation.
        (0x2001, 0) | (0x2001, 0xdb8) => Kind::Reserved,
        (0x2000..=0x3fff, _) => Kind::Public,
        _ => Kind::Reserved,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_place_is_the_same_place() {
        for (address, expected) in [
            ("127.0.0.1", Kind::Loopback),
            ("0.0.0.0", Kind::Loopback),
            ("::", Kind::Loopback),
            ("::1", Kind::Loopback),
            ("::ffff:127.0.0.1", Kind::Loopback),
            ("::127.0.0.1", Kind::Loopback),
            ("64:ff9b::7f00:1", Kind::Loopback),
            ("::ffff:0:127.0.0.1", Kind::Loopback),
            ("2002:7f00:1::", Kind::Loopback),
            ("10.1.2.3", Kind::Private),
            ("172.31.255.255", Kind::Private),
            ("172.32.0.1", Kind::Public),
            ("100.64.0.1", Kind::Private),
            ("64:ff9b::c0a8:1", Kind::Private),
            ("64:ff9b:1::1", Kind::Private),
            ("fd12::1", Kind::Private),
            ("169.254.1.1", Kind::LinkLocal),
            ("fe80::1", Kind::LinkLocal),
            ("169.254.169.254", Kind::Metadata),
            ("::ffff:169.254.169.254", Kind::Metadata),
            ("64:ff9b::a9fe:a9fe", Kind::Metadata),
            ("2002:a9fe:a9fe::1", Kind::Metadata),
            ("fd00:ec2::254", Kind::Metadata),
            ("168.63.129.16", Kind::Metadata),
            ("224.0.0.1", Kind::Reserved),
            ("255.255.255.255", Kind::Reserved),
            ("ff02::1", Kind::Reserved),
            ("2001::1", Kind::Reserved),
            ("1.1.1.1", Kind::Public),
            ("2606:4700::1", Kind::Public),
        ] {
            assert_eq!(kind(address.parse().unwrap()), expected, "{address}");
        }
    }
}
