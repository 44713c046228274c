//! An origin (scheme, host, port) as configured, in the one spelling that browsers send.

use std::fmt;

use url::{Host, Url};

/// `https://keys.example.com` or `http://127.0.0.1:8080`: no path, lower case, default port left out.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Origin {
    url: Url,
    text: String,
    host: String,
}

impl Origin {
    /// Says what is wrong in words that complete "… is not an origin: ".
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let url = Url::parse(text).map_err(|_| "write it like https://keys.example.com")?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err("it must begin with https:// (or http:// on this machine)");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("it must not contain a user name or password");
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err("it must end after the host and port, without a path");
        }
        let host = url.host_str().ok_or("it must name a host")?;
        let host = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        let text = format!("{}://{host}", url.scheme());
        Ok(Self { url, text, host })
    }

    /// As in the `Origin` header.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// As in the `Host` header.
    pub fn host(&self) -> &str {
        &self.host
    }

    pub fn port(&self) -> u16 {
        self.url.port_or_known_default().unwrap_or_default()
    }

    pub fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    pub fn is_loopback(&self) -> bool {
        match self.url.host() {
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            Some(Host::Domain(name)) => is_loopback_name(name),
            None => false,
        }
    }

    /// Does this `Host` header, with or without the default port, name this origin?
    pub fn is_named_by(&self, host_header: &str) -> bool {
        if host_header.eq_ignore_ascii_case(&self.host) {
            return true;
        }
        let default_port = if self.is_https() { ":443" } else { ":80" };
        self.url.port().is_none()
            && host_header.strip_suffix(default_port).is_some_and(|host| host.eq_ignore_ascii_case(&self.host))
    }

    /// The address of `path`, which begins with a slash.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.text)
    }
}

/// `localhost` and names below it always mean this machine (RFC 6761).
pub(super) fn is_loopback_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_has_one_spelling() {
        for (written, read) in [
            ("HTTPS://Keys.Example.COM:443/", "https://keys.example.com"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://[::1]:80", "http://[::1]"),
        ] {
            assert_eq!(Origin::parse(written).unwrap().as_str(), read);
        }
        for wrong in ["keys.example.com", "ftp://a", "https://a/keys", "https://a?x", "https://u@a", "https://", ""] {
            assert!(Origin::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_default_port_may_be_spelled_out_and_no_other() {
        let origin = Origin::parse("https://keys.example.com").unwrap();
        assert!(origin.is_named_by("KEYS.example.com"));
        assert!(origin.is_named_by("keys.example.com:443"));
        for other in ["keys.example.com:80", "keys.example.com:", "example.com"] {
            assert!(!origin.is_named_by(other), "{other}");
        }
        let origin = Origin::parse("http://127.0.0.1:8080").unwrap();
        assert!(!origin.is_named_by("127.0.0.1"));
        assert!(!origin.is_named_by("127.0.0.1:8080:80"));
    }

    #[test]
    fn loopback_is_recognised_in_every_spelling() {
        for text in ["http://localhost:1", "http://a.localhost", "http://127.9.9.9", "http://[::1]"] {
            assert!(Origin::parse(text).unwrap().is_loopback(), "{text}");
        }
        assert!(!Origin::parse("http://localhost.example.com").unwrap().is_loopback());
    }
}
