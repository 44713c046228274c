//! The key, the models and the providers that a test begins with.

use super::NOW;
use super::directory::Facts;
use domain::access_profile::{AboveMaximum, AccessProfile, Audience, CapTerm, ProfileTerms, Term};
use domain::budget::{Cap, Window};
use domain::id::{CredentialId, DeploymentId, KeyId, ModelId, PersonId, ProfileId, ProviderId};
use domain::key_secret::{self, Pepper, TokenKind};
use domain::model::{Deployment, Endpoint, Model, ProviderKind, WireFormat};
use domain::money::{NanoUsd, PicoUsd};
use domain::parameter_rules::ParameterRules;
use domain::pricing::{PriceList, TokenPrices};
use domain::provider_timeouts::ProviderTimeouts;
use domain::virtual_key::{ConsumerKind, KeySecret, KeyState, KeyTerms, Owner, VirtualKey};
use std::collections::HashMap;
use zeroize::Zeroizing;

pub(super) const PEPPER: [u8; 32] = [5; 32];

pub(super) fn id(byte: u8) -> [u8; 12] {
    [byte; 12]
}
pub(crate) fn key_id() -> KeyId {
    KeyId::from_random(&id(1))
}
pub(crate) fn secret() -> String {
    key_secret::compose(TokenKind::VirtualKey, key_id(), &Zeroizing::new([7; 32])).expose().to_owned()
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

pub(super) fn facts() -> Facts {
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
