//! Sessions, sign-ins, invites, and forms that act once.

use crate::given::{self, NOW, person_id};
use crate::on_both_engines;
use store::testing::TestDatabase;
use store::{LoginRow, SessionRow, StoreError, Submission};

fn session(fill: u8, person: Option<u8>) -> SessionRow {
    SessionRow {
        id_hash: [fill; 32],
        person: person.map(person_id),
        person_version: 3,
        issuer: Some("https://login.example.com".into()),
        idp_sid: Some("sid".into()),
        data: vec![0, 200],
        address: Some("192.0.2.7".into()),
        agent: Some("Firefox".into()),
        created_at: NOW,
        auth_time: NOW.plus_ms(1),
        seen_at: NOW.plus_ms(2),
        expires_at: NOW.plus_ms(1_000),
    }
}

fn login(fill: u8, at: i64) -> LoginRow {
    LoginRow {
        state_hash: [fill; 32],
        browser_hash: [100; 32],
        issuer_id: "main".into(),
        nonce: "n".into(),
        pkce_verifier: "v".into(),
        return_to: "/keys?search=ü".into(),
        invite: (fill == 1).then_some([9; 32]),
        tester: (fill == 1).then(|| person_id(1)),
        created_at: NOW.plus_ms(at),
    }
}

on_both_engines! {
    async fn a_session_is_saved_only_while_it_exists(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let mut tx = store.begin().await.unwrap();
        tx.insert_session(&session(1, None)).await.unwrap();
        tx.commit().await.unwrap();
        assert!(store.session(&[1; 32]).await.unwrap() == Some(session(1, None)));
        assert!(store.session(&[2; 32]).await.unwrap().is_none());

        let mut signed_in = session(1, Some(1));
        signed_in.person_version = 4;
        signed_in.issuer = None;
        signed_in.idp_sid = None;
        signed_in.data = vec![];
        signed_in.auth_time = NOW.plus_ms(7);
        let mut tx = store.begin().await.unwrap();
        assert!(tx.update_session(&signed_in).await.unwrap());
        assert!(tx.touch_session(&[1; 32], NOW.plus_ms(8), NOW.plus_ms(9)).await.unwrap());
        tx.commit().await.unwrap();
        signed_in.seen_at = NOW.plus_ms(8);
        signed_in.expires_at = NOW.plus_ms(9);
        assert!(store.session(&[1; 32]).await.unwrap() == Some(signed_in.clone()));

        let mut tx = store.begin().await.unwrap();
        assert!(tx.delete_session(&[1; 32]).await.unwrap());
        assert!(!tx.delete_session(&[1; 32]).await.unwrap());
        assert!(!tx.update_session(&signed_in).await.unwrap(), "a slow request resurrects nothing");
        assert!(!tx.touch_session(&[1; 32], NOW, NOW).await.unwrap());
        tx.commit().await.unwrap();
        assert!(store.session(&[1; 32]).await.unwrap().is_none());
    }

    async fn sessions_end_together(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let mut tx = store.begin().await.unwrap();
        for (fill, person) in [(1, Some(1)), (2, Some(1)), (3, Some(2)), (4, None)] {
            tx.insert_session(&session(fill, person)).await.unwrap();
        }
        let seen = SessionRow { seen_at: NOW.plus_ms(3), ..session(6, Some(1)) };
        tx.insert_session(&seen).await.unwrap();
        tx.commit().await.unwrap();
        let of_ada = store.sessions_of(person_id(1), NOW, 2).await.unwrap();
        assert!(of_ada == [seen, session(1, Some(1))], "last seen first, and not all");
        assert!(store.sessions_of(person_id(1), NOW.plus_ms(1_000), 9).await.unwrap().is_empty());
        let mut tx = store.begin().await.unwrap();
        let late = SessionRow { expires_at: NOW.plus_ms(1_001), ..session(5, Some(2)) };
        tx.insert_session(&late).await.unwrap();
        assert_eq!(tx.delete_sessions_of(person_id(1)).await.unwrap(), 3);
        assert_eq!(tx.delete_sessions_expired(NOW.plus_ms(999)).await.unwrap(), 0);
        assert_eq!(tx.delete_sessions_expired(NOW.plus_ms(1_000)).await.unwrap(), 2, "at the moment of expiry");
        tx.commit().await.unwrap();
        assert!(store.session(&[5; 32]).await.unwrap() == Some(late));
    }

    async fn a_sign_in_is_taken_once(database: &TestDatabase) {
        let store = database.open().await;
        let mut tx = store.begin().await.unwrap();
        tx.insert_login(&login(1, 0), 4).await.unwrap();
        assert!(tx.take_login(&[1; 32]).await.unwrap() == Some(login(1, 0)));
        assert!(tx.take_login(&[1; 32]).await.unwrap().is_none());
        tx.commit().await.unwrap();
    }

    async fn a_browser_keeps_its_newest_sign_ins(database: &TestDatabase) {
        let store = database.open().await;
        let mut tx = store.begin().await.unwrap();
        let elsewhere = LoginRow { browser_hash: [101; 32], ..login(50, 0) };
        tx.insert_login(&elsewhere, 2).await.unwrap();
        // The last one is the newest by arrival, whatever the clock says.
        for (fill, at) in [(1, 10), (2, 20), (3, 30), (4, 5)] {
            tx.insert_login(&login(fill, at), 2).await.unwrap();
        }
        assert!(tx.take_login(&[1; 32]).await.unwrap().is_none());
        assert!(tx.take_login(&[2; 32]).await.unwrap().is_none());
        assert!(tx.take_login(&[3; 32]).await.unwrap().is_some());
        assert!(tx.take_login(&[4; 32]).await.unwrap().is_some());
        assert!(tx.take_login(&[50; 32]).await.unwrap().is_some(), "another browser's");
    }

    async fn old_sign_ins_are_forgotten(database: &TestDatabase) {
        let store = database.open().await;
        let mut tx = store.begin().await.unwrap();
        tx.insert_login(&login(1, 0), 9).await.unwrap();
        tx.insert_login(&login(2, 1), 9).await.unwrap();
        assert_eq!(tx.delete_logins_before(NOW.plus_ms(1)).await.unwrap(), 1);
        assert!(tx.take_login(&[2; 32]).await.unwrap().is_some());
    }

    async fn an_invite_is_taken_once_and_before_it_expires(database: &TestDatabase) {
        let store = database.open().await;
        let mut tx = store.begin().await.unwrap();
        tx.insert_invite(&[1; 32], NOW.plus_ms(10), NOW).await.unwrap();
        tx.insert_invite(&[2; 32], NOW.plus_ms(10), NOW).await.unwrap();
        assert!(tx.take_invite(&[1; 32], NOW.plus_ms(9)).await.unwrap());
        assert!(!tx.take_invite(&[1; 32], NOW.plus_ms(9)).await.unwrap());
        assert!(!tx.take_invite(&[2; 32], NOW.plus_ms(10)).await.unwrap(), "expired");
        assert!(!tx.take_invite(&[3; 32], NOW).await.unwrap(), "unknown");
    }

    async fn a_form_acts_once_for_a_person(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let mut tx = store.begin().await.unwrap();
        let first = tx.record_submission("form-1", person_id(1), NOW, "").await.unwrap();
        assert_eq!(first, Submission::First);
        tx.set_submission_outcome("form-1", person_id(1), "/keys/kwr_x").await.unwrap();
        tx.commit().await.unwrap();

        let mut tx = store.begin().await.unwrap();
        let again = tx.record_submission("form-1", person_id(1), NOW, "").await.unwrap();
        assert_eq!(again, Submission::Repeated { outcome: "/keys/kwr_x".into() });
        let of_another = tx.record_submission("form-1", person_id(2), NOW.plus_ms(1), "").await.unwrap();
        assert_eq!(of_another, Submission::First, "a guessed id reveals and blocks nothing");
        assert_eq!(tx.set_submission_outcome("form-2", person_id(1), "x").await, Err(StoreError::NotFound));
        assert_eq!(tx.delete_submissions_before(NOW.plus_ms(1)).await.unwrap(), 1);
        let anew = tx.record_submission("form-1", person_id(1), NOW, "").await.unwrap();
        assert_eq!(anew, Submission::First);
    }
}
