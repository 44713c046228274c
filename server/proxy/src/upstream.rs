//! The way out: sends an admitted call to a provider and gives back the answer as it begins.
//!
//! An [`Outbound`] can only be made from an admitted call, or for one about a stored response, which costs nothing: nothing
//! unmetered can leave. Redirects are never followed: nothing here follows one, and a redirect is an error to the caller.
//! Connecting (its timeout, which addresses are allowed, `TCP_NODELAY`) is the connector's business, which comes from
//! outside.

mod connections;

use crate::admit::Admitted;
use crate::crossing;
use crate::headers::{self, Kind};
use crate::ports::ProviderRecord;
use crate::request::Chain;
use crate::routing::Candidate;
use crate::target::Target;
use bytes::Bytes;
use domain::denial::Denial;
use domain::key_secret::SecretText;
use futures_util::future::BoxFuture;
use http::uri::{PathAndQuery, Uri};
use http::{HeaderMap, HeaderValue, Method, Request, Response};
use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;
use std::sync::Arc;
use std::time::Duration;

pub use connections::{Answer, AnswerOver, Connections, Connector, Payload, Transport};

pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
pub type UpstreamBody = UnsyncBoxBody<Bytes, BoxError>;

/// A request to a provider, with its credential.
pub struct Outbound {
    request: Request<Chain>,
    /// By the provider's own setting; otherwise as the connector has it.
    connect_within: Option<Duration>,
}

impl Outbound {
    pub(crate) fn new(
        admitted: &Admitted,
        candidate: &Candidate,
        credential: &SecretText,
        body: Chain,
    ) -> Result<Self, Denial> {
        let unusable = |_| Denial::ProviderError;
        let provider = &*candidate.provider;
        let (endpoint, model) = (candidate.endpoint, &candidate.deployment.upstream_model);
        let crossed = crossing::address(endpoint, admitted.streamed());
        let address = if endpoint == admitted.endpoint() { admitted.address() } else { &crossed };
        let target = Target { provider, endpoint, address, model };
        let path = target.path().ok_or_else(|| {
            tracing::error!(provider.name = %provider.name, "a deployment's model name cannot stand in a URL");
            Denial::ProviderError
        })?;
        let mut request = Request::new(body);
        *request.method_mut() = Method::POST;
        *request.uri_mut() = uri(provider, path)?;
        *request.headers_mut() =
            headers::for_provider(admitted.client_headers(), provider, credential, &admitted.kind())
                .map_err(unusable)?;
        Ok(Self { request, connect_within: provider.timeouts.connect() })
    }

    /// A request that costs nothing and has no body.
    pub(crate) fn free(
        method: Method,
        provider: &ProviderRecord,
        path: String,
        client: &HeaderMap,
        credential: &SecretText,
    ) -> Result<Self, Denial> {
        let kind = Kind { content: HeaderValue::from_static("application/json"), accept: "application/json" };
        let mut request = Request::new(Chain::from(Bytes::new()));
        *request.method_mut() = method;
        *request.uri_mut() = uri(provider, path)?;
        *request.headers_mut() =
            headers::for_provider(client, provider, credential, &kind).map_err(|_| Denial::ProviderError)?;
        Ok(Self { request, connect_within: provider.timeouts.connect() })
    }

    /// For implementations of [`Upstream`].
    pub fn into_request(self) -> Request<Chain> {
        self.request
    }
}

/// A path at a provider.
fn uri(provider: &ProviderRecord, path: String) -> Result<Uri, Denial> {
    let mut parts = provider.base_url.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(path).map_err(|_| Denial::ProviderError)?);
    Uri::from_parts(parts).map_err(|_| Denial::ProviderError)
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

/// Over kept connections of any connector.
pub struct HyperUpstream<C: Connector>(Arc<Connections<C, Chain>>);

impl<C: Connector> HyperUpstream<C> {
    pub fn new(connector: C) -> Self {
        Self(Arc::new(Connections::new(connector)))
    }
}

impl<C: Connector + 'static> Upstream for HyperUpstream<C> {
    fn send(&self, outbound: Outbound) -> BoxFuture<'static, Result<Response<UpstreamBody>, SendError>> {
        let (connections, Outbound { request, connect_within }) = (Arc::clone(&self.0), outbound);
        Box::pin(async move {
            let response = connections.send(request, connect_within).await?;
            Ok(response.map(BodyExt::boxed_unsync))
        })
    }
}
