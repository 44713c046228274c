//! Five providers that cannot be reached and forty models with prices.

use super::draw::Draw;
use super::{NotSeeded, Surroundings};
use domain::id::{CredentialId, DeploymentId, ModelId, ProviderId};
use domain::key_secret::SecretText;
use domain::markup::Markup;
use domain::model::{Deployment, Endpoint, Model, ProviderKind};
use domain::money::PicoUsd;
use domain::pricing::{PriceList, TokenPrices};
use domain::provider_timeouts::ProviderTimeouts;
use portal::sealing::CredentialBinding;
use store::{Provider, SealedCredential};

const PROVIDERS: [(&str, &str); 5] = [
    ("Chat West", "https://chat-west.invalid/v1"),
    ("Messages EU", "https://messages-eu.invalid/v1"),
    ("Own cluster", "https://cluster.invalid/v1"),
    ("Chat East", "https://chat-east.invalid/v1"),
    ("Fast lane", "https://fast-lane.invalid/v1"),
];
const FAMILIES: [&str; 8] = ["aurora", "basalt", "cirrus", "dune", "ember", "fjord", "grove", "harbour"];
/// With what a million tokens of input cost, in cents; output is four times as dear.
const SIZES: [(&str, i64); 5] = [("large", 300), ("medium", 100), ("small", 20), ("mini", 8), ("embedding", 2)];

/// Without its deployment nobody would know who served it.
pub(super) struct Served {
    pub(super) name: String,
    pub(super) deployment: DeploymentId,
    pub(super) price: PriceList,
}

pub(super) async fn make(around: &Surroundings<'_>, draw: &mut Draw) -> Result<Vec<Served>, NotSeeded> {
    let mut tx = around.store.begin().await?;
    let mut homes = Vec::new();
    for (name, base_url) in PROVIDERS {
        let provider = Provider {
            id: ProviderId::from_random(&draw.bytes()),
            name: name.to_owned(),
            preset: "custom".to_owned(),
            kind: ProviderKind::OpenAi,
            base_url: base_url.to_owned(),
            enabled: true,
            timeouts: ProviderTimeouts::default(),
            markup: Markup::NONE,
            created_at: around.now,
        };
        let credential = CredentialId::from_random(&draw.bytes());
        let binding = CredentialBinding { provider: provider.id, credential, version: 1, base_url };
        let secret = SecretText::new("scenery".to_owned());
        let sealed = SealedCredential {
            id: credential,
            provider: provider.id,
            version: 1,
            blob: around.sealing.seal_credential(around.random, &binding, &secret)?,
            last_four: String::new(),
            fingerprint: around.sealing.fingerprint(&secret),
            created_at: around.now,
            created_by: None,
        };
        tx.insert_provider(&provider).await?;
        tx.insert_credential(&sealed).await?;
        homes.push((provider.id, credential));
    }
    let mut served = Vec::new();
    for (size, cents) in SIZES {
        for (nth, family) in FAMILIES.iter().enumerate() {
            let name = format!("{family}-{size}");
            let Ok(model_name) = name.parse() else { continue };
            let Some(&(provider, credential)) = homes.get(nth % homes.len()) else { continue };
            let million = |cents: i64| PicoUsd::from_pico(cents * 10_000);
            let tokens = TokenPrices {
                input: million(cents),
                output: million(cents * 4),
                cache_read: Some(million(cents / 10)),
                ..TokenPrices::default()
            };
            let price = PriceList { tokens, ..PriceList::default() };
            let deployment = DeploymentId::from_random(&draw.bytes());
            let embeds = size == "embedding";
            let model = Model {
                id: ModelId::from_random(&draw.bytes()),
                name: model_name,
                price: Some(price.clone()),
                price_version: 1,
                max_input_tokens: Some(200_000),
                max_output_tokens: (!embeds).then_some(32_000),
                capabilities: Vec::new(),
                sunset: None,
                endpoints: vec![if embeds { Endpoint::Embeddings } else { Endpoint::ChatCompletions }],
                deployments: vec![Deployment {
                    id: deployment,
                    provider,
                    credential,
                    upstream_model: name.clone(),
                    weight: 1,
                    priority: 0,
                }],
                enabled: true,
                alias_of: None,
            };
            tx.insert_model(&model, around.now).await?;
            served.push(Served { name, deployment, price });
        }
    }
    tx.commit().await?;
    Ok(served)
}
