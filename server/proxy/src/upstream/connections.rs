//! Connections to providers, kept for the next call: HTTP/1.1, one call at a time on each.
//!
//! Always true: a request that may have reached a provider is never sent a second time; one that a kept connection gave
//! back unsent, because the provider had closed it, goes out on another. A connection is kept only if its answer was
//! read to the end.
//!
//! A connection has no task: whoever waits for its answer drives it. So all that one read brought is passed on in one
//! piece, where a task of its own would hand over frame by frame, and each would be written to the client by itself.

mod kept;
mod link;

use super::{BoxError, SendError};
use bytes::Bytes;
use http::header::HOST;
use http::uri::{Authority, PathAndQuery, Scheme, Uri};
use http::{HeaderValue, Request, Response};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::client::conn::http1::handshake;
use hyper::rt::{Read, Write};
use kept::Kept;
use link::Link;
use std::pin::Pin;
use std::sync::{Arc, Once};
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
pub struct Connections<C: Connector, B: Payload> {
    connector: C,
    kept: Arc<Kept<Place, Link<C::Response, B>>>,
    /// The task that forgets what was kept too long.
    forgetting: Once,
}

/// What a connection runs over.
pub trait Transport: Read + Write + Unpin + Send + 'static {}

impl<T: Read + Write + Unpin + Send + 'static> Transport for T {}

/// Opens connections.
pub trait Connector:
    Service<Uri, Response: Transport, Error: Into<BoxError>, Future: Send> + Clone + Send + Sync
{
}

impl<C> Connector for C where
    C: Service<Uri, Response: Transport, Error: Into<BoxError>, Future: Send> + Clone + Send + Sync
{
}

/// The body of a request.
pub trait Payload: Body<Data: Send, Error: Into<BoxError>> + Send + 'static {}

impl<B: Body<Data: Send, Error: Into<BoxError>> + Send + 'static> Payload for B {}

impl<C: Connector, B: Payload> Connections<C, B> {
    pub fn new(connector: C) -> Self {
        Self { connector, kept: Arc::default(), forgetting: Once::new() }
    }

    /// Sends a request, whose URI is absolute, and answers as the answer begins.
    #[expect(clippy::manual_async_fn, reason = "the future of an async fn would hold the request twice")]
    pub fn send(
        &self,
        mut request: Request<B>,
        connect_within: Option<Duration>,
    ) -> impl Future<Output = Result<Response<AnswerOver<C, B>>, SendError>> + Send {
        async move {
            let place = address(&mut request)?;
            loop {
                let kept = self.kept(&place).await;
                let is_new = kept.is_none();
                let mut link = match kept {
                    Some(link) => link,
                    // On the heap: most calls find a connection, and none is to carry what making one needs.
                    None => Box::pin(self.connect(&place, connect_within)).await?,
                };
                match link.send(request).await {
                    Ok(response) => {
                        let lease = Lease { link, place, kept: Arc::clone(&self.kept) };
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
    }

    /// A kept connection that can be used at once.
    async fn kept(&self, place: &Place) -> Option<Link<C::Response, B>> {
        loop {
            let mut link = self.kept.take(place)?;
            if std::future::poll_fn(|cx| Poll::Ready(link.is_idle(cx))).await {
                return Some(link);
            }
        }
    }

    async fn connect(&self, place: &Place, within: Option<Duration>) -> Result<Link<C::Response, B>, SendError> {
        let connecting = async {
            let mut connector = self.connector.clone();
            std::future::poll_fn(|cx| connector.poll_ready(cx)).await.map_err(Into::into)?;
            let connected = connector.call(place.uri().map_err(BoxError::from)?).await.map_err(Into::into)?;
            let (sender, connection) = handshake(connected).await?;
            Ok::<_, BoxError>(Link::new(sender, connection))
        };
        let connected = match within {
            Some(within) => timeout(within, connecting).await.unwrap_or_else(|late| Err(late.into())),
            None => connecting.await,
        };
        self.forgetting.call_once(|| drop(tokio::spawn(kept::forget_the_old(Arc::downgrade(&self.kept)))));
        connected.map_err(SendError::NotSent)
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
    let host = HeaderValue::from_str(match authority.port_u16() {
        // An authority may have a password before its host.
        Some(port) if port != default_port => {
            authority.as_str().rsplit_once('@').map_or(authority.as_str(), |(_, own)| own)
        }
        _ => authority.host(),
    });
    request.headers_mut().insert(HOST, host.map_err(|error| SendError::NotSent(error.into()))?);
    parts.path_and_query.get_or_insert(PathAndQuery::from_static("/"));
    *request.uri_mut() = Uri::from_parts(parts).map_err(|error| SendError::NotSent(error.into()))?;
    Ok(Place { scheme, authority })
}

/// The body of an answer, whose connection is kept once it was read to its end.
pub struct Answer<T: Transport, B: Payload> {
    body: Incoming,
    lease: Option<Lease<T, B>>,
}

/// The answers that come over the connections of a connector.
pub type AnswerOver<C, B> = Answer<<C as Service<Uri>>::Response, B>;

struct Lease<T: Transport, B: Payload> {
    link: Link<T, B>,
    place: Place,
    kept: Arc<Kept<Place, Link<T, B>>>,
}

impl<T: Transport, B: Payload> Body for Answer<T, B> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Self { body, lease } = self.get_mut();
        let frame = match lease {
            Some(lease) => lease.link.poll(cx, |cx| Pin::new(&mut *body).poll_frame(cx)),
            None => Pin::new(&mut *body).poll_frame(cx),
        };
        let ended = match &frame {
            Poll::Ready(None) => true,
            // Who knows the length does not come again.
            Poll::Ready(Some(Ok(_))) => body.is_end_stream(),
            Poll::Ready(Some(Err(_))) | Poll::Pending => false,
        };
        if ended
            && let Some(Lease { mut link, place, kept }) = lease.take()
            && link.is_idle(cx)
        {
            kept.put(place, link);
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

#[cfg(test)]
mod tests;
