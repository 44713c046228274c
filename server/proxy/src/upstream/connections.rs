//! Connections to providers, kept for the next call: HTTP/1.1, one call at a time on each.
//!
//! Always true: a request that may have reached a provider is never sent a second time; one that a kept connection gave
//! back unsent, because the provider had closed it, goes out on another. A connection is kept only if its answer was
//! read to the end.

mod kept;

use super::{BoxError, SendError};
use bytes::Bytes;
use http::header::HOST;
use http::uri::{Authority, PathAndQuery, Scheme, Uri};
use http::{HeaderValue, Request, Response};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::rt::{Read, Write};
use kept::Kept;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::timeout;
use tower::Service;

/// Where a connection leads to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Place {
    scheme: Scheme,
    authority: Authority,
}

/// Over connections of any connector; `B` is the body of requests.
pub struct Connections<C, B> {
    connector: C,
    kept: Arc<Kept<Place, SendRequest<B>>>,
}

/// Opens connections for `Connections`.
pub trait Connector:
    Service<Uri, Response: Read + Write + Unpin + Send + 'static, Error: Into<BoxError>, Future: Send> + Clone + Send + Sync
{
}

impl<C> Connector for C where
    C: Service<Uri, Response: Read + Write + Unpin + Send + 'static, Error: Into<BoxError>, Future: Send>
        + Clone
        + Send
        + Sync
{
}

impl<C: Connector, B: Body<Data: Send, Error: Into<BoxError>> + Send + 'static> Connections<C, B> {
    pub fn new(connector: C) -> Self {
        Self { connector, kept: Arc::default() }
    }

    /// Sends a request, whose URI is absolute, and answers as the answer begins.
    pub async fn send(
        &self,
        mut request: Request<B>,
        connect_within: Option<Duration>,
    ) -> Result<Response<Answer<B>>, SendError> {
        let place = address(&mut request)?;
        loop {
            let kept = self.kept(&place).await;
            let is_new = kept.is_none();
            let mut sender = match kept {
                Some(sender) => sender,
                None => self.connect(&place, connect_within).await?,
            };
            match sender.try_send_request(request).await {
                Ok(response) => {
                    let lease = Lease { sender, place, kept: Arc::clone(&self.kept) };
                    return Ok(response.map(|body| Answer { body, lease: Some(lease) }));
                }
                Err(mut refused) => match refused.take_message() {
                    None => return Err(SendError::Broken(refused.into_error().into())),
                    Some(_) if is_new => return Err(SendError::NotSent(refused.into_error().into())),
                    Some(unsent) => request = unsent,
                },
            }
        }
    }

    /// A kept connection that can be used at once.
    async fn kept(&self, place: &Place) -> Option<SendRequest<B>> {
        loop {
            let mut sender = self.kept.take(place)?;
            // Its last answer was read to the end: it is closed, or done with it in a moment.
            if !sender.is_closed() && sender.ready().await.is_ok() {
                return Some(sender);
            }
        }
    }

    async fn connect(&self, place: &Place, within: Option<Duration>) -> Result<SendRequest<B>, SendError> {
        let connecting = async {
            let mut connector = self.connector.clone();
            std::future::poll_fn(|cx| connector.poll_ready(cx)).await.map_err(Into::into)?;
            let connected = connector.call(place.uri().map_err(BoxError::from)?).await.map_err(Into::into)?;
            Ok::<_, BoxError>(handshake(connected).await?)
        };
        let connected = match within {
            Some(within) => timeout(within, connecting).await.unwrap_or_else(|late| Err(late.into())),
            None => connecting.await,
        };
        let (sender, connection) = connected.map_err(SendError::NotSent)?;
        tokio::spawn(async move {
            // Whoever sends or reads on it is told; an idle one that ends is nobody's business.
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection to a provider ended");
            }
        });
        Ok(sender)
    }
}

impl Place {
    fn uri(&self) -> Result<Uri, http::Error> {
        Uri::builder().scheme(self.scheme.clone()).authority(self.authority.clone()).path_and_query("/").build()
    }
}

/// Takes the place out of the request's URI, which is sent without it, and names it in the `host` header.
fn address<B>(request: &mut Request<B>) -> Result<Place, SendError> {
    let mut parts = std::mem::take(request.uri_mut()).into_parts();
    let (Some(scheme), Some(authority)) = (parts.scheme.take(), parts.authority.take()) else {
        return Err(SendError::NotSent("the URI of a provider is not absolute".into()));
    };
    let default_port = if scheme == Scheme::HTTPS { 443 } else { 80 };
    let host = match authority.port_u16() {
        Some(port) if port != default_port => HeaderValue::from_str(authority.as_str()),
        _ => HeaderValue::from_str(authority.host()),
    };
    request.headers_mut().insert(HOST, host.map_err(|error| SendError::NotSent(error.into()))?);
    parts.path_and_query.get_or_insert(PathAndQuery::from_static("/"));
    *request.uri_mut() = Uri::from_parts(parts).map_err(|error| SendError::NotSent(error.into()))?;
    Ok(Place { scheme, authority })
}

/// The body of an answer, whose connection is kept once it was read to its end.
pub struct Answer<B> {
    body: Incoming,
    lease: Option<Lease<B>>,
}

struct Lease<B> {
    sender: SendRequest<B>,
    place: Place,
    kept: Arc<Kept<Place, SendRequest<B>>>,
}

impl<B> Answer<B> {
    fn has_ended(&mut self) {
        if let Some(Lease { sender, place, kept }) = self.lease.take() {
            kept.put(place, sender);
        }
    }
}

impl<B> Body for Answer<B> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        let frame = Pin::new(&mut this.body).poll_frame(cx);
        match &frame {
            Poll::Ready(None) => this.has_ended(),
            Poll::Ready(Some(Err(_))) => this.lease = None,
            _ => {}
        }
        frame.map_err(Into::into)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<B> Drop for Answer<B> {
    /// An answer without a body may never be polled.
    fn drop(&mut self) {
        if self.body.is_end_stream() {
            self.has_ended();
        }
    }
}
