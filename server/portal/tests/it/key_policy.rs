use crate::support::*;
use domain::minting::MintRequest;
use portal::PortalError;
use portal::keys::MintVerdict;

#[tokio::test]
async fn whoever_mints_has_read_the_version_that_holds_and_it_is_written_down() {
    let world = World::new().await;
    let (ada, admin) = (world.developer().await, world.administrator().await);
    let save = async |from, text: &str| world.portal.save_key_policy(as_administrator(&admin), from, text).await;
    let mint = async |name: &str, policy_read| {
        let request = MintRequest { policy_read, ..world.request(&ada, name).await };
        world.portal.mint_key(&ada, &world.portal.new_form(), &request).await
    };
    assert!(mint("before", None).await.is_ok(), "there is nothing to read");
    let before = world.audit_length().await;
    assert_eq!(save(0, "Do not share keys.").await.unwrap(), 1);
    assert_eq!(save(0, "Do not share keys.").await.unwrap(), 1, "a form that is sent twice finds what it made");
    assert_eq!(save(1, " Do not share keys. ").await.unwrap(), 1, "saving what is so already changes nothing");
    assert_eq!((world.audit_length().await, world.last_action().await), (before + 1, "key_policy.changed".into()));
    assert_eq!(refusals(mint("laptop", None).await), ["policy=missing"]);
    let request = world.request(&ada, "laptop").await;
    let looked = world.portal.check_mint(&ada, &request).await.unwrap();
    assert!(matches!(looked, MintVerdict::Granted(_)), "whoever only looks has nothing to read yet");
    assert_eq!(world.portal.mint_options(&ada).await.unwrap().policy.unwrap().version, 1);
    assert_eq!(save(1, "Nor print them.").await.unwrap(), 2);
    assert_eq!(refusals(mint("laptop", Some(1)).await), ["policy=policy_changed"]);
    let key = mint("laptop", Some(2)).await.unwrap().key.id;
    assert!(world.audit_text().await.contains("\"key_policy_read\":2"));

    let page = world.portal.key_policy_page(&admin, None).await.unwrap();
    let said: Vec<_> =
        page.acknowledgements.iter().map(|one| (one.key, one.version, one.person_name.as_str())).collect();
    assert_eq!(said, [(key, 2, "ada")]);
    let versions: Vec<_> = page.versions.iter().map(|one| (one.policy.version, one.saved_by_name.as_str())).collect();
    assert_eq!((versions, page.next), (vec![(2, "dora"), (1, "dora")], None));

    assert!(matches!(save(1, "Mine.").await, Err(PortalError::Stale { current: 2 })));
    assert_eq!(refusals(save(2, &"x".repeat(12_001)).await), ["text=too_long"]);
    assert_eq!(save(2, "").await.unwrap(), 3);
    assert!(mint("desk", None).await.is_ok(), "an empty text asks for nothing");
    assert_eq!(error(world.portal.key_policy_page(&ada, None).await), "forbidden");
}
