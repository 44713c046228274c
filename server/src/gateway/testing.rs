//! What the tests of the gateway share: a clock turned by hand, a key, a call, and a database that behaves.

use super::Unavailable;
use super::ingest::UsageSink;
use super::ledger::Ledger;
use super::recovery::{UsageHistory, resume};
use super::spool::{Disk, RealDisk, Settings, Spool, Sync};
use domain::access_profile::{AboveMaximum, AccessProfile, Audience, CapTerm, ProfileTerms, Term};
use domain::budget::{BudgetFigures, BudgetLine, BudgetScope, Cap, Consumed, Window};
use domain::denial::Denial;
use domain::guarantee::Share;
use domain::id::{EventId, KeyId, PersonId, ProfileId};
use domain::limits::Limits;
use domain::model::Endpoint;
use domain::money::NanoUsd;
use domain::time::{Clock, MS_PER_DAY, Timestamp};
use domain::usage::{Outcome, TokenUsage, UsageRecord, UsageSource};
use domain::virtual_key::{ConsumerKind, KeyState, KeyTerms, Owner, VirtualKey};
use jiff::tz::TimeZone;
use proxy::ports::{KeyRecord, Ledger as _, Level, ReserveRequest, Reserved};
use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

pub(crate) const NOW: Timestamp = Timestamp::from_ms(1_800_000_000_000);

pub(crate) struct ManualClock(AtomicI64);

impl ManualClock {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(NOW.as_ms())))
    }
    pub(crate) fn at(moment: Timestamp) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(moment.as_ms())))
    }
    pub(crate) fn advance(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.0.load(Ordering::SeqCst))
    }
}

pub(crate) fn usd(nano: i64) -> NanoUsd {
    NanoUsd::from_nano(nano)
}

fn term<T: Copy>(maximum: T) -> Term<T> {
    Term { default: maximum, maximum, developers_may_change: true, above: AboveMaximum::Reject }
}

pub(crate) fn profile() -> AccessProfile {
    AccessProfile {
        id: ProfileId::from_random(&[2; 12]),
        name: "Standard".into(),
        description: String::new(),
        version: 1,
        terms: ProfileTerms {
            models: vec!["*".parse().unwrap()],
            endpoints: Endpoint::ALL.to_vec(),
            caps: vec![CapTerm { window: Window::Total, amount: term(NanoUsd::MAX) }],
            requests_per_minute: term(u32::MAX),
            concurrency: term(u32::MAX),
            tokens_per_minute: None,
            quotas: vec![],
            prompt_bound: domain::access_profile::PromptBound::Strict,
            shrink_to_fit: false,
            idle: None,
            watched: domain::call_rule::RuleSet::NONE,
            required: vec![],
            parameters: domain::parameter_rules::ParameterRules::NONE,
            lifetime_days: term(90),
            networks: vec![],
            max_output_tokens: None,
            assumed_output_tokens: 1_000,
            approval: domain::access_profile::Approval::default(),
        },
        audience: Audience::default(),
        consumers: vec![ConsumerKind::Person],
        keys_per_person: 5,
        enabled: true,
    }
}

pub(crate) fn virtual_key(number: u8) -> VirtualKey {
    let person = PersonId::from_random(&[1; 12]);
    VirtualKey {
        id: KeyId::from_random(&[number; 12]),
        name: "ci".into(),
        owner: Owner::Person(person),
        created_by: person,
        profile: profile().id,
        profile_version: None,
        consumer: ConsumerKind::Person,
        application: None,
        environment: "dev".into(),
        cost_centre: None,
        tags: vec![],
        terms: KeyTerms {
            models: vec!["*".parse().unwrap()],
            endpoints: Endpoint::ALL.to_vec(),
            caps: vec![],
            requests_per_minute: 100_000,
            concurrency: 100_000,
            tokens_per_minute: None,
            quotas: vec![],
            networks: vec![],
            max_output_tokens: None,
        },
        state: KeyState::Active,
        created_at: NOW,
        expires_at: NOW.plus_ms(90 * MS_PER_DAY),
    }
}

/// A key with these caps, in nano-dollars.
pub(crate) fn key(number: u8, caps: &[(Window, i64)]) -> KeyRecord {
    let key = virtual_key(number);
    let caps = caps.iter().map(|&(window, limit)| Cap { window, limit: usd(limit) }).collect();
    let effective = KeyTerms { caps, ..key.terms.clone() };
    KeyRecord {
        key: (&key).into(),
        secrets: Box::default(),
        profile: Arc::new(profile()),
        effective: Arc::new(effective),
        if_enforced: None,
        owner_active: true,
        above: Arc::new([]),
    }
}

/// The same key below these levels.
pub(crate) fn below(record: KeyRecord, above: Vec<(BudgetScope, Limits)>) -> KeyRecord {
    let level = |(scope, limits): (BudgetScope, Limits)| Level {
        scope,
        name: scope.to_string(),
        limits: Arc::new(limits),
        guaranteed: Arc::default(),
    };
    KeyRecord { above: above.into_iter().map(level).collect(), ..record }
}

/// The same key below an organisation that guarantees these shares.
pub(crate) fn guaranteeing(mut record: KeyRecord, shares: &[Share]) -> KeyRecord {
    for level in Arc::make_mut(&mut record.above).iter_mut().filter(|level| level.scope == BudgetScope::Organisation) {
        level.guaranteed = shares.into();
    }
    record
}

/// A call that expects 100 tokens.
pub(crate) fn request<'a>(ledger: &Ledger, record: &'a KeyRecord, bound: i64, now: Timestamp) -> ReserveRequest<'a> {
    ReserveRequest {
        event: ledger.next_event(),
        record,
        model: "demo-large",
        bound: usd(bound),
        prompt_bound: usd(0),
        output_token_nano: usd(1),
        expected_tokens: 100,
        now,
    }
}

pub(crate) fn usage(event: EventId, key: KeyId, cost: i64) -> UsageRecord {
    UsageRecord {
        id: event,
        key,
        model: "demo-large".into(),
        deployment: None,
        endpoint: Some(Endpoint::ChatCompletions),
        network: "192.0.2.1".into(),
        agent: "tests".into(),
        secret_version: 1,
        status: 200,
        outcome: Outcome::Answered,
        denial: None,
        streamed: false,
        tokens: TokenUsage { input: 3, output: 5, ..Default::default() },
        cost: usd(cost),
        source: UsageSource::Provider,
        price_version: 1,
        duration_ms: 12,
        first_byte_ms: None,
        charged: vec![],
        attempts: 1,
        repeated: 0,
        watched: domain::call_rule::RuleSet::NONE,
    }
}

/// The ledger as its callers use it, with less to write.
pub(crate) struct Desk {
    pub(crate) ledger: Ledger,
    pub(crate) clock: Arc<ManualClock>,
}

impl Desk {
    pub(crate) async fn open(folder: &Path, database: &Database) -> Self {
        Self::open_on(Arc::new(RealDisk), folder, database, small_segments()).await
    }
    pub(crate) async fn open_on(disk: Arc<dyn Disk>, folder: &Path, database: &Database, settings: Settings) -> Self {
        let clock = ManualClock::new();
        let (spool, found) = Spool::open_on(disk, folder, settings).unwrap();
        let ledger = resume(spool, found, database, clock.clone(), TimeZone::UTC).await.unwrap();
        Self { ledger, clock }
    }
    pub(crate) async fn open_in(zone: &TimeZone, clock: Arc<ManualClock>, folder: &Path, database: &Database) -> Self {
        let (spool, found) = Spool::open_on(Arc::new(RealDisk), folder, small_segments()).unwrap();
        let ledger = resume(spool, found, database, clock.clone(), zone.clone()).await.unwrap();
        Self { ledger, clock }
    }
    pub(crate) fn reserve(&self, record: &KeyRecord, bound: i64) -> Result<Reserved, Denial> {
        self.reserve_with(record, bound, 0)
    }
    pub(crate) fn reserve_with(&self, record: &KeyRecord, bound: i64, prompt: i64) -> Result<Reserved, Denial> {
        let request = request(&self.ledger, record, bound, self.clock.now());
        self.ledger.reserve(&ReserveRequest { prompt_bound: usd(prompt), ..request })
    }
    pub(crate) fn settle(&self, record: &KeyRecord, reserved: &Reserved, cost: i64) -> Result<(), Denial> {
        self.ledger.settle(reserved, usage(reserved.event, record.key.id, cost))
    }
    pub(crate) fn figures(&self, record: &KeyRecord) -> BudgetFigures {
        self.ledger.figures(record, self.clock.now())[0]
    }
    /// Spent and reserved in the key's first budget.
    pub(crate) fn sums(&self, record: &KeyRecord) -> (i64, i64) {
        let figures = self.figures(record);
        (figures.spent.as_nano(), figures.reserved.as_nano())
    }
}

/// Segments of a few records, so that tests see many of them.
pub(crate) fn small_segments() -> Settings {
    Settings { sync: Sync::Group, segment_bytes: 2_000, ..Settings::default() }
}

/// A database in memory: counts each event once, and can be away.
#[derive(Default)]
pub(crate) struct Database {
    rows: Mutex<BTreeMap<EventId, UsageRecord>>,
    pub(crate) away: AtomicBool,
}

impl Database {
    pub(crate) fn records(&self) -> Vec<UsageRecord> {
        self.rows.lock().unwrap().values().cloned().collect()
    }
    pub(crate) fn total(&self) -> i64 {
        self.records().iter().map(|record| record.cost.as_nano()).sum()
    }
    /// Every account, from the calls alone.
    pub(crate) fn add_up(&self) -> BTreeMap<BudgetLine, Consumed> {
        let mut accounts: BTreeMap<BudgetLine, Consumed> = BTreeMap::new();
        for record in self.records() {
            for &line in &record.charged {
                let account = accounts.entry(line).or_default();
                *account = account.plus(record.consumed());
            }
        }
        accounts
    }
    fn check(&self) -> Result<(), Unavailable> {
        if self.away.load(Ordering::SeqCst) { Err(Unavailable) } else { Ok(()) }
    }
}

#[async_trait::async_trait]
impl UsageSink for Database {
    async fn ingest(&self, batch: &[Arc<UsageRecord>]) -> Result<(), Unavailable> {
        self.check()?;
        let mut rows = self.rows.lock().unwrap();
        for record in batch {
            rows.entry(record.id).or_insert_with(|| UsageRecord::clone(record));
        }
        Ok(())
    }
}

#[async_trait::async_trait]
impl UsageHistory for Database {
    async fn used(&self, since: &[(Window, Timestamp)]) -> Result<Vec<(BudgetLine, Consumed)>, Unavailable> {
        self.check()?;
        let matters = |line: &BudgetLine| {
            line.window == Window::Total
                || since.iter().any(|&(of, from)| of == line.window && line.window_start >= from)
        };
        Ok(self.add_up().into_iter().filter(|(line, _)| matters(line)).collect())
    }
    async fn already_ingested(&self, events: &[EventId]) -> Result<HashSet<EventId>, Unavailable> {
        self.check()?;
        let rows = self.rows.lock().unwrap();
        Ok(events.iter().filter(|event| rows.contains_key(event)).copied().collect())
    }
    async fn highest_event(&self) -> Result<Option<EventId>, Unavailable> {
        self.check()?;
        Ok(self.rows.lock().unwrap().last_key_value().map(|(&event, _)| event))
    }
}
