//! Requests, what was given for them, and the rules that answer by themselves.

use crate::given::{self, NOW, key_id, person_id, profile_id, seed, team_id};
use crate::on_both_engines;
use domain::access_profile::Deciders;
use domain::access_request::{AccessRequest, Decider, Granted, RequestState, Wish};
use domain::access_rule::{AccessRule, Conditions};
use domain::budget::{Cap, Window};
use domain::grant::{Grant, More};
use domain::id::{ApprovalRuleId, GrantId, RequestId};
use domain::limits::Limits;
use domain::minting::MintRequest;
use domain::money::NanoUsd;
use domain::virtual_key::{ConsumerKind, Owner};
use store::testing::TestDatabase;
use store::{DecidedBy, Store, StoreError};

fn request_id(number: u8) -> RequestId {
    RequestId::from_random(&seed(number))
}
fn rule_id(number: u8) -> ApprovalRuleId {
    ApprovalRuleId::from_random(&seed(number))
}
fn more() -> More {
    let caps = vec![Cap { window: Window::Month, limit: NanoUsd::from_dollars(150) }];
    More {
        limits: Limits { caps, requests_per_minute: Some(90), ..Limits::default() },
        models: vec!["large-*".parse().unwrap()],
    }
}

/// Asked for by Grace (2), for a key of her own.
fn request(number: u8) -> AccessRequest {
    let asked_at = NOW.plus_ms(i64::from(number));
    AccessRequest {
        id: request_id(number),
        asked_by: person_id(2),
        asked_at,
        profile: profile_id(1),
        owner: Owner::Person(person_id(2)),
        wish: Wish::MoreFor { key: key_id(1), more: more(), expires_at: Some(NOW.plus_days(400)) },
        until: Some(asked_at.plus_days(20)),
        reason: "Quarter close: \"it's\" 100 %".into(),
        deciders: Deciders::LeadsAndAdministrators,
        promised_at: asked_at.plus_days(1),
        state: RequestState::Waiting,
    }
}

fn new_key() -> Wish {
    let wanted = MintRequest {
        name: "search".into(),
        consumer: ConsumerKind::Service,
        profile: profile_id(1),
        owner: Owner::Team(team_id(1)),
        application: Some("search".into()),
        environment: "prod".into(),
        cost_centre: None,
        tags: vec!["blue".into()],
        models: Some(vec!["gpt-*".parse().unwrap()]),
        caps: more().limits.caps,
        requests_per_minute: Some(90),
        concurrency: None,
        tokens_per_minute: Some(7),
        quotas: vec![],
        lifetime_days: Some(400),
        networks: Some(vec!["10.0.0.0/8".parse().unwrap()]),
        max_output_tokens: None,
        policy_read: None,
    };
    Wish::NewKey { wanted, above: more() }
}

fn grant(number: u8) -> Grant {
    Grant {
        id: GrantId::from_random(&seed(number)),
        key: key_id(1),
        request: request_id(1),
        more: more(),
        until: Some(NOW.plus_days(i64::from(number))),
        granted_by: Decider::Person(person_id(1)),
        granted_at: NOW.plus_ms(i64::from(number)),
    }
}

fn granted() -> Granted {
    Granted { key: key_id(1), more: more(), until: None, expires_at: Some(NOW.plus_days(400)) }
}

fn decided_by(person: u8, administrator: bool, leads: &[u8]) -> DecidedBy {
    let leads = leads.iter().map(|&team| team_id(team)).collect();
    DecidedBy { person: person_id(person), administrator, leads }
}

/// Grace (2) is in the team Compilers (1) and has a key (1).
async fn world(database: &TestDatabase) -> Store {
    let store = database.open().await;
    given::people_and_profile(&store).await;
    let mut tx = store.begin().await.unwrap();
    tx.put_membership(team_id(1), person_id(2), false).await.unwrap();
    given::minted(&mut tx, 1, "laptop", Owner::Person(person_id(2))).await;
    tx.commit().await.unwrap();
    store
}

async fn put(store: &Store, requests: &[AccessRequest]) {
    let mut tx = store.begin().await.unwrap();
    for request in requests {
        tx.insert_request(request).await.unwrap();
    }
    tx.commit().await.unwrap();
}

fn ids(requests: &[AccessRequest]) -> Vec<RequestId> {
    requests.iter().map(|request| request.id).collect()
}

on_both_engines! {
    async fn a_request_is_read_back_whole_in_every_state(database: &TestDatabase) {
        let store = world(database).await;
        let at = NOW.plus_ms(9);
        let states = [
            RequestState::Waiting,
            RequestState::Approved { at, by: Decider::Person(person_id(1)), granted: granted() },
            RequestState::Approved { at, by: Decider::Rule(rule_id(1)), granted: granted() },
            RequestState::Declined { at, by: person_id(1), reason: "Not now".into() },
            RequestState::Withdrawn { at },
        ];
        for (state, number) in states.into_iter().zip(1..) {
            let (deciders, wish) = match number % 2 {
                0 => (Deciders::Administrators, new_key()),
                _ => (Deciders::LeadsAndAdministrators, request(number).wish),
            };
            let request = AccessRequest { state, deciders, wish, ..request(number) };
            put(&store, std::slice::from_ref(&request)).await;
            assert_eq!(store.request(request.id).await.unwrap(), Some(request));
        }
        assert_eq!(store.request(request_id(99)).await.unwrap(), None);
    }

    async fn a_request_is_answered_once(database: &TestDatabase) {
        let store = world(database).await;
        put(&store, &[request(1)]).await;
        let declined = RequestState::Declined { at: NOW, by: person_id(1), reason: "No".into() };
        let mut tx = store.begin().await.unwrap();
        assert_eq!(tx.request_for_update(request_id(1)).await.unwrap(), Some(request(1)));
        assert_eq!(tx.request_for_update(request_id(9)).await.unwrap(), None);
        tx.answer_request(request_id(1), &declined).await.unwrap();
        let again = tx.answer_request(request_id(1), &RequestState::Withdrawn { at: NOW }).await;
        assert_eq!(again, Err(StoreError::NotFound));
        tx.commit().await.unwrap();
        assert_eq!(store.request(request_id(1)).await.unwrap().unwrap().state, declined);
    }

    async fn a_queue_holds_what_its_reader_decides(database: &TestDatabase) {
        let store = world(database).await;
        let of_team = AccessRequest { owner: Owner::Team(team_id(7)), wish: new_key(), ..request(2) };
        let strict = AccessRequest { deciders: Deciders::Administrators, ..request(3) };
        let lapsed = AccessRequest { until: Some(NOW), ..request(4) };
        let withdrawn = AccessRequest { state: RequestState::Withdrawn { at: NOW.plus_ms(6) }, ..request(5) };
        put(&store, &[of_team, strict, lapsed, withdrawn, request(1)]).await;
        let waiting = async |by: &DecidedBy| {
            let list = store.requests_waiting_for(by, NOW, 10).await.unwrap();
            assert_eq!(store.count_waiting_for(by, NOW).await.unwrap(), i64::try_from(list.len()).unwrap());
            ids(&list)
        };
        let administrator = decided_by(1, true, &[]);
        assert_eq!(waiting(&administrator).await, [1, 2, 3].map(request_id), "oldest first, none that lapsed");
        assert_eq!(waiting(&decided_by(2, true, &[1])).await, [], "never one's own");
        assert_eq!(waiting(&decided_by(1, false, &[1])).await, [1, 2].map(request_id), "a lead of whoever asks");
        assert_eq!(waiting(&decided_by(1, false, &[7])).await, [request_id(2)], "a lead of the owning team");
        assert_eq!(waiting(&decided_by(1, false, &[8])).await, []);
        assert_eq!(store.requests_waiting_for(&administrator, NOW, 1).await.unwrap().len(), 1);
        let decided = async |by: DecidedBy| ids(&store.requests_decided(&by, 10).await.unwrap());
        assert_eq!(decided(administrator).await, [request_id(5)]);
        assert_eq!(decided(decided_by(1, false, &[8])).await, []);
    }

    async fn requests_are_listed_for_whoever_asks_and_for_a_key(database: &TestDatabase) {
        let store = world(database).await;
        let of_ada = AccessRequest { asked_by: person_id(1), wish: new_key(), ..request(3) };
        put(&store, &[request(1), request(2), of_ada]).await;
        assert_eq!(ids(&store.requests_by(person_id(2), 10).await.unwrap()), [2, 1].map(request_id));
        assert_eq!(ids(&store.requests_by(person_id(2), 1).await.unwrap()), [request_id(2)]);
        assert_eq!(ids(&store.requests_for(key_id(1), 10).await.unwrap()), [2, 1].map(request_id));
        assert_eq!(ids(&store.requests_since(NOW.plus_ms(2), 10).await.unwrap()), [2, 3].map(request_id));
        let mut tx = store.begin().await.unwrap();
        assert_eq!(tx.count_waiting_of(person_id(2), NOW).await.unwrap(), 2);
        assert_eq!(tx.count_waiting_of(person_id(2), NOW.plus_days(21)).await.unwrap(), 0, "they lapsed");
    }

    async fn grants_are_found_by_key_and_by_their_end(database: &TestDatabase) {
        let store = world(database).await;
        put(&store, &[request(1)]).await;
        let for_good = Grant { until: None, granted_by: Decider::Rule(rule_id(1)), ..grant(3) };
        let mut tx = store.begin().await.unwrap();
        for grant in [&grant(1), &grant(2), &for_good] {
            tx.insert_grant(grant).await.unwrap();
        }
        tx.commit().await.unwrap();
        assert_eq!(store.grants_of(key_id(1)).await.unwrap(), [for_good.clone(), grant(2), grant(1)]);
        assert_eq!(store.grants_of(key_id(9)).await.unwrap(), []);
        assert_eq!(store.live_grants(NOW.plus_days(1)).await.unwrap(), [grant(2), for_good], "at its end it is over");

        let (from, to) = (NOW, NOW.plus_days(2));
        let ending = async |by: DecidedBy| store.grants_ending(&by, from, to, 10).await.unwrap();
        assert_eq!(ending(decided_by(1, true, &[])).await, [grant(1), grant(2)]);
        assert_eq!(ending(decided_by(1, false, &[1])).await.len(), 2, "of a member's key");
        assert_eq!(ending(decided_by(1, false, &[9])).await, []);
    }

    async fn a_rule_is_made_and_removed(database: &TestDatabase) {
        let store = world(database).await;
        let rule = |number: u8| AccessRule {
            id: rule_id(number),
            name: format!("Rule {number}"),
            conditions: Conditions {
                profiles: vec![profile_id(1)],
                teams: vec![team_id(1)],
                consumers: vec![ConsumerKind::Service],
                environments: vec!["dev".into()],
                most_a_month: NanoUsd::from_dollars(350),
                most_requests_per_minute: 100,
                models: vec!["large-*".parse().unwrap()],
                most_days: 30,
            },
            created_by: person_id(1),
            created_at: NOW.plus_ms(i64::from(number)),
        };
        let mut tx = store.begin().await.unwrap();
        tx.insert_rule(&rule(2)).await.unwrap();
        tx.insert_rule(&rule(1)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(store.rules().await.unwrap(), [rule(1), rule(2)]);
        let mut tx = store.begin().await.unwrap();
        tx.delete_rule(rule_id(1)).await.unwrap();
        assert_eq!(tx.delete_rule(rule_id(1)).await, Err(StoreError::NotFound));
        tx.commit().await.unwrap();
        assert_eq!(store.rules().await.unwrap(), [rule(2)]);
    }

    async fn a_key_can_be_there_before_its_secret(database: &TestDatabase) {
        let store = world(database).await;
        let key = given::key(2, "approved", Owner::Person(person_id(2)));
        let mut tx = store.begin().await.unwrap();
        tx.insert_key_without_secret(&key).await.unwrap();
        tx.commit().await.unwrap();
        let found = store.key_with_secrets(key.id).await.unwrap().unwrap();
        assert_eq!((found.key, found.secrets), (key, vec![]));
    }
}
