//! A directory over a store that tests edit and take away.

use super::super::*;
use crate::gateway::levels::LimitedLevel;
use crate::gateway::testing::{ManualClock, profile, virtual_key};
use domain::budget::BudgetScope;
use domain::id::{ApplicationId, CostCentreId, TeamId, UnitId};
use domain::limits::Limits;
use domain::model::{ModelName, ProviderKind};
use domain::virtual_key::VirtualKey;
use proxy::ports::Directory as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize};

/// A store that can be away.
#[derive(Default)]
pub(super) struct Store {
    pub(super) keys: Mutex<HashMap<KeyId, KeyFacts>>,
    pub(super) profile: Mutex<Option<AccessProfile>>,
    pub(super) kept: Mutex<Vec<AccessProfile>>,
    pub(super) rollouts: Mutex<Vec<Rollout>>,
    pub(super) credential: Mutex<Option<SealedCredential>>,
    pub(super) limits: Mutex<Vec<LimitedLevel>>,
    /// Beside those that are always there.
    pub(super) models: Mutex<Vec<Model>>,
    pub(super) loads: AtomicUsize,
    pub(super) away: AtomicBool,
}

impl Store {
    pub(super) fn change(&self, id: KeyId, change: impl FnOnce(&mut KeyFacts)) {
        change(self.keys.lock().unwrap().get_mut(&id).unwrap());
    }
    fn check(&self) -> Result<(), Unavailable> {
        if self.away.load(Ordering::SeqCst) { Err(Unavailable) } else { Ok(()) }
    }
}

#[async_trait::async_trait]
impl PolicySource for Store {
    async fn load_all(&self) -> Result<PolicySnapshot, Unavailable> {
        self.check()?;
        self.loads.fetch_add(1, Ordering::SeqCst);
        let levels = self.load_levels().await?;
        let more = self.models.lock().unwrap().clone();
        Ok(PolicySnapshot {
            keys: self.keys.lock().unwrap().values().cloned().collect(),
            profiles: self.profile.lock().unwrap().iter().cloned().collect(),
            kept_profiles: self.kept.lock().unwrap().clone(),
            rollouts: self.rollouts.lock().unwrap().clone(),
            models: [vec![model("b-model", true), model("a-model", true), model("off", false)], more].concat(),
            providers: vec![ProviderRecord {
                id: provider(),
                name: "Demo".into(),
                kind: ProviderKind::OpenAi,
                base_url: http::Uri::from_static("http://127.0.0.1:9/v1"),
                enabled: true,
                timeouts: domain::provider_timeouts::ProviderTimeouts::default(),
                markup: domain::markup::Markup::NONE,
            }],
            credentials: self.credential.lock().unwrap().iter().cloned().collect(),
            peppers: vec![(1, Arc::new(Pepper::new([7; 32])))],
            levels,
        })
    }
    async fn load_key(&self, id: KeyId) -> Result<Option<KeyFacts>, Unavailable> {
        self.check()?;
        Ok(self.keys.lock().unwrap().get(&id).cloned())
    }
    /// Two people in the team of a unit; one of them is in another team too.
    async fn load_levels(&self) -> Result<LevelFacts, Unavailable> {
        self.check()?;
        Ok(LevelFacts {
            limits: self.limits.lock().unwrap().clone(),
            unit_of: [(team(), unit())].into(),
            centre_of: [("4711".to_owned(), centre())].into(),
            application_of: [("search".to_owned(), ApplicationId::from_random(&[9; 12]))].into(),
            only_team_of: [(virtual_key(1).created_by, team())].into(),
        })
    }
}

/// "Opens" whatever is sealed for the provider's address, and counts.
#[derive(Default)]
pub(super) struct Opener(pub(super) AtomicUsize);

impl CredentialOpener for Opener {
    fn open(&self, sealed: &SealedCredential, base_url: &http::Uri) -> Result<SecretText, CannotOpen> {
        self.0.fetch_add(1, Ordering::SeqCst);
        let text = String::from_utf8(sealed.blob.clone()).map_err(|_| CannotOpen)?;
        if base_url.port_u16() == Some(9) { Ok(SecretText::new(text)) } else { Err(CannotOpen) }
    }
}

pub(super) fn team() -> TeamId {
    TeamId::from_random(&[7; 12])
}
pub(super) fn unit() -> UnitId {
    UnitId::from_random(&[8; 12])
}
pub(super) fn centre() -> CostCentreId {
    CostCentreId::from_random(&[9; 12])
}
pub(super) fn limited(scope: BudgetScope, requests: u32) -> LimitedLevel {
    let limits = Limits { requests_per_minute: Some(requests), ..Limits::default() };
    LimitedLevel { scope, name: scope.word().into(), limits }
}
pub(super) fn provider() -> ProviderId {
    ProviderId::from_random(&[4; 12])
}
pub(super) fn credential() -> CredentialId {
    CredentialId::from_random(&[5; 12])
}
pub(super) fn sealed(version: i64, blob: &[u8]) -> SealedCredential {
    SealedCredential { id: credential(), provider: provider(), version, blob: blob.to_vec() }
}
pub(super) fn model(name: &str, enabled: bool) -> Model {
    Model {
        id: domain::id::ModelId::from_random(&[6; 12]),
        name: name.parse::<ModelName>().unwrap(),
        price: None,
        price_version: 1,
        max_input_tokens: None,
        max_output_tokens: None,
        capabilities: vec![],
        sunset: None,
        endpoints: vec![],
        deployments: vec![],
        enabled,
        alias_of: None,
    }
}

pub(super) fn facts(key: &VirtualKey) -> KeyFacts {
    KeyFacts {
        key: key.into(),
        profile_version: key.profile_version,
        terms: Arc::new(key.terms.clone()),
        secrets: Box::default(),
        grants: vec![],
        owner_active: true,
    }
}

pub(super) struct Fixture {
    pub(super) store: Arc<Store>,
    pub(super) opener: Arc<Opener>,
    pub(super) clock: Arc<ManualClock>,
    pub(super) directory: Arc<Directory>,
    pub(super) key: KeyId,
}

pub(super) async fn fixture() -> Fixture {
    let (store, opener, clock) = (Arc::new(Store::default()), Arc::new(Opener::default()), ManualClock::new());
    let id = virtual_key(1).id;
    store.keys.lock().unwrap().insert(id, facts(&virtual_key(1)));
    *store.profile.lock().unwrap() = Some(profile());
    *store.credential.lock().unwrap() = Some(sealed(1, b"sk-first"));
    let directory = Arc::new(Directory::new(store.clone(), opener.clone(), clock.clone()));
    assert_eq!(directory.ready(), Err(Denial::Starting));
    directory.load().await.unwrap();
    Fixture { store, opener, clock, directory, key: id }
}
