//! Decides whether a request is addressed to us, to which surface, and from which client address, before anything routes it.
//!
//! Always true afterwards: the path begins with `/`, the host is one of ours, spelled as the grammar allows and named once,
//! and the address of the client is known. The names of this installation come from the configuration alone.
//! Health checks are answered whatever their `Host` is, because probes send addresses.

use std::net::IpAddr;

use domain::id::EventId;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri, header};
use ipnet::IpNet;

use super::client_address::client_address;
use super::host::{is_loopback, split_host};
use super::origin::Origin;

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

    pub fn response(self, site: &Site, surface: Surface, request: EventId) -> Response<String> {
        let advice = self.advice(site, surface);
        match surface {
            Surface::Gateway => {
                let error = serde_json::json!({
                    "error": {
                        "message": advice,
                        "type": "invalid_request_error",
                        "param": null,
                        "code": self.code(),
                        "request_id": request.to_string(),
                    }
                });
                plain_response(self.status(), "application/json", error.to_string())
            }
            Surface::Portal | Surface::Probe => {
                plain_response(self.status(), "text/plain; charset=utf-8", format!("{advice}\nRequest {request}\n"))
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
mod tests;
