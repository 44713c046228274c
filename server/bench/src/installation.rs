//! An installation on disk: configuration, root secret, and a database with a provider, a model, and as many keys and
//! usage rows as are asked for.
//!
//! Written through the store, not through the portal: a hundred thousand keys are minted in seconds. Limits are far above
//! what the bench can spend, save for one key that is there to run out of money.

mod folder;
mod minting;
mod past;
pub mod visitor;

use crate::Problem;
use domain::access_profile::{AboveMaximum, AccessProfile, CapTerm, Term};
use domain::budget::{BudgetScope, Cap, Window};
use domain::id::{CredentialId, DeploymentId, KeyId, ModelId, PersonId, ProfileId, ProviderId};
use domain::key_secret::SecretText;
use domain::limits::Limits;
use domain::model::{Deployment, Endpoint, Model, ProviderKind};
use domain::money::{NanoUsd, PicoUsd};
use domain::person::Role;
use domain::pricing::{PriceList, TokenPrices};
use domain::provider_timeouts::ProviderTimeouts;
use domain::time::{Clock as _, Timestamp};
pub use folder::{database_url, lay_out, unseal};
use minting::Mint;
use past::write_usage;
use portal::ports::Randomness as _;
use portal::sealing::{CredentialBinding, Sealing};
use server::clock::{SystemClock, SystemRandomness};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::{Provider, ScopeLimits, SealedCredential, Store};
use visitor::{person, session};

pub const MODEL: &str = "bench";
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
        lay_out(folder, port)?;
        let store = Store::open(&database_url(folder)).await?;
        let sealing = unseal(&store).await?;
        let now = SystemClock.now();
        let person = person("Bench", Role::Developer, now);
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

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRandomness.fill(&mut bytes);
    bytes
}
