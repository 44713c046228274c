//! The company's proxy for everything that leaves, and the places that are called directly all the same.
//!
//! Behind a proxy, names are resolved there: which addresses they lead to is then the proxy's business, and only hosts
//! written as addresses are still checked here. The proxy itself may stand inside; naming it is what allows it.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use http::{HeaderValue, Uri};
use ipnet::IpNet;
use url::{Host, Url};

/// An HTTP proxy that is asked to CONNECT, so that it sees names and no content.
#[derive(Clone)]
pub struct Proxy(Arc<Inner>);

struct Inner {
    /// `http://host:port`, without credentials.
    address: Uri,
    authorization: Option<HeaderValue>,
    except: Vec<Except>,
}

/// What is called without the proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Except {
    Host(String),
    /// `.example.internal`: the domain and everything below it.
    Domain(String),
    Net(IpNet),
}

/// Neither the address nor what is sent to the proxy is shown: both may tell more than they should.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Proxy")
    }
}

impl Proxy {
    /// Reads `http://host:port`.
    pub fn parse(text: &str) -> Result<Uri, &'static str> {
        const ADVICE: &str = "write it like http://proxy.example.com:3128, without a path";
        let url = Url::parse(text).map_err(|_| ADVICE)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err("leave out name and password; put them into the file of proxy_credential_file");
        }
        let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        if url.scheme() != "http" || !url.has_host() || !is_bare {
            return Err(ADVICE);
        }
        url.as_str().parse().map_err(|_| ADVICE)
    }

    /// `credential` is `name:password`.
    pub fn new(address: Uri, credential: Option<&str>, except: Vec<Except>) -> Self {
        let authorization = credential.and_then(|credential| {
            let encoded = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, credential);
            let mut value = HeaderValue::try_from(format!("Basic {encoded}")).ok()?;
            value.set_sensitive(true);
            Some(value)
        });
        Self(Arc::new(Inner { address, authorization, except }))
    }

    pub(super) fn address(&self) -> &Uri {
        &self.0.address
    }

    pub(super) fn authorization(&self) -> Option<&HeaderValue> {
        self.0.authorization.as_ref()
    }

    pub(super) fn is_at(&self, host: &str) -> bool {
        self.0.address.host().is_some_and(|own| own.eq_ignore_ascii_case(host))
    }

    /// True if calls to this host go through the proxy.
    pub(super) fn serves(&self, host: &str) -> bool {
        let address: Option<IpAddr> = match Host::parse(host) {
            Ok(Host::Ipv4(address)) => Some(address.into()),
            Ok(Host::Ipv6(address)) => Some(address.into()),
            _ => None,
        };
        // This machine is never behind a proxy.
        if crate::http::origin::is_loopback_name(host) || address.is_some_and(|address| address.is_loopback()) {
            return false;
        }
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        !self.0.except.iter().any(|except| match except {
            Except::Host(name) => *name == host,
            Except::Domain(domain) => host == domain[1..] || host.ends_with(domain.as_str()),
            Except::Net(net) => address.is_some_and(|address| net.contains(&address)),
        })
    }
}

impl Except {
    /// Reads a host name, `.domain`, address or network.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const ADVICE: &str = "write a host, a domain like .example.internal, or a network like 10.0.0.0/8";
        if let Ok(net) = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)) {
            return Ok(Self::Net(net));
        }
        let name = text.strip_prefix('.').unwrap_or(text);
        match Host::parse(name) {
            Ok(Host::Domain(name)) if text.starts_with('.') => Ok(Self::Domain(format!(".{name}"))),
            Ok(Host::Domain(name)) => Ok(Self::Host(name)),
            _ => Err(ADVICE),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy(except: &[&str]) -> Proxy {
        let except = except.iter().map(|text| Except::parse(text).unwrap()).collect();
        Proxy::new(Proxy::parse("http://proxy.example:3128").unwrap(), Some("kw:secret"), except)
    }

    #[test]
    fn everything_goes_through_the_proxy_but_what_is_listed_and_this_machine() {
        let proxy = proxy(&["models.example", ".internal", "10.0.0.0/8"]);
        for through in ["api.openai.com", "sub.models.example", "notinternal", "11.0.0.1", "internal.example"] {
            assert!(proxy.serves(through), "{through}");
        }
        for direct in
            ["models.example", "Models.Example.", "internal", "a.b.internal", "10.1.2.3", "localhost", "[::1]"]
        {
            assert!(!proxy.serves(direct), "{direct}");
        }
    }

    #[test]
    fn addresses_of_proxies_have_one_spelling() {
        assert!(Proxy::parse("http://proxy.example:3128").is_ok());
        for wrong in
            ["proxy.example:3128", "https://proxy.example", "http://a:b@proxy.example", "http://p/x", "socks5://p"]
        {
            assert!(Proxy::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_proxys_password_is_not_printed() {
        let shown = format!("{:?} {:?}", proxy(&[]), proxy(&[]).authorization());
        assert!(!shown.contains("secret") && !shown.contains("a3c6"), "{shown}");
    }
}
