//! Whether an address can be a provider's: what can be told from its text alone. Where it leads is checked again on every
//! connection.

use domain::refusal::{AddressProblem, Reason};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use url::{Host, Url};

const LONGEST: usize = 512;

/// The address without a slash at its end, or what is wrong with it.
pub(super) fn check_address(text: &str) -> Result<String, Reason> {
    let problem = |problem| Err(Reason::AddressNotUsable(problem));
    let text = text.trim();
    if text.is_empty() {
        return Err(Reason::Missing);
    }
    let (Ok(url), true) = (Url::parse(text), text.len() <= LONGEST) else {
        return problem(AddressProblem::NotAnAddress);
    };
    let Some(host) = url.host() else { return problem(AddressProblem::NotAnAddress) };
    if !url.username().is_empty() || url.password().is_some() {
        return problem(AddressProblem::Credentials);
    }
    if url.query().is_some() || url.fragment().is_some() {
        return problem(AddressProblem::QueryOrFragment);
    }
    if is_cloud_metadata(&host) {
        return problem(AddressProblem::CloudMetadata);
    }
    match url.scheme() {
        "https" => {}
        "http" if is_near(&host) => {}
        "http" => return problem(AddressProblem::PlainOutside),
        _ => return problem(AddressProblem::Scheme),
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// The services that hand out the machine's own cloud credentials.
fn is_cloud_metadata(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => matches!(*name, "metadata.google.internal" | "metadata" | "instance-data"),
        Host::Ipv4(address) => is_metadata_v4(*address),
        Host::Ipv6(address) => {
            *address == Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)
                || address.to_ipv4().is_some_and(is_metadata_v4)
        }
    }
}

fn is_metadata_v4(address: Ipv4Addr) -> bool {
    matches!(address.octets(), [169, 254, ..] | [100, 100, 100, 200] | [192, 0, 0, 192])
}

/// One's own machine or network, where models run without certificates.
fn is_near(host: &Host<&str>) -> bool {
    let near = |address: IpAddr| match address {
        IpAddr::V4(address) => address.is_loopback() || address.is_private(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local(),
    };
    match host {
        Host::Domain(name) => {
            !name.contains('.') || [".internal", ".local", ".localhost"].iter().any(|end| name.ends_with(end))
        }
        Host::Ipv4(address) => near(IpAddr::V4(*address)),
        Host::Ipv6(address) => near(IpAddr::V6(*address)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use AddressProblem::*;

    #[test]
    fn an_address_is_taken_as_a_provider_writes_it() {
        assert_eq!(check_address(" https://api.openai.com/v1/ "), Ok("https://api.openai.com/v1".into()));
        assert_eq!(check_address("http://localhost:11434/v1"), Ok("http://localhost:11434/v1".into()));
        for near in
            ["http://127.0.0.1:8000", "http://10.1.2.3", "http://[::1]:1", "http://vllm:8000", "http://x.internal"]
        {
            assert!(check_address(near).is_ok(), "{near}");
        }
    }

    #[test]
    fn what_cannot_be_a_provider_is_refused_with_its_reason() {
        let rows = [
            ("not an address", NotAnAddress),
            ("file:///etc/passwd", NotAnAddress),
            ("ftp://api.example.com", Scheme),
            ("http://api.example.com/v1", PlainOutside),
            ("http://8.8.8.8", PlainOutside),
            ("https://user:secret@api.example.com", Credentials),
            ("https://api.example.com/v1?key=secret", QueryOrFragment),
            ("https://api.example.com/#x", QueryOrFragment),
            ("http://169.254.169.254/latest", CloudMetadata),
            ("http://2852039166/", CloudMetadata),
            ("http://0xa9.0xfe.0xa9.0xfe/", CloudMetadata),
            ("http://[::ffff:169.254.169.254]/", CloudMetadata),
            ("https://metadata.google.internal/", CloudMetadata),
        ];
        for (text, problem) in rows {
            assert_eq!(check_address(text), Err(Reason::AddressNotUsable(problem)), "{text}");
        }
        assert_eq!(check_address("  "), Err(Reason::Missing));
    }
}
