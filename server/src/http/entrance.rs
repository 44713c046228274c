//! The way from a connection to whoever answers: gate, readiness, probe, then gateway or portal, and headers on the way out.
//!
//! The gateway is called directly, without the portal's router and layers, because it is the hot path.

use std::convert::Infallible;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::body::Body;
use axum::response::IntoResponse;
use bytes::Bytes;
use domain::id::EventId;
use http::{HeaderName, HeaderValue, Request, Response};
use hyper::body::Incoming;
use tower::{Service, ServiceExt};

use super::front_gate::{self, Admitted, Site, Surface, Verdict};
use super::health::Readiness;
use super::security_headers;

/// By which people and logs name one request. Every answer has it, whoever made the answer.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Answers calls to models. `client` is the address of the caller, with trusted proxies seen through.
pub trait Gateway: Clone + Send + Sync + 'static {
    type Body: http_body::Body<Data = Bytes, Error: Into<axum::BoxError>> + Send + 'static;

    fn call(&self, request: Request<Incoming>, client: IpAddr) -> impl Future<Output = Response<Self::Body>> + Send;

    /// An id of the same series as those of calls, for what is answered by others.
    fn next_request(&self) -> EventId;

    /// Ends running streams with a word about why.
    fn cut_streams(&self);
}

/// Everything that a connection needs to answer requests; give `|request, peer| entrance.clone().answer(request, peer)`
/// to [`super::accept::serve`]. `portal` is the finished router, cheap to clone.
#[derive(Clone)]
pub struct Entrance<G, P> {
    pub site: Arc<Site>,
    pub readiness: Readiness,
    pub gateway: G,
    pub portal: P,
}

impl<G, P> Entrance<G, P>
where
    G: Gateway,
    P: Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send> + Clone + Send + 'static,
{
    pub async fn answer(self, request: Request<Incoming>, peer: SocketAddr) -> Response<Body> {
        let is_https = self.site.public_origin.is_https();
        let verdict = front_gate::decide(&self.site, request.method(), request.uri(), request.headers(), peer.ip());
        let mut response = match verdict {
            Verdict::Admit(admitted) => self.dispatch(request, admitted).await,
            Verdict::Redirect(location) => front_gate::redirect(&location).into_response(),
            Verdict::Refuse(surface, refusal) => {
                tracing::debug!(
                    client.address = %peer.ip(),
                    reason = refusal.code(),
                    "refused a request at the front gate"
                );
                let id = self.gateway.next_request();
                named(refusal.response(&self.site, surface, id).into_response(), id)
            }
        };
        security_headers::apply(response.headers_mut(), is_https);
        response
    }

    async fn dispatch(self, request: Request<Incoming>, admitted: Admitted) -> Response<Body> {
        if admitted.surface == Surface::Probe {
            return self.readiness.probe(request.uri().path()).into_response();
        }
        if admitted.surface == Surface::Gateway && self.readiness.serves() {
            // On the heap: a call's future is large, and the layers above would each copy it.
            let response = Box::pin(self.gateway.call(request, admitted.client)).await;
            return response.map(Body::new);
        }
        let id = self.gateway.next_request();
        if let Some(refusal) = self.readiness.refusal(admitted.surface, id) {
            return named(refusal.into_response(), id);
        }
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(admitted);
        match self.portal.oneshot(request).await {
            Ok(response) => named(response, id),
            Err(never) => match never {},
        }
    }
}

/// Gives an answer its id, unless it has one that it shows.
fn named(mut response: Response<Body>, id: EventId) -> Response<Body> {
    if let Ok(id) = HeaderValue::try_from(id.to_string()) {
        response.headers_mut().entry(REQUEST_ID).or_insert(id);
    }
    response
}
