//! The process around the gateway, in memory: a directory that tests edit, and a small honest ledger.

use crate::provider::FakeProvider;
use bytes::Bytes;
use domain::access_profile::{AboveMaximum, AccessProfile, Audience, CapTerm, ProfileTerms, Term};
use domain::budget::{BudgetFigures, BudgetLine, BudgetScope, Cap, Window};
use domain::denial::{Denial, LimitReached};
use domain::grant::{Holds, over_time};
use domain::id::{CredentialId, DeploymentId, EventId, KeyId, ModelId, PersonId, ProfileId, ProviderId};
use domain::key_secret::{self, Pepper, SecretText, TokenKind};
use domain::limits::{Quota, QuotaUse};
use domain::markup::Markup;
use domain::model::{Deployment, Endpoint, Model, ProviderKind, WireFormat};
use domain::money::{NanoUsd, PicoUsd};
use domain::parameter_rules::ParameterRules;
use domain::pricing::{PriceList, TokenPrices};
use domain::provider_timeouts::ProviderTimeouts;
use domain::stored_response::{ResponseId, StoredResponse};
use domain::time::{Clock, Timestamp};
use domain::usage::{TokenUsage, UsageRecord};
use domain::virtual_key::{ConsumerKind, KeySecret, KeyState, KeyTerms, Owner, VirtualKey};
use futures_util::future::BoxFuture;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full};
use proxy::ports::{
    Directory, History, KeyRecord, Ledger, Level, ProviderRecord, ReserveRequest, Reserved, StoredResponses, Traffic,
};
use proxy::{Body, Gateway, Parts, Settings};
use serde_json::Value;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use zeroize::Zeroizing;

pub(crate) const NOW: Timestamp = Timestamp::from_ms(1_795_000_000_000);
pub(crate) const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 7));
pub(crate) const CREDENTIAL: &str = "sk-upstream-credential-0123456789";
const PEPPER: [u8; 32] = [5; 32];

fn id(byte: u8) -> [u8; 12] {
    [byte; 12]
}
pub(crate) fn key_id() -> KeyId {
    KeyId::from_random(&id(1))
}
pub(crate) fn secret() -> String {
    key_secret::compose(TokenKind::VirtualKey, key_id(), &Zeroizing::new([7; 32])).expose().to_owned()
}

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

/// Everything that the directory knows; tests change it before a call.
pub(crate) struct Facts {
    pub(crate) ready: Result<(), Denial>,
    pub(crate) key: VirtualKey,
    pub(crate) secrets: Vec<KeySecret>,
    pub(crate) effective: KeyTerms,
    /// In place of `effective` and `parameters`: what holds is worked out from these and the key's own terms.
    pub(crate) guardrails: Option<ProfileTerms>,
    pub(crate) parameters: ParameterRules,
    pub(crate) owner_active: bool,
    pub(crate) above: Vec<Level>,
    pub(crate) pepper_known: bool,
    pub(crate) models: Vec<Model>,
    pub(crate) providers: Vec<(ProviderId, ProviderKind, bool)>,
    pub(crate) credential: Result<(), Denial>,
    pub(crate) timeouts: ProviderTimeouts,
    /// None for a provider that is not here.
    pub(crate) markups: HashMap<ProviderId, Markup>,
}

pub(crate) struct MemoryDirectory(pub(crate) Mutex<Facts>);

impl Directory for MemoryDirectory {
    fn ready(&self) -> Result<(), Denial> {
        self.0.lock().unwrap().ready.clone()
    }
    fn key(&self, id: KeyId) -> Option<Arc<KeyRecord>> {
        let facts = self.0.lock().unwrap();
        (id == facts.key.id).then(|| {
            let mut profile = profile(facts.parameters.clone());
            let mut holds = Holds { terms: facts.effective.clone(), if_enforced: None };
            if let Some(terms) = &facts.guardrails {
                holds = over_time(terms, &facts.key.terms, &[], NOW).last;
                profile.terms = terms.clone();
            }
            Arc::new(KeyRecord {
                key: (&facts.key).into(),
                secrets: facts.secrets.clone().into(),
                profile: Arc::new(profile),
                effective: Arc::new(holds.terms),
                if_enforced: holds.if_enforced.map(Arc::from),
                owner_active: facts.owner_active,
                above: facts.above.as_slice().into(),
            })
        })
    }
    fn pepper(&self, _: i64) -> Option<Arc<Pepper>> {
        self.0.lock().unwrap().pepper_known.then(|| Arc::new(Pepper::new(PEPPER)))
    }
    fn model(&self, name: &str) -> Option<Arc<Model>> {
        self.models().iter().find(|model| model.name.as_str() == name).cloned()
    }
    fn models(&self) -> Arc<[Arc<Model>]> {
        self.0.lock().unwrap().models.iter().cloned().map(Arc::new).collect()
    }
    fn provider(&self, id: ProviderId) -> Option<Arc<ProviderRecord>> {
        let facts = self.0.lock().unwrap();
        facts.providers.iter().find(|(known, ..)| *known == id).map(|&(id, kind, enabled)| {
            let (name, base) = match kind {
                ProviderKind::OpenAi => ("open", "/v1"),
                ProviderKind::AzureOpenAi => ("azure", ""),
                ProviderKind::Anthropic => ("anthro", "/v1"),
                ProviderKind::Gemini => ("gemini", "/v1beta"),
            };
            let base_url = format!("http://{name}.example{base}").parse().unwrap();
            let timeouts = facts.timeouts;
            let markup = facts.markups.get(&id).copied().unwrap_or_default();
            Arc::new(ProviderRecord { id, name: name.to_owned(), kind, base_url, enabled, timeouts, markup })
        })
    }
    fn credential(&self, _: CredentialId) -> Result<Arc<SecretText>, Denial> {
        self.0.lock().unwrap().credential.clone().map(|()| Arc::new(SecretText::new(CREDENTIAL.to_owned())))
    }
}

/// One budget, kept exactly; every settlement and release remembered.
#[derive(Default)]
pub(crate) struct Book {
    pub(crate) limit: NanoUsd,
    pub(crate) spent: NanoUsd,
    pub(crate) open: HashMap<EventId, NanoUsd>,
    pub(crate) settled: Vec<UsageRecord>,
    /// What each of the settled calls had set aside in the end.
    pub(crate) held: Vec<NanoUsd>,
    pub(crate) released: usize,
    /// Ended too long ago to be remembered.
    pub(crate) older: Vec<UsageRecord>,
    pub(crate) denied: Vec<UsageRecord>,
    pub(crate) checkpoints: Vec<TokenUsage>,
    pub(crate) checkpoint_costs: Vec<NanoUsd>,
    pub(crate) traffic: Traffic,
    pub(crate) refuse: Option<Denial>,
    pub(crate) refuse_settlement: bool,
}

pub(crate) struct MemoryLedger {
    pub(crate) book: Mutex<Book>,
    sequence: AtomicU16,
}

impl MemoryLedger {
    fn figures_of(book: &Book) -> BudgetFigures {
        BudgetFigures {
            scope: BudgetScope::Key(key_id()),
            window: Window::Month,
            limit: book.limit,
            spent: book.spent,
            reserved: book.open.values().fold(NanoUsd::ZERO, |sum, amount| sum.plus(*amount)),
            kept_for_others: NanoUsd::ZERO,
            resets_at: Some(NOW.plus_days(3)),
        }
    }
}

impl Ledger for MemoryLedger {
    fn next_event(&self) -> EventId {
        EventId::new(NOW, 0, self.sequence.fetch_add(1, Ordering::Relaxed))
    }
    fn reserve(&self, request: &ReserveRequest<'_>) -> Result<Reserved, Denial> {
        let mut book = self.book.lock().unwrap();
        if let Some(denial) = book.refuse.clone() {
            return Err(denial);
        }
        assert!(request.prompt_bound <= request.bound);
        let figures = Self::figures_of(&book);
        let limit = LimitReached {
            scope: figures.scope,
            window: figures.window,
            limit: figures.limit,
            spent: figures.spent,
            reserved: figures.reserved,
            kept_for_others: NanoUsd::ZERO,
            resets_at: figures.resets_at,
        };
        if figures.spent >= figures.limit && request.bound > NanoUsd::ZERO {
            return Err(Denial::BudgetExhausted(limit));
        }
        if request.bound > figures.left() {
            let token = request.output_token_nano.as_nano().max(1);
            let largest = figures.left().minus(request.prompt_bound).as_nano().max(0) / token;
            return Err(match figures.reserved {
                NanoUsd::ZERO => Denial::BudgetInsufficient { limit, largest_max_tokens: largest.unsigned_abs() },
                _ => Denial::BudgetReserved { limit, retry_after_ms: 1_500 },
            });
        }
        assert!(book.open.insert(request.event, request.bound).is_none());
        let line = BudgetLine { scope: figures.scope, window: figures.window, window_start: request.now };
        Ok(Reserved {
            event: request.event,
            amount: request.bound,
            lines: vec![line],
            tightest: Some(Self::figures_of(&book)),
            expected_tokens: request.expected_tokens,
            traffic: book.traffic,
        })
    }
    fn extend(&self, reserved: &mut Reserved, _: &KeyRecord, by: NanoUsd, _: Timestamp) -> Result<(), Denial> {
        let mut book = self.book.lock().unwrap();
        let figures = Self::figures_of(&book);
        if by > figures.left() {
            let BudgetFigures { scope, window, limit, spent, reserved, kept_for_others, resets_at } = figures;
            let reached = LimitReached { scope, window, limit, spent, reserved, kept_for_others, resets_at };
            return Err(Denial::BudgetExhausted(reached));
        }
        reserved.amount = reserved.amount.plus(by);
        book.open.insert(reserved.event, reserved.amount);
        Ok(())
    }
    fn checkpoint(&self, event: EventId, tokens: TokenUsage, cost: NanoUsd) {
        let mut book = self.book.lock().unwrap();
        assert!(book.open.contains_key(&event));
        book.checkpoints.push(tokens);
        book.checkpoint_costs.push(cost);
    }
    fn settle(&self, reserved: &Reserved, record: UsageRecord) -> Result<(), Denial> {
        let mut book = self.book.lock().unwrap();
        assert_eq!(book.open.remove(&reserved.event), Some(reserved.amount), "settled what was not open");
        book.spent = book.spent.plus(record.cost);
        book.settled.push(UsageRecord { charged: reserved.lines.clone(), ..record });
        book.held.push(reserved.amount);
        if book.refuse_settlement { Err(Denial::MeteringUnavailable) } else { Ok(()) }
    }
    fn release(&self, reserved: &Reserved) {
        let mut book = self.book.lock().unwrap();
        assert!(book.open.remove(&reserved.event).is_some(), "released what was not open");
        book.released += 1;
    }
    fn record_denied(&self, record: UsageRecord) {
        self.book.lock().unwrap().denied.push(record);
    }
    fn figures(&self, _: &KeyRecord, _: Timestamp) -> Vec<BudgetFigures> {
        vec![Self::figures_of(&self.book.lock().unwrap())]
    }
    fn quotas(&self, record: &KeyRecord, _: Timestamp) -> Vec<QuotaUse> {
        let scope = BudgetScope::Key(record.key.id);
        let used = |&quota: &Quota| QuotaUse { scope, quota, used: 7, resets_at: Some(NOW.plus_days(1)) };
        record.effective.quotas.iter().map(used).collect()
    }
    fn finished(&self, event: EventId, key: KeyId) -> Option<Arc<UsageRecord>> {
        let book = self.book.lock().unwrap();
        book.settled.iter().find(|record| record.id == event && record.key == key).cloned().map(Arc::new)
    }
}

impl History for MemoryLedger {
    fn finished(&self, event: EventId, key: KeyId) -> BoxFuture<'_, Result<Option<UsageRecord>, Denial>> {
        let book = self.book.lock().unwrap();
        let found = book.older.iter().find(|record| record.id == event && record.key == key).cloned();
        Box::pin(std::future::ready(Ok(found)))
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

pub(crate) fn provider_id(format: WireFormat) -> ProviderId {
    ProviderId::from_random(&id(match format {
        WireFormat::OpenAi => 20,
        WireFormat::Anthropic => 21,
        WireFormat::Gemini => 22,
    }))
}

pub(crate) fn deployment(number: u8, format: WireFormat, upstream_model: &str, priority: u32) -> Deployment {
    Deployment {
        id: DeploymentId::from_random(&id(number)),
        provider: provider_id(format),
        credential: CredentialId::from_random(&id(30)),
        upstream_model: upstream_model.to_owned(),
        weight: 1,
        priority,
    }
}

/// $1 and $2 a million tokens: 1,000 and 2,000 nano-dollars each.
pub(crate) fn model(number: u8, name: &str, format: WireFormat, endpoints: &[Endpoint]) -> Model {
    let tokens = TokenPrices {
        input: PicoUsd::from_pico(1_000_000),
        output: PicoUsd::from_pico(2_000_000),
        ..TokenPrices::default()
    };
    Model {
        id: ModelId::from_random(&id(number)),
        name: name.parse().unwrap(),
        price: Some(PriceList { tokens, ..PriceList::default() }),
        price_version: 3,
        max_input_tokens: Some(100_000),
        max_output_tokens: Some(1_000),
        capabilities: vec![],
        sunset: None,
        endpoints: endpoints.to_vec(),
        deployments: vec![deployment(number + 100, format, &format!("{name}-upstream"), 0)],
        enabled: true,
        alias_of: None,
    }
}

fn facts() -> Facts {
    let key_id = key_id();
    let tag = key_secret::tag(&secret(), &Pepper::new(PEPPER));
    let terms = KeyTerms {
        models: vec![
            "gpt*".parse().unwrap(),
            "claude*".parse().unwrap(),
            "embed".parse().unwrap(),
            "gemini*".parse().unwrap(),
        ],
        endpoints: Endpoint::ALL.to_vec(),
        caps: vec![Cap { window: Window::Month, limit: NanoUsd::from_dollars(10) }],
        requests_per_minute: 60,
        concurrency: 8,
        tokens_per_minute: None,
        quotas: vec![],
        networks: vec![],
        max_output_tokens: None,
    };
    let key = VirtualKey {
        id: key_id,
        name: "ci".to_owned(),
        owner: Owner::Person(PersonId::from_random(&id(2))),
        created_by: PersonId::from_random(&id(2)),
        profile: ProfileId::from_random(&id(3)),
        profile_version: None,
        consumer: ConsumerKind::Ci,
        application: None,
        environment: "dev".to_owned(),
        cost_centre: None,
        tags: vec![],
        terms: terms.clone(),
        state: KeyState::Active,
        created_at: NOW,
        expires_at: NOW.plus_days(90),
    };
    use Endpoint::{
        ChatCompletions, Completions, CountTokens, EmbedContent, Embeddings, GenerateContent, Messages, Responses,
    };
    Facts {
        ready: Ok(()),
        key,
        secrets: vec![KeySecret { version: 1, tag, pepper_version: 1, created_at: NOW, valid_until: None }],
        effective: terms,
        guardrails: None,
        parameters: ParameterRules::NONE,
        owner_active: true,
        above: vec![],
        pepper_known: true,
        models: vec![
            model(40, "claude", WireFormat::Anthropic, &[Messages, CountTokens]),
            model(41, "embed", WireFormat::OpenAi, &[Embeddings]),
            model(42, "gpt", WireFormat::OpenAi, &[ChatCompletions, Responses, Completions]),
            model(43, "secret", WireFormat::OpenAi, &[ChatCompletions]),
            model(44, "gemini", WireFormat::Gemini, &[GenerateContent, EmbedContent]),
        ],
        providers: vec![
            (provider_id(WireFormat::OpenAi), ProviderKind::OpenAi, true),
            (provider_id(WireFormat::Anthropic), ProviderKind::Anthropic, true),
            (provider_id(WireFormat::Gemini), ProviderKind::Gemini, true),
        ],
        credential: Ok(()),
        timeouts: ProviderTimeouts::default(),
        markups: HashMap::new(),
    }
}

pub(crate) fn profile(parameters: ParameterRules) -> AccessProfile {
    let count =
        |value: u32| Term { default: value, maximum: value, developers_may_change: false, above: AboveMaximum::Reject };
    let money =
        |value| Term { default: value, maximum: value, developers_may_change: false, above: AboveMaximum::Reject };
    AccessProfile {
        id: ProfileId::from_random(&id(3)),
        name: "default".to_owned(),
        description: String::new(),
        version: 1,
        terms: ProfileTerms {
            models: vec![],
            endpoints: vec![],
            caps: vec![CapTerm { window: Window::Month, amount: money(NanoUsd::from_dollars(10)) }],
            requests_per_minute: count(60),
            concurrency: count(8),
            tokens_per_minute: None,
            quotas: vec![],
            prompt_bound: domain::access_profile::PromptBound::Strict,
            shrink_to_fit: false,
            idle: None,
            watched: domain::call_rule::RuleSet::NONE,
            required: vec![],
            parameters,
            lifetime_days: count(90),
            networks: vec![],
            max_output_tokens: None,
            assumed_output_tokens: 32_768,
            approval: domain::access_profile::Approval::default(),
        },
        audience: Audience::default(),
        consumers: vec![],
        keys_per_person: 1,
        enabled: true,
    }
}
