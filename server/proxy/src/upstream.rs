//! The way out: sends an admitted call to a provider and gives back the answer as it begins.
//!
//! An [`Outbound`] can only be made from an admitted call, so that nothing unmetered can leave. Redirects are never
//! followed: the client below follows none, and a redirect is an error to the caller. Connecting (its timeout, which
//! addresses are allowed, `TCP_NODELAY`) is the connector's business, which comes from outside.

use crate::admit::Admitted;
use crate::headers;
use crate::request::Chain;
use crate::routing::Candidate;
use crate::target::Target;
use bytes::Bytes;
use domain::denial::Denial;
use domain::key_secret::SecretText;
use futures_util::future::BoxFuture;
use http::uri::{PathAndQuery, Uri};
use http::{Method, Request, Response};
use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::Connect;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::time::Duration;

pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
pub type UpstreamBody = UnsyncBoxBody<Bytes, BoxError>;

/// A request to a provider, with its credential.
pub struct Outbound(Request<Chain>);

impl Outbound {
    pub(crate) fn new(
        admitted: &Admitted,
        candidate: &Candidate,
        credential: &SecretText,
        body: Chain,
    ) -> Result<Self, Denial> {
        let unusable = |_| Denial::ProviderError;
        let provider = &*candidate.provider;
        let (endpoint, model) = (admitted.endpoint(), &candidate.deployment.upstream_model);
        let target = Target { provider, endpoint, address: admitted.address(), model };
        let path = target.path().ok_or_else(|| {
            tracing::error!(provider.name = %provider.name, "a deployment's model name cannot stand in a URL");
            Denial::ProviderError
        })?;
        let mut parts = provider.base_url.clone().into_parts();
        parts.path_and_query = Some(PathAndQuery::try_from(path).map_err(|_| Denial::ProviderError)?);
        let mut request = Request::new(body);
        *request.method_mut() = Method::POST;
        *request.uri_mut() = Uri::from_parts(parts).map_err(|_| Denial::ProviderError)?;
        *request.headers_mut() =
            headers::for_provider(admitted.client_headers(), provider, credential, admitted.streamed())
                .map_err(unusable)?;
        Ok(Self(request))
    }

    /// For implementations of [`Upstream`].
    pub fn into_request(self) -> Request<Chain> {
        self.0
    }
}

/// Why there is no answer.
#[derive(Debug)]
pub enum SendError {
    /// No connection came about: the provider knows nothing of the call.
    NotSent(BoxError),
    /// The connection broke after the call may have been sent.
    Broken(BoxError),
}

/// Sends requests. The process has one; tests have providers of their own.
pub trait Upstream: Send + Sync {
    fn send(&self, outbound: Outbound) -> BoxFuture<'static, Result<Response<UpstreamBody>, SendError>>;
}

/// Over pooled connections of any connector.
pub struct HyperUpstream<C> {
    client: Client<C, Chain>,
}

impl<C: Connect + Clone + Send + Sync + 'static> HyperUpstream<C> {
    pub fn new(connector: C) -> Self {
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(60))
            .build(connector);
        Self { client }
    }
}

impl<C: Connect + Clone + Send + Sync + 'static> Upstream for HyperUpstream<C> {
    fn send(&self, outbound: Outbound) -> BoxFuture<'static, Result<Response<UpstreamBody>, SendError>> {
        let response = self.client.request(outbound.into_request());
        Box::pin(async move {
            match response.await {
                Ok(response) => Ok(response.map(|body| body.map_err(Into::into).boxed_unsync())),
                Err(error) if error.is_connect() => Err(SendError::NotSent(error.into())),
                Err(error) => Err(SendError::Broken(error.into())),
            }
        })
    }
}
