use crate::support::*;
use domain::access_profile::AccessProfile;
use domain::id::{ProfileId, TeamId};
use domain::profile_versions::Reach;
use portal::administration::profile_templates::Template;
use portal::administration::profiles::ProfileDraft;
use portal::{Made, PortalError};

fn draft(profile: &AccessProfile) -> ProfileDraft {
    profile.clone().into()
}

#[tokio::test]
async fn an_edited_profile_holds_for_existing_keys_at_once() {
    let world = World::new().await;
    let (ada, admin) = (world.developer().await, world.administrator().await);
    let key = world.mint(&ada, "laptop").await;
    let profile = world.store.profiles().await.unwrap().remove(0);
    let mut change = draft(&profile);
    change.terms.requests_per_minute.maximum = 10;
    change.terms.requests_per_minute.default = 10;
    change.terms.models = vec!["claude-*".parse().unwrap()];
    world.gateway.take_told();
    let before = world.audit_length().await;
    let version = world
        .portal
        .change_profile(as_administrator(&admin), profile.id, 1, change.clone(), Reach::AllKeys)
        .await
        .unwrap();
    assert_eq!((version, world.audit_length().await, world.gateway.take_told()), (2, before + 1, vec![Told::Policy]));
    let terms = world.portal.key(&ada, key).await.unwrap().effective.terms;
    assert_eq!(terms.requests_per_minute.value, 10);
    assert_eq!(terms.models[0].value.as_str(), "claude-*");

    let again =
        world.portal.change_profile(as_administrator(&admin), profile.id, 2, change, Reach::AllKeys).await.unwrap();
    assert_eq!((again, world.audit_length().await), (2, before + 1), "saving what is so already changes nothing");
}

#[tokio::test]
async fn an_edit_of_an_older_version_is_stale() {
    let world = World::new().await;
    let admin = world.administrator().await;
    let profile = world.store.profiles().await.unwrap().remove(0);
    let change = |keys_per_person| ProfileDraft { keys_per_person, ..draft(&profile) };
    let save = async |version, keys| {
        world.portal.change_profile(as_administrator(&admin), profile.id, version, change(keys), Reach::AllKeys).await
    };
    assert_eq!(save(1, 6).await.unwrap(), 2);
    assert!(matches!(save(1, 7).await, Err(PortalError::Stale { current: 2 })));
    assert_eq!(world.store.profile(profile.id).await.unwrap().unwrap().keys_per_person, 6);
    let unknown = ProfileId::from_random(&[3; 12]);
    assert_eq!(
        error(world.portal.change_profile(as_administrator(&admin), unknown, 1, change(9), Reach::AllKeys).await),
        "not found"
    );
}

#[tokio::test]
async fn a_new_profile_starts_from_the_template_and_is_checked_as_a_whole() {
    let world = World::new().await;
    let admin = world.administrator().await;
    let administrator = as_administrator(&admin);
    let (template, facts) = (Template::Developer.draft(), world.portal.profile_form(&admin).await.unwrap());
    let mut broken = template.clone();
    broken.terms.caps.clear();
    broken.audience.teams = vec![TeamId::from_random(&[9; 12])];
    let checked = world.portal.check_profile_draft(administrator, None, broken.clone()).await;
    assert_eq!(refusals(checked), ["name=missing", "caps=missing", "teams=unknown_choice"]);
    let answer = world.portal.create_profile(administrator, &facts.form, broken).await;
    assert_eq!(refusals(answer), ["name=missing", "caps=missing", "teams=unknown_choice"]);
    let good = ProfileDraft { name: "Contractor".into(), ..template };
    let id = world.portal.create_profile(administrator, &facts.form, good.clone()).await.unwrap();
    match world.portal.create_profile(administrator, &facts.form, good.clone()).await {
        Err(PortalError::AlreadyDone { made }) => assert_eq!(made, Made::Profile(id)),
        other => panic!("{other:?}"),
    }
    let taken = ProfileDraft { name: "contractor".into(), ..good };
    let answer = world.portal.create_profile(administrator, &world.portal.new_form(), taken).await;
    assert_eq!(refusals(answer), ["name=name_taken"]);
    assert_eq!(world.portal.profiles(&admin).await.unwrap().len(), 2);
}

#[tokio::test]
async fn the_list_says_how_many_keys_and_models_depend_on_each_profile() {
    let world = World::new().await;
    let (ada, admin) = (world.developer().await, world.administrator().await);
    world.openai(&admin).await;
    world.mint(&ada, "laptop").await;
    let rows = world.portal.profiles(&admin).await.unwrap();
    assert_eq!((rows[0].live_keys, rows[0].models_allowed, rows[0].models_served), (1, 2, 2));
    let detail = world.portal.profile(&admin, rows[0].profile.id).await.unwrap();
    assert_eq!((detail.row.live_keys, detail.models.len()), (1, 2));
}

#[tokio::test]
async fn a_change_for_new_keys_leaves_the_others_as_they_are() {
    let world = World::new().await;
    let (ada, admin) = (world.developer().await, world.administrator().await);
    let old = world.mint(&ada, "old").await;
    let profile = world.store.profiles().await.unwrap().remove(0);
    let narrower = |per_minute| {
        let mut change = draft(&profile);
        change.terms.requests_per_minute.maximum = per_minute;
        change.terms.requests_per_minute.default = per_minute;
        change
    };
    let save = async |version, per_minute, reach| {
        let saved =
            world.portal.change_profile(as_administrator(&admin), profile.id, version, narrower(per_minute), reach);
        saved.await.unwrap()
    };
    let per_minute = async |key| world.portal.key(&ada, key).await.unwrap().effective.terms.requests_per_minute.value;
    let before = per_minute(old).await;
    assert_eq!(save(1, 10, Reach::NewKeys).await, 2);
    let middle = world.mint(&ada, "middle").await;
    assert_eq!(save(2, 5, Reach::NewKeys).await, 3);
    assert_eq!((per_minute(old).await, per_minute(middle).await), (before, 10));
    let detail = world.portal.key(&ada, old).await.unwrap();
    assert_eq!((detail.profile.version, detail.key.profile_version), (1, Some(1)));

    let page = world.portal.profile_versions(&admin, profile.id, None).await.unwrap();
    let lines: Vec<_> =
        page.lines.iter().map(|line| (line.profile.version, line.live_keys, line.saved_by.as_deref())).collect();
    assert_eq!(lines, [(3, 0, Some("dora")), (2, 1, Some("dora")), (1, 1, None)]);
    assert_eq!(page.lines[0].before.as_ref().map(|before| before.version), Some(2));

    // A name is no term: nobody is moved by it.
    let renamed = ProfileDraft { name: "Renamed".into(), ..narrower(5) };
    world.portal.change_profile(as_administrator(&admin), profile.id, 3, renamed, Reach::AllKeys).await.unwrap();
    let detail = world.portal.key(&ada, old).await.unwrap();
    assert_eq!((detail.profile.version, detail.profile.name.as_str()), (1, "Renamed"));

    assert_eq!(save(4, 7, Reach::AllKeys).await, 5);
    assert_eq!((per_minute(old).await, per_minute(middle).await), (7, 7));
}

#[tokio::test]
async fn two_versions_are_compared_in_the_order_of_their_numbers() {
    let world = World::new().await;
    let admin = world.administrator().await;
    let profile = world.store.profiles().await.unwrap().remove(0);
    let change = ProfileDraft { keys_per_person: 9, ..draft(&profile) };
    world.portal.change_profile(as_administrator(&admin), profile.id, 1, change, Reach::NewKeys).await.unwrap();
    let compared = world.portal.compare_versions(&admin, profile.id, (2, 1)).await.unwrap();
    assert_eq!((compared.older.profile.version, compared.newer.profile.keys_per_person), (1, 9));
    assert_eq!(error(world.portal.compare_versions(&admin, profile.id, (1, 7)).await), "not found");
    let older = world.portal.profile_version(&admin, profile.id, 1).await.unwrap();
    assert_eq!(older.terms, profile.terms);
    assert_eq!(error(world.portal.profile_version(&admin, profile.id, 0).await), "not found");
}
