//! The process around the gateway, in memory: a directory that tests edit, and a small honest ledger.

mod directory;
mod ledger;
mod samples;

pub(crate) use directory::Facts;
pub(crate) use samples::{deployment, key_id, model, profile, provider_id, secret};

use crate::provider::FakeProvider;
use bytes::Bytes;
use directory::MemoryDirectory;
use domain::denial::Denial;
use domain::money::NanoUsd;
use domain::stored_response::{ResponseId, StoredResponse};
use domain::time::{Clock, Timestamp};
use domain::usage::UsageRecord;
use domain::virtual_key::Owner;
use futures_util::future::BoxFuture;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full};
use ledger::{Book, MemoryLedger};
use proxy::ports::StoredResponses;
use proxy::{Body, Gateway, Parts, Settings};
use samples::facts;
use serde_json::Value;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU16, Ordering};
use std::sync::{Arc, Mutex};

pub(crate) const NOW: Timestamp = Timestamp::from_ms(1_795_000_000_000);
pub(crate) const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 7));
pub(crate) const CREDENTIAL: &str = "sk-upstream-credential-0123456789";

/// Stands still unless it is turned.
pub(crate) struct ManualClock(AtomicI64);
impl ManualClock {
    pub(crate) fn new() -> Self {
        Self(AtomicI64::new(NOW.as_ms()))
    }
    pub(crate) fn advance(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::Relaxed);
    }
}
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.0.load(Ordering::Relaxed))
    }
}

/// Every response that was issued, by whomever.
#[derive(Default)]
pub(crate) struct MemoryResponses {
    pub(crate) issued: Mutex<Vec<StoredResponse>>,
    pub(crate) away: AtomicBool,
}

impl StoredResponses for MemoryResponses {
    fn issued(&self, response: StoredResponse) {
        self.issued.lock().unwrap().push(response);
    }
    fn find(&self, id: ResponseId, owner: Owner) -> BoxFuture<'_, Result<Option<StoredResponse>, Denial>> {
        let found = self.issued.lock().unwrap().iter().find(|known| known.id == id && known.owner == owner).cloned();
        let found = if self.away.load(Ordering::Relaxed) { Err(Denial::Starting) } else { Ok(found) };
        Box::pin(std::future::ready(found))
    }
    fn forget(&self, response: &StoredResponse) {
        self.issued.lock().unwrap().retain(|known| known != response);
    }
}

pub(crate) struct World {
    pub(crate) stored: Arc<MemoryResponses>,
    pub(crate) directory: Arc<MemoryDirectory>,
    pub(crate) ledger: Arc<MemoryLedger>,
    pub(crate) provider: Arc<FakeProvider>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) gateway: Arc<Gateway>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(Settings { portal_origin: "https://keys.example".to_owned(), ..Settings::default() })
    }

    pub(crate) fn with(settings: Settings) -> Self {
        let directory = Arc::new(MemoryDirectory(Mutex::new(facts())));
        let book = Book { limit: NanoUsd::from_dollars(10), ..Book::default() };
        let ledger = Arc::new(MemoryLedger { book: Mutex::new(book), sequence: AtomicU16::new(0) });
        let provider = Arc::new(FakeProvider::default());
        let clock = Arc::new(ManualClock::new());
        let stored = Arc::new(MemoryResponses::default());
        let gateway = Gateway::new(Parts {
            directory: Arc::clone(&directory) as _,
            ledger: Arc::clone(&ledger) as _,
            history: Arc::clone(&ledger) as _,
            stored: Arc::clone(&stored) as _,
            clock: Arc::clone(&clock) as _,
            upstream: Arc::clone(&provider) as _,
            random: Box::new(|| 7),
            settings,
        });
        Self { stored, directory, ledger, provider, clock, gateway }
    }

    /// Streams reserve in slices of this many tokens, since nothing of these models' output is hidden.
    pub(crate) fn in_slices_of(slice_tokens: u64) -> Self {
        let world = Self::with(Settings { slice_tokens, ..Settings::default() });
        world.change(|facts| {
            for model in &mut facts.models {
                model.capabilities = vec!["function_calling".to_owned()];
                model.max_output_tokens = Some(100_000);
            }
        });
        world
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Facts)) {
        change(&mut self.directory.0.lock().unwrap());
    }
    pub(crate) fn book<T>(&self, look: impl FnOnce(&mut Book) -> T) -> T {
        look(&mut self.ledger.book.lock().unwrap())
    }

    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> Response<Body> {
        self.gateway.handle(request, PEER).await
    }
    pub(crate) async fn post(&self, path: &str, body: &str) -> Response<Body> {
        self.send(post(path, body)).await
    }
    pub(crate) async fn get(&self, path: &str) -> Response<Body> {
        self.send(with_key(Request::get(path)).body(Full::default()).unwrap()).await
    }

    /// Nothing is in flight, nothing is reserved, and this many calls were settled.
    pub(crate) async fn assert_settled(&self, calls: usize) {
        self.gateway.drained().await;
        self.book(|book| {
            assert_eq!(book.open.len(), 0, "leaked reservations");
            assert_eq!(book.settled.len(), calls);
            let sum = book.settled.iter().fold(NanoUsd::ZERO, |sum, record| sum.plus(record.cost));
            assert_eq!(sum, book.spent);
        });
    }
    pub(crate) fn last_settled(&self) -> UsageRecord {
        self.book(|book| book.settled.last().cloned().unwrap())
    }
}

fn with_key(builder: http::request::Builder) -> http::request::Builder {
    builder.header("authorization", format!("Bearer {}", secret()))
}

pub(crate) fn post(path: &str, body: &str) -> Request<Full<Bytes>> {
    let builder = Request::builder().method(Method::POST).uri(path).header("content-type", "application/json");
    with_key(builder).body(Full::from(body.to_owned())).unwrap()
}

pub(crate) async fn text(response: Response<Body>) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}
pub(crate) async fn json(response: Response<Body>) -> Value {
    serde_json::from_str(&text(response).await).unwrap()
}
/// The code of an error in any skin.
pub(crate) async fn code(response: Response<Body>) -> String {
    let error = json(response).await["error"].take();
    let code = error["code"].as_str().or_else(|| error["details"][0]["reason"].as_str());
    code.unwrap().to_owned()
}
