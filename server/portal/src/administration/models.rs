//! Models with their deployments and prices, as administrators see and change them.

use super::catalogue::served_endpoints;
use crate::act::{By, Change, News, Subject, append, spend};
use crate::keys::allows;
use crate::presets::preset;
use crate::{FormId, Made, Portal, PortalError};
use domain::access_profile::AccessProfile;
use domain::alias;
use domain::catalogue::{Catalogue, CatalogueEntry, Mode};
use domain::id::{DeploymentId, ModelId, PersonId, ProviderId};
use domain::model::{Deployment, Endpoint, Model, ModelName};
use domain::permission::{Administrator, Permission};
use domain::person::Caller;
use domain::plain_text::plain_text;
use domain::pricing::PriceList;
use domain::refusal::{Reason, Refusal};
use domain::time::Timestamp;
use serde_json::{Value, json};
use store::{PriceVersion, Provider, SealedCredential, StoreError, Tx};

/// A deployment with the names that a page shows.
#[derive(Debug, Clone)]
pub struct DeploymentRow {
    pub id: DeploymentId,
    pub provider: ProviderId,
    pub provider_name: String,
    pub provider_enabled: bool,
    pub upstream_model: String,
    pub weight: u32,
    pub priority: u32,
}

#[derive(Debug, Clone)]
pub struct AdminModel {
    pub model: Model,
    pub deployments: Vec<DeploymentRow>,
    /// Names of the profiles that allow it.
    pub profiles: Vec<String>,
}

/// A price as it stood from a moment on.
#[derive(Debug, Clone)]
pub struct PriceRow {
    pub version: i64,
    pub price: Option<PriceList>,
    pub effective_from: Timestamp,
    pub set_by_name: Option<String>,
}

#[derive(Debug, Clone)]
pub struct AdminModelDetail {
    pub model: AdminModel,
    /// Newest first.
    pub prices: Vec<PriceRow>,
    /// What the built-in catalogue says, to compare with or return to.
    pub catalogue_price: Option<PriceList>,
}

#[derive(Debug, Clone)]
pub struct DeploymentDraft {
    /// `None` for a new one.
    pub id: Option<DeploymentId>,
    pub provider: ProviderId,
    pub upstream_model: String,
    pub weight: u32,
    pub priority: u32,
}

#[derive(Debug, Clone)]
pub enum PriceChoice {
    /// New model: the catalogue's price if it knows the name, else unpriced. Existing model: as it is.
    Keep,
    /// From now on.
    Set(Box<PriceList>),
    /// Refused under every budget.
    Unpriced,
}

/// A model as the form holds it. The name of an existing model can change; callers then use the new one.
#[derive(Debug, Clone)]
pub struct ModelDraft {
    pub name: String,
    pub deployments: Vec<DeploymentDraft>,
    pub price: PriceChoice,
    /// Empty: what the provider's format and the catalogue suggest.
    pub endpoints: Vec<Endpoint>,
    pub max_input_tokens: Option<u64>,
    pub max_output_tokens: Option<u64>,
    pub enabled: bool,
    /// Another name for the model of this name, whose deployments, price and bounds it then has; empty for a model of
    /// its own.
    pub alias_of: String,
}

impl Portal {
    pub async fn admin_models(&self, caller: &Caller) -> Result<Vec<AdminModel>, PortalError> {
        super::demand(caller, Permission::SeeAdministration)?;
        let (providers, profiles) = (self.store.providers().await?, self.store.profiles().await?);
        let models = in_service(self.store.models().await?).into_iter();
        Ok(models.map(|model| row(model, &providers, &profiles)).collect())
    }

    pub async fn admin_model(&self, caller: &Caller, model: ModelId) -> Result<AdminModelDetail, PortalError> {
        super::demand(caller, Permission::SeeAdministration)?;
        let model = self.store.model(model).await?.ok_or(PortalError::NotFound)?;
        let (providers, profiles) = (self.store.providers().await?, self.store.profiles().await?);
        let prices = self.store.prices(model.id).await?;
        let people: Vec<PersonId> = prices.iter().filter_map(|price| price.by).collect();
        let names = self.names_for(caller, &people).await?;
        let price = |price: PriceVersion| PriceRow {
            version: price.version,
            price: price.prices,
            effective_from: price.effective_from,
            set_by_name: price.by.and_then(|person| names.get(&person).cloned()),
        };
        Ok(AdminModelDetail {
            catalogue_price: listed(&model.deployments, &providers).and_then(|entry| entry.price.clone()),
            prices: prices.into_iter().map(price).collect(),
            model: row(model, &providers, &profiles),
        })
    }

    pub async fn add_model(
        &self,
        administrator: Administrator<'_>,
        form: &FormId,
        draft: ModelDraft,
    ) -> Result<ModelId, PortalError> {
        let (caller, now) = (administrator.caller(), self.clock.now());
        let id = ModelId::from_random(&self.id_bytes());
        let mut tx = self.store.begin().await?;
        spend(&mut tx, form, caller, now, Made::Model(id)).await?;
        let (providers, credentials) = (self.store.providers().await?, self.store.credentials().await?);
        let models = self.store.models().await?;
        let Checked { name, alias_of, deployments } = self.check_draft(&draft, None, &models, &credentials)?;
        let draft = if alias_of.is_some() { of_alias(draft) } else { draft };
        let known = listed(&deployments, &providers);
        let price = match draft.price {
            PriceChoice::Keep => known.and_then(|entry| entry.price.clone()),
            PriceChoice::Set(price) => Some(*price),
            PriceChoice::Unpriced => None,
        };
        let endpoints = match draft.endpoints {
            chosen if !chosen.is_empty() => chosen,
            _ => suggested(&deployments, &providers, known.map_or(Mode::Chat, |entry| entry.mode)),
        };
        let model = Model {
            id,
            name,
            price,
            price_version: 1,
            max_input_tokens: draft.max_input_tokens.or(known.and_then(|entry| entry.max_input_tokens)),
            max_output_tokens: draft.max_output_tokens.or(known.and_then(|entry| entry.max_output_tokens)),
            capabilities: known.map(|entry| entry.capabilities.clone()).unwrap_or_default(),
            sunset: known.and_then(|entry| entry.sunset.clone()),
            endpoints,
            deployments,
            enabled: draft.enabled,
            alias_of,
        };
        insert_model(&mut tx, By::Person(caller), now, &model, Some(caller.person)).await?;
        self.commit_and_tell(tx, News::Policy).await?;
        Ok(id)
    }

    /// A changed price holds from now on and gets a version of its own: what was used before keeps its cost.
    pub async fn change_model(
        &self,
        administrator: Administrator<'_>,
        model: ModelId,
        draft: ModelDraft,
    ) -> Result<(), PortalError> {
        let (caller, now) = (administrator.caller(), self.clock.now());
        let mut tx = self.store.begin().await?;
        let kept = tx.model_for_update(model).await?.ok_or(PortalError::NotFound)?;
        let credentials = self.store.credentials().await?;
        let models = self.store.models().await?;
        let Checked { name, alias_of, deployments } = self.check_draft(&draft, Some(&kept), &models, &credentials)?;
        let draft = if alias_of.is_some() { of_alias(draft) } else { draft };
        let price = match draft.price {
            PriceChoice::Keep => kept.price.clone(),
            PriceChoice::Set(price) => Some(*price),
            PriceChoice::Unpriced => None,
        };
        let repriced = price != kept.price;
        let changed = Model {
            name,
            price,
            price_version: kept.price_version + i64::from(repriced),
            max_input_tokens: draft.max_input_tokens,
            max_output_tokens: draft.max_output_tokens,
            endpoints: if draft.endpoints.is_empty() { kept.endpoints.clone() } else { draft.endpoints },
            deployments,
            enabled: draft.enabled,
            alias_of,
            ..kept.clone()
        };
        if changed == kept {
            return Ok(());
        }
        tx.update_model(&changed, now).await?;
        if repriced {
            let price = changed.price.as_ref();
            tx.insert_price(model, changed.price_version, price, now, Some(caller.person)).await?;
        }
        let (before, after) = (Some(facts(&kept)), Some(facts(&changed)));
        append_model(&mut tx, By::Person(caller), now, &changed, ("model.changed", before, after)).await?;
        self.commit_and_tell(tx, News::Policy).await?;
        Ok(())
    }

    /// The name and the deployments as they are kept, or every reason why not.
    fn check_draft(
        &self,
        draft: &ModelDraft,
        kept: Option<&Model>,
        models: &[Model],
        credentials: &[SealedCredential],
    ) -> Result<Checked, PortalError> {
        let mut refusals = Vec::new();
        let existing = kept.map_or(&[][..], |model| &model.deployments);
        let name = draft.name.trim();
        let name = name.parse::<ModelName>().map_err(|_| {
            let reason = if name.is_empty() { Reason::Missing } else { Reason::Malformed };
            refusals.push(Refusal::new("name", reason));
        });
        let alias_of = match (&name, draft.alias_of.trim()) {
            (_, "") => None,
            (Ok(name), target) => {
                let known_as = kept.map(|model| &model.name);
                let target = target.parse::<ModelName>().map_err(|_| Reason::Malformed);
                let checked = target.and_then(|target| alias::check(known_as, name, &target, models).map(|()| target));
                checked.map_err(|reason| refusals.push(Refusal::new("alias_of", reason))).ok()
            }
            (Err(()), _) => None,
        };
        let is_alias = !draft.alias_of.trim().is_empty();
        if draft.enabled && draft.deployments.is_empty() && !is_alias {
            refusals.push(Refusal::new("deployments", Reason::Missing));
        }
        let mut deployments: Vec<Deployment> = Vec::new();
        for wanted in draft.deployments.iter().filter(|_| !is_alias) {
            let credential = credentials.iter().find(|credential| credential.provider == wanted.provider);
            let upstream = plain_text(&wanted.upstream_model, LONGEST_UPSTREAM_NAME);
            let outside = wanted.weight == 0 || wanted.weight > 1_000 || wanted.priority > 100;
            if outside {
                refusals.push(Refusal::new("deployments", Reason::Malformed));
            }
            match (credential, upstream) {
                (None, _) => refusals.push(Refusal::new("deployments", Reason::UnknownProvider)),
                (_, Err(reason)) => refusals.push(Refusal::new("upstream_model", reason)),
                (Some(credential), Ok(upstream_model)) => {
                    let kept = wanted.id.filter(|id| existing.iter().any(|one| one.id == *id));
                    deployments.push(Deployment {
                        id: kept.unwrap_or_else(|| DeploymentId::from_random(&self.id_bytes())),
                        provider: wanted.provider,
                        credential: credential.id,
                        upstream_model,
                        weight: wanted.weight,
                        priority: wanted.priority,
                    });
                }
            }
        }
        match name {
            Ok(name) if refusals.is_empty() => Ok(Checked { name, alias_of, deployments }),
            _ => Err(PortalError::Refused(refusals)),
        }
    }
}

const LONGEST_UPSTREAM_NAME: u32 = 200;

/// What a draft comes to.
struct Checked {
    name: ModelName,
    alias_of: Option<ModelName>,
    deployments: Vec<Deployment>,
}

/// An alias has nothing of its own that could differ from its model.
fn of_alias(draft: ModelDraft) -> ModelDraft {
    ModelDraft {
        price: PriceChoice::Unpriced,
        endpoints: vec![],
        max_input_tokens: None,
        max_output_tokens: None,
        ..draft
    }
}

/// All of them, aliases with what they stand for; one that leads nowhere as it is.
fn in_service(models: Vec<Model>) -> Vec<Model> {
    let mut served = alias::resolved(models.clone());
    served.extend(models.into_iter().filter(|model| model.alias_of.is_some()).collect::<Vec<_>>());
    served.sort_by(|a, b| a.name.cmp(&b.name));
    served.dedup_by(|later, earlier| later.id == earlier.id);
    served
}

pub(crate) async fn insert_model(
    tx: &mut Tx,
    by: By<'_>,
    now: Timestamp,
    model: &Model,
    set_by: Option<PersonId>,
) -> Result<(), StoreError> {
    tx.insert_model(model, now).await?;
    tx.insert_price(model.id, model.price_version, model.price.as_ref(), now, set_by).await?;
    append_model(tx, by, now, model, ("model.added", None, Some(facts(model)))).await
}

async fn append_model(
    tx: &mut Tx,
    by: By<'_>,
    now: Timestamp,
    model: &Model,
    (action, before, after): (&'static str, Option<Value>, Option<Value>),
) -> Result<(), StoreError> {
    let id = model.id.to_string();
    let subject = Subject { kind: "model", id: &id, name: model.name.as_str() };
    append(tx, by, now, Change { action, subject, before, after }).await
}

/// What the audit log says about a model.
fn facts(model: &Model) -> Value {
    json!({
        "name": model.name,
        "enabled": model.enabled,
        "endpoints": model.endpoints,
        "max_input_tokens": model.max_input_tokens,
        "max_output_tokens": model.max_output_tokens,
        "price": model.price,
        "price_version": model.price_version,
        "deployments": model.deployments,
        "alias_of": model.alias_of,
    })
}

/// The catalogue's entry of the first deployment that it knows.
fn listed(deployments: &[Deployment], providers: &[Provider]) -> Option<&'static CatalogueEntry> {
    deployments.iter().find_map(|deployment| {
        let provider = providers.iter().find(|provider| provider.id == deployment.provider)?;
        let listed = preset(&provider.preset)?.catalogue?;
        let mut entries = Catalogue::load().of_provider(listed);
        entries.find(|entry| entry.upstream_name() == deployment.upstream_model)
    })
}

/// What the formats of the providers behind a model can answer.
fn suggested(deployments: &[Deployment], providers: &[Provider], mode: Mode) -> Vec<Endpoint> {
    let mut endpoints: Vec<Endpoint> = Vec::new();
    for deployment in deployments {
        let Some(provider) = providers.iter().find(|provider| provider.id == deployment.provider) else { continue };
        let responses = preset(&provider.preset).is_some_and(|preset| preset.speaks_responses);
        endpoints.extend(served_endpoints(provider.kind.format(), responses, mode));
    }
    endpoints.sort_unstable();
    endpoints.dedup();
    endpoints
}

fn row(model: Model, providers: &[Provider], profiles: &[AccessProfile]) -> AdminModel {
    let deployment = |deployment: &Deployment| {
        let provider = providers.iter().find(|provider| provider.id == deployment.provider);
        DeploymentRow {
            id: deployment.id,
            provider: deployment.provider,
            provider_name: provider.map(|provider| provider.name.clone()).unwrap_or_default(),
            provider_enabled: provider.is_some_and(|provider| provider.enabled),
            upstream_model: deployment.upstream_model.clone(),
            weight: deployment.weight,
            priority: deployment.priority,
        }
    };
    let allowed = profiles.iter().filter(|profile| profile.enabled && allows(&profile.terms.models, &model));
    AdminModel {
        deployments: model.deployments.iter().map(deployment).collect(),
        profiles: allowed.map(|profile| profile.name.clone()).collect(),
        model,
    }
}
