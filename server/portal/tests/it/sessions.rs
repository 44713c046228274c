use crate::support::*;
use domain::id::PersonId;
use domain::person::Caller;
use domain::session_mark::SessionMark;
use store::SessionRow;

fn session(world: &World, person: PersonId, fill: u8, version: i64) -> SessionRow {
    SessionRow {
        id_hash: [fill; 32],
        person: Some(person),
        person_version: version,
        issuer: None,
        idp_sid: None,
        data: vec![],
        address: Some("192.0.2.7".into()),
        agent: Some("Firefox".into()),
        created_at: world.now(),
        auth_time: world.now(),
        seen_at: world.now().plus_ms(i64::from(fill)),
        expires_at: world.now().plus_days(1),
    }
}

async fn signed_in(world: &World, caller: &Caller, fills: &[u8]) {
    let mut tx = world.store.begin().await.unwrap();
    for &fill in fills {
        tx.insert_session(&session(world, caller.person, fill, 1)).await.unwrap();
    }
    tx.commit().await.unwrap();
}

fn marks(sessions: &[portal::sessions::SessionView]) -> Vec<SessionMark> {
    sessions.iter().map(|session| session.mark).collect()
}

#[tokio::test]
async fn people_see_their_sessions_and_end_one_of_their_own() {
    let world = World::new().await;
    let (ada, bob) = (world.developer().await, world.other_developer().await);
    signed_in(&world, &ada, &[1, 2]).await;
    signed_in(&world, &bob, &[3]).await;
    let mut tx = world.store.begin().await.unwrap();
    tx.insert_session(&session(&world, ada.person, 4, 0)).await.unwrap();
    tx.commit().await.unwrap();

    let own = world.portal.own_sessions(&ada).await.unwrap();
    let [of_one, of_two, of_three] = [[1; 32], [2; 32], [3; 32]].map(|hash| SessionMark::of(&hash));
    assert_eq!(marks(&own), [of_two, of_one], "last seen first, and none that has ended with an older version");
    assert_eq!((own[0].address.as_deref(), own[0].agent.as_deref()), (Some("192.0.2.7"), Some("Firefox")));

    let before = world.audit_length().await;
    world.portal.end_own_session(&ada, of_three).await.unwrap();
    assert!(world.store.session(&[3; 32]).await.unwrap().is_some(), "somebody else's mark is nobody's here");
    world.portal.end_own_session(&ada, of_one).await.unwrap();
    world.portal.end_own_session(&ada, of_one).await.unwrap();
    assert_eq!(marks(&world.portal.own_sessions(&ada).await.unwrap()), [of_two]);
    assert_eq!((world.audit_length().await, world.last_action().await.as_str()), (before + 1, "session.ended"));
    assert_eq!(error(world.portal.sessions_of(&ada, bob.person).await), "forbidden");
}

#[tokio::test]
async fn administrators_sign_others_out() {
    let world = World::new().await;
    let (ada, admin) = (world.developer().await, world.administrator().await);
    signed_in(&world, &ada, &[1, 2]).await;
    let (portal, administrator) = (&world.portal, as_administrator(&admin));
    assert_eq!(portal.sessions_of(&world.auditor().await, ada.person).await.unwrap().len(), 2);
    portal.end_session_of(administrator, ada.person, SessionMark::of(&[1; 32])).await.unwrap();
    assert_eq!(portal.sessions_of(&admin, ada.person).await.unwrap().len(), 1);
    portal.sign_out_everywhere(administrator, ada.person).await.unwrap();
    assert!(portal.sessions_of(&admin, ada.person).await.unwrap().is_empty());
    assert_eq!(world.store.person(ada.person).await.unwrap().unwrap().version, 2, "one that is just beginning, too");
    assert_eq!(world.last_action().await, "session.ended_everywhere");
    let nobody = PersonId::from_random(&[3; 12]);
    assert_eq!(error(portal.sign_out_everywhere(administrator, nobody).await), "not found");
}
