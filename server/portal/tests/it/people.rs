use crate::support::*;
use domain::id::{PersonId, TeamId};
use domain::order::Order;
use domain::person::Role;
use portal::{Made, PortalError};
use store::SessionRow;

#[tokio::test]
async fn switching_someone_off_ends_sessions_and_tells_the_gateway() {
    let world = World::new().await;
    let (ada, admin) = (world.developer().await, world.administrator().await);
    let session = SessionRow {
        id_hash: [1; 32],
        person: Some(ada.person),
        person_version: 1,
        issuer: None,
        idp_sid: None,
        data: vec![],
        address: None,
        agent: None,
        created_at: world.now(),
        auth_time: world.now(),
        seen_at: world.now(),
        expires_at: world.now().plus_days(1),
    };
    let mut tx = world.store.begin().await.unwrap();
    tx.insert_session(&session).await.unwrap();
    tx.commit().await.unwrap();
    let before = world.audit_length().await;
    let set =
        async |active| world.portal.set_person_active(as_administrator(&admin), ada.person, active).await.unwrap();
    set(false).await;
    assert!(world.store.session(&[1; 32]).await.unwrap().is_none());
    let kept = world.store.person(ada.person).await.unwrap().unwrap();
    assert_eq!((kept.active, kept.version), (false, 2));
    assert_eq!((world.audit_length().await, world.gateway.take_told()), (before + 1, vec![Told::Policy]));
    set(false).await;
    assert_eq!(world.audit_length().await, before + 1);
    set(true).await;
    assert_eq!(world.last_action().await, "person.activated");
}

#[tokio::test]
async fn somebody_always_remains_who_can_administer() {
    let world = World::new().await;
    let (ada, admin) = (world.developer().await, world.administrator().await);
    let portal = &world.portal;
    assert_eq!(
        refusals(portal.revoke_administrator(as_administrator(&admin), admin.person).await),
        ["person=last_administrator"]
    );
    assert_eq!(
        refusals(portal.set_person_active(as_administrator(&admin), admin.person, false).await),
        ["person=not_oneself"]
    );

    portal.grant_administrator(as_administrator(&admin), ada.person).await.unwrap();
    assert_eq!(world.last_action().await, "person.role_granted");
    let ada = world.caller(ada.person).await;
    assert!(ada.has(Role::Administrator));
    assert_eq!(world.store.person(ada.person).await.unwrap().unwrap().version, 2, "sessions from before end");
    portal.revoke_administrator(as_administrator(&admin), ada.person).await.unwrap();
    // She still holds a request that began when she was one.
    assert_eq!(error(portal.revoke_administrator(as_administrator(&ada), admin.person).await), "forbidden");
    assert_eq!(error(portal.set_person_active(as_administrator(&ada), admin.person, false).await), "forbidden");
}

#[tokio::test]
async fn people_are_listed_by_name_searched_and_paged() {
    let world = World::new().await;
    let admin = world.administrator().await;
    for nth in 0..60 {
        world.person(&format!("person{nth:02}"), &[Role::Developer]).await;
    }
    let first = world.portal.people(&admin, None, Order::default(), None).await.unwrap();
    let second = world.portal.people(&admin, None, Order::default(), first.next.as_deref()).await.unwrap();
    assert_eq!((first.rows.len(), second.rows.len(), second.next), (50, 11, None));
    let found = world.portal.people(&admin, Some("PERSON07"), Order::default(), None).await.unwrap();
    assert_eq!(found.rows.len(), 1);
    let detail = world.portal.person(&admin, found.rows[0].id).await.unwrap();
    assert_eq!((detail.live_keys, detail.oneself, detail.person.roles), (0, false, vec![Role::Developer]));
    let unknown = PersonId::from_random(&[3; 12]);
    assert_eq!(error(world.portal.person(&admin, unknown).await), "not found");
}

#[tokio::test]
async fn a_team_is_made_once_and_its_members_change_with_one_entry_each() {
    let world = World::new().await;
    let (ada, admin) = (world.developer().await, world.administrator().await);
    let (portal, administrator, form) = (&world.portal, as_administrator(&admin), world.portal.new_form());
    assert_eq!(refusals(portal.create_team(administrator, &form, " ").await), ["name=missing"]);
    let team = portal.create_team(administrator, &form, "Billing").await.unwrap();
    match portal.create_team(administrator, &form, "Billing").await {
        Err(PortalError::AlreadyDone { made }) => assert_eq!(made, Made::Team(team)),
        other => panic!("{other:?}"),
    }
    assert_eq!(refusals(portal.create_team(administrator, &portal.new_form(), "billing").await), ["name=name_taken"]);

    let mut entries = world.audit_length().await;
    for (lead, expected) in [(false, 1), (false, 0), (true, 1)] {
        portal.put_member(administrator, team, ada.person, lead).await.unwrap();
        entries += expected;
        assert_eq!(world.audit_length().await, entries);
    }
    let detail = portal.team(&admin, team).await.unwrap();
    assert_eq!((detail.team.leads.as_slice(), detail.members.len(), detail.live_keys), (&["ada".to_owned()][..], 1, 0));
    for expected in [1, 0] {
        portal.remove_member(administrator, team, ada.person).await.unwrap();
        entries += expected;
        assert_eq!(world.audit_length().await, entries);
    }
    let unknown = TeamId::from_random(&[3; 12]);
    assert_eq!(error(portal.put_member(administrator, unknown, ada.person, false).await), "not found");
    let nobody = PersonId::from_random(&[3; 12]);
    assert_eq!(error(portal.put_member(administrator, team, nobody, false).await), "not found");
}
