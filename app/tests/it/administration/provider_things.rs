//! Providers, and the models that are served through them.

use super::samples::{ago, caller};
use super::things::{form_id, provider_id};
use app::pages::admin::models::editor::ModelForm;
use app::pages::admin::{models, providers};
use app::pages::form::Reasons;
use domain::id::{CredentialId, DeploymentId, ModelId};
use domain::markup::Markup;
use domain::model::{Endpoint, Model, ProviderKind};
use domain::money::PicoUsd;
use domain::person::Role;
use domain::pricing::{PriceList, Tier, TokenPrices};
use domain::provider_timeouts::ProviderTimeouts;
use portal::administration::catalogue::CatalogueCandidate;
use portal::administration::models::{AdminModel, AdminModelDetail, DeploymentRow, PriceRow};
use portal::administration::providers::{CredentialFacts, ProviderDeployment, ProviderDetail, ProviderRow};
use portal::ports::{DeploymentFailure, DeploymentHealth, DeploymentStanding};
use portal::presets::preset;

pub(super) fn provider(seed: u8, enabled: bool, days: i64) -> ProviderRow {
    let name = ["Messages EU", "Chat West", "Our own"][usize::from(seed) - 1];
    ProviderRow {
        id: provider_id(seed),
        name: name.to_owned(),
        preset: "anthropic".to_owned(),
        kind: ProviderKind::Anthropic,
        base_url: "https://api.anthropic.com/v1".to_owned(),
        enabled,
        timeouts: ProviderTimeouts { first_byte_ms: Some(2_500), ..ProviderTimeouts::default() },
        markup: Markup::from_basis_points(-1_250).unwrap(),
        created_at: ago(days),
        credential: (seed != 3).then(|| CredentialFacts {
            id: CredentialId::from_random(&[seed; 12]),
            version: 1,
            last_four: "9PdE".to_owned(),
            fingerprint: "3f·a1·7c".to_owned(),
            created_at: ago(days),
            created_by: Some(caller(Role::Administrator).person),
            created_by_name: Some("Ada Example".to_owned()),
        }),
        models: 14,
    }
}

pub(super) fn provider_detail() -> ProviderDetail {
    let deployment = |seed: u8, name: &str, only_one| ProviderDeployment {
        model: ModelId::from_random(&[seed; 12]),
        model_name: name.parse().unwrap(),
        model_enabled: true,
        deployment: DeploymentId::from_random(&[seed; 12]),
        upstream_model: format!("{name}-2026"),
        weight: 80,
        priority: 1,
        only_one,
        health: (seed == 1).then(|| DeploymentHealth {
            deployment: DeploymentId::from_random(&[seed; 12]),
            standing: DeploymentStanding::Cooling { until: ago(0).plus_ms(40_000) },
            last_failure: Some(DeploymentFailure { at: ago(0).plus_ms(-20_000), what: "status", status: Some(529) }),
            succeeded: 1_204,
            failed: 3,
            median_first_byte_ms: Some(412),
        }),
    };
    ProviderDetail {
        provider: provider(2, true, 212),
        deployments: vec![deployment(1, "claude-sonnet-5", false), deployment(2, "claude-opus-5", true)],
        dependent_keys: 212,
    }
}

pub(super) fn new_provider(reasons: Reasons) -> providers::new::Model {
    let preset = preset("openai-compatible").unwrap();
    let base_url = "https://llm.example.com/v1".to_owned();
    providers::new::Model { form: form_id(), preset, name: "Our own".to_owned(), base_url, reasons }
}

pub(super) fn price() -> PriceList {
    let pico = PicoUsd::from_pico;
    let tokens = TokenPrices {
        input: pico(3_000_000),
        output: pico(15_000_000),
        cache_read: Some(pico(300_000)),
        cache_write: Some(pico(3_750_000)),
        ..TokenPrices::default()
    };
    PriceList { tokens, tiers: vec![Tier { above_input_tokens: 200_000, prices: tokens }], ..PriceList::default() }
}

pub(super) fn candidate(name: &str, added: bool, priced: bool) -> CatalogueCandidate {
    CatalogueCandidate {
        name: name.parse().unwrap(),
        upstream_model: name.to_owned(),
        price: priced.then(price),
        max_input_tokens: Some(200_000),
        max_output_tokens: Some(64_000),
        capabilities: vec!["tools".to_owned(), "vision".to_owned(), "prompt_caching".to_owned()],
        endpoints: vec![Endpoint::Messages],
        sunset: (!priced).then(|| "2027-03-01".to_owned()),
        added,
    }
}

pub(super) fn admin_model(name: &str, priced: bool) -> AdminModel {
    let deployment = DeploymentRow {
        id: DeploymentId::from_random(&[1; 12]),
        provider: provider_id(1),
        provider_name: "Messages EU".to_owned(),
        provider_enabled: priced,
        upstream_model: format!("{name}-2026"),
        weight: 80,
        priority: 1,
    };
    AdminModel {
        model: Model {
            id: ModelId::from_random(&[u8::from(priced); 12]),
            name: name.parse().unwrap(),
            price: priced.then(price),
            price_version: 2,
            max_input_tokens: Some(200_000),
            max_output_tokens: Some(64_000),
            capabilities: vec!["tools".to_owned(), "prompt_caching".to_owned()],
            sunset: Some("2027-03-01".to_owned()),
            endpoints: vec![Endpoint::Messages, Endpoint::CountTokens],
            deployments: Vec::new(),
            enabled: true,
            alias_of: None,
        },
        deployments: vec![deployment],
        profiles: vec!["Standard developer".to_owned()],
    }
}

pub(super) fn model_page(reasons: Reasons, may_change: bool) -> models::show::Model {
    let model = admin_model("claude-sonnet-5", true);
    let entered = ModelForm::of(&model);
    let prices = vec![
        PriceRow {
            version: 2,
            price: Some(price()),
            effective_from: ago(20),
            set_by_name: Some("Ada Example".to_owned()),
        },
        PriceRow { version: 1, price: None, effective_from: ago(90), set_by_name: None },
    ];
    let catalogue_price = Some(PriceList { tiers: vec![], ..price() });
    let detail = AdminModelDetail { model, prices, catalogue_price };
    let providers = vec![provider(1, true, 41), provider(3, false, 3)];
    models::show::Model { detail, entered, providers, reasons, happened: None, may_change }
}
