//! What `keywright dev` finds in place: the demo provider with its models and their prices, a team with a lead, and a
//! budget of the organisation.
//!
//! Repeating it changes nothing. The demo provider listens on a new port after each start: its address is followed, and
//! since a sealed credential opens for one address only, it is sealed anew. What an administrator changed stays.

use crate::act::{By, News};
use crate::administration::budgets::append_limits;
use crate::administration::credentials::{append_provider, facts, seals};
use crate::administration::models::insert_model;
use crate::{Portal, PortalError};
use domain::budget::{BudgetScope, Cap, Window};
use domain::id::{CredentialId, DeploymentId, ModelId, PersonId, ProviderId, TeamId};
use domain::key_secret::SecretText;
use domain::limits::Limits;
use domain::markup::Markup;
use domain::model::{Deployment, Endpoint, Model, ProviderKind};
use domain::money::{NanoUsd, PicoUsd};
use domain::pricing::{PriceList, TokenPrices, UnitPrices};
use domain::provider_timeouts::ProviderTimeouts;
use domain::time::Timestamp;
use store::{Provider, ScopeLimits, Team};

const DEV_START: By<'static> = By::Itself("dev start");
/// The faces of the demo provider: a preset, by which each is found again and which is not in the list that people
/// choose from, its name, and how it is spoken to.
const FACES: [(&str, &str, ProviderKind); 3] = [
    ("demo-openai", "Demo", ProviderKind::OpenAi),
    ("demo-anthropic", "Demo, Anthropic format", ProviderKind::Anthropic),
    ("demo-gemini", "Demo, Gemini format", ProviderKind::Gemini),
];

/// Where the demo provider listens, with the version that each format's paths begin with.
#[derive(Debug, Clone, Copy)]
pub struct DemoAddresses<'a> {
    /// For OpenAI's and Anthropic's formats.
    pub v1: &'a str,
    /// For Gemini's.
    pub v1beta: &'a str,
}

struct DemoModel {
    name: &'static str,
    price: PriceList,
    endpoints: &'static [Endpoint],
    max_input_tokens: u64,
    max_output_tokens: Option<u64>,
    capabilities: &'static [&'static str],
}

/// Where a face of the demo provider is, for deployments.
#[derive(Clone, Copy)]
struct Face {
    provider: ProviderId,
    credential: CredentialId,
    kind: ProviderKind,
}

impl Portal {
    /// The demo provider, once for each wire format that it speaks, with its models.
    pub async fn seed_demo_provider(
        &self,
        addresses: DemoAddresses<'_>,
        credential: &SecretText,
    ) -> Result<(), PortalError> {
        let now = self.clock.now();
        let mut faces = Vec::new();
        for (preset, name, kind) in FACES {
            let base_url = if kind == ProviderKind::Gemini { addresses.v1beta } else { addresses.v1 };
            let wanted = Provider {
                id: ProviderId::from_random(&self.id_bytes()),
                name: name.to_owned(),
                preset: preset.to_owned(),
                kind,
                base_url: base_url.trim_end_matches('/').to_owned(),
                enabled: true,
                timeouts: ProviderTimeouts::default(),
                markup: Markup::NONE,
                created_at: now,
            };
            faces.push(self.seed_face(wanted, credential, now).await?);
        }
        for model in demo_models() {
            self.seed_model(&model, &faces, now).await?;
        }
        self.gateway.policy_changed().await;
        Ok(())
    }

    async fn seed_face(&self, wanted: Provider, credential: &SecretText, now: Timestamp) -> Result<Face, PortalError> {
        let kind = wanted.kind;
        let mut tx = self.store.begin().await?;
        let known = self.store.providers().await?.into_iter().find(|provider| provider.preset == wanted.preset);
        let Some(known) = known else {
            let sealed = self.seal(&wanted, Some(credential), None, now, None)?;
            tx.insert_provider(&wanted).await?;
            tx.insert_credential(&sealed).await?;
            let change = ("provider.added", None, Some(facts(&wanted, Some(&sealed))));
            append_provider(&mut tx, DEV_START, now, &wanted, change).await?;
            tx.commit().await?;
            return Ok(Face { provider: wanted.id, credential: sealed.id, kind });
        };
        let current = self.current_credential(known.id).await?;
        let face = Face { provider: known.id, credential: current.id, kind };
        if known.base_url == wanted.base_url && seals(&self.sealing, &current, credential) {
            return Ok(face);
        }
        let moved = Provider { base_url: wanted.base_url, ..known.clone() };
        let sealed = self.seal(&moved, Some(credential), Some(&current), now, None)?;
        tx.update_provider(&moved).await?;
        tx.replace_credential(&sealed).await?;
        let change = ("provider.changed", Some(facts(&known, None)), Some(facts(&moved, Some(&sealed))));
        append_provider(&mut tx, DEV_START, now, &moved, change).await?;
        tx.commit().await?;
        Ok(face)
    }

    async fn seed_model(&self, wanted: &DemoModel, faces: &[Face], now: Timestamp) -> Result<(), PortalError> {
        let mut tx = self.store.begin().await?;
        if self.store.models().await?.iter().any(|model| model.name.as_str() == wanted.name) {
            return Ok(());
        }
        let serving = faces.iter().filter(|face| wanted.endpoints.iter().any(|one| one.format() == face.kind.format()));
        let deployment = |face: &Face| Deployment {
            id: DeploymentId::from_random(&self.id_bytes()),
            provider: face.provider,
            credential: face.credential,
            upstream_model: wanted.name.to_owned(),
            weight: 1,
            priority: 0,
        };
        let model = Model {
            id: ModelId::from_random(&self.id_bytes()),
            name: wanted.name.parse().map_err(|_| PortalError::Internal)?,
            price: Some(wanted.price.clone()),
            price_version: 1,
            max_input_tokens: Some(wanted.max_input_tokens),
            max_output_tokens: wanted.max_output_tokens,
            capabilities: wanted.capabilities.iter().map(|&capability| capability.to_owned()).collect(),
            sunset: None,
            endpoints: wanted.endpoints.to_vec(),
            deployments: serving.map(deployment).collect(),
            enabled: true,
            alias_of: None,
        };
        insert_model(&mut tx, DEV_START, now, &model, None).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The team, made if absent, with this person in it.
    pub async fn seed_team(&self, name: &str, member: PersonId, lead: bool) -> Result<TeamId, PortalError> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let known = self.store.teams().await?.into_iter().find(|team| team.name == name);
        let team = match known {
            Some(team) => {
                drop(tx);
                team.id
            }
            None => {
                let id = TeamId::from_random(&self.id_bytes());
                self.insert_team(
                    &mut tx,
                    DEV_START,
                    now,
                    Team { id, name: name.to_owned(), unit: None, created_at: now },
                )
                .await?;
                tx.commit().await?;
                id
            }
        };
        self.put_membership(DEV_START, team, member, lead).await?;
        Ok(team)
    }

    /// A budget of the organisation, so that there is one to look at. Whoever took it back has decided.
    pub async fn seed_budget(&self, monthly: NanoUsd) -> Result<(), PortalError> {
        let now = self.clock.now();
        let scope = BudgetScope::Organisation;
        let limits = Limits { caps: vec![Cap { window: Window::Month, limit: monthly }], ..Limits::default() };
        let first = ScopeLimits { scope, limits, version: 1, updated_at: now, updated_by: None };
        let mut tx = self.store.begin().await?;
        if !tx.put_limits(&first).await? {
            return Ok(());
        }
        append_limits(&mut tx, DEV_START, now, (scope, &self.settings.organisation), None, &first.limits).await?;
        self.commit_and_tell(tx, News::Levels).await
    }
}

/// Prices in the range of real ones, so that a budget can be watched moving.
fn demo_models() -> [DemoModel; 6] {
    const CHAT: &[Endpoint] = &[
        Endpoint::ChatCompletions,
        Endpoint::Responses,
        Endpoint::Messages,
        Endpoint::CountTokens,
        Endpoint::Completions,
    ];
    const GEMINI: &[Endpoint] = &[Endpoint::GenerateContent, Endpoint::EmbedContent, Endpoint::GeminiCountTokens];
    const MEDIA: &[Endpoint] = &[
        Endpoint::ImageGenerations,
        Endpoint::Speech,
        Endpoint::Transcriptions,
        Endpoint::Moderations,
        Endpoint::Rerank,
    ];
    let chat = |name, price| DemoModel {
        name,
        price,
        endpoints: CHAT,
        max_input_tokens: 200_000,
        max_output_tokens: Some(32_000),
        capabilities: &["function_calling", "prompt_caching", "response_schema"],
    };
    let embedding = TokenPrices { input: cents_per_million(2), ..TokenPrices::default() };
    let cents = |cents: i64| PicoUsd::from_pico(cents * 10_000_000_000);
    // Agents offer to search unasked.
    let searches = UnitPrices { search: Some(cents(1)), ..UnitPrices::default() };
    [
        chat("demo-large", PriceList { units: searches, ..by_tokens(300, 1_500) }),
        chat("demo-small", PriceList { units: searches, ..by_tokens(20, 80) }),
        // For trying out budgets. Without tools no agent is pointed at it.
        DemoModel {
            capabilities: &[],
            ..chat("demo-per-request", PriceList { request: cents(1), ..PriceList::default() })
        },
        DemoModel {
            name: "demo-embedding",
            price: PriceList { tokens: embedding, ..PriceList::default() },
            endpoints: &[Endpoint::Embeddings],
            max_input_tokens: 8_192,
            max_output_tokens: None,
            capabilities: &[],
        },
        DemoModel { endpoints: GEMINI, ..chat("demo-gemini", by_tokens(125, 1_000)) },
        // Pictures, sound and judgements: everything by the call.
        DemoModel {
            name: "demo-media",
            price: PriceList { request: cents(2), ..PriceList::default() },
            endpoints: MEDIA,
            max_input_tokens: 8_192,
            max_output_tokens: None,
            capabilities: &[],
        },
    ]
}

/// With the usual shares for caches: a tenth to read, a quarter more to write, double for an hour.
fn by_tokens(input: i64, output: i64) -> PriceList {
    let tokens = TokenPrices {
        input: cents_per_million(input),
        output: cents_per_million(output),
        cache_read: Some(cents_per_million(input / 10)),
        cache_write: Some(cents_per_million(input * 5 / 4)),
        cache_write_1h: Some(cents_per_million(input * 2)),
        ..TokenPrices::default()
    };
    PriceList { tokens, ..PriceList::default() }
}

const fn cents_per_million(cents: i64) -> PicoUsd {
    PicoUsd::from_pico(cents * 10_000)
}
