//! Calls that the process makes itself under somebody's key, for a person who has shown in another way that the key is
//! theirs. They begin behind the check of the secret, because nobody has the secret, and are any other call from there on:
//! standing, network, endpoint, model, limits and budget are asked, and what happened is recorded.
//!
//! Always true: nothing that comes over a network leads here. A call is made of values and not of a request, so that no
//! header of a client takes part in it. Whoever calls this answers for who may use the key.

use crate::body::Body;
use crate::caller::Caller;
use crate::error::{self, Asked};
use crate::gateway::{Gateway, may_call};
use crate::route::Address;
use bytes::Bytes;
use domain::denial::Denial;
use domain::id::KeyId;
use domain::model::Endpoint;
use http::header::{CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderValue, Response};
use http_body_util::Full;
use std::net::IpAddr;
use std::sync::Arc;

/// What is called, and for whom.
#[derive(Debug)]
pub struct OwnCall {
    pub key: KeyId,
    /// One whose body names the model.
    pub endpoint: Endpoint,
    /// JSON in the endpoint's format.
    pub body: Bytes,
    /// What the record says instead of a client's user agent.
    pub agent: &'static str,
    /// Where the person is.
    pub peer: IpAddr,
}

impl Gateway {
    /// Answers in the endpoint's format, as [`Gateway::handle`] does.
    pub async fn call_without_secret(self: &Arc<Self>, call: OwnCall) -> Response<Body> {
        let OwnCall { key, endpoint, body, agent, peer } = call;
        let event = self.next_event();
        let skin = endpoint.format();
        let nobody = Asked { event, skin, record: None, settings: &self.settings };
        if let Err(denial) = self.directory.ready() {
            return error::refuse(&denial, &nobody);
        }
        let Some(record) = self.directory.key(key) else { return error::refuse(&Denial::KeyRevoked, &nobody) };
        let headers = HeaderMap::from_iter([
            (CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (USER_AGENT, HeaderValue::from_static(agent)),
        ]);
        let (begun_at, peer) = (self.clock.now(), peer.to_canonical());
        let caller =
            Caller { event, record, secret_version: None, peer, headers, skin, begun_at, arrived_at: begun_at };
        if let Err(denial) = may_call(&caller.record, peer, Some(endpoint), begun_at) {
            return self.deny(&caller, Some(endpoint), "", &denial);
        }
        self.call(caller, endpoint, Address::default(), Full::new(body)).await
    }
}
