//! The way out: sends an admitted call to a provider and gives back the answer as it begins.
//!
//! An [`Outbound`] can only be made from an admitted call, or for one about a stored response, which costs nothing: nothing
//! unmetered can leave. Redirects are never
//! followed: the client below follows none, and a redirect is an error to the caller. Connecting (its timeout, which
//! addresses are allowed, `TCP_NODELAY`) is the connector's business, which comes from outside.

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
use hyper_util::client::legacy::connect::{Connect, capture_connection};
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::time::Duration;

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

fn answered<B>(result: Result<Response<B>, Error>) -> Result<Response<UpstreamBody>, SendError>
where
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    match result {
        Ok(response) => Ok(response.map(|body| body.map_err(Into::into).boxed_unsync())),
        Err(error) if error.is_connect() => Err(SendError::NotSent(error.into())),
        Err(error) => Err(SendError::Broken(error.into())),
    }
}

impl<C: Connect + Clone + Send + Sync + 'static> Upstream for HyperUpstream<C> {
    fn send(&self, outbound: Outbound) -> BoxFuture<'static, Result<Response<UpstreamBody>, SendError>> {
        let Outbound { mut request, connect_within } = outbound;
        let connection = connect_within.map(|within| (capture_connection(&mut request), within));
        let mut response = self.client.request(request);
        Box::pin(async move {
            if let Some((connection, within)) = connection {
                let first = tokio::time::timeout(within, &mut response).await;
                match first {
                    Ok(result) => return answered(result),
                    // The request is sent by the future above, in the same step that tells of its connection: as long
                    // as there is none, nothing was sent, and nothing will be once the future is dropped.
                    Err(late) if connection.connection_metadata().is_none() => {
                        return Err(SendError::NotSent(late.into()));
                    }
                    Err(_) => {}
                }
            }
            answered(response.await)
        })
    }
}
