//! A portal on an empty database, with a clock that is turned by hand and people of every role.

use async_trait::async_trait;
use domain::access_profile::AccessProfile;
use domain::claim_rules::{Asks, ClaimRule, Gives, Test};
use domain::cost_centre::{CentreEntry, CostCentre};
use domain::day::Day;
use domain::directory_claims::{DirectoryClaims, GroupsTold};
use domain::id::{CostCentreId, EventId, KeyId, PersonId, ProviderId, TeamId};
use domain::key_secret::SecretText;
use domain::minting::MintRequest;
use domain::model::{Endpoint, ProviderKind};
use domain::money::NanoUsd;
use domain::permission::Administrator;
use domain::person::{Caller, Role};
use domain::profile_versions::Reach;
use domain::retention::Retention;
use domain::time::{Clock, Timestamp};
use domain::usage::{Outcome, TokenUsage, UsageRecord, UsageSource};
use domain::virtual_key::{ConsumerKind, Owner};
use portal::administration::catalogue::CatalogueChoice;
use portal::administration::profiles::ProfileDraft;
use portal::administration::providers::NewProvider;
use portal::keys::MintedKey;
use portal::ports::{IssuerFacts, IssuerState, Randomness, SignInPort};
use portal::sealing::{RootKey, Sealing};
use portal::{Portal, PortalError, PortalParts, PortalSettings};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use store::testing::TestDatabase;
use store::{Person, Store};
use zeroize::Zeroizing;

mod gateway;

pub(crate) use gateway::{TestGateway, Told};

pub(crate) const START: Timestamp = Timestamp::from_ms(1_795_248_000_000); // 2026-11-21T08:00Z

pub(crate) struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.0.load(Ordering::SeqCst))
    }
}

/// SplitMix64: the same in each run, different in each draw.
pub(crate) struct Seeded(Mutex<u64>);

impl Seeded {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }
}

impl Randomness for Seeded {
    fn fill(&self, bytes: &mut [u8]) {
        let mut state = self.0.lock().unwrap();
        for byte in bytes {
            *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            *byte = ((mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 56) as u8;
        }
    }
}

/// One provider, which makes an administrator of whoever is in `admins`.
pub(crate) struct TestSignIn;

pub(crate) fn by_group(group: &str, gives: Gives) -> ClaimRule {
    ClaimRule { issuer: None, asks: Asks::Groups, test: Test::Equals(group.into()), gives }
}

#[async_trait]
impl SignInPort for TestSignIn {
    fn issuers(&self) -> Vec<IssuerFacts> {
        vec![IssuerFacts {
            id: "okta".into(),
            name: "Okta".into(),
            url: "https://id.example.com".into(),
            client_id: "keywright".into(),
            redirect_uri: "https://keys.example.com/auth/cb/okta".into(),
            groups_claim: "groups".into(),
            default_role: Some(Role::Developer),
            fixed: vec![by_group("admins", Gives::Role(Role::Administrator))],
        }]
    }
    async fn states(&self) -> Vec<IssuerState> {
        vec![IssuerState::Answers]
    }
    fn directory(&self, issuer: &str, _subject: &str, claims: &Map<String, Value>) -> Option<DirectoryClaims> {
        let groups = claims.get("groups").map(domain::directory_claims::texts);
        let told = if groups.is_some() { GroupsTold::Listed } else { GroupsTold::NotSent };
        Some(DirectoryClaims { issuer: issuer.into(), told, groups, values: BTreeMap::new() })
    }
}

pub(crate) struct World {
    pub(crate) database: TestDatabase,
    pub(crate) store: Store,
    pub(crate) portal: Arc<Portal>,
    pub(crate) gateway: Arc<TestGateway>,
    pub(crate) sealing: Arc<Sealing>,
    clock: Arc<TestClock>,
}

pub(crate) fn root(byte: u8) -> RootKey {
    RootKey::new(Zeroizing::new([byte; 32]))
}

impl World {
    pub(crate) async fn new() -> Self {
        let database = TestDatabase::sqlite();
        let store = database.open().await;
        let clock = Arc::new(TestClock(AtomicI64::new(START.as_ms())));
        let random = Arc::new(Seeded::new(7));
        let opened = portal::bootstrap::bootstrap(&store, root(1), clock.as_ref(), random.as_ref()).await;
        let sealing = Arc::new(opened.unwrap());
        let gateway = Arc::new(TestGateway::default());
        let portal = Arc::new(Portal::new(PortalParts {
            store: store.clone(),
            clock: clock.clone(),
            random,
            sealing: sealing.clone(),
            gateway: gateway.clone(),
            sign_in: Arc::new(TestSignIn),
            settings: PortalSettings {
                organisation: "Example".into(),
                zone: jiff::tz::TimeZone::get("Europe/Berlin").unwrap(),
                public_origin: "https://keys.example.com".into(),
                gateway_origin: "https://llm.example.com".into(),
                mail: true,
                retention: Retention::default(),
            },
        }));
        Self { database, store, portal, gateway, sealing, clock }
    }

    pub(crate) fn advance_days(&self, days: i64) {
        self.clock.0.fetch_add(days * domain::time::MS_PER_DAY, Ordering::SeqCst);
    }
    pub(crate) fn advance_ms(&self, ms: i64) {
        self.clock.0.fetch_add(ms, Ordering::SeqCst);
    }
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Somebody who has signed in before.
    pub(crate) async fn person(&self, name: &str, roles: &[Role]) -> Caller {
        let person = Person {
            id: PersonId::from_random(format!("{name:-<16}").as_bytes()),
            issuer: "https://id.example.com".into(),
            subject: name.into(),
            name: name.into(),
            email: format!("{name}@example.com"),
            claimed_roles: roles.to_vec(),
            granted_roles: vec![],
            groups: vec![],
            active: true,
            version: 1,
            created_at: self.now(),
            last_sign_in_at: None,
        };
        let mut tx = self.store.begin().await.unwrap();
        tx.insert_person(&person).await.unwrap();
        tx.commit().await.unwrap();
        self.caller(person.id).await
    }

    /// The person as a request would load them now.
    pub(crate) async fn caller(&self, person: PersonId) -> Caller {
        let person = self.store.person(person).await.unwrap().unwrap();
        Caller {
            person: person.id,
            roles: person.roles(),
            memberships: self.store.memberships_of(person.id).await.unwrap(),
            name: person.name,
            email: person.email,
            groups: person.groups,
            address: "192.0.2.7".into(),
        }
    }

    pub(crate) async fn developer(&self) -> Caller {
        self.person("ada", &[Role::Developer]).await
    }
    pub(crate) async fn other_developer(&self) -> Caller {
        self.person("bob", &[Role::Developer]).await
    }
    pub(crate) async fn auditor(&self) -> Caller {
        self.person("carol", &[Role::Auditor]).await
    }
    pub(crate) async fn administrator(&self) -> Caller {
        self.person("dora", &[Role::Administrator]).await
    }

    /// A team with this lead, and the lead as a request would load them.
    pub(crate) async fn team_led_by(&self, name: &str, lead: &Caller) -> (TeamId, Caller) {
        let team = self.portal.seed_team(name, lead.person, true).await.unwrap();
        (team, self.caller(lead.person).await)
    }

    pub(crate) async fn request(&self, caller: &Caller, name: &str) -> MintRequest {
        let profile = self.store.profiles().await.unwrap().remove(0).id;
        MintRequest {
            name: name.into(),
            consumer: ConsumerKind::Person,
            profile,
            owner: Owner::Person(caller.person),
            application: None,
            environment: "dev".into(),
            cost_centre: None,
            tags: vec![],
            models: None,
            caps: vec![],
            requests_per_minute: None,
            concurrency: None,
            tokens_per_minute: None,
            quotas: vec![],
            lifetime_days: None,
            networks: None,
            max_output_tokens: None,
            policy_read: None,
        }
    }

    pub(crate) async fn try_mint(&self, caller: &Caller, name: &str) -> Result<MintedKey, PortalError> {
        let request = self.request(caller, name).await;
        self.portal.mint_key(caller, &self.portal.new_form(), &request).await
    }

    pub(crate) async fn try_mint_in(
        &self,
        caller: &Caller,
        name: &str,
        environment: &str,
    ) -> Result<MintedKey, PortalError> {
        let request = MintRequest { environment: environment.into(), ..self.request(caller, name).await };
        self.portal.mint_key(caller, &self.portal.new_form(), &request).await
    }

    pub(crate) async fn mint(&self, caller: &Caller, name: &str) -> KeyId {
        self.try_mint(caller, name).await.unwrap().key.id
    }

    pub(crate) async fn mint_for_team(&self, lead: &Caller, team: TeamId, name: &str) -> KeyId {
        let request =
            MintRequest { owner: Owner::Team(team), consumer: ConsumerKind::Service, ..self.request(lead, name).await };
        self.portal.mint_key(lead, &self.portal.new_form(), &request).await.unwrap().key.id
    }

    /// OpenAI with two of its models.
    pub(crate) async fn openai(&self, administrator: &Caller) -> ProviderId {
        let administrator = as_administrator(administrator);
        let form = self.portal.new_form();
        let provider = self.portal.add_provider(administrator, &form, new_provider("OpenAI")).await.unwrap();
        let names = ["gpt-5-mini", "text-embedding-3-small"].map(|name| name.parse().unwrap()).to_vec();
        let choice = CatalogueChoice::Names(names);
        self.portal.add_catalogue_models(administrator, provider, &choice).await.unwrap();
        self.gateway.take_told();
        provider
    }

    /// Valid until this day, or until further notice.
    /// Saves the profile with this default and maximum of requests a minute.
    pub(crate) async fn save_guardrails(
        &self,
        administrator: &Caller,
        profile: &AccessProfile,
        version: i64,
        per_minute: u32,
        reach: Reach,
    ) -> Result<i64, PortalError> {
        let mut draft = ProfileDraft::from(profile.clone());
        draft.terms.requests_per_minute.maximum = per_minute;
        draft.terms.requests_per_minute.default = per_minute;
        self.portal.change_profile(as_administrator(administrator), profile.id, version, draft, reach).await
    }

    pub(crate) async fn cost_centre(&self, code: &str, valid_until: &str) -> CostCentreId {
        let (code, name) = (code.to_owned(), format!("Centre {code}"));
        let valid_until = valid_until.parse().ok().map(Day::of);
        let id = CostCentreId::from_random(format!("{code:x<12}").as_bytes());
        let entry = CentreEntry { code, name, contact: None, valid_from: None, valid_until };
        let mut tx = self.store.begin().await.unwrap();
        tx.insert_cost_centre(&CostCentre { id, entry, version: 1 }, self.now()).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    pub(crate) async fn audit_length(&self) -> i64 {
        let verdict = portal::administration::audit::verify_chain(&self.store, self.now()).await.unwrap();
        assert_eq!(verdict.broken, None, "the chain verifies at every moment");
        verdict.entries
    }

    /// All audit entries as one text, to look for what must not be there.
    pub(crate) async fn audit_text(&self) -> String {
        let rows = self.store.audit_scan(0, 10_000).await.unwrap();
        rows.iter().map(|row| serde_json::to_string(&row.entry).unwrap()).collect::<Vec<_>>().join("\n")
    }

    pub(crate) async fn last_action(&self) -> String {
        let length = self.audit_length().await;
        self.store.audit_scan(length - 1, 1).await.unwrap().remove(0).entry.action
    }

    /// A call of this key that was answered at `at` and cost so much.
    pub(crate) fn call(&self, key: KeyId, at: Timestamp, sequence: u16, nano: i64) -> UsageRecord {
        UsageRecord {
            id: EventId::new(at, 0, sequence),
            key,
            model: "gpt-5-mini".into(),
            deployment: None,
            endpoint: Some(Endpoint::ChatCompletions),
            network: "192.0.2.1".into(),
            agent: "curl".into(),
            secret_version: 1,
            status: 200,
            outcome: Outcome::Answered,
            denial: None,
            streamed: false,
            tokens: TokenUsage { input: 10, output: 5, ..TokenUsage::default() },
            cost: NanoUsd::from_nano(nano),
            source: UsageSource::Provider,
            price_version: 1,
            duration_ms: 400,
            first_byte_ms: None,
            charged: vec![],
            attempts: 1,
            repeated: 0,
            watched: domain::call_rule::RuleSet::NONE,
        }
    }
}

pub(crate) const CREDENTIAL: &str = "sk-live-do-not-show-0123456789";

pub(crate) fn secret(text: &str) -> SecretText {
    SecretText::new(text.into())
}

pub(crate) fn new_provider(name: &str) -> NewProvider {
    NewProvider {
        name: name.into(),
        preset: "openai".into(),
        kind: ProviderKind::OpenAi,
        base_url: "https://api.openai.com/v1".into(),
        credential: Some(secret(CREDENTIAL)),
    }
}

pub(crate) fn as_administrator(caller: &Caller) -> Administrator<'_> {
    Administrator::of(caller).unwrap()
}

/// The refusals as `field=code`, or what came instead.
pub(crate) fn refusals<T>(answer: Result<T, PortalError>) -> Vec<String> {
    match answer {
        Ok(_) => vec!["granted".into()],
        Err(PortalError::Refused(refusals)) => {
            refusals.iter().map(|refusal| format!("{}={}", refusal.field, refusal.code())).collect()
        }
        Err(other) => vec![other.to_string()],
    }
}

pub(crate) fn error<T>(answer: Result<T, PortalError>) -> String {
    answer.err().map_or_else(|| "done".into(), |error| error.to_string())
}
