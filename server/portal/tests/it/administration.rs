use crate::support::*;
use domain::order::Order;
use domain::person::Caller;
use portal::administration::audit::AuditQuery;

/// Each reading use case, as this caller would be answered.
async fn reads(world: &World, caller: &Caller) -> Vec<(&'static str, String)> {
    let portal = &world.portal;
    let provider = world.store.providers().await.unwrap().remove(0).id;
    let profile = world.store.profiles().await.unwrap().remove(0).id;
    let model = world.store.models().await.unwrap().remove(0).id;
    let team = world.store.teams().await.unwrap().remove(0).id;
    vec![
        ("overview", error(portal.overview(caller).await)),
        ("providers", error(portal.providers(caller).await)),
        ("provider", error(portal.provider(caller, provider).await)),
        ("catalogue", error(portal.catalogue_models(caller, provider).await)),
        ("models", error(portal.admin_models(caller).await)),
        ("model", error(portal.admin_model(caller, model).await)),
        ("profiles", error(portal.profiles(caller).await)),
        ("profile", error(portal.profile(caller, profile).await)),
        ("key policy", error(portal.key_policy_page(caller, None).await)),
        ("environments", error(portal.environments(caller).await)),
        ("environment", error(portal.environment(caller, "dev").await)),
        ("versions", error(portal.profile_versions(caller, profile, None).await)),
        ("version", error(portal.profile_version(caller, profile, 1).await)),
        ("comparison", error(portal.compare_versions(caller, profile, (1, 1)).await)),
        ("people", error(portal.people(caller, None, Order::default(), None).await)),
        ("person", error(portal.person(caller, caller.person).await)),
        ("teams", error(portal.teams(caller).await)),
        ("team", error(portal.team(caller, team).await)),
        ("audit", error(portal.audit(caller, &AuditQuery::default()).await)),
        ("verify", error(portal.verify_audit(caller).await)),
    ]
}

#[tokio::test]
async fn auditors_and_administrators_read_administration_and_nobody_else_does() {
    let world = World::new().await;
    let (ada, auditor, admin) = (world.developer().await, world.auditor().await, world.administrator().await);
    world.openai(&admin).await;
    let (_, lead) = world.team_led_by("Search", &ada).await;
    for (caller, expected) in [(&ada, "forbidden"), (&lead, "forbidden"), (&auditor, "done"), (&admin, "done")] {
        for (what, answer) in reads(&world, caller).await {
            assert_eq!(answer, expected, "{} reads {what}", caller.name);
        }
    }
    assert_eq!(error(world.portal.profile_form(&auditor).await), "forbidden", "an auditor changes nothing");
}
