//! Responses that providers keep, and to whom each was issued.

use crate::given::{NOW, deployment_id, person_id, provider_id, team_id};
use crate::on_both_engines;
use domain::stored_response::{ResponseId, StoredResponse};
use domain::virtual_key::Owner;
use store::Store;
use store::testing::TestDatabase;

fn response(id: &str, owner: Owner) -> StoredResponse {
    StoredResponse {
        id: id.parse().unwrap(),
        owner,
        provider: provider_id(3),
        deployment: deployment_id(4),
        tokens: 1_234,
        made_at: NOW.plus_ms(5),
    }
}

async fn put(store: &Store, response: &StoredResponse) {
    let mut tx = store.begin().await.unwrap();
    tx.put_stored_response(response).await.unwrap();
    tx.commit().await.unwrap();
}

on_both_engines! {
    async fn a_response_is_found_by_its_owner_alone(database: &TestDatabase) {
        let store = database.open().await;
        let (person, team) = (Owner::Person(person_id(1)), Owner::Team(team_id(1)));
        let (mine, ours) = (response("resp_mine", person), response("resp_ours", team));
        put(&store, &mine).await;
        put(&store, &ours).await;
        assert_eq!(store.stored_response(&mine.id, person).await.unwrap(), Some(mine.clone()));
        assert_eq!(store.stored_response(&ours.id, team).await.unwrap(), Some(ours.clone()));
        assert_eq!(store.stored_response(&ours.id, person).await.unwrap(), None);
        assert_eq!(store.stored_response(&mine.id, Owner::Person(person_id(2))).await.unwrap(), None);
        let cased: ResponseId = "RESP_MINE".parse().unwrap();
        assert_eq!(store.stored_response(&cased, person).await.unwrap(), None);
    }

    async fn an_id_that_is_issued_again_belongs_to_the_newer_owner(database: &TestDatabase) {
        let store = database.open().await;
        let (first, second) = (Owner::Person(person_id(1)), Owner::Person(person_id(2)));
        put(&store, &response("resp_1", first)).await;
        let newer = StoredResponse {
            provider: provider_id(7),
            deployment: deployment_id(8),
            tokens: 9,
            made_at: NOW.plus_days(1),
            ..response("resp_1", second)
        };
        put(&store, &newer).await;
        assert_eq!(store.stored_response(&newer.id, second).await.unwrap(), Some(newer.clone()));
        assert_eq!(store.stored_response(&newer.id, first).await.unwrap(), None);
    }

    async fn responses_are_forgotten_by_their_owner_or_when_they_are_old(database: &TestDatabase) {
        let store = database.open().await;
        let (mine, other) = (Owner::Person(person_id(1)), Owner::Person(person_id(2)));
        let (one, two) = (response("resp_1", mine), response("resp_2", mine));
        put(&store, &one).await;
        put(&store, &two).await;
        let mut tx = store.begin().await.unwrap();
        tx.delete_stored_response(&one.id, other).await.unwrap();
        tx.delete_stored_response(&two.id, mine).await.unwrap();
        assert_eq!(tx.delete_stored_responses_before(one.made_at).await.unwrap(), 0);
        tx.commit().await.unwrap();
        assert_eq!(store.stored_response(&one.id, mine).await.unwrap(), Some(one.clone()));
        assert_eq!(store.stored_response(&two.id, mine).await.unwrap(), None);
        let mut tx = store.begin().await.unwrap();
        assert_eq!(tx.delete_stored_responses_before(one.made_at.plus_ms(1)).await.unwrap(), 1);
        tx.commit().await.unwrap();
        assert_eq!(store.stored_response(&one.id, mine).await.unwrap(), None);
    }
}
