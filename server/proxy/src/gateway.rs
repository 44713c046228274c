//! The gateway's one entrance: every request under `/v1`, `/v1beta` and `/openai` comes in here and leaves with an answer.
//!
//! Order of the checks, cheapest first and as the denials promise: path and method, readiness, credential, standing,
//! network, endpoint, body, model, limits, budget. A refusal of a recognised key is recorded; before that, counted.

use crate::admit::{self, Called};
use crate::answers;
use crate::attended::Attended;
use crate::body::Body;
use crate::caller::Caller;
use crate::error::{self, Asked};
use crate::forward::{self, asked};
use crate::head;
use crate::health::{Health, Healths};
use crate::holding::Holding;
use crate::multipart;
use crate::ports::{Directory, History, KeyRecord, Ledger, StoredResponses};
use crate::presented_key::{self, Recognised, UnrecognisedCounts};
use crate::request;
use crate::route::{self, Address, Route};
use crate::settings::Settings;
use crate::stored;
use crate::strangers::Strangers;
use crate::upstream::Upstream;
use bytes::Bytes;
use domain::call_terms::{may_come_from, may_use_endpoint};
use domain::denial::Denial;
use domain::id::{CredentialId, DeploymentId, EventId};
use domain::model::Endpoint;
use domain::time::{Clock, Timestamp};
use domain::virtual_key::KeyStanding;
use http::{Request, Response};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{Semaphore, oneshot};
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

/// What the gateway is built from.
pub struct Parts {
    pub directory: Arc<dyn Directory>,
    pub ledger: Arc<dyn Ledger>,
    pub history: Arc<dyn History>,
    pub stored: Arc<dyn StoredResponses>,
    pub clock: Arc<dyn Clock>,
    pub upstream: Arc<dyn Upstream>,
    /// Spreads calls over deployments; needs no secrecy.
    pub random: Box<dyn Fn() -> u64 + Send + Sync>,
    pub settings: Settings,
}

pub struct Gateway {
    pub(crate) directory: Arc<dyn Directory>,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) history: Arc<dyn History>,
    pub(crate) stored: Arc<dyn StoredResponses>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) upstream: Arc<dyn Upstream>,
    pub(crate) random: Box<dyn Fn() -> u64 + Send + Sync>,
    pub(crate) settings: Settings,
    pub(crate) drains: Arc<Semaphore>,
    pub(crate) healths: Arc<Healths>,
    pub(crate) holding: Arc<Holding>,
    strangers: Strangers,
    pub(crate) cutting: AtomicBool,
    pub(crate) calls: TaskTracker,
    unrecognised: UnrecognisedCounts,
}

impl Gateway {
    pub fn new(parts: Parts) -> Arc<Self> {
        let Parts { directory, ledger, history, stored, clock, upstream, random, settings } = parts;
        Arc::new(Self {
            directory,
            ledger,
            history,
            stored,
            clock,
            upstream,
            random,
            drains: Arc::new(Semaphore::new(settings.max_drains)),
            healths: Healths::new(),
            holding: Holding::new(settings.held_bytes),
            strangers: Strangers::default(),
            settings,
            cutting: AtomicBool::new(false),
            calls: TaskTracker::new(),
            unrecognised: UnrecognisedCounts::default(),
        })
    }

    /// An id for a request that others answer, never one of a call's.
    pub fn next_event(&self) -> EventId {
        self.ledger.next_event()
    }

    /// Failed authentication since the start, by reason.
    pub const fn unrecognised(&self) -> &UnrecognisedCounts {
        &self.unrecognised
    }

    /// Calls that are at a provider now.
    pub fn in_flight(&self) -> usize {
        self.calls.len()
    }

    /// How a deployment is doing, as far as calls have shown since the start.
    pub fn health(&self, deployment: DeploymentId, credential: CredentialId) -> Health {
        self.healths.of(deployment, credential)
    }

    /// Providers or credentials were changed: what was refused before is tried anew.
    pub fn policy_changed(&self) {
        self.healths.trust_credentials();
    }

    /// Ends running streams within about a second, each with an error event, settled.
    pub fn cut_streams(&self) {
        self.cutting.store(true, Ordering::Relaxed);
    }

    /// Resolves when no call is in flight any more.
    pub async fn drained(&self) {
        self.calls.close();
        self.calls.wait().await;
    }

    /// Answers one request. `peer` is the client's address as trusted proxies tell it.
    pub async fn handle<B>(self: &Arc<Self>, request: Request<B>, peer: IpAddr) -> Response<Body>
    where
        B: http_body::Body<Data = Bytes>,
    {
        let event = self.ledger.next_event();
        let (parts, body) = request.into_parts();
        let path = parts.uri.path();
        let skin = route::skin(path, &parts.headers);
        let nobody = Asked { event, skin, record: None, settings: &self.settings };
        let Some(route) = route::find(&parts.uri) else {
            let words = route::advice(path).unwrap_or_else(|| error::sentence(&Denial::NotFound, &nobody));
            return error::refuse_with(&Denial::NotFound, &words, &nobody);
        };
        let (methods, allow) = route.methods();
        if !methods.contains(&parts.method) {
            return error::refuse_method(allow, &nobody);
        }
        if let Err(denial) = self.directory.ready() {
            return error::refuse(&denial, &nobody);
        }
        let begun_at = self.clock.now();
        let query = parts.uri.query().filter(|_| route::is_gemini(path)).unwrap_or_default();
        let in_query = route::parameter(query, "key");
        let recognised = presented_key::recognise(
            &parts.headers,
            in_query.as_deref(),
            &*self.directory,
            &self.unrecognised,
            begun_at,
        );
        let Recognised { record, secret_version } = match recognised {
            Ok(recognised) => recognised,
            Err(denial) => return error::refuse(&self.weigh(denial, peer), &nobody),
        };
        let peer = peer.to_canonical();
        let headers = parts.headers;
        let secret_version = Some(secret_version);
        let caller = Caller { event, record, secret_version, peer, headers, skin, begun_at, arrived_at: begun_at };
        let endpoint = match route {
            Route::Call(endpoint, _) => Some(endpoint),
            Route::Stored(..) => Some(Endpoint::Responses),
            _ => None,
        };
        if let Err(denial) = may_call(&caller.record, peer, endpoint, begun_at) {
            return self.deny(&caller, endpoint, "", &denial);
        }
        match route {
            Route::Call(endpoint, address) => self.call(caller, endpoint, address, body).await,
            Route::Models => answers::respond(self, &caller, Ok(answers::models(self, &caller))),
            Route::Model(name) => answers::respond(self, &caller, answers::model(self, &caller, name)),
            Route::Key => answers::respond(self, &caller, Ok(answers::key(self, &caller))),
            Route::Request(id) => answers::respond(self, &caller, answers::request(self, &caller, id).await),
            Route::Stored(id, of) => {
                let wanted = stored::Wanted::of(id, of, &parts.method, parts.uri.query().unwrap_or_default());
                Box::pin(stored::answer(self, caller, wanted)).await
            }
        }
    }

    pub(crate) async fn call<B>(
        self: &Arc<Self>,
        mut caller: Caller,
        endpoint: Endpoint,
        address: Address,
        body: B,
    ) -> Response<Body>
    where
        B: http_body::Body<Data = Bytes>,
    {
        let limit = match request::check_headers(&caller.headers, endpoint, &self.settings) {
            Ok(limit) => limit,
            Err(denial) => return self.deny(&caller, Some(endpoint), "", &denial),
        };
        let held = match self.holding.enter(&caller.record) {
            Ok(held) => held,
            Err(denial) => return self.deny(&caller, Some(endpoint), "", &denial),
        };
        let body = match request::collect(body, limit, &self.settings.timeouts, self.holding.room()).await {
            Ok(body) => body,
            Err(denial) => return self.deny(&caller, Some(endpoint), "", &denial),
        };
        if let Err(denial) = self.still_allowed(&mut caller, endpoint) {
            return self.deny(&caller, Some(endpoint), "", &denial);
        }
        let boundary = multipart::boundary(&caller.headers).filter(|_| head::takes_forms(endpoint));
        let head = match boundary {
            Some(boundary) => head::read_form(&body, endpoint, &address, boundary),
            None => head::read(&body, endpoint, &address),
        };
        let head = match head {
            Ok(head) => Box::new(head),
            Err(denial) => return self.deny(&caller, Some(endpoint), "", &denial),
        };
        let model = head.model.clone();
        let continues = match &head.previous {
            None => None,
            // On the heap: few calls have use for it.
            Some(id) => match Box::pin(stored::previous(self, &caller, id)).await {
                Ok(stored) => Some(Box::new(stored)),
                Err(denial) => return self.deny(&caller, Some(endpoint), &model, &denial),
            },
        };
        let admitted = match admit::admit(self, caller, Called { endpoint, address, head, body, continues }, held) {
            Ok(admitted) => admitted,
            Err(refused) => {
                let (caller, denial) = *refused;
                return self.deny(&caller, Some(endpoint), &model, &denial);
            }
        };
        let (event, skin) = (admitted.caller().event, admitted.caller().skin);
        let (answer, answered) = oneshot::channel();
        let call = self.calls.track_future(forward::run(Arc::clone(self), admitted, answer));
        Attended::new(call, answered).await.unwrap_or_else(|| {
            // The call is gone without an answer: its guard has settled it.
            let nobody = Asked { event, skin, record: None, settings: &self.settings };
            error::refuse(&Denial::ProviderError, &nobody)
        })
    }

    /// What is said to someone whom nobody knows: less, after too many tries from one address.
    fn weigh(&self, denial: Denial, peer: IpAddr) -> Denial {
        // Anything else is about this process, and counts against nobody.
        let nobody = matches!(denial, Denial::InvalidKey | Denial::ProviderKey | Denial::AmbiguousCredentials);
        match nobody.then(|| self.strangers.failed(peer, Instant::now())).flatten() {
            Some(wait) => {
                Denial::TooManyBadKeys { retry_after_ms: u64::try_from(wait.as_millis()).unwrap_or(u64::MAX) }
            }
            None => denial,
        }
    }

    /// A body may take its time: what holds for this call is what holds when it is here. Asked anew although the record
    /// may be the same, since the clock is not.
    fn still_allowed(&self, caller: &mut Caller, endpoint: Endpoint) -> Result<(), Denial> {
        self.directory.ready()?;
        let now = self.clock.now();
        caller.arrived_at = now;
        caller.record = self.directory.key(caller.record.key.id).ok_or(Denial::KeyRevoked)?;
        if let Some(version) = caller.secret_version {
            let presented = caller.record.secrets.iter().find(|secret| secret.version == version);
            if !presented.is_some_and(|secret| secret.is_live(now)) {
                return Err(Denial::InvalidKey);
            }
        }
        may_call(&caller.record, caller.peer, Some(endpoint), now)
    }

    /// Refuses a recognised key before anything was reserved.
    pub(crate) fn deny(
        &self,
        caller: &Caller,
        endpoint: Option<Endpoint>,
        model: &str,
        denial: &Denial,
    ) -> Response<Body> {
        self.deny_with(caller, endpoint, model, denial, &error::sentence(denial, &asked(caller, self)))
    }

    /// The same in other words.
    pub(crate) fn deny_with(
        &self,
        caller: &Caller,
        endpoint: Option<Endpoint>,
        model: &str,
        denial: &Denial,
        words: &str,
    ) -> Response<Body> {
        let mut record = caller.draft(endpoint, model);
        record.status = error::status(denial, &self.settings).as_u16();
        record.denial = Some(denial.code().to_owned());
        record.duration_ms = u32::try_from(self.clock.now().since(caller.begun_at).max(0)).unwrap_or(u32::MAX);
        self.ledger.record_denied(record);
        error::refuse_with(denial, words, &asked(caller, self))
    }
}

/// Standing, network and endpoint.
pub(crate) fn may_call(
    record: &KeyRecord,
    peer: IpAddr,
    endpoint: Option<Endpoint>,
    now: Timestamp,
) -> Result<(), Denial> {
    match record.key.standing(now, record.owner_active) {
        KeyStanding::Revoked => return Err(Denial::KeyRevoked),
        KeyStanding::Expired => return Err(Denial::KeyExpired),
        KeyStanding::Disabled => return Err(Denial::KeyDisabled),
        KeyStanding::OwnerSuspended => return Err(Denial::OwnerSuspended),
        KeyStanding::Usable => {}
    }
    if !may_come_from(&record.effective.networks, peer) {
        return Err(Denial::NetworkNotAllowed);
    }
    let Some(endpoint) = endpoint else { return Ok(()) };
    if may_use_endpoint(&record.effective.endpoints, endpoint) {
        return Ok(());
    }
    Err(Denial::EndpointNotAllowed { endpoint: endpoint.gateway_path() })
}
