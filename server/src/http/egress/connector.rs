//! The connector for calls to providers: plain TCP or TLS, HTTP/1.1, checked by the policy before and after resolution.
//!
//! HTTP/1.1 only, because one slow reader of an HTTP/2 connection stalls its neighbours. Failing to connect within five
//! seconds, or being refused by the policy, is a connect error: nothing was sent, so another deployment may be tried.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tower::{BoxError, Service};

use super::policy::EgressPolicy;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// For `hyper_util`'s client.
pub type UpstreamConnector = HttpsConnector<CheckedConnector>;

pub fn upstream_connector(policy: &EgressPolicy) -> Result<UpstreamConnector, rustls::Error> {
    let mut http = HttpConnector::new_with_resolver(CheckedResolver(policy.clone()));
    http.enforce_http(false);
    http.set_nodelay(true);
    http.set_connect_timeout(Some(CONNECT_TIMEOUT));
    http.set_keepalive(Some(Duration::from_secs(60)));
    let checked = CheckedConnector { policy: policy.clone(), http };
    Ok(HttpsConnectorBuilder::new()
        .with_tls_config(tls_config(policy)?)
        .https_or_http()
        .enable_http1()
        .wrap_connector(checked))
}

/// What both clients believe of a server: see [`Authorities`](super::Authorities).
pub fn tls_config(policy: &EgressPolicy) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(policy.authorities().roots())
        .with_no_client_auth())
}

/// Asks the policy about the host as written; a literal address is never given to a resolver.
#[derive(Clone)]
pub struct CheckedConnector {
    policy: EgressPolicy,
    http: HttpConnector<CheckedResolver>,
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
        if let Err(refusal) = self.policy.check_host(target.host().unwrap_or_default()) {
            return Box::pin(async move { Err(refusal.into()) });
        }
        let connecting = self.http.call(target);
        Box::pin(async move { connecting.await.map_err(Into::into) })
    }
}

/// Resolves names and lets pass only the addresses that the policy permits.
#[derive(Clone)]
pub(super) struct CheckedResolver(pub(super) EgressPolicy);

impl CheckedResolver {
    pub(super) async fn resolve(self, name: String) -> io::Result<Vec<SocketAddr>> {
        let found = tokio::net::lookup_host((name, 0)).await?;
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
    use tokio::net::TcpListener;
    use tower::ServiceExt;

    use super::*;

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
}
