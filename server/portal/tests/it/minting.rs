use crate::support::*;
use domain::id::ProfileId;
use domain::key_secret::{PresentedToken, same_tag};
use domain::minting::MintRequest;
use domain::permission::Scope;
use domain::person::Role;
use domain::virtual_key::{ConsumerKind, Owner, RevocationReason};
use portal::keys::MintVerdict;
use portal::{Made, PortalError, Reason};
use std::sync::Arc;

#[tokio::test]
async fn a_minted_key_is_kept_as_a_verifier_and_its_secret_nowhere() {
    let world = World::new().await;
    let ada = world.developer().await;
    let before = world.audit_length().await;
    let minted = world.try_mint(&ada, " laptop ").await.unwrap();

    let token = PresentedToken::parse(minted.secret.expose()).unwrap();
    assert_eq!((token.key, minted.key.name.as_str(), minted.secret_version), (minted.key.id, "laptop", 1));
    let kept = world.store.key_with_secrets(minted.key.id).await.unwrap().unwrap();
    let pepper = world.sealing.pepper(kept.secrets[0].pepper_version).unwrap();
    assert!(same_tag(&kept.secrets[0].tag, &token.tag(&pepper)));
    assert_eq!(kept.key, minted.key);

    assert_eq!(world.gateway.take_told(), [Told::Key(minted.key.id)]);
    assert_eq!(world.audit_length().await, before + 1);
    assert_eq!(world.last_action().await, "key.minted");
    let secret_part = &minted.secret.expose()[17..];
    assert!(!world.audit_text().await.contains(secret_part));
}

#[tokio::test]
async fn a_form_sent_twice_mints_once() {
    let world = World::new().await;
    let ada = world.developer().await;
    let (form, request) = (world.portal.new_form(), world.request(&ada, "laptop").await);
    let first = world.portal.mint_key(&ada, &form, &request).await.unwrap();
    let audited = world.audit_length().await;
    match world.portal.mint_key(&ada, &form, &request).await {
        Err(PortalError::AlreadyDone { made }) => assert_eq!(made, Made::Key(first.key.id)),
        other => panic!("{:?}", other.map(|minted| minted.key)),
    }
    assert_eq!(world.audit_length().await, audited);
    let keys = world.store.all_keys(None, 10).await.unwrap();
    assert_eq!(keys.len(), 1);
}

#[tokio::test]
async fn a_form_sent_by_two_clicks_at_once_mints_once() {
    let world = World::new().await;
    let ada = world.developer().await;
    let (form, request) = (world.portal.new_form(), world.request(&ada, "laptop").await);
    let (a, b) =
        tokio::join!(world.portal.mint_key(&ada, &form, &request), world.portal.mint_key(&ada, &form, &request));
    let minted = [a, b].into_iter().filter(Result::is_ok).count();
    assert_eq!((minted, world.store.all_keys(None, 10).await.unwrap().len()), (1, 1));
}

#[tokio::test]
async fn every_refusal_comes_at_once_and_the_form_stays_usable() {
    let world = World::new().await;
    let ada = world.developer().await;
    let form = world.portal.new_form();
    let good = world.request(&ada, "laptop").await;
    let bad = MintRequest {
        name: String::new(),
        requests_per_minute: Some(121),
        environment: "moon".into(),
        models: Some(vec!["no-such-model".parse().unwrap()]),
        ..good.clone()
    };
    let expected =
        ["name=missing", "environment=unknown_choice", "models=model_unknown", "requests_per_minute=above_maximum"];
    assert_eq!(refusals(world.portal.mint_key(&ada, &form, &bad).await), expected);
    let MintVerdict::Refused(checked) = world.portal.check_mint(&ada, &bad).await.unwrap() else { panic!() };
    assert_eq!(checked.len(), expected.len(), "checking says what minting says");
    assert!(world.gateway.take_told().is_empty());
    assert!(matches!(world.portal.check_mint(&ada, &good).await.unwrap(), MintVerdict::Granted(_)));
    assert!(world.portal.mint_key(&ada, &form, &good).await.is_ok(), "a refused form was not spent");
}

#[tokio::test]
async fn a_name_belongs_to_one_live_key_of_its_owner() {
    let world = World::new().await;
    let (ada, bob) = (world.developer().await, world.other_developer().await);
    let first = world.mint(&ada, "Laptop").await;
    match world.try_mint(&ada, "laptop").await {
        Err(PortalError::Refused(refusals)) => {
            assert_eq!(refusals[0].reason, Reason::KeyNameTaken { key: Some(first) });
        }
        other => panic!("{:?}", other.map(|minted| minted.key)),
    }
    world.mint(&bob, "laptop").await;
    world.portal.revoke_key(&ada, first, RevocationReason::NoLongerNeeded).await.unwrap();
    world.mint(&ada, "laptop").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_parallel_mints_meet_a_limit_of_ten_exactly() {
    let world = Arc::new(World::new().await);
    let ada = world.developer().await;
    let mut profile = world.store.profiles().await.unwrap().remove(0);
    profile.keys_per_person = 10;
    profile.version = 2;
    let mut tx = world.store.begin().await.unwrap();
    assert!(tx.update_profile(&profile, 1, world.now()).await.unwrap());
    tx.commit().await.unwrap();

    let mut tasks = tokio::task::JoinSet::new();
    for worker in 0..20 {
        let (world, ada) = (world.clone(), ada.clone());
        tasks.spawn(async move {
            let mut answers = Vec::new();
            for nth in 0..5 {
                answers.push(refusals(world.try_mint(&ada, &format!("key {worker} {nth}")).await));
            }
            answers
        });
    }
    let answers: Vec<Vec<String>> = tasks.join_all().await.into_iter().flatten().collect();
    let count = |wanted: &str| answers.iter().filter(|answer| *answer == &[wanted.to_owned()]).count();
    assert_eq!((count("granted"), count("profile=too_many_keys")), (10, 90));
    assert_eq!(world.store.all_keys(None, 100).await.unwrap().len(), 10);
}

#[tokio::test]
async fn a_lead_mints_for_the_team_and_a_member_does_not() {
    let world = World::new().await;
    let (ada, bob) = (world.developer().await, world.other_developer().await);
    let (team, ada) = world.team_led_by("Search", &ada).await;
    world.portal.seed_team("Search", bob.person, false).await.unwrap();
    let bob = world.caller(bob.person).await;
    let key = world.mint_for_team(&ada, team, "indexer").await;
    assert_eq!(world.portal.key(&ada, key).await.unwrap().owner_name, "Search");

    let request =
        MintRequest { owner: Owner::Team(team), consumer: ConsumerKind::Service, ..world.request(&bob, "mine").await };
    let form = world.portal.new_form();
    assert_eq!(refusals(world.portal.mint_key(&bob, &form, &request).await), ["owner=owner_not_yours"]);
    // Nor does a refusal tell which names the team uses.
    let guess = MintRequest { name: "indexer".into(), ..request };
    assert_eq!(refusals(world.portal.mint_key(&bob, &form, &guess).await), ["owner=owner_not_yours"]);
}

#[tokio::test]
async fn only_those_whom_a_profile_names_may_mint_under_it() {
    let world = World::new().await;
    let auditor = world.auditor().await;
    let answer = refusals(world.try_mint(&auditor, "x").await);
    assert_eq!(answer, ["profile=may_not_mint", "profile=unknown_choice"]);
    let ada = world.developer().await;
    let unknown = MintRequest { profile: ProfileId::from_random(&[1; 12]), ..world.request(&ada, "x").await };
    let answer = world.portal.mint_key(&ada, &world.portal.new_form(), &unknown).await;
    assert_eq!(refusals(answer), ["profile=unknown_choice"]);
}

#[tokio::test]
async fn the_form_offers_what_this_person_may_choose() {
    let world = World::new().await;
    let (ada, admin) = (world.developer().await, world.administrator().await);
    world.openai(&admin).await;
    let (team, ada) = world.team_led_by("Search", &ada).await;
    world.mint(&ada, "laptop").await;
    let options = world.portal.mint_options(&ada).await.unwrap();
    let [choice] = options.profiles.as_slice() else { panic!() };
    assert_eq!((choice.models_allowed, choice.models_served, choice.keys_held), (2, 2, 1));
    assert_eq!(options.teams.iter().map(|team| team.id).collect::<Vec<_>>(), [team]);
    assert!(options.may_mint && options.models.len() == 2);

    let auditor = world.person("eve", &[Role::Auditor]).await;
    let options = world.portal.mint_options(&auditor).await.unwrap();
    assert!(!options.may_mint && options.profiles.is_empty() && options.teams.is_empty());
    assert_ne!(options.form, world.portal.mint_options(&auditor).await.unwrap().form);
}

#[tokio::test]
async fn what_was_granted_is_what_the_store_and_the_gateway_read() {
    let world = World::new().await;
    let ada = world.developer().await;
    let request =
        MintRequest { requests_per_minute: Some(7), tags: vec!["a".into()], ..world.request(&ada, "x").await };
    let minted = world.portal.mint_key(&ada, &world.portal.new_form(), &request).await.unwrap();
    let item = world.store.key(minted.key.id, &Scope::Everyone).await.unwrap().unwrap();
    assert_eq!((item.key.terms.requests_per_minute, item.key.tags), (7, vec!["a".to_owned()]));
    assert_eq!(item.key.expires_at, START.plus_days(90));
}
