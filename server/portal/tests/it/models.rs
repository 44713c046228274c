use crate::support::*;
use domain::id::ModelId;
use domain::minting::MintRequest;
use domain::model::{Endpoint, ProviderKind};
use domain::money::{NanoUsd, PicoUsd};
use domain::pricing::{PriceList, TokenPrices};
use portal::administration::catalogue::{CatalogueAdded, CatalogueChoice};
use portal::administration::models::{DeploymentDraft, ModelDraft, PriceChoice};
use portal::administration::providers::NewProvider;
use portal::{Made, PortalError};

fn price(dollars: i64) -> PriceList {
    let input = PicoUsd::from_per_million(NanoUsd::from_dollars(dollars)).unwrap();
    PriceList { tokens: TokenPrices { input, output: input, ..TokenPrices::default() }, ..PriceList::default() }
}

#[tokio::test]
async fn all_models_of_a_provider_are_added_at_once_and_only_once() {
    let world = World::new().await;
    let admin = world.administrator().await;
    let provider = world.openai(&admin).await;
    let before = world.audit_length().await;
    let add = async || {
        world.portal.add_catalogue_models(as_administrator(&admin), provider, &CatalogueChoice::All).await.unwrap()
    };
    let added = add().await;
    assert!(added.added.len() > 60 && added.unchanged == 2 && added.extended.is_empty(), "{added:?}");
    assert_eq!((world.audit_length().await, world.last_action().await.as_str()), (before + 1, "catalogue.added"));
    let again = add().await;
    assert_eq!(again, CatalogueAdded { unchanged: added.added.len() + 2, ..CatalogueAdded::default() });
    assert_eq!(world.audit_length().await, before + 1);

    let candidates = world.portal.catalogue_models(&admin, provider).await.unwrap();
    assert!(candidates.iter().all(|candidate| candidate.added && !candidate.endpoints.is_empty()));
    let models = world.store.models().await.unwrap();
    let gpt_5 = models.iter().find(|model| model.name.as_str() == "gpt-5").unwrap();
    assert_eq!(gpt_5.endpoints, [Endpoint::ChatCompletions, Endpoint::Responses]);
    assert_eq!(gpt_5.price.as_ref().unwrap().tokens.input, PicoUsd::from_pico(1_250_000));
    assert!(models.iter().all(|model| model.name.as_str() != "gpt-realtime"), "what is not served is not added");
}

#[tokio::test]
async fn a_model_that_exists_gains_a_deployment() {
    let world = World::new().await;
    let admin = world.administrator().await;
    world.openai(&admin).await;
    let form = world.portal.new_form();
    let second = world.portal.add_provider(as_administrator(&admin), &form, new_provider("OpenAI EU")).await.unwrap();
    let choice = CatalogueChoice::Names(vec!["gpt-5-mini".parse().unwrap()]);
    let done = world.portal.add_catalogue_models(as_administrator(&admin), second, &choice).await.unwrap();
    assert_eq!((done.extended.len(), done.added.len()), (1, 0));
    let models = world.store.models().await.unwrap();
    let model = models.iter().find(|model| model.name.as_str() == "gpt-5-mini").unwrap();
    assert_eq!(model.deployments.len(), 2);
    let unknown = CatalogueChoice::Names(vec!["no-such".parse().unwrap()]);
    let answer = world.portal.add_catalogue_models(as_administrator(&admin), second, &unknown).await;
    assert_eq!(refusals(answer), ["models=model_unknown"]);
}

#[tokio::test]
async fn a_model_of_ones_own_takes_the_catalogues_facts_and_then_ones_price() {
    let world = World::new().await;
    let admin = world.administrator().await;
    let provider = world.openai(&admin).await;
    let administrator = as_administrator(&admin);
    let deployment =
        DeploymentDraft { id: None, provider, upstream_model: "gpt-4o-mini".into(), weight: 1, priority: 0 };
    let draft = ModelDraft {
        name: "small-model".into(),
        deployments: vec![deployment],
        price: PriceChoice::Keep,
        endpoints: vec![],
        max_input_tokens: None,
        max_output_tokens: None,
        enabled: true,
        alias_of: String::new(),
    };
    let form = world.portal.new_form();
    let id = world.portal.add_model(administrator, &form, draft.clone()).await.unwrap();
    let added = world.store.model(id).await.unwrap().unwrap();
    assert_eq!(added.price.as_ref().unwrap().tokens.input, PicoUsd::from_pico(150_000));
    assert_eq!((added.max_output_tokens, added.endpoints.len()), (Some(16_384), 2));
    match world.portal.add_model(administrator, &form, draft.clone()).await {
        Err(PortalError::AlreadyDone { made }) => assert_eq!(made, Made::Model(id)),
        other => panic!("{other:?}"),
    }
    let again = world.portal.add_model(administrator, &world.portal.new_form(), draft.clone()).await;
    assert_eq!(refusals(again), ["name=name_taken"]);

    world.gateway.take_told();
    world.advance_ms(5);
    let kept = DeploymentDraft { id: Some(added.deployments[0].id), weight: 3, ..draft.deployments[0].clone() };
    let change = ModelDraft { deployments: vec![kept], price: PriceChoice::Set(Box::new(price(9))), ..draft };
    world.portal.change_model(administrator, id, change.clone()).await.unwrap();
    let changed = world.store.model(id).await.unwrap().unwrap();
    assert_eq!((changed.price.clone(), changed.price_version), (Some(price(9)), 2));
    assert_eq!((changed.deployments[0].id, changed.deployments[0].weight), (added.deployments[0].id, 3));
    assert_eq!((world.gateway.take_told(), world.last_action().await.as_str()), (vec![Told::Policy], "model.changed"));
    let detail = world.portal.admin_model(&admin, id).await.unwrap();
    let versions: Vec<_> = detail.prices.iter().map(|price| (price.version, price.set_by_name.as_deref())).collect();
    assert_eq!(versions, [(2, Some("dora")), (1, Some("dora"))]);
    assert_eq!(detail.catalogue_price.unwrap().tokens.input, PicoUsd::from_pico(150_000));

    let audited = world.audit_length().await;
    world.portal.change_model(administrator, id, ModelDraft { price: PriceChoice::Keep, ..change }).await.unwrap();
    assert_eq!(world.audit_length().await, audited, "saving what is so already changes nothing");
}

#[tokio::test]
async fn a_broken_model_is_refused_with_every_reason() {
    let world = World::new().await;
    let admin = world.administrator().await;
    let ghost = domain::id::ProviderId::from_random(&[5; 12]);
    let deployment = DeploymentDraft { id: None, provider: ghost, upstream_model: "x".into(), weight: 0, priority: 0 };
    let draft = ModelDraft {
        name: "not a name".into(),
        deployments: vec![deployment],
        price: PriceChoice::Unpriced,
        endpoints: vec![],
        max_input_tokens: None,
        max_output_tokens: None,
        enabled: true,
        alias_of: String::new(),
    };
    let form = world.portal.new_form();
    let answer = world.portal.add_model(as_administrator(&admin), &form, draft.clone()).await;
    assert_eq!(refusals(answer), ["name=malformed", "deployments=malformed", "deployments=unknown_provider"]);
    let unknown = ModelId::from_random(&[5; 12]);
    assert_eq!(error(world.portal.change_model(as_administrator(&admin), unknown, draft).await), "not found");
}

#[tokio::test]
async fn developers_see_models_with_the_profiles_that_allow_them() {
    let world = World::new().await;
    let (ada, admin) = (world.developer().await, world.administrator().await);
    world.openai(&admin).await;
    let models = world.portal.models(&ada).await.unwrap();
    let names: Vec<&str> = models.iter().map(|model| model.name.as_str()).collect();
    assert_eq!(names, ["gpt-5-mini", "text-embedding-3-small"]);
    assert!(models.iter().all(|model| model.profiles.len() == 1 && model.price.is_some()));
    let nobody = world.person("eve", &[]).await;
    assert!(world.portal.models(&nobody).await.unwrap().iter().all(|model| model.profiles.is_empty()));
}

#[tokio::test]
async fn snippets_name_models_that_this_key_may_call() {
    let world = World::new().await;
    let (ada, admin) = (world.developer().await, world.administrator().await);
    let provider = world.openai(&admin).await;
    let anthropic = NewProvider {
        preset: "anthropic".into(),
        kind: ProviderKind::Anthropic,
        base_url: "https://api.anthropic.com/v1".into(),
        ..new_provider("Anthropic")
    };
    let administrator = as_administrator(&admin);
    let id = world.portal.add_provider(administrator, &world.portal.new_form(), anthropic).await.unwrap();
    world.portal.add_catalogue_models(administrator, id, &CatalogueChoice::All).await.unwrap();
    let all = world.mint(&ada, "all").await;
    let facts = world.portal.snippet_facts(&ada, all).await.unwrap();
    assert_eq!(facts.openai_base_url, "https://llm.example.com/v1");
    assert_eq!(facts.anthropic_base_url, "https://llm.example.com");
    assert_eq!(facts.chat_model.as_ref().unwrap().as_str(), "gpt-5-mini");
    assert_eq!(facts.embeddings_model.as_ref().unwrap().as_str(), "text-embedding-3-small");
    assert!(facts.messages_model.unwrap().as_str().starts_with("claude-"));
    assert!(facts.small_messages_model.unwrap().as_str().starts_with("claude-"));

    let narrow =
        MintRequest { models: Some(vec!["gpt-5-mini".parse().unwrap()]), ..world.request(&ada, "narrow").await };
    let narrow = world.portal.mint_key(&ada, &world.portal.new_form(), &narrow).await.unwrap().key.id;
    let facts = world.portal.snippet_facts(&ada, narrow).await.unwrap();
    assert!(facts.chat_model.is_some() && facts.messages_model.is_none() && facts.embeddings_model.is_none());
    world.portal.set_provider_enabled(administrator, provider, false).await.unwrap();
    let facts = world.portal.snippet_facts(&ada, narrow).await.unwrap();
    assert_eq!(facts.chat_model, None, "nothing that cannot be reached");
}

#[tokio::test]
async fn a_model_can_be_another_name_for_one_and_developers_see_what_it_stands_for() {
    let world = World::new().await;
    let admin = world.administrator().await;
    let provider = world.openai(&admin).await;
    let administrator = as_administrator(&admin);
    let deployment =
        DeploymentDraft { id: None, provider, upstream_model: "gpt-4o-mini".into(), weight: 1, priority: 0 };
    let draft = |name: &str, alias_of: &str| ModelDraft {
        name: name.into(),
        deployments: if alias_of.is_empty() { vec![deployment.clone()] } else { vec![] },
        price: PriceChoice::Keep,
        endpoints: vec![],
        max_input_tokens: None,
        max_output_tokens: None,
        enabled: true,
        alias_of: alias_of.into(),
    };
    let portal = &world.portal;
    let add = async |draft| portal.add_model(administrator, &portal.new_form(), draft).await;
    add(draft("small-model", "")).await.unwrap();
    let fast = add(draft("fast", "small-model")).await.unwrap();
    let kept = world.store.model(fast).await.unwrap().unwrap();
    assert_eq!((kept.alias_of.unwrap().as_str(), kept.price, kept.deployments.len()), ("small-model", None, 0));

    let listed = portal.models(&admin).await.unwrap();
    let alias = listed.iter().find(|model| model.name.as_str() == "fast").unwrap();
    assert_eq!(alias.price.as_ref().unwrap().tokens.input, PicoUsd::from_pico(150_000));
    let rows = portal.admin_models(&admin).await.unwrap();
    let row = rows.iter().find(|row| row.model.id == fast).unwrap();
    assert_eq!((rows.len(), row.deployments.len()), (4, 1));

    assert_eq!(refusals(add(draft("faster", "fast")).await), ["alias_of=alias_of_alias"]);
    assert_eq!(refusals(add(draft("faster", "nobody")).await), ["alias_of=unknown_choice"]);
    let itself = portal.change_model(administrator, fast, draft("fast", "fast")).await;
    assert_eq!(refusals(itself), ["alias_of=alias_of_alias"]);
    // It becomes a model of its own again.
    portal.change_model(administrator, fast, draft("fast", "")).await.unwrap();
    assert_eq!(world.store.model(fast).await.unwrap().unwrap().alias_of, None);
}
