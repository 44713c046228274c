//! The client for everything that is not a model call: issuers, connection tests, webhooks.
//!
//! Never follows a redirect, waits at most five seconds, reads at most 256 KiB, and speaks plain HTTP to this machine
//! only. The answer is returned whatever its status is; judging it is the caller's business.

use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::connector::{CheckedResolver, tls_config};
use super::policy::{EgressPolicy, Refusal};
use super::way_out::Proxy;

const TIMEOUT: Duration = Duration::from_secs(5);
/// No discovery document, key set or token answer is nearly as large.
pub const LARGEST_ANSWER: usize = 256 * 1024;

#[derive(Debug, Clone)]
pub struct Outbound {
    client: reqwest::Client,
    policy: EgressPolicy,
}

/// The texts name the target's host at most: a URL may carry a code or a token.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    #[error("the address cannot be called: {0}")]
    Refused(#[from] Refusal),
    #[error("the address must begin with https:// (http:// is for this machine only)")]
    NotHttps,
    #[error("the address is not a URL")]
    NotAUrl,
    #[error("no answer within {} seconds", TIMEOUT.as_secs())]
    TimedOut,
    #[error("the answer is larger than {} KiB", LARGEST_ANSWER / 1024)]
    TooLarge,
    #[error("cannot connect: {0}")]
    Connect(String),
    #[error("the exchange failed: {0}")]
    Failed(String),
}

impl Outbound {
    #[expect(clippy::disallowed_methods, reason = "this is the client that everything else is told to use")]
    pub fn new(policy: EgressPolicy) -> Result<Self, OutboundError> {
        let tls = tls_config(&policy).map_err(|error| OutboundError::Failed(error.to_string()))?;
        let mut builder = reqwest::Client::builder().no_proxy();
        if let Some(proxy) = policy.proxy() {
            builder = builder.proxy(reqwest_proxy(proxy));
        }
        let client = builder
            .redirect(reqwest::redirect::Policy::none())
            .timeout(TIMEOUT)
            .connect_timeout(TIMEOUT)
            .user_agent(concat!("keywright/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Arc::new(CheckedResolver(policy.clone())))
            .tls_backend_preconfigured(tls)
            .build()
            .map_err(OutboundError::from_reqwest)?;
        Ok(Self { client, policy })
    }

    /// Sends a request and reads its whole answer. The shape is what `openidconnect` asks of a client.
    pub async fn send(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, OutboundError> {
        let (head, body) = request.into_parts();
        let url = Url::parse(&head.uri.to_string()).map_err(|_| OutboundError::NotAUrl)?;
        self.check(&url)?;
        let sending = self.client.request(head.method, url).headers(head.headers).body(body);
        let answer = sending.send().await.map_err(OutboundError::from_reqwest)?;
        read_bounded(answer).await
    }

    pub async fn get(&self, url: &Url) -> Result<http::Response<Vec<u8>>, OutboundError> {
        self.check(url)?;
        let sending = self.client.get(url.clone()).send();
        read_bounded(sending.await.map_err(OutboundError::from_reqwest)?).await
    }

    /// reqwest does not ask its resolver about literal addresses, so they are checked here, before each call.
    fn check(&self, url: &Url) -> Result<(), OutboundError> {
        let host = url.host().ok_or(OutboundError::NotAUrl)?;
        let is_loopback = match &host {
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
            Host::Domain(name) => crate::http::origin::is_loopback_name(name),
        };
        match url.scheme() {
            "https" => {}
            "http" if is_loopback => {}
            _ => return Err(OutboundError::NotHttps),
        }
        Ok(self.policy.check_host(&host.to_string())?)
    }
}

fn reqwest_proxy(proxy: &Proxy) -> reqwest::Proxy {
    let rule = proxy.clone();
    let choose = move |url: &Url| url.host_str().filter(|host| rule.serves(host)).map(|_| rule.address().to_string());
    let choice = reqwest::Proxy::custom(choose);
    match proxy.authorization() {
        Some(authorization) => choice.custom_http_auth(authorization.clone()),
        None => choice,
    }
}

async fn read_bounded(mut answer: reqwest::Response) -> Result<http::Response<Vec<u8>>, OutboundError> {
    let mut body = Vec::new();
    while let Some(part) = answer.chunk().await.map_err(OutboundError::from_reqwest)? {
        if body.len() + part.len() > LARGEST_ANSWER {
            return Err(OutboundError::TooLarge);
        }
        body.extend_from_slice(&part);
    }
    let mut response = http::Response::new(body);
    *response.status_mut() = answer.status();
    *response.headers_mut() = std::mem::take(answer.headers_mut());
    Ok(response)
}

impl OutboundError {
    fn from_reqwest(error: reqwest::Error) -> Self {
        if error.is_timeout() {
            return Self::TimedOut;
        }
        let is_connect = error.is_connect();
        let error = error.without_url();
        if let Some(refusal) = Refusal::within(&error) {
            return Self::Refused(refusal.clone());
        }
        // The outer texts say only that something went wrong; the innermost cause says what.
        let mut cause: &dyn std::error::Error = &error;
        while let Some(inner) = cause.source() {
            cause = inner;
        }
        match is_connect {
            true => Self::Connect(cause.to_string()),
            false => Self::Failed(cause.to_string()),
        }
    }
}

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolving = self.clone().resolve(name.as_str().to_owned());
        Box::pin(async move {
            let addresses: Addrs = Box::new(resolving.await?.into_iter());
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::response::Redirect;
    use axum::routing::get;
    use tokio::net::TcpListener;

    use super::*;

    async fn outside() -> u16 {
        let routes = Router::new()
            .route("/", get(|| async { "hello" }))
            .route("/large", get(|| async { vec![b'x'; LARGEST_ANSWER + 1] }))
            .route("/away", get(|| async { Redirect::to("/") }));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move { axum::serve(listener, routes).await });
        port
    }

    async fn get_from(nets: &[&str], url: &str) -> Result<http::Response<Vec<u8>>, OutboundError> {
        let policy = EgressPolicy::new(nets.iter().map(|net| net.parse().unwrap()));
        Outbound::new(policy).unwrap().get(&url.parse().unwrap()).await
    }

    #[tokio::test]
    async fn answers_are_bounded_and_redirects_are_answers() {
        let port = outside().await;
        let local = &["127.0.0.0/8", "::1/128"];
        let answer = get_from(local, &format!("http://localhost:{port}/")).await.unwrap();
        assert_eq!(answer.body(), b"hello");
        let large = get_from(local, &format!("http://127.0.0.1:{port}/large")).await;
        assert!(matches!(large, Err(OutboundError::TooLarge)));
        let away = get_from(local, &format!("http://127.0.0.1:{port}/away")).await.unwrap();
        assert_eq!(away.status(), 303);
    }

    #[tokio::test]
    async fn the_inside_is_refused_by_literal_and_by_name() {
        for host in ["127.0.0.1", "localhost", "2130706433"] {
            let refused = get_from(&[], &format!("http://{host}:1/")).await;
            assert!(matches!(refused, Err(OutboundError::Refused(_))), "{host}: {refused:?}");
        }
    }

    #[tokio::test]
    async fn plain_http_leaves_the_machine_under_no_circumstances() {
        for url in ["http://example.com/", "http://10.0.0.1/", "ftp://localhost/"] {
            let refused = get_from(&["0.0.0.0/0"], url).await;
            assert!(matches!(refused, Err(OutboundError::NotHttps)), "{url}");
        }
    }
}
