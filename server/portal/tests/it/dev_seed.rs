use crate::support::*;
use domain::model::{Endpoint, ProviderKind};
use portal::dev_seed::DemoAddresses;
use portal::sealing::CredentialBinding;

async fn seed(world: &World, port: u16) {
    let v1 = format!("http://127.0.0.1:{port}/v1");
    let addresses = DemoAddresses { v1: &v1, v1beta: &format!("{v1}beta") };
    world.portal.seed_demo_provider(addresses, &secret("demo-credential")).await.unwrap();
}

#[tokio::test]
async fn the_demo_is_seeded_once_and_its_port_is_followed() {
    let world = World::new().await;
    seed(&world, 4_001).await;
    let (length, models) = (world.audit_length().await, world.store.models().await.unwrap());
    seed(&world, 4_001).await;
    assert_eq!(world.audit_length().await, length);
    seed(&world, 4_002).await;
    assert_eq!(world.audit_length().await, length + 3, "one entry for each format");
    assert_eq!(world.store.models().await.unwrap(), models);

    let providers = world.store.providers().await.unwrap();
    assert_eq!(providers.len(), 3);
    for sealed in world.store.credentials().await.unwrap() {
        let provider = providers.iter().find(|provider| provider.id == sealed.provider).unwrap();
        let version = if provider.kind == ProviderKind::Gemini { "v1beta" } else { "v1" };
        assert_eq!(provider.base_url, format!("http://127.0.0.1:4002/{version}"));
        let binding = CredentialBinding {
            provider: provider.id,
            credential: sealed.id,
            version: sealed.version,
            base_url: &provider.base_url,
        };
        assert_eq!(world.sealing.open_credential(&binding, &sealed.blob).unwrap().expose(), "demo-credential");
    }
}

#[tokio::test]
async fn every_demo_model_can_be_called_in_each_of_its_formats() {
    let world = World::new().await;
    seed(&world, 4_001).await;
    let ada = world.developer().await;
    let providers = world.store.providers().await.unwrap();
    let models = world.store.models().await.unwrap();
    assert_eq!(models.len(), 6);
    for model in &models {
        assert!(model.price.is_some());
        for endpoint in &model.endpoints {
            let serves = |one: &domain::model::Deployment| {
                providers
                    .iter()
                    .any(|provider| provider.id == one.provider && provider.kind.format() == endpoint.format())
            };
            assert!(model.deployments.iter().any(serves), "{} has nobody for {endpoint:?}", model.name);
        }
    }
    let key = world.mint(&ada, "laptop").await;
    let facts = world.portal.snippet_facts(&ada, key).await.unwrap();
    // What snippets are printed for.
    for endpoint in [Endpoint::ChatCompletions, Endpoint::Responses, Endpoint::Messages, Endpoint::Embeddings] {
        assert!(facts.model_for(endpoint).is_some(), "{endpoint:?}");
    }
    let agents = facts.messages_model.unwrap();
    assert_eq!(agents.as_str(), "demo-large", "no agent is pointed at the model for trying out budgets");
}

#[tokio::test]
async fn a_seeded_team_is_made_once() {
    let world = World::new().await;
    let ada = world.developer().await;
    let (first, lead) = world.team_led_by("Search", &ada).await;
    let length = world.audit_length().await;
    let (second, _) = world.team_led_by("Search", &ada).await;
    assert_eq!((first, world.audit_length().await), (second, length));
    assert!(lead.leads(first));
}

#[tokio::test]
async fn a_seeded_budget_is_set_once_and_never_again() {
    let world = World::new().await;
    let admin = world.administrator().await;
    let dollars = domain::money::NanoUsd::from_dollars;
    world.portal.seed_budget(dollars(500)).await.unwrap();
    assert_eq!(world.last_action().await, "limits.set");
    let scope = domain::budget::BudgetScope::Organisation;
    let taken_back = domain::limits::Limits::default();
    world.portal.set_limits(as_administrator(&admin), scope, 1, taken_back.clone()).await.unwrap();
    world.portal.seed_budget(dollars(500)).await.unwrap();
    assert_eq!(world.portal.level(&admin, scope).await.unwrap().row.limits, taken_back);
}
