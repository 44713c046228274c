//! What the stories begin with: people, profiles, keys and calls with every field set, so that a column that is not
//! written or not read back is noticed.

use domain::access_profile::{
    AboveMaximum, AccessProfile, Audience, CapTerm, ProfileTerms, PromptBound, QuotaTerm, Term,
};
use domain::budget::{BudgetLine, BudgetScope, Cap, Window};
use domain::id::{
    CredentialId, DeploymentId, EventId, KeyId, ModelId, PersonId, ProfileId, ProviderId, TeamId, UnitId,
};
use domain::limits::{Counted, Quota};
use domain::model::{Deployment, Endpoint, Model, ProviderKind};
use domain::money::{NanoUsd, PicoUsd};
use domain::person::Role;
use domain::pricing::{PriceList, TokenPrices};
use domain::provider_timeouts::ProviderTimeouts;
use domain::time::Timestamp;
use domain::usage::{Beside, Outcome, ServiceTier, TokenUsage, UsageRecord, UsageSource};
use domain::virtual_key::{ConsumerKind, KeySecret, KeyState, KeyTerms, Owner, VirtualKey};
use store::{Person, Provider, SealedCredential, Store, Team, Tx};

/// A Saturday morning, on the hour.
pub(crate) const NOW: Timestamp = Timestamp::from_ms(1_795_000_000_000 - 1_795_000_000_000 % 3_600_000);

pub(crate) fn seed(number: u8) -> [u8; 12] {
    [number; 12]
}
pub(crate) fn person_id(number: u8) -> PersonId {
    PersonId::from_random(&seed(number))
}
pub(crate) fn team_id(number: u8) -> TeamId {
    TeamId::from_random(&seed(number))
}
pub(crate) fn unit_id(number: u8) -> UnitId {
    UnitId::from_random(&seed(number))
}
pub(crate) fn profile_id(number: u8) -> ProfileId {
    ProfileId::from_random(&seed(number))
}
pub(crate) fn key_id(number: u8) -> KeyId {
    KeyId::from_random(&seed(number))
}
pub(crate) fn model_id(number: u8) -> ModelId {
    ModelId::from_random(&seed(number))
}
pub(crate) fn provider_id(number: u8) -> ProviderId {
    ProviderId::from_random(&seed(number))
}
pub(crate) fn deployment_id(number: u8) -> DeploymentId {
    DeploymentId::from_random(&seed(number))
}
pub(crate) fn credential_id(number: u8) -> CredentialId {
    CredentialId::from_random(&seed(number))
}

pub(crate) fn person(number: u8, name: &str) -> Person {
    Person {
        id: person_id(number),
        issuer: "https://login.example.com".into(),
        subject: format!("subject-{number}"),
        name: name.into(),
        email: format!("{}@Example.com", name.replace(' ', ".")),
        claimed_roles: vec![Role::Developer],
        granted_roles: vec![Role::Administrator, Role::Developer],
        groups: vec!["platform".into(), "100% \"quoted\"".into()],
        active: true,
        version: 1,
        created_at: NOW,
        last_sign_in_at: Some(NOW.plus_ms(5)),
    }
}

pub(crate) fn team(number: u8, name: &str) -> Team {
    Team { id: team_id(number), name: name.into(), unit: None, created_at: NOW }
}

fn term<T>(default: T, maximum: T) -> Term<T> {
    Term { default, maximum, developers_may_change: true, above: AboveMaximum::Clamp }
}

pub(crate) fn profile(number: u8, name: &str) -> AccessProfile {
    AccessProfile {
        id: profile_id(number),
        name: name.into(),
        description: "For work on our own services.".into(),
        version: 1,
        terms: ProfileTerms {
            models: vec!["gpt-*".parse().unwrap()],
            endpoints: vec![Endpoint::ChatCompletions],
            caps: vec![CapTerm {
                window: Window::Month,
                amount: term(NanoUsd::from_dollars(25), NanoUsd::from_dollars(50)),
            }],
            requests_per_minute: term(60, 120),
            concurrency: term(4, 8),
            tokens_per_minute: Some(term(20_000, 40_000)),
            quotas: vec![QuotaTerm { counted: Counted::Tokens, window: Window::Day, amount: term(1, 2) }],
            prompt_bound: PromptBound::Estimate,
            shrink_to_fit: true,
            idle: None,
            watched: domain::call_rule::RuleSet::NONE,
            required: vec![],
            parameters: domain::parameter_rules::ParameterRules::NONE,
            lifetime_days: term(30, 90),
            networks: vec!["10.0.0.0/8".parse().unwrap()],
            max_output_tokens: Some(4_096),
            assumed_output_tokens: 1_024,
            approval: domain::access_profile::Approval::default(),
        },
        audience: Audience { roles: vec![Role::Developer], teams: vec![team_id(1)], groups: vec!["platform".into()] },
        consumers: vec![ConsumerKind::Person, ConsumerKind::Agent],
        keys_per_person: 3,
        enabled: true,
    }
}

pub(crate) fn key(number: u8, name: &str, owner: Owner) -> VirtualKey {
    VirtualKey {
        id: key_id(number),
        name: name.into(),
        owner,
        created_by: person_id(1),
        profile: profile_id(1),
        profile_version: None,
        consumer: ConsumerKind::Agent,
        application: Some("Résumé Builder".into()),
        environment: "dev".into(),
        cost_centre: Some("4711".into()),
        tags: vec!["blue".into(), "it's".into()],
        terms: KeyTerms {
            models: vec!["gpt-5*".parse().unwrap()],
            endpoints: vec![Endpoint::ChatCompletions, Endpoint::Responses],
            caps: vec![Cap { window: Window::Month, limit: NanoUsd::from_dollars(25) }],
            requests_per_minute: 60,
            concurrency: 4,
            tokens_per_minute: Some(10_000),
            quotas: vec![Quota { counted: Counted::Requests, window: Window::Hour, limit: 100 }],
            networks: vec!["2001:db8::/32".parse().unwrap()],
            max_output_tokens: None,
        },
        state: KeyState::Active,
        created_at: NOW.plus_ms(i64::from(number)),
        expires_at: NOW.plus_days(30),
    }
}

pub(crate) fn secret(version: i64) -> KeySecret {
    let fill = u8::try_from(version).unwrap();
    KeySecret { version, tag: [fill; 32], pepper_version: 2, created_at: NOW.plus_ms(version), valid_until: None }
}

pub(crate) fn provider(number: u8, name: &str) -> Provider {
    Provider {
        id: provider_id(number),
        name: name.into(),
        preset: "openai".into(),
        kind: ProviderKind::OpenAi,
        base_url: "https://api.example.com/v1".into(),
        enabled: true,
        timeouts: ProviderTimeouts::default(),
        markup: domain::markup::Markup::NONE,
        created_at: NOW,
    }
}

pub(crate) fn credential(number: u8, provider: u8) -> SealedCredential {
    SealedCredential {
        id: credential_id(number),
        provider: provider_id(provider),
        version: 1,
        blob: vec![0, 255, 3],
        last_four: "wxyz".into(),
        fingerprint: "9f86d081".into(),
        created_at: NOW,
        created_by: Some(person_id(1)),
    }
}

pub(crate) fn prices() -> PriceList {
    let tokens = TokenPrices { input: PicoUsd::from_pico(2_500_000), ..TokenPrices::default() };
    PriceList { tokens, ..PriceList::default() }
}

pub(crate) fn model(number: u8, name: &str) -> Model {
    Model {
        id: model_id(number),
        name: name.parse().unwrap(),
        price: Some(prices()),
        price_version: 1,
        max_input_tokens: Some(128_000),
        max_output_tokens: None,
        capabilities: vec!["tools".into()],
        sunset: Some("2027-01-01".into()),
        endpoints: vec![Endpoint::ChatCompletions],
        deployments: vec![Deployment {
            id: DeploymentId::from_random(&seed(1)),
            provider: provider_id(1),
            credential: credential_id(1),
            upstream_model: "upstream".into(),
            weight: 1,
            priority: 0,
        }],
        enabled: true,
        alias_of: None,
    }
}

/// A call at this moment, charged to the key's month and the owner's total.
pub(crate) fn call(key: KeyId, at: Timestamp, sequence: u16) -> UsageRecord {
    UsageRecord {
        id: EventId::new(at, 0, sequence),
        key,
        model: "gpt-5-mini".into(),
        deployment: Some(DeploymentId::from_random(&seed(1))),
        endpoint: Some(Endpoint::ChatCompletions),
        network: "192.0.2.7".into(),
        agent: "openai-python/2.1".into(),
        secret_version: 2,
        status: 200,
        outcome: Outcome::Answered,
        denial: None,
        streamed: true,
        tokens: TokenUsage {
            input: 1,
            cache_read: 2,
            cache_write: 3,
            cache_write_1h: 4,
            output: 6,
            reasoning: 5,
            beside: Beside { audio_input: 7, image_output: 8, searches: 9, tier: ServiceTier::Flex, ..Beside::NOTHING },
        },
        cost: NanoUsd::from_nano(1_000),
        source: UsageSource::Provider,
        price_version: 7,
        duration_ms: 900,
        first_byte_ms: Some(120),
        charged: vec![month_of(key), total_of(person_id(1))],
        attempts: 2,
        repeated: 0,
        watched: domain::call_rule::RuleSet::NONE,
    }
}

pub(crate) fn month_of(key: KeyId) -> BudgetLine {
    BudgetLine { scope: BudgetScope::Key(key), window: Window::Month, window_start: NOW.plus_days(-3) }
}
pub(crate) fn total_of(person: PersonId) -> BudgetLine {
    BudgetLine { scope: BudgetScope::Person(person), window: Window::Total, window_start: Timestamp::from_ms(0) }
}

/// Ada (1) and Grace (2), the team Compilers (1) and the profile Standard (1).
pub(crate) async fn people_and_profile(store: &Store) {
    let mut tx = store.begin().await.unwrap();
    tx.insert_person(&person(1, "Ada Lovelace")).await.unwrap();
    tx.insert_person(&person(2, "Grace Hopper")).await.unwrap();
    tx.insert_team(&team(1, "Compilers")).await.unwrap();
    tx.insert_profile(&profile(1, "Standard"), NOW).await.unwrap();
    tx.commit().await.unwrap();
}

pub(crate) async fn minted(tx: &mut Tx, number: u8, name: &str, owner: Owner) -> VirtualKey {
    let key = key(number, name, owner);
    tx.insert_key(&key, &secret(1)).await.unwrap();
    key
}
