//! The steps of a call by themselves: key check, head, admission and settlement, the tap of a stream. Their sum is not a
//! call; the ladder of `bench report` is. `cargo bench -p bench --profile dist`.

use bytes::Bytes;
use divan::Bencher;
use domain::budget::{BudgetScope, Cap, Window};
use domain::denial::Denial;
use domain::effective_terms::effective;
use domain::id::{CredentialId, KeyId, PersonId, ProviderId};
use domain::key_secret::{self, Pepper, SecretText, TokenKind};
use domain::limits::Limits;
use domain::model::{Endpoint, Model};
use domain::money::NanoUsd;
use domain::time::Clock as _;
use domain::usage::{Outcome, TokenUsage, UsageRecord, UsageSource};
use domain::virtual_key::{ConsumerKind, KeySecret, KeyState, KeyTerms, Owner, VirtualKey};
use http::{HeaderMap, HeaderValue, header};
use portal::bootstrap::bootstrap;
use portal::sealing::RootKey;
use proxy::UnrecognisedCounts;
use proxy::measured::{reads_head, recognises, taps};
use proxy::ports::{Directory, KeyRecord, Ledger as _, Level, ProviderRecord, ReserveRequest, Reserved};
use server::clock::{SystemClock, SystemRandomness};
use server::gateway::ledger::Ledger;
use server::gateway::recovery::open_ledger;
use server::gateway::spool;
use server::wiring::usage_store::StoredUsage;
use std::sync::Arc;
use store::Store;
use tempfile::TempDir;
use zeroize::Zeroizing;

fn main() {
    divan::main();
}

const PLENTY: NanoUsd = NanoUsd::from_dollars(1_000_000);

/// One key, as the gateway knows it, and the ledger that its calls go through.
struct Desk {
    record: Arc<KeyRecord>,
    secret: SecretText,
    pepper: Arc<Pepper>,
    ledger: Ledger,
    _folder: TempDir,
}

impl Desk {
    fn open() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let store = Store::open("sqlite::memory:").await.expect("a database");
            let root = RootKey::new(Zeroizing::new([7; 32]));
            bootstrap(&store, root, &SystemClock, &SystemRandomness).await.expect("a first start");
            let profile = store.profiles().await.expect("a query").remove(0);
            let folder = tempfile::tempdir().expect("a folder");
            let (clock, usage) = (Arc::new(SystemClock), StoredUsage(store));
            let settings = spool::Settings::default();
            let zone = jiff::tz::TimeZone::UTC;
            let ledger = open_ledger(folder.path(), settings, &usage, clock, zone).await.expect("a spool");

            let (person, pepper) = (PersonId::from_random(&[1; 12]), Arc::new(Pepper::new([9; 32])));
            let id = KeyId::from_random(&[2; 12]);
            let secret = key_secret::compose(TokenKind::VirtualKey, id, &Zeroizing::new([3; 32]));
            let now = SystemClock.now();
            let verifier = KeySecret {
                version: 1,
                tag: key_secret::tag(secret.expose(), &pepper),
                pepper_version: 1,
                created_at: now,
                valid_until: None,
            };
            let key = VirtualKey {
                id,
                name: "bench".into(),
                owner: Owner::Person(person),
                created_by: person,
                profile: profile.id,
                profile_version: None,
                consumer: ConsumerKind::Service,
                application: None,
                environment: "dev".into(),
                cost_centre: None,
                tags: vec![],
                terms: KeyTerms {
                    models: profile.terms.models.clone(),
                    endpoints: profile.terms.endpoints.clone(),
                    caps: vec![],
                    requests_per_minute: u32::MAX,
                    concurrency: u32::MAX,
                    tokens_per_minute: None,
                    quotas: vec![],
                    networks: vec![],
                    max_output_tokens: None,
                },
                state: KeyState::Active,
                created_at: now,
                expires_at: now.plus_days(1),
            };
            // Four levels, the key's own with two windows; the starter profile's lower limits are lifted.
            let cap = |window| Cap { window, limit: PLENTY };
            let limits = Arc::new(Limits { caps: vec![cap(Window::Month)], ..Limits::default() });
            let level =
                |scope| Level { scope, name: "bench".into(), limits: limits.clone(), guaranteed: Arc::default() };
            let above = [BudgetScope::Organisation, BudgetScope::Person(person), BudgetScope::Profile(profile.id)];
            let effective = KeyTerms {
                caps: vec![cap(Window::Day), cap(Window::Month)],
                requests_per_minute: u32::MAX,
                concurrency: u32::MAX,
                ..effective(&profile.terms, &key.terms)
            };
            let record = KeyRecord {
                key: (&key).into(),
                secrets: [verifier].into(),
                profile: Arc::new(profile),
                effective: Arc::new(effective),
                if_enforced: None,
                owner_active: true,
                above: above.map(level).into(),
            };
            Self { record: Arc::new(record), secret, pepper, ledger, _folder: folder }
        })
    }

    fn reserve(&self) -> Reserved {
        let request = ReserveRequest {
            event: self.ledger.next_event(),
            record: &self.record,
            model: "demo-large",
            bound: NanoUsd::from_nano(500_000),
            prompt_bound: NanoUsd::from_nano(100_000),
            output_token_nano: NanoUsd::from_nano(15_000),
            expected_tokens: 200,
            now: SystemClock.now(),
        };
        self.ledger.reserve(&request).expect("there is plenty")
    }

    fn settle(&self, reserved: &Reserved) {
        let record = UsageRecord {
            id: reserved.event,
            key: self.record.key.id,
            model: "demo-large".into(),
            deployment: None,
            endpoint: Some(Endpoint::ChatCompletions),
            network: "127.0.0.1".into(),
            agent: "bench".into(),
            secret_version: 1,
            status: 200,
            outcome: Outcome::Answered,
            denial: None,
            streamed: false,
            tokens: TokenUsage { input: 97, output: 12, ..TokenUsage::default() },
            cost: NanoUsd::from_nano(471_000),
            source: UsageSource::Provider,
            price_version: 1,
            duration_ms: 900,
            first_byte_ms: Some(850),
            charged: vec![],
            attempts: 1,
            repeated: 0,
            watched: domain::call_rule::RuleSet::NONE,
        };
        self.ledger.settle(reserved, record).expect("the disk takes it");
    }
}

/// Knows one key.
struct OneKey<'a>(&'a Desk);

impl Directory for OneKey<'_> {
    fn ready(&self) -> Result<(), Denial> {
        Ok(())
    }
    fn key(&self, id: KeyId) -> Option<Arc<KeyRecord>> {
        (id == self.0.record.key.id).then(|| self.0.record.clone())
    }
    fn pepper(&self, _: i64) -> Option<Arc<Pepper>> {
        Some(self.0.pepper.clone())
    }
    fn model(&self, _: &str) -> Option<Arc<Model>> {
        None
    }
    fn models(&self) -> Arc<[Arc<Model>]> {
        Arc::new([])
    }
    fn provider(&self, _: ProviderId) -> Option<Arc<ProviderRecord>> {
        None
    }
    fn credential(&self, _: CredentialId) -> Result<Arc<SecretText>, Denial> {
        Err(Denial::Sealed)
    }
}

#[divan::bench]
fn key_check(bencher: Bencher) {
    let desk = Desk::open();
    let mut headers = HeaderMap::new();
    let bearer = format!("Bearer {}", desk.secret.expose());
    headers.insert(header::AUTHORIZATION, HeaderValue::try_from(bearer).expect("a key is a header's value"));
    let (directory, counts, now) = (OneKey(&desk), UnrecognisedCounts::default(), SystemClock.now());
    bencher.bench_local(|| assert!(recognises(&headers, &directory, &counts, now)));
}

/// A conversation of this many kilobytes.
#[divan::bench(args = [1, 16, 256])]
fn head(bencher: Bencher, kilobytes: usize) {
    let message = format!(r#"{{"role":"user","content":"{}"}}"#, "word ".repeat(190));
    let messages = vec![message; kilobytes].join(",");
    let body = format!(r#"{{"model":"demo-large","temperature":0.2,"messages":[{messages}],"max_tokens":256}}"#);
    bencher.bench_local(|| assert!(reads_head(body.as_bytes())));
}

/// Both take the ledger's locks and one `write(2)` each. The spool has room for this many.
#[divan::bench(sample_count = 100, sample_size = 100)]
fn admission(bencher: Bencher) {
    let desk = Desk::open();
    bencher.bench_local(|| desk.reserve());
}

#[divan::bench(sample_count = 100, sample_size = 100)]
fn settlement(bencher: Bencher) {
    let desk = Desk::open();
    bencher.with_inputs(|| desk.reserve()).bench_local_values(|reserved| desk.settle(&reserved));
}

/// A stream of 22 events, each in a chunk of its own or all in one.
#[divan::bench(args = [22, 1])]
fn stream_tap(bencher: Bencher, chunks: usize) {
    let text = r#"{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1750000000,"model":"m","choices":[{"index":0,"delta":{"content":" word"},"logprobs":null,"finish_reason":null}],"usage":null}"#;
    let usage = r#"{"id":"chatcmpl-1","object":"chat.completion.chunk","choices":[],"usage":{"prompt_tokens":97,"completion_tokens":12,"total_tokens":109}}"#;
    let events = std::iter::repeat_n(text, 20).chain([usage, "[DONE]"]).map(|data| format!("data: {data}\n\n"));
    let events: Vec<String> = events.collect();
    let chunks: Vec<Bytes> = events.chunks(events.len() / chunks).map(|some| Bytes::from(some.concat())).collect();
    bencher.bench_local(|| assert_eq!(taps(&chunks), 22));
}
