//! How issuers are asked: through the bounded client of the edge, or over the short way to our own listener.
//!
//! The development provider lives under the public origin, which from inside a container or behind a published port
//! leads nowhere; the listener's address does.

use std::net::SocketAddr;

use openidconnect::{HttpRequest, HttpResponse};
use url::Url;

use crate::http::egress::{Outbound, OutboundError};
use crate::http::origin::Origin;

#[derive(Debug, Clone)]
pub struct IssuerHttp {
    outbound: Outbound,
    local: Option<LocalListener>,
}

/// Requests to `origin` go to `address` in plain http, with the `Host` that `origin` has.
#[derive(Debug, Clone)]
pub struct LocalListener {
    pub origin: Origin,
    pub address: SocketAddr,
}

impl IssuerHttp {
    pub fn new(outbound: Outbound, local: Option<LocalListener>) -> Self {
        Self { outbound, local }
    }

    pub(super) async fn send(&self, mut request: HttpRequest) -> Result<HttpResponse, OutboundError> {
        if let Some(local) = &self.local
            && let Some(near) = local.near(&request.uri().to_string())
        {
            *request.uri_mut() = near.parse().map_err(|_| OutboundError::NotAUrl)?;
            let host = local.origin.host().parse().map_err(|_| OutboundError::NotAUrl)?;
            request.headers_mut().insert(http::header::HOST, host);
        }
        self.outbound.send(request).await
    }
}

impl LocalListener {
    fn near(&self, url: &str) -> Option<String> {
        let url = Url::parse(url).ok()?;
        if url.origin().ascii_serialization() != self.origin.as_str() {
            return None;
        }
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        Some(format!("http://{}{}{query}", self.address, url.path()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_origin_takes_the_short_way() {
        let local = |address: &str| LocalListener {
            origin: Origin::parse("http://localhost:9090").unwrap(),
            address: address.parse().unwrap(),
        };
        let near = |url: &str| local("127.0.0.1:8080").near(url);
        assert_eq!(near("http://localhost:9090/a/b?c=d").as_deref(), Some("http://127.0.0.1:8080/a/b?c=d"));
        assert_eq!(local("[::1]:8080").near("http://LOCALHOST:9090/").as_deref(), Some("http://[::1]:8080/"));
        for elsewhere in ["http://localhost:9091/x", "https://localhost:9090/x", "https://idp.example.com/x", "/x"] {
            assert_eq!(near(elsewhere), None, "{elsewhere}");
        }
    }
}
