//! Decides whether a request is addressed to us, to which surface, and from which client address, before anything routes it.
//!
//! Always true afterwards: the path begins with `/`, the host is one of ours, spelled as the grammar allows and named once,
//! and the address of the client is known. The names of this installation come from the configuration alone.
//! Health checks are answered whatever their `Host` is, because probes send addresses.

use std::net::IpAddr;

use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri, header};
use ipnet::IpNet;

use super::client_address::client_address;
use super::origin::{Origin, is_loopback_name};

pub const LONGEST_URI: usize = 8 * 1024;
pub const MOST_HEADERS: usize = 100;

/// The names under which this installation is reached.
#[derive(Debug, Clone)]
pub struct Site {
    pub public_origin: Origin,
    /// May be the same as `public_origin`.
    pub gateway_origin: Origin,
    pub trusted_proxies: Vec<IpNet>,
    /// On a developer's machine, `localhost` and `127.0.0.1` are the same place; the portal has one name because of cookies.
    pub accepts_loopback_names: bool,
}

/// Who answers a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surface {
    Portal,
    Gateway,
    Probe,
}

impl Surface {
    pub fn of(path: &str) -> Self {
        if matches!(path, "/healthz" | "/readyz" | "/metrics") {
            return Self::Probe;
        }
        let first = path[path.len().min(1)..].split('/').next().unwrap_or("");
        match first {
            "v1" | "openai" => Self::Gateway,
            beta if beta.starts_with("v1beta") => Self::Gateway,
            _ => Self::Portal,
        }
    }
}

/// A request that may go on. Carried as an extension for handlers that need the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Admitted {
    pub surface: Surface,
    pub client: IpAddr,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Admit(Admitted),
    /// To the same path at the public origin.
    Redirect(String),
    Refuse(Surface, Refusal),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    UriTooLong,
    TooManyHeaders,
    MalformedTarget,
    NoHost,
    SeveralHosts,
    MalformedHost,
    HostMismatch,
    UnknownHost,
    OtherSurface,
}

pub fn decide(site: &Site, method: &Method, uri: &Uri, headers: &HeaderMap, peer: IpAddr) -> Verdict {
    let surface = Surface::of(uri.path());
    match check(site, method, uri, headers, surface) {
        Ok(Entry::Direct) => {
            Verdict::Admit(Admitted { surface, client: client_address(peer, headers, &site.trusted_proxies) })
        }
        Ok(Entry::ByOtherName) => {
            let path = uri.path_and_query().map_or("/", |path| path.as_str());
            Verdict::Redirect(site.public_origin.join(path))
        }
        Err(refusal) => Verdict::Refuse(surface, refusal),
    }
}

enum Entry {
    Direct,
    ByOtherName,
}

fn check(site: &Site, method: &Method, uri: &Uri, headers: &HeaderMap, surface: Surface) -> Result<Entry, Refusal> {
    let target = uri.path_and_query().map_or("", |path| path.as_str());
    if target.len() > LONGEST_URI {
        return Err(Refusal::UriTooLong);
    }
    if headers.len() > MOST_HEADERS {
        return Err(Refusal::TooManyHeaders);
    }
    if !target.starts_with('/') || method == Method::CONNECT {
        return Err(Refusal::MalformedTarget);
    }
    if surface == Surface::Probe {
        return Ok(Entry::Direct);
    }

    let host = named_host(uri, headers)?;
    let is_public = site.public_origin.is_named_by(host);
    let is_gateway = site.gateway_origin.is_named_by(host);
    let is_home = match surface {
        Surface::Gateway => is_gateway,
        Surface::Portal | Surface::Probe => is_public,
    };
    if is_home {
        return Ok(Entry::Direct);
    }
    let (name, port) = split_host(host).ok_or(Refusal::MalformedHost)?;
    if is_public || is_gateway {
        return Err(Refusal::OtherSurface);
    }
    let is_other_name =
        site.accepts_loopback_names && is_loopback(name) && port.unwrap_or(80) == site.public_origin.port();
    match (is_other_name, surface) {
        (false, _) => Err(Refusal::UnknownHost),
        // Calls carry their own credential and no cookie, and client libraries do not follow a redirected POST.
        (true, Surface::Gateway) => Ok(Entry::Direct),
        (true, _) => Ok(Entry::ByOtherName),
    }
}

/// The one host that the request names, in the `Host` header, the request target (`:authority` in HTTP/2), or both alike.
fn named_host<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Result<&'a str, Refusal> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let in_header = match (hosts.next(), hosts.next()) {
        (Some(_), Some(_)) => return Err(Refusal::SeveralHosts),
        (Some(host), None) => Some(host.to_str().map_err(|_| Refusal::MalformedHost)?),
        (None, _) => None,
    };
    let in_target = uri.authority().map(http::uri::Authority::as_str);
    let host = match (in_header, in_target) {
        (Some(host), Some(target)) if !host.eq_ignore_ascii_case(target) => {
            split_host(host).ok_or(Refusal::MalformedHost)?;
            return Err(Refusal::HostMismatch);
        }
        (Some(host), _) => host,
        (None, Some(target)) => target,
        (None, None) => return Err(Refusal::NoHost),
    };
    Ok(host)
}

/// `uri-host [ ":" port ]` of RFC 9110, 7.2, without the empty host that `http` URIs may not have.
fn split_host(text: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = if text.starts_with('[') {
        let end = text.find(']')? + 1;
        (&text[..end], &text[end..])
    } else {
        text.split_at(text.find(':').unwrap_or(text.len()))
    };
    let port = match port.strip_prefix(':') {
        None if port.is_empty() => None,
        Some("") => None,
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => Some(digits.parse().ok()?),
        _ => return None,
    };
    let is_valid = match host.strip_prefix('[') {
        Some(literal) => literal.strip_suffix(']')?.parse::<std::net::Ipv6Addr>().is_ok(),
        None => is_registered_name(host),
    };
    is_valid.then_some((host, port))
}

fn is_registered_name(host: &str) -> bool {
    let mut bytes = host.bytes();
    while let Some(byte) = bytes.next() {
        let is_allowed = match byte {
            b'%' => {
                let is_hex = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_hexdigit());
                is_hex(bytes.next()) && is_hex(bytes.next())
            }
            other => other.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(&other),
        };
        if !is_allowed {
            return false;
        }
    }
    !host.is_empty()
}

fn is_loopback(name: &str) -> bool {
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    match bare.parse::<IpAddr>() {
        Ok(address) => address.to_canonical().is_loopback(),
        Err(_) => is_loopback_name(name),
    }
}

impl Refusal {
    pub fn status(self) -> StatusCode {
        match self {
            Self::UriTooLong => StatusCode::URI_TOO_LONG,
            Self::TooManyHeaders => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::UnknownHost | Self::OtherSurface => StatusCode::MISDIRECTED_REQUEST,
            Self::MalformedTarget | Self::NoHost | Self::SeveralHosts | Self::MalformedHost | Self::HostMismatch => {
                StatusCode::BAD_REQUEST
            }
        }
    }

    pub fn code(self) -> &'static str {
        match self {
            Self::UriTooLong => "uri_too_long",
            Self::TooManyHeaders => "too_many_headers",
            Self::MalformedTarget => "malformed_target",
            Self::NoHost => "no_host",
            Self::SeveralHosts => "several_hosts",
            Self::MalformedHost => "malformed_host",
            Self::HostMismatch => "host_mismatch",
            Self::UnknownHost => "unknown_host",
            Self::OtherSurface => "wrong_host_for_path",
        }
    }

    /// What to do, without repeating anything that the request contained.
    pub fn advice(self, site: &Site, surface: Surface) -> String {
        let home = match surface {
            Surface::Gateway => &site.gateway_origin,
            Surface::Portal | Surface::Probe => &site.public_origin,
        };
        match self {
            Self::UriTooLong => "The address is longer than 8 KiB. Send long input in the body.".into(),
            Self::TooManyHeaders => "The request has more than 100 headers. Send fewer.".into(),
            Self::MalformedTarget => "The request target must be a path that begins with a slash.".into(),
            Self::NoHost => "The request names no host. Send one Host header.".into(),
            Self::SeveralHosts => "The request has several Host headers. Send exactly one.".into(),
            Self::MalformedHost => "The Host header must be a host name or address with an optional port.".into(),
            Self::HostMismatch => "The Host header and the request target name different hosts.".into(),
            Self::UnknownHost | Self::OtherSurface => format!(
                "This address is not served under the name that was used. Use {home} instead. \
                 (An administrator sets the name in the configuration as public_origin and gateway_origin.)"
            ),
        }
    }

    pub fn response(self, site: &Site, surface: Surface) -> Response<String> {
        let advice = self.advice(site, surface);
        match surface {
            Surface::Gateway => {
                let error = serde_json::json!({
                    "error": { "message": advice, "type": "invalid_request_error", "param": null, "code": self.code() }
                });
                plain_response(self.status(), "application/json", error.to_string())
            }
            Surface::Portal | Surface::Probe => {
                plain_response(self.status(), "text/plain; charset=utf-8", format!("{advice}\n"))
            }
        }
    }
}

/// The method and body survive the way to the right name (308), which a 302 would turn into a GET.
pub fn redirect(location: &str) -> Response<String> {
    let mut response = plain_response(StatusCode::PERMANENT_REDIRECT, "text/plain", String::new());
    match HeaderValue::from_str(location) {
        Ok(location) => {
            // Which name is right may change with the next start on this port.
            let headers = response.headers_mut();
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            headers.insert(header::LOCATION, location);
        }
        Err(_) => *response.status_mut() = StatusCode::BAD_REQUEST,
    }
    response
}

pub(super) fn plain_response(status: StatusCode, content_type: &'static str, body: String) -> Response<String> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let content_type = HeaderValue::from_static(content_type);
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(public: &str, gateway: &str) -> Site {
        Site {
            public_origin: Origin::parse(public).unwrap(),
            gateway_origin: Origin::parse(gateway).unwrap(),
            trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()],
            accepts_loopback_names: false,
        }
    }

    fn keys() -> Site {
        site("https://keys.example.com", "https://keys.example.com")
    }

    fn ask(site: &Site, uri: &str, hosts: &[&str]) -> Verdict {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(header::HOST, HeaderValue::from_bytes(host.as_bytes()).unwrap());
        }
        let peer = "192.0.2.1".parse().unwrap();
        decide(site, &Method::GET, &uri.parse().unwrap(), &headers, peer)
    }

    fn refusal(site: &Site, uri: &str, hosts: &[&str]) -> Option<Refusal> {
        match ask(site, uri, hosts) {
            Verdict::Refuse(_, refusal) => Some(refusal),
            _ => None,
        }
    }

    #[test]
    fn only_our_names_are_answered() {
        let site = keys();
        for good in ["keys.example.com", "KEYS.example.com:443"] {
            assert_eq!(refusal(&site, "/keys", &[good]), None, "{good}");
        }
        for other in [
            "example.com",
            "keys.example.com:80",
            "keys.example.com.",
            "127.0.0.1",
            "[::1]",
            "keys.example.com.evil.test",
            "localhost",
            "a%41b",
        ] {
            assert_eq!(refusal(&site, "/", &[other]), Some(Refusal::UnknownHost), "{other}");
        }
    }

    #[test]
    fn a_host_is_named_once_and_by_the_grammar() {
        let site = keys();
        let good = "keys.example.com";
        assert_eq!(refusal(&site, "/", &[]), Some(Refusal::NoHost));
        assert_eq!(refusal(&site, "/", &[good, good]), Some(Refusal::SeveralHosts));
        for malformed in [
            "",
            "a/admin?x#y",
            "user@keys.example.com",
            "keys.example.com:443x",
            "keys.example.com:99999",
            "a b",
            "a,b c",
            "a%4",
            "a%zz",
            "[::1",
            "[::1]x",
            "[v1.a]",
            "::1",
            "\u{fc}ber.example",
            "keys.example.com\\x",
        ] {
            let refusal = refusal(&site, "/", &[malformed]);
            assert_eq!(refusal, Some(Refusal::MalformedHost), "{malformed}");
        }
    }

    #[test]
    fn the_request_target_may_not_name_another_host() {
        let site = keys();
        let good = "keys.example.com";
        let absolute = "https://keys.example.com/keys";
        assert_eq!(refusal(&site, absolute, &[good]), None);
        assert_eq!(refusal(&site, absolute, &[]), None);
        assert_eq!(refusal(&site, absolute, &["evil.test"]), Some(Refusal::HostMismatch));
        assert_eq!(refusal(&site, "https://evil.test/", &[good]), Some(Refusal::HostMismatch));
        assert_eq!(refusal(&site, "https://evil.test/", &[]), Some(Refusal::UnknownHost));
        assert_eq!(refusal(&site, "https://u@keys.example.com/", &[]), Some(Refusal::MalformedHost));
        assert_eq!(refusal(&site, "*", &[good]), Some(Refusal::MalformedTarget));
    }

    #[test]
    fn probes_are_answered_whatever_host_they_send() {
        for hosts in [&[][..], &["10.0.0.7:8080"], &["a", "b"]] {
            for path in ["/healthz", "/readyz", "/metrics"] {
                let verdict = ask(&keys(), path, hosts);
                assert!(
                    matches!(verdict, Verdict::Admit(Admitted { surface: Surface::Probe, .. })),
                    "{path} {verdict:?}"
                );
            }
        }
    }

    #[test]
    fn each_surface_keeps_to_its_host() {
        let site = site("https://keys.example.com", "https://llm.example.com");
        assert_eq!(refusal(&site, "/v1/models", &["llm.example.com"]), None);
        assert_eq!(refusal(&site, "/keys", &["keys.example.com"]), None);
        for (path, host) in [("/v1/models", "keys.example.com"), ("/keys", "llm.example.com")] {
            assert_eq!(refusal(&site, path, &[host]), Some(Refusal::OtherSurface));
        }
    }

    #[test]
    fn on_a_developers_machine_other_loopback_names_lead_to_the_public_one() {
        let mut site = site("http://127.0.0.1:8080", "http://127.0.0.1:8080");
        assert_eq!(refusal(&site, "/", &["localhost:8080"]), Some(Refusal::UnknownHost));
        site.accepts_loopback_names = true;
        for name in ["localhost:8080", "[::1]:8080", "127.0.0.2:8080", "a.localhost:8080"] {
            let to = "http://127.0.0.1:8080//evil.test/keys?q=1".to_owned();
            assert_eq!(ask(&site, "//evil.test/keys?q=1", &[name]), Verdict::Redirect(to));
            assert!(matches!(ask(&site, "/v1/models", &[name]), Verdict::Admit(_)));
        }
        for name in ["localhost:8081", "localhost", "192.168.0.2:8080", "example.com:8080"] {
            assert_eq!(refusal(&site, "/", &[name]), Some(Refusal::UnknownHost), "{name}");
        }
    }

    #[test]
    fn long_addresses_and_many_headers_are_refused() {
        let site = keys();
        let fits = format!("/{}", "a".repeat(LONGEST_URI - 1));
        assert_eq!(refusal(&site, &fits, &["keys.example.com"]), None);
        assert_eq!(refusal(&site, &format!("{fits}a"), &["keys.example.com"]), Some(Refusal::UriTooLong));
        let mut headers = HeaderMap::new();
        for _ in 0..=MOST_HEADERS {
            headers.append("x", HeaderValue::from_static("1"));
        }
        let verdict = decide(&site, &Method::GET, &Uri::from_static("/healthz"), &headers, [0; 4].into());
        assert_eq!(verdict, Verdict::Refuse(Surface::Probe, Refusal::TooManyHeaders));
    }

    #[test]
    fn paths_belong_to_surfaces_by_their_first_segment() {
        for (path, surface) in [
            ("/v1", Surface::Gateway),
            ("/v1/chat/completions", Surface::Gateway),
            ("/v1beta/models/x:generateContent", Surface::Gateway),
            ("/openai/deployments/x", Surface::Gateway),
            ("/v1x", Surface::Portal),
            ("/openaikeys", Surface::Portal),
            ("/keys/v1", Surface::Portal),
            ("/", Surface::Portal),
            ("", Surface::Portal),
            ("/readyz/", Surface::Portal),
        ] {
            assert_eq!(Surface::of(path), surface, "{path}");
        }
    }

    #[test]
    fn a_refusal_says_which_name_to_use_and_repeats_nothing() {
        let response = Refusal::UnknownHost.response(&keys(), Surface::Gateway);
        assert_eq!(response.status(), StatusCode::MISDIRECTED_REQUEST);
        assert!(response.body().contains("https://keys.example.com"));
        assert!(response.body().contains("\"unknown_host\""));
    }
}
