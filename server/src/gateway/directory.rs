//! The policy in memory: who is this key, which models are there, where do they go, with which credential.
//!
//! Facts are immutable values, replaced whole, and a change counts before whoever made it is answered: a key revoked
//! before an answer was sent is refused from the next call on. Verdicts are never kept.
//!
//! Fails closed: if a change is known but cannot be read, nothing is decided (`policy_stale`) until it can. An opened
//! credential stays in memory for an hour at most.

use super::Unavailable;
use super::levels::{LevelFacts, Levels};
use super::shared::Shared;
use arc_swap::ArcSwap;
use domain::access_profile::AccessProfile;
use domain::alias::resolved;
use domain::call_terms::CallTerms;
use domain::denial::Denial;
use domain::grant::Grant;
use domain::id::{CredentialId, KeyId, ProfileId, ProviderId};
use domain::key_secret::{Pepper, SecretText};
use domain::model::Model;
use domain::profile_rollout::{MoveOn, Rollout};
use domain::profile_versions::kept;
use domain::served_key::ServedKey;
use domain::time::{Clock, MS_PER_HOUR, Timestamp};
use domain::virtual_key::{KeySecret, KeyTerms};
use foldhash::HashMap;
use foldhash::fast::RandomState;
use key_over_time::{KeyOverTime, ProfileOverTime};
use proxy::ports::{self, KeyRecord, ProviderRecord};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

/// A key as the store has it, but for what only people look at: all keys are read before the first of them counts.
#[derive(Clone)]
pub struct KeyFacts {
    pub key: ServedKey,
    /// The version of the profile whose terms it keeps; `None` follows the newest.
    pub profile_version: Option<i64>,
    /// As they were granted.
    pub terms: Arc<KeyTerms>,
    /// The live ones; at most two.
    pub secrets: Box<[KeySecret]>,
    /// What it was given above its profile. Those that have ended do no harm.
    pub grants: Vec<Grant>,
    pub owner_active: bool,
}

/// A credential that only a [`CredentialOpener`] can read.
#[derive(Clone)]
pub struct SealedCredential {
    pub id: CredentialId,
    pub provider: ProviderId,
    pub version: i64,
    pub blob: Vec<u8>,
}

/// Everything that decides about calls, read in one go.
#[derive(Default)]
pub struct PolicySnapshot {
    pub keys: Vec<KeyFacts>,
    pub profiles: Vec<AccessProfile>,
    /// Older versions that keys keep to.
    pub kept_profiles: Vec<AccessProfile>,
    /// When these come to the newest.
    pub rollouts: Vec<Rollout>,
    pub models: Vec<Model>,
    pub providers: Vec<ProviderRecord>,
    pub credentials: Vec<SealedCredential>,
    pub peppers: Vec<(i64, Arc<Pepper>)>,
    pub levels: LevelFacts,
}

/// Where policy comes from.
#[async_trait::async_trait]
pub trait PolicySource: Send + Sync {
    async fn load_all(&self) -> Result<PolicySnapshot, Unavailable>;
    /// `None` if there is no such key.
    async fn load_key(&self, id: KeyId) -> Result<Option<KeyFacts>, Unavailable>;
    async fn load_levels(&self) -> Result<LevelFacts, Unavailable>;
}

/// Sealed with another root secret, changed, or moved to another place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the credential cannot be opened with the root secret in use")]
pub struct CannotOpen;

/// Opens credentials; holds the root secret.
pub trait CredentialOpener: Send + Sync {
    /// `base_url` is the provider's address as it stands now: a credential opens for the address it was entered for.
    fn open(&self, sealed: &SealedCredential, base_url: &http::Uri) -> Result<SecretText, CannotOpen>;
}

mod key_over_time;

const STARTING: u8 = 0;
const READY: u8 = 1;
const STALE: u8 = 2;
const SEALED: u8 = 3;

const OPENED_FOR_MS: i64 = MS_PER_HOUR;
/// Records replaced before other tasks have their turn: about a millisecond's worth.
const AT_A_TIME: usize = 1_000;
const CATCH_UP_EVERY: Duration = Duration::from_millis(500);

/// All but the keys, which change one by one.
#[derive(Default)]
struct Policy {
    profiles: HashMap<ProfileId, Arc<AccessProfile>>,
    /// As they are to keys that keep to an older version.
    kept: HashMap<(ProfileId, i64), Arc<AccessProfile>>,
    /// From when on those follow the newest instead.
    moves: HashMap<ProfileId, Timestamp>,
    models: HashMap<String, Arc<Model>>,
    by_name: Arc<[Arc<Model>]>,
    providers: HashMap<ProviderId, Arc<ProviderRecord>>,
    credentials: HashMap<CredentialId, SealedCredential>,
    peppers: HashMap<i64, Arc<Pepper>>,
    /// Opened ones. They go with the policy that they were opened under.
    opened: papaya::HashMap<CredentialId, Opened, RandomState>,
}

struct Opened {
    secret: Arc<SecretText>,
    at: Timestamp,
}

/// What the records of many keys have in common.
#[derive(Default)]
struct Common {
    levels: Levels,
    terms: Shared<KeyTerms>,
    if_enforced: Shared<CallTerms>,
}

pub struct Directory {
    standing: AtomicU8,
    policy: ArcSwap<Policy>,
    keys: papaya::HashMap<KeyId, KeyOverTime, RandomState>,
    /// Reading and applying happen in one order, so that an older reading never replaces a newer one. Each key's record
    /// has what it needs of this.
    changing: tokio::sync::Mutex<Common>,
    source: Arc<dyn PolicySource>,
    opener: Arc<dyn CredentialOpener>,
    clock: Arc<dyn Clock>,
}

impl Directory {
    /// Decides nothing (`starting`) until [`Self::load`] has worked.
    pub fn new(source: Arc<dyn PolicySource>, opener: Arc<dyn CredentialOpener>, clock: Arc<dyn Clock>) -> Self {
        Self {
            standing: AtomicU8::new(STARTING),
            policy: ArcSwap::default(),
            keys: papaya::HashMap::default(),
            changing: tokio::sync::Mutex::default(),
            source,
            opener,
            clock,
        }
    }

    /// There is no root secret: nothing is decided until the process is started with one.
    pub fn seal(&self) {
        self.standing.store(SEALED, Ordering::Release);
    }

    /// Reads everything anew, and answers when it counts.
    pub async fn load(&self) -> Result<(), Unavailable> {
        self.load_in_order(&mut *self.changing.lock().await).await
    }

    /// The credential that calls to this provider carry.
    pub fn credential_of(&self, provider: ProviderId) -> Option<CredentialId> {
        let policy = self.policy.load();
        policy.credentials.values().find(|sealed| sealed.provider == provider).map(|sealed| sealed.id)
    }

    /// Profiles, models, providers, credentials or people changed. On an error nothing is decided until
    /// [`Self::keep_current`] has read the change.
    pub async fn reload_policy(&self) -> Result<(), Unavailable> {
        self.load().await.inspect_err(|_| self.become_stale())
    }

    /// A key was minted or changed. On an error as with [`Self::reload_policy`].
    pub async fn reload_key(&self, id: KeyId) -> Result<(), Unavailable> {
        let mut common = self.changing.lock().await;
        let facts = self.source.load_key(id).await.inspect_err(|_| self.become_stale())?;
        let policy = self.policy.load();
        match facts {
            None => {
                self.keys.pin().remove(&id);
            }
            Some(facts) => match policy.profiles_of(&facts) {
                Some(profiles) => self.put(facts, profiles, &mut common),
                // Minted under a profile, or kept at a version, that is newer than the policy in memory.
                None => self.load_in_order(&mut common).await.inspect_err(|_| self.become_stale())?,
            },
        }
        Ok(())
    }

    /// Limits of a level changed, or who belongs where. Reads the levels alone: the keys that stand below them are in
    /// memory, and only their records are replaced. On an error as with [`Self::reload_policy`].
    pub async fn reload_levels(&self) -> Result<(), Unavailable> {
        let mut common = self.changing.lock().await;
        common.levels.become_as(self.source.load_levels().await.inspect_err(|_| self.become_stale())?);
        let all: Vec<KeyOverTime> = self.keys.pin().values().cloned().collect();
        for some in all.chunks(AT_A_TIME) {
            self.put_below(some, &mut common.levels);
            // A hundred thousand keys take a while, in which calls go on.
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    /// Tries again what could not be read, and forgets opened credentials in time. Runs until it is dropped.
    pub async fn keep_current(&self) {
        loop {
            tokio::time::sleep(CATCH_UP_EVERY).await;
            self.catch_up().await;
        }
    }

    async fn catch_up(&self) {
        let now = self.clock.now();
        self.policy.load().opened.pin().retain(|_, opened| is_fresh(opened, now));
        if self.standing.load(Ordering::Acquire) == STALE && self.load().await.is_ok() {
            tracing::info!("the policy is current again");
        }
    }

    async fn load_in_order(&self, common: &mut Common) -> Result<(), Unavailable> {
        let mut snapshot = self.source.load_all().await?;
        common.levels.become_as(std::mem::take(&mut snapshot.levels));
        let keys = std::mem::take(&mut snapshot.keys);
        let policy = Policy::of(snapshot);
        let present: HashSet<KeyId> = keys.iter().map(|facts| facts.key.id).collect();
        for facts in keys {
            // A version that is not there was let go while all this was read: the newest is right, and whoever let it go
            // has everything read once more.
            let newest = || policy.profiles.get(&facts.key.profile).map(ProfileOverTime::always);
            match policy.profiles_of(&facts).or_else(newest) {
                Some(profiles) => self.put(facts, profiles, common),
                None => {
                    tracing::error!(key.id = %facts.key.id, "key {} has no access profile and is not served", facts.key.id);
                    self.keys.pin().remove(&facts.key.id);
                }
            }
        }
        self.keys.pin().retain(|id, _| present.contains(id));
        self.policy.store(Arc::new(policy));
        for from in [STARTING, STALE] {
            // Sealed stays sealed.
            let _ = self.standing.compare_exchange(from, READY, Ordering::AcqRel, Ordering::Acquire);
        }
        Ok(())
    }

    fn put(&self, facts: KeyFacts, profiles: ProfileOverTime<'_>, common: &mut Common) {
        let id = facts.key.id;
        self.keys.pin().insert(id, KeyOverTime::of(facts, profiles, common, self.clock.now()));
    }

    fn put_below(&self, some: &[KeyOverTime], levels: &mut Levels) {
        let keys = self.keys.pin();
        for one in some {
            let key = one.key();
            let above = levels.above(key);
            if !Arc::ptr_eq(&above, one.above()) {
                keys.insert(key.id, one.below(&above));
            }
        }
    }

    fn become_stale(&self) {
        tracing::error!("a change of policy could not be read; calls are refused until it is");
        let _ = self.standing.compare_exchange(READY, STALE, Ordering::AcqRel, Ordering::Acquire);
    }
}

impl Policy {
    /// Of everything but the keys and the levels.
    fn of(snapshot: PolicySnapshot) -> Self {
        let PolicySnapshot { profiles, kept_profiles, rollouts, models, providers, credentials, peppers, .. } =
            snapshot;
        let profiles: HashMap<ProfileId, Arc<AccessProfile>> =
            profiles.into_iter().map(|profile| (profile.id, Arc::new(profile))).collect();
        let as_kept = |older: &AccessProfile| Some(kept(profiles.get(&older.id)?, older));
        let kept = kept_profiles.iter().filter_map(as_kept);
        let kept = kept.map(|profile| ((profile.id, profile.version), Arc::new(profile))).collect();
        let dated = |rollout: Rollout| match rollout.moves {
            MoveOn::At(at) => Some((rollout.profile, at)),
            // The rotation itself writes it into the key.
            MoveOn::NextRotation => None,
        };
        let mut by_name: Vec<Arc<Model>> =
            resolved(models).into_iter().filter(|model| model.enabled).map(Arc::new).collect();
        by_name.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Self {
            profiles,
            kept,
            moves: rollouts.into_iter().filter_map(dated).collect(),
            models: by_name.iter().map(|model| (model.name.as_str().to_owned(), model.clone())).collect(),
            by_name: by_name.into(),
            providers: providers.into_iter().map(|provider| (provider.id, Arc::new(provider))).collect(),
            credentials: credentials.into_iter().map(|credential| (credential.id, credential)).collect(),
            peppers: peppers.into_iter().collect(),
            opened: papaya::HashMap::default(),
        }
    }

    /// The profile whose terms the key goes by, now and later.
    fn profiles_of(&self, facts: &KeyFacts) -> Option<ProfileOverTime<'_>> {
        let key = &facts.key;
        let newest = self.profiles.get(&key.profile);
        let Some(version) = facts.profile_version else { return newest.map(ProfileOverTime::always) };
        let kept = self.kept.get(&(key.profile, version))?;
        let then = self.moves.get(&key.profile).zip(newest).map(|(&from, newest)| (from, newest));
        Some(ProfileOverTime { first: kept, then })
    }
}

fn is_fresh(opened: &Opened, now: Timestamp) -> bool {
    (0..OPENED_FOR_MS).contains(&now.since(opened.at))
}

impl ports::Directory for Directory {
    fn ready(&self) -> Result<(), Denial> {
        match self.standing.load(Ordering::Acquire) {
            READY => Ok(()),
            STALE => Err(Denial::PolicyStale),
            SEALED => Err(Denial::Sealed),
            _ => Err(Denial::Starting),
        }
    }

    fn key(&self, id: KeyId) -> Option<Arc<KeyRecord>> {
        self.keys.pin().get(&id).map(|key| key.at(|| self.clock.now()))
    }

    fn pepper(&self, version: i64) -> Option<Arc<Pepper>> {
        self.policy.load().peppers.get(&version).cloned()
    }

    fn model(&self, name: &str) -> Option<Arc<Model>> {
        self.policy.load().models.get(name).cloned()
    }

    fn models(&self) -> Arc<[Arc<Model>]> {
        self.policy.load().by_name.clone()
    }

    fn provider(&self, id: ProviderId) -> Option<Arc<ProviderRecord>> {
        self.policy.load().providers.get(&id).cloned()
    }

    fn credential(&self, id: CredentialId) -> Result<Arc<SecretText>, Denial> {
        let policy = self.policy.load();
        let now = self.clock.now();
        let opened = policy.opened.pin();
        if let Some(opened) = opened.get(&id).filter(|opened| is_fresh(opened, now)) {
            return Ok(opened.secret.clone());
        }
        let sealed = policy.credentials.get(&id);
        let place = sealed.and_then(|sealed| Some((sealed, policy.providers.get(&sealed.provider)?)));
        let Some((sealed, provider)) = place else {
            tracing::error!("a deployment names a credential that is not there: {id}");
            return Err(Denial::ProviderAuth);
        };
        let secret = self.opener.open(sealed, &provider.base_url).map_err(|error| {
            tracing::error!(%error, provider.name = %provider.name, "credential {id} cannot be opened; enter it again");
            Denial::Sealed
        })?;
        let secret = Arc::new(secret);
        opened.insert(id, Opened { secret: secret.clone(), at: now });
        Ok(secret)
    }
}

#[cfg(test)]
mod tests;
