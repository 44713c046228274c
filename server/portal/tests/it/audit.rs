use crate::support::*;
use domain::audit::Broken;
use domain::virtual_key::{Overlap, RevocationReason};
use portal::administration::access_record::CallFilter;
use portal::administration::audit::{ACTIONS, AuditQuery};

#[tokio::test]
async fn the_log_is_filtered_by_who_what_and_when_and_verifies() {
    let world = World::new().await;
    let (ada, admin) = (world.developer().await, world.administrator().await);
    world.openai(&admin).await;
    let key = world.mint(&ada, "laptop").await;
    world.advance_days(1);
    world.portal.rotate_key(&ada, key, &world.portal.new_form(), Overlap::Day).await.unwrap();
    world.portal.revoke_key(&admin, key, RevocationReason::Compromised).await.unwrap();

    let actions = async |query: AuditQuery| {
        let page = world.portal.audit(&admin, &query).await.unwrap();
        page.lines.into_iter().map(|line| line.row.entry.action).collect::<Vec<_>>()
    };
    let all = AuditQuery::default();
    let of_key = AuditQuery { object: Some(key.to_string()), ..all.clone() };
    assert_eq!(actions(of_key).await, ["key.revoked", "key.rotated", "key.minted"]);
    let by_ada = AuditQuery { actor: Some(ada.person), ..all.clone() };
    assert_eq!(actions(by_ada).await, ["key.rotated", "key.minted"]);
    let by_name = AuditQuery { who: Some(ada.name[1..].to_uppercase()), action: Some("key.".into()), ..all.clone() };
    assert_eq!(actions(by_name).await, ["key.rotated", "key.minted"]);
    assert!(actions(AuditQuery { who: Some("nobody of this name".into()), ..all.clone() }).await.is_empty());
    let today = AuditQuery { from: Some(START.plus_days(1)), action: Some("key.".into()), ..all.clone() };
    assert_eq!(actions(today).await, ["key.revoked", "key.rotated"]);
    let every = actions(all).await;
    assert!(every.iter().all(|action| ACTIONS.contains(&action.as_str())), "{every:?}");

    let verdict = world.portal.verify_audit(&admin).await.unwrap();
    assert_eq!((verdict.broken, verdict.entries), (None, i64::try_from(every.len()).unwrap()));
    assert_ne!(verdict.last_hash, [0; 32]);
}

#[tokio::test]
async fn a_changed_entry_is_found() {
    let world = World::new().await;
    let (ada, admin) = (world.developer().await, world.administrator().await);
    world.mint(&ada, "laptop").await;
    let met = world.database.tamper("update audit set object_name = 'another' where seq = 3").await;
    assert_eq!(met, 1);
    let verdict = world.portal.verify_audit(&admin).await.unwrap();
    assert_eq!((verdict.broken, verdict.entries), (Some(Broken::Content(3)), 2));
}

#[tokio::test]
async fn the_access_record_names_keys_and_owners_and_is_for_overseers() {
    let world = World::new().await;
    let (ada, auditor) = (world.developer().await, world.auditor().await);
    let key = world.mint(&ada, "laptop").await;
    let gone = domain::id::KeyId::from_random(&[7; 12]);
    world.store.ingest(&[world.call(key, world.now(), 1, 7), world.call(gone, world.now(), 2, 7)]).await.unwrap();
    let all = CallFilter::default();
    let page = world.portal.access_record(&auditor, &all, None, 9).await.unwrap();
    let names: Vec<_> = page.lines.iter().map(|line| (line.key_name.as_str(), line.owner_name.as_str())).collect();
    assert_eq!(names, [(gone.to_string().as_str(), ""), ("laptop", ada.name.as_str())]);
    assert_eq!(page.next, None);
    let first = world.portal.access_record(&auditor, &all, None, 1).await.unwrap();
    assert_eq!(first.next, Some(first.lines[0].call.id));
    assert_eq!(error(world.portal.access_record(&ada, &all, None, 9).await), "forbidden");
}
