use crate::support::*;
use domain::minting::MintRequest;
use domain::person::Role;
use portal::PortalError;
use portal::administration::environments::EnvironmentDraft;

#[tokio::test]
async fn an_environment_bounds_who_mints_for_it_and_with_which_guardrails() {
    let world = World::new().await;
    let (ada, admin) = (world.developer().await, world.administrator().await);
    let administrator = as_administrator(&admin);
    let before = world.audit_length().await;
    let draft = EnvironmentDraft { roles: vec![Role::Administrator], ..EnvironmentDraft::default() };
    world.portal.create_environment(administrator, " eu ", draft.clone()).await.unwrap();
    world.portal.create_environment(administrator, "eu", draft.clone()).await.unwrap();
    assert_eq!(world.audit_length().await, before + 1, "a form that is sent twice acts once");
    let other = EnvironmentDraft::default();
    assert_eq!(
        refusals(world.portal.create_environment(administrator, "eu", other.clone()).await),
        ["name=name_taken"]
    );
    assert_eq!(
        refusals(world.portal.create_environment(administrator, "E U", other.clone()).await),
        ["name=malformed"]
    );

    let request = MintRequest { environment: "eu".into(), ..world.request(&ada, "laptop").await };
    let mint = async || world.portal.mint_key(&ada, &world.portal.new_form(), &request).await;
    assert_eq!(refusals(mint().await), ["environment=unknown_choice"]);
    assert!(!world.portal.mint_options(&ada).await.unwrap().environments.contains(&"eu".to_owned()));

    let profile = domain::id::ProfileId::from_random(&[9; 12]);
    let nobodys = EnvironmentDraft { profiles: vec![profile], ..EnvironmentDraft::default() };
    let refused = world.portal.change_environment(administrator, "eu", 1, nobodys).await;
    assert_eq!(refusals(refused), ["profiles=unknown_choice"]);
    for _ in 0..2 {
        world.portal.change_environment(administrator, "eu", 1, other.clone()).await.unwrap();
    }
    assert!(matches!(
        world.portal.change_environment(administrator, "eu", 1, draft).await,
        Err(PortalError::Stale { current: 2 })
    ));
    let key = mint().await.unwrap().key;
    assert_eq!(key.environment, "eu");

    let archived = EnvironmentDraft { archived: true, ..EnvironmentDraft::default() };
    world.portal.change_environment(administrator, "eu", 2, archived).await.unwrap();
    assert_eq!(refusals(world.try_mint_in(&ada, "desk", "eu").await), ["environment=unknown_choice"]);
    assert_eq!(world.portal.key(&ada, key.id).await.unwrap().key.environment, "eu", "keys go on");
    assert_eq!(error(world.portal.environment(&ada, "eu").await), "forbidden");
    assert_eq!(error(world.portal.environment(&admin, "moon").await), "not found");
}

#[tokio::test]
async fn a_profile_that_an_environment_does_not_name_is_refused_in_it() {
    let world = World::new().await;
    let (ada, admin) = (world.developer().await, world.administrator().await);
    let template = portal::administration::profile_templates::Template::Service.draft();
    let service = portal::administration::profiles::ProfileDraft { name: "Service".into(), ..template };
    let form = world.portal.new_form();
    let service = world.portal.create_profile(as_administrator(&admin), &form, service).await.unwrap();
    let draft = EnvironmentDraft { profiles: vec![service], ..EnvironmentDraft::default() };
    world.portal.change_environment(as_administrator(&admin), "prod", 1, draft).await.unwrap();
    let standard = world.store.profiles().await.unwrap().into_iter().find(|profile| profile.id != service).unwrap().id;
    let request = MintRequest { environment: "prod".into(), profile: standard, ..world.request(&ada, "laptop").await };
    let answer = world.portal.mint_key(&ada, &world.portal.new_form(), &request).await;
    assert_eq!(refusals(answer), ["environment=profile_not_in_environment"]);
}
