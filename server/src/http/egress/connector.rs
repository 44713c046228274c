//! The connector for calls to providers: plain TCP or TLS, HTTP/1.1, checked by the policy before and after resolution;
//! through the company's proxy where there is one.
//!
//! HTTP/1.1 only, because one slow reader of an HTTP/2 connection stalls its neighbours. Failing to connect within five
//! seconds, or being refused by the policy, is a connect error: nothing was sent, so another deployment may be tried.

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::rt::TokioIo;
use rustls::client::WebPkiServerVerifier;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tower::{BoxError, Service};

use super::peers::{Peer, Pinned};
use super::policy::EgressPolicy;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// For the proxy's connections to providers.
#[derive(Clone)]
pub struct UpstreamConnector {
    usual: HttpsConnector<CheckedConnector>,
    /// Hosts with pins or client certificates; never called in clear.
    known: Arc<BTreeMap<String, HttpsConnector<CheckedConnector>>>,
}

pub fn upstream_connector(policy: &EgressPolicy) -> Result<UpstreamConnector, rustls::Error> {
    let mut http = HttpConnector::new_with_resolver(CheckedResolver(policy.clone()));
    http.enforce_http(false);
    http.set_nodelay(true);
    http.set_connect_timeout(Some(CONNECT_TIMEOUT));
    http.set_keepalive(Some(Duration::from_secs(60)));
    let tunnel = policy.proxy().map(|proxy| {
        let tunnel = Tunnel::new(proxy.address().clone(), http.clone());
        match proxy.authorization() {
            Some(authorization) => tunnel.with_auth(authorization.clone()),
            None => tunnel,
        }
    });
    let checked = CheckedConnector { policy: policy.clone(), http, tunnel };
    let over_tls = |config| HttpsConnectorBuilder::new().with_tls_config(config);
    let usual = over_tls(tls_config(policy)?).https_or_http().enable_http1().wrap_connector(checked.clone());
    let mut known = BTreeMap::new();
    for (host, peer) in policy.peers() {
        let connector = over_tls(peer_config(policy, peer)?).https_only().enable_http1();
        known.insert(host.clone(), connector.wrap_connector(checked.clone()));
    }
    Ok(UpstreamConnector { usual, known: Arc::new(known) })
}

/// What both clients believe of a server: see [`Authorities`](super::Authorities).
pub fn tls_config(policy: &EgressPolicy) -> Result<ClientConfig, rustls::Error> {
    Ok(ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(policy.authorities().roots())
        .with_no_client_auth())
}

/// As [`tls_config`], narrowed to the pinned keys and with our own certificate.
pub(super) fn peer_config(policy: &EgressPolicy, peer: &Peer) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
    let roots: RootCertStore = policy.authorities().roots();
    let builder = if peer.pins.is_empty() {
        builder.with_root_certificates(roots)
    } else {
        let usual = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
        let usual = usual.map_err(|error| rustls::Error::General(error.to_string()))?;
        // Not dangerous: the usual verification comes first, and the pins only take away from it.
        builder.dangerous().with_custom_certificate_verifier(Arc::new(Pinned { usual, pins: peer.pins.clone() }))
    };
    match &peer.identity {
        None => Ok(builder.with_no_client_auth()),
        Some(identity) => {
            let (chain, key) = identity.parts();
            builder.with_client_auth_cert(chain, key)
        }
    }
}

type Secured = Pin<Box<dyn Future<Output = Result<MaybeHttpsStream<TokioIo<TcpStream>>, BoxError>> + Send>>;

impl Service<Uri> for UpstreamConnector {
    type Response = MaybeHttpsStream<TokioIo<TcpStream>>;
    type Error = BoxError;
    type Future = Secured;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.usual.poll_ready(cx)
    }

    fn call(&mut self, target: Uri) -> Secured {
        let host = target.host().unwrap_or_default().to_ascii_lowercase();
        match self.known.get(&host) {
            // Not asked whether it is ready: neither the resolver nor the TCP connector is ever not.
            Some(known) => known.clone().call(target),
            None => self.usual.call(target),
        }
    }
}

/// Asks the policy about the host as written; a literal address is never given to a resolver.
#[derive(Clone)]
struct CheckedConnector {
    policy: EgressPolicy,
    http: HttpConnector<CheckedResolver>,
    tunnel: Option<Tunnel<HttpConnector<CheckedResolver>>>,
}

type Connecting = Pin<Box<dyn Future<Output = Result<TokioIo<TcpStream>, BoxError>> + Send>>;

impl Service<Uri> for CheckedConnector {
    type Response = TokioIo<TcpStream>;
    type Error = BoxError;
    type Future = Connecting;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.http.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, target: Uri) -> Connecting {
        let host = target.host().unwrap_or_default();
        if let Err(refusal) = self.policy.check_host(host) {
            return Box::pin(async move { Err(refusal.into()) });
        }
        match self.tunnel.as_mut().filter(|_| self.policy.proxy_for(host).is_some()) {
            None => {
                let connecting = self.http.call(target);
                Box::pin(async move { connecting.await.map_err(Into::into) })
            }
            Some(tunnel) => {
                let connecting = tunnel.call(target);
                // The proxy has as long for its answer as it has for the connection to it.
                Box::pin(async move { Ok(timeout(2 * CONNECT_TIMEOUT, connecting).await??) })
            }
        }
    }
}

/// Resolves names and lets pass only the addresses that the policy permits.
#[derive(Clone)]
pub(super) struct CheckedResolver(pub(super) EgressPolicy);

impl CheckedResolver {
    pub(super) async fn resolve(self, name: String) -> io::Result<Vec<SocketAddr>> {
        let is_proxy = self.0.proxy().is_some_and(|proxy| proxy.is_at(&name));
        let found = tokio::net::lookup_host((name, 0)).await?;
        if is_proxy {
            return Ok(found.collect());
        }
        self.0
            .permitted(found, SocketAddr::ip)
            .map_err(|refusal| io::Error::new(io::ErrorKind::PermissionDenied, refusal))
    }
}

type Resolving = Pin<Box<dyn Future<Output = io::Result<std::vec::IntoIter<SocketAddr>>> + Send>>;

impl Service<Name> for CheckedResolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Resolving;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Resolving {
        let resolving = self.clone().resolve(name.as_str().to_owned());
        Box::pin(async move { Ok(resolving.await?.into_iter()) })
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tower::ServiceExt;

    use super::*;
    use crate::http::egress::{Except, Peers, Proxy};

    async fn connect(policy: &EgressPolicy, url: &str) -> Result<(), String> {
        let connector = upstream_connector(policy).unwrap();
        match connector.oneshot(url.parse().unwrap()).await {
            Ok(_) => Ok(()),
            Err(error) => {
                let mut text = error.to_string();
                let mut source = error.source();
                while let Some(inner) = source {
                    text = format!("{text}: {inner}");
                    source = inner.source();
                }
                Err(text)
            }
        }
    }

    #[tokio::test]
    async fn neither_a_literal_nor_a_name_leads_inside_unless_it_is_listed() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let strict = EgressPolicy::default();
        let open = EgressPolicy::new(["127.0.0.0/8".parse().unwrap()]);
        for host in ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"] {
            let url = format!("http://{host}:{port}/");
            let refused = connect(&strict, &url).await.unwrap_err();
            assert!(refused.contains("[egress] allow"), "{host}: {refused}");
        }
        for host in ["127.0.0.1", "localhost"] {
            let url = format!("http://{host}:{port}/");
            assert_eq!(connect(&open, &url).await, Ok(()), "{host}");
        }
    }

    /// Accepts one connection, notes the request line and the credential, and says yes.
    async fn proxy_once(listener: TcpListener) -> String {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut seen = Vec::new();
        while !seen.ends_with(b"\r\n\r\n") {
            seen.push(stream.read_u8().await.unwrap());
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        String::from_utf8(seen).unwrap().to_ascii_lowercase()
    }

    #[tokio::test]
    async fn what_is_behind_the_proxy_is_asked_of_it_by_name_and_what_is_excepted_is_not() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let except = vec![Except::parse("direct.invalid").unwrap()];
        let proxy = Proxy::new(Proxy::parse(&address).unwrap(), Some("kw:pw"), except);
        // The proxy stands inside, and is allowed by being named.
        let policy = EgressPolicy::default().through(Some(proxy));
        let seen = tokio::spawn(proxy_once(listener));
        assert_eq!(connect(&policy, "http://models.invalid:8443/").await, Ok(()));
        let seen = seen.await.unwrap();
        assert!(seen.starts_with("connect models.invalid:8443 http/1.1\r\n"), "{seen}");
        assert!(seen.contains("proxy-authorization: basic"), "{seen}");
        let refused = connect(&policy, "http://10.0.0.1:8443/").await.unwrap_err();
        assert!(refused.contains("[egress] allow"), "{refused}");
        let direct = connect(&policy, "http://direct.invalid:8443/").await.unwrap_err();
        assert!(direct.contains("dns") || direct.contains("lookup"), "{direct}");
    }

    #[tokio::test]
    async fn a_host_that_is_known_better_is_never_called_in_clear() {
        let mut peers = Peers::new();
        peers.insert("localhost".to_owned(), Peer::default());
        let policy = EgressPolicy::with_loopback().knowing(peers);
        let refused = connect(&policy, "http://localhost:9/").await.unwrap_err();
        assert!(refused.contains("scheme"), "{refused}");
    }
}
