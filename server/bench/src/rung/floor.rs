//! The two lowest steps: a pass-through, and one that looks at the key.

use bytes::Bytes;
use domain::key_secret::{PresentedToken, TokenKind, same_tag};
use domain::time::Clock as _;
use http::header::{AUTHORIZATION, CONNECTION};
use http::uri::{Authority, Scheme};
use http::{HeaderMap, Request, Response, StatusCode, Uri};
use http_body_util::{Either, Empty};
use hyper::body::Incoming;
use proxy::ports::Directory as _;
use proxy::{Answer, Connections};
use server::clock::SystemClock;
use server::gateway::directory::Directory;
use server::http::egress::UpstreamConnector;
use std::net::SocketAddr;
use std::sync::Arc;

#[derive(Clone)]
pub struct PassThrough {
    /// The proxy's own.
    connections: Arc<Connections<UpstreamConnector, Incoming>>,
    provider: Authority,
    /// Whose keys are asked for, if any.
    directory: Option<Arc<Directory>>,
}

pub type Passed = Either<Answer<Incoming>, Empty<Bytes>>;

impl PassThrough {
    pub fn new(connector: UpstreamConnector, provider: SocketAddr, directory: Option<Arc<Directory>>) -> Self {
        let provider = provider.to_string().parse().expect("an address is an authority");
        Self { connections: Arc::new(Connections::new(connector)), provider, directory }
    }

    pub async fn answer(self, mut request: Request<Incoming>) -> Response<Passed> {
        match &self.directory {
            Some(directory) if !is_known(request.headers(), directory) => refused(StatusCode::UNAUTHORIZED),
            _ => {
                let mut parts = std::mem::take(request.uri_mut()).into_parts();
                parts.scheme = Some(Scheme::HTTP);
                parts.authority = Some(self.provider.clone());
                *request.uri_mut() = Uri::from_parts(parts).unwrap_or_default();

                request.headers_mut().remove(CONNECTION);
                match self.connections.send(request, None).await {
                    Ok(response) => response.map(Either::Left),
                    Err(_) => refused(StatusCode::BAD_GATEWAY),
                }
            }
        }
    }
}

fn refused(status: StatusCode) -> Response<Passed> {
    let mut response = Response::new(Either::Right(Empty::new()));
    *response.status_mut() = status;
    response
}

/// What the proxy does to recognise a caller: shape, checksum, look-up, HMAC, standing.
fn is_known(headers: &HeaderMap, directory: &Directory) -> bool {
    let now = SystemClock.now();
    let presented = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let token = presented.and_then(|text| PresentedToken::parse(text).ok());
    let Some(token) = token.filter(|token| token.kind == TokenKind::VirtualKey) else { return false };
    let Some(record) = directory.key(token.key) else { return false };
    let is_right = record.secrets.iter().filter(|secret| secret.is_live(now)).any(|secret| {
        let pepper = directory.pepper(secret.pepper_version);
        pepper.is_some_and(|pepper| same_tag(&token.tag(&pepper), &secret.tag))
    });
    is_right && record.key.expires_at > now
}
