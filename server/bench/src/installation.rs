//! An installation on disk: configuration, root secret, and a database with a provider, a model, and as many keys and
//! usage rows as are asked for.
//!
//! Written through the store, not through the portal: a hundred thousand keys are minted in seconds. Limits are far above
//! what the bench can spend, save for one key that is there to run out of money.

use crate::Problem;
use domain::access_profile::{AboveMaximum, AccessProfile, CapTerm, Term};
use domain::budget::{BudgetLine, BudgetScope, Cap, Window};
use domain::id::{CredentialId, DeploymentId, EventId, KeyId, ModelId, PersonId, ProfileId, ProviderId};
use domain::key_secret::{self, Pepper, SecretText, TokenKind};
use domain::limits::Limits;
use domain::model::{Deployment, Endpoint, Model, ProviderKind};
use domain::money::{NanoUsd, PicoUsd};
use domain::person::Role;
use domain::pricing::{PriceList, TokenPrices};
use domain::provider_timeouts::ProviderTimeouts;
use domain::time::{Clock as _, Timestamp};
use domain::usage::{Outcome, TokenUsage, UsageRecord, UsageSource};
use domain::virtual_key::{ConsumerKind, KeySecret, KeyState, KeyTerms, Owner, VirtualKey};
use portal::bootstrap::bootstrap;
use portal::ports::Randomness as _;
use portal::sealing::{CredentialBinding, RootKey, Sealing};
use server::clock::{SystemClock, SystemRandomness};
use sha2::{Digest as _, Sha256};
use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::{Person, Provider, ScopeLimits, SealedCredential, SessionRow, Store};
use zeroize::Zeroizing;

pub const MODEL: &str = "bench";
const ROOT: [u8; 32] = *b"the bench has nothing to protect";
const CREDENTIAL: &str = "sk-bench-credential-of-the-scripted-provider";
/// What the key may spend that is there to run out of money.
pub const TIGHT_BUDGET: NanoUsd = NanoUsd::from_nano(20_000_000);

/// What is in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    pub keys: usize,
    pub usage_rows: u64,
}

/// A folder that `keywright serve` can be started on.
#[derive(Debug)]
pub struct Installation {
    pub folder: PathBuf,
    pub keys: Arc<[String]>,
    pub key_ids: Vec<KeyId>,
    /// The key that runs out of money.
    pub tight: (KeyId, String),
    /// A signed-in session of the keys' owner.
    pub session: String,
}

impl Installation {
    /// Writes it. `port` is where the process will listen, which is part of its address.
    pub async fn write(folder: &Path, port: u16, provider: SocketAddr, size: Size) -> Result<Self, Problem> {
        std::fs::create_dir_all(folder)?;
        write_private(&folder.join("root.key"), &ROOT)?;
        write_private(&folder.join("keywright.toml"), configuration(folder, port).as_bytes())?;
        let store = Store::open(&database_url(folder)).await?;
        let sealing = unseal(&store).await?;
        let now = SystemClock.now();
        let person = person(now);
        let profile = generous(store.profiles().await?.into_iter().next().ok_or("the first start left no profile")?);

        let mut tx = store.begin().await?;
        tx.insert_person(&person).await?;
        tx.update_profile(&profile, profile.version - 1, now).await?;
        let (upstream, credential) = upstream(&sealing, provider, now)?;
        tx.insert_provider(&upstream).await?;
        tx.insert_credential(&credential).await?;
        let model = model(&upstream, &credential)?;
        tx.insert_model(&model, now).await?;
        tx.insert_price(model.id, 1, model.price.as_ref(), now, None).await?;
        for limits in above(person.id, profile.id, now) {
            tx.put_limits(&limits).await?;
        }
        let session = session(&person, now);
        tx.insert_session(&session.1).await?;
        tx.commit().await?;

        let pepper = sealing.pepper(1).ok_or("the first start left no verifier key")?;
        let mint = Mint { person: person.id, profile: &profile, pepper: &pepper, now };
        let minted = mint.keys(&store, size.keys).await?;
        let (tight, secret) = mint.key(usize::MAX, vec![Cap { window: Window::Month, limit: TIGHT_BUDGET }]);
        let tight_key = (tight.id, secret.0);
        let mut tx = store.begin().await?;
        tx.insert_key(&tight, &secret.1).await?;
        tx.commit().await?;

        let (key_ids, keys): (Vec<KeyId>, Vec<String>) = minted.into_iter().unzip();
        write_usage(&store, &key_ids, size.usage_rows, now).await?;
        store.close().await;
        Ok(Self { folder: folder.to_owned(), keys: keys.into(), key_ids, tight: tight_key, session: session.0 })
    }

    pub fn database_bytes(&self) -> u64 {
        ["keywright.db", "keywright.db-wal"]
            .iter()
            .filter_map(|name| std::fs::metadata(self.folder.join(name)).ok())
            .map(|found| found.len())
            .sum()
    }
}

pub fn database_url(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("keywright.db").display())
}

/// The installation's secrets, opened as the process opens them.
pub async fn unseal(store: &Store) -> Result<Sealing, Problem> {
    Ok(bootstrap(store, RootKey::new(Zeroizing::new(ROOT)), &SystemClock, &SystemRandomness).await?)
}

fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.create_new(true).write(true).mode(0o400).open(path)?.write_all(bytes)
}

/// Durability as shipped; the limits that are about strangers are lifted, since everything comes from one address.
fn configuration(folder: &Path, port: u16) -> String {
    let folder = folder.display();
    format!(
        r#"public_origin = "http://127.0.0.1:{port}"
listen = "127.0.0.1:{port}"
database_url = "sqlite:{folder}/keywright.db"
data_dir = "{folder}/data"

[organisation]
name = "Bench"

[root]
source = "file"
file = "{folder}/root.key"

[egress]
allow = ["127.0.0.0/8"]

[limits]
connections_per_address = 10000
lb_delay_seconds = 0
drain_seconds = 5

[[issuer]]
id = "unused"
name = "Unused"
url = "http://127.0.0.1:9"
client_id = "bench"
client_secret = "never sent anywhere"
"#
    )
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRandomness.fill(&mut bytes);
    bytes
}

fn person(now: Timestamp) -> Person {
    Person {
        id: PersonId::from_random(&random::<32>()),
        issuer: "unused".to_owned(),
        subject: "bench".to_owned(),
        name: "Bench".to_owned(),
        email: String::new(),
        claimed_roles: vec![Role::Developer],
        granted_roles: Vec::new(),
        groups: Vec::new(),
        active: true,
        version: 1,
        created_at: now,
        last_sign_in_at: Some(now),
    }
}

/// A session as signing in would leave it, with what its cookie says.
fn session(person: &Person, now: Timestamp) -> (String, SessionRow) {
    use base64::Engine as _;
    let token = random::<32>();
    let row = SessionRow {
        id_hash: Sha256::digest(token).into(),
        person: Some(person.id),
        person_version: person.version,
        issuer: Some("unused".to_owned()),
        idp_sid: None,
        data: br#"{"id_token":null}"#.to_vec(),
        address: None,
        agent: None,
        created_at: now,
        auth_time: now,
        seen_at: now,
        expires_at: now.plus_days(1),
    };
    (base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(token), row)
}

/// A million dollars, which no run of the bench can spend.
const PLENTY: NanoUsd = NanoUsd::from_dollars(1_000_000);
/// Of a key. The levels above have one account each.
const WINDOWS: [Window; 2] = [Window::Day, Window::Month];

/// What the organisation, the owner and the profile bound: every call is charged to budgets at four levels.
fn above(person: PersonId, profile: ProfileId, now: Timestamp) -> [ScopeLimits; 3] {
    let caps = vec![Cap { window: Window::Month, limit: PLENTY }];
    let limits = Limits {
        caps,
        requests_per_minute: Some(u32::MAX),
        tokens_per_minute: Some(u64::MAX / 4),
        concurrency: Some(u32::MAX),
        ..Limits::default()
    };
    [BudgetScope::Organisation, BudgetScope::Person(person), BudgetScope::Profile(profile)].map(|scope| ScopeLimits {
        scope,
        limits: limits.clone(),
        version: 1,
        updated_at: now,
        updated_by: None,
    })
}

fn generous(starter: AccessProfile) -> AccessProfile {
    fn term<T: Copy>(value: T) -> Term<T> {
        Term { default: value, maximum: value, developers_may_change: true, above: AboveMaximum::Reject }
    }
    let mut profile = AccessProfile { version: starter.version + 1, ..starter };
    profile.terms.caps = WINDOWS.map(|window| CapTerm { window, amount: term(PLENTY) }).to_vec();
    profile.terms.requests_per_minute = term(u32::MAX);
    profile.terms.concurrency = term(u32::MAX);
    profile.terms.lifetime_days = term(90);
    profile
}

fn upstream(sealing: &Sealing, address: SocketAddr, now: Timestamp) -> Result<(Provider, SealedCredential), Problem> {
    let provider = Provider {
        id: ProviderId::from_random(&random::<32>()),
        name: "Scripted".to_owned(),
        preset: "openai-compatible".to_owned(),
        kind: ProviderKind::OpenAi,
        base_url: format!("http://{address}/v1"),
        enabled: true,
        timeouts: ProviderTimeouts::default(),
        markup: domain::markup::Markup::NONE,
        created_at: now,
    };
    let id = CredentialId::from_random(&random::<32>());
    let binding = CredentialBinding { provider: provider.id, credential: id, version: 1, base_url: &provider.base_url };
    let secret = SecretText::new(CREDENTIAL.to_owned());
    let credential = SealedCredential {
        id,
        provider: provider.id,
        version: 1,
        blob: sealing.seal_credential(&SystemRandomness, &binding, &secret)?,
        last_four: "ider".to_owned(),
        fingerprint: sealing.fingerprint(&secret),
        created_at: now,
        created_by: None,
    };
    Ok((provider, credential))
}

fn model(provider: &Provider, credential: &SealedCredential) -> Result<Model, Problem> {
    let tokens = TokenPrices {
        input: PicoUsd::from_pico(3_000_000),
        output: PicoUsd::from_pico(15_000_000),
        ..TokenPrices::default()
    };
    Ok(Model {
        id: ModelId::from_random(&random::<32>()),
        name: MODEL.parse()?,
        price: Some(PriceList { tokens, ..PriceList::default() }),
        price_version: 1,
        max_input_tokens: Some(200_000),
        max_output_tokens: Some(32_000),
        capabilities: Vec::new(),
        sunset: None,
        endpoints: vec![Endpoint::ChatCompletions],
        deployments: vec![Deployment {
            id: DeploymentId::from_random(&random::<32>()),
            provider: provider.id,
            credential: credential.id,
            upstream_model: "gpt-scripted".to_owned(),
            weight: 1,
            priority: 0,
        }],
        enabled: true,
        alias_of: None,
    })
}

struct Mint<'a> {
    person: PersonId,
    profile: &'a AccessProfile,
    pepper: &'a Pepper,
    now: Timestamp,
}

/// Keys that are written in one transaction.
const KEYS_AT_ONCE: usize = 5_000;

impl Mint<'_> {
    async fn keys(&self, store: &Store, count: usize) -> Result<Vec<(KeyId, String)>, Problem> {
        let mut minted = Vec::with_capacity(count);
        while minted.len() < count {
            let mut tx = store.begin().await?;
            for _ in 0..KEYS_AT_ONCE.min(count - minted.len()) {
                let caps = WINDOWS.map(|window| Cap { window, limit: PLENTY });
                let (key, (secret, verifier)) = self.key(minted.len(), caps.to_vec());
                tx.insert_key(&key, &verifier).await?;
                minted.push((key.id, secret));
            }
            tx.commit().await?;
        }
        Ok(minted)
    }

    fn key(&self, number: usize, caps: Vec<Cap>) -> (VirtualKey, (String, KeySecret)) {
        let id = KeyId::from_random(&random::<32>());
        let secret = key_secret::compose(TokenKind::VirtualKey, id, &Zeroizing::new(random()));
        let verifier = KeySecret {
            version: 1,
            tag: key_secret::tag(secret.expose(), self.pepper),
            pepper_version: 1,
            created_at: self.now,
            valid_until: None,
        };
        let terms = &self.profile.terms;
        let key = VirtualKey {
            id,
            name: format!("bench {number}"),
            owner: Owner::Person(self.person),
            created_by: self.person,
            profile: self.profile.id,
            profile_version: None,
            consumer: ConsumerKind::Service,
            application: None,
            environment: "dev".to_owned(),
            cost_centre: None,
            tags: Vec::new(),
            terms: KeyTerms {
                models: terms.models.clone(),
                endpoints: terms.endpoints.clone(),
                caps,
                requests_per_minute: u32::MAX,
                concurrency: u32::MAX,
                tokens_per_minute: None,
                quotas: Vec::new(),
                networks: Vec::new(),
                max_output_tokens: None,
            },
            state: KeyState::Active,
            created_at: self.now,
            expires_at: self.now.plus_days(90),
        };
        (key, (secret.expose().to_owned(), verifier))
    }
}

/// Usage rows that are written in one transaction.
const ROWS_AT_ONCE: u64 = 8_192;
/// How far back they reach: several to a millisecond would not be what an installation has.
const SPREAD_MS: i64 = 30 * 24 * 3_600_000;

/// Calls of the last month, evenly over time and keys.
async fn write_usage(store: &Store, keys: &[KeyId], count: u64, now: Timestamp) -> Result<(), Problem> {
    if keys.is_empty() || count == 0 {
        return Ok(());
    }
    let begins = now.plus_ms(-SPREAD_MS);
    let month = Window::Month.start(now, &jiff::tz::TimeZone::UTC);
    let mut written = 0;
    while written < count {
        let until = count.min(written + ROWS_AT_ONCE);
        let batch: Vec<UsageRecord> = (written..until)
            .map(|number| {
                let key = keys[usize::try_from(number).unwrap_or(0) % keys.len()];
                let at = begins
                    .plus_ms(i64::try_from(u128::from(number) * SPREAD_MS as u128 / u128::from(count)).unwrap_or(0));
                let line = BudgetLine { scope: BudgetScope::Key(key), window: Window::Month, window_start: month };
                let sequence = u16::try_from(number % 1_000).unwrap_or(0);
                earlier_call(EventId::new(at, 0, sequence), key, line)
            })
            .collect();
        store.ingest(&batch).await?;
        written = until;
    }
    Ok(())
}

fn earlier_call(id: EventId, key: KeyId, line: BudgetLine) -> UsageRecord {
    UsageRecord {
        id,
        key,
        model: MODEL.to_owned(),
        deployment: None,
        endpoint: Some(Endpoint::ChatCompletions),
        network: "127.0.0.1".to_owned(),
        agent: "keywright-bench".to_owned(),
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
        charged: vec![line],
        attempts: 1,
        repeated: 0,
    }
}
