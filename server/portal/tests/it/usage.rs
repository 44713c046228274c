use crate::support::*;
use domain::money::NanoUsd;
use domain::time::MS_PER_HOUR;
use domain::usage::{Outcome, UsageRecord};
use domain::virtual_key::RevocationReason;

#[tokio::test]
async fn a_keys_usage_is_its_calls_summed_to_the_nano_dollar() {
    let world = World::new().await;
    let ada = world.developer().await;
    let (key, other) = (world.mint(&ada, "laptop").await, world.mint(&ada, "desk").await);
    let yesterday = world.now().plus_ms(-24 * MS_PER_HOUR);
    let denied = UsageRecord {
        outcome: Outcome::Denied,
        status: 403,
        denial: Some("model_not_allowed".into()),
        model: "gpt-x".into(),
        ..world.call(key, world.now(), 3, 0)
    };
    let calls = [
        world.call(key, yesterday, 1, 7),
        world.call(key, world.now(), 2, 35),
        denied,
        world.call(other, world.now(), 4, 1_000),
    ];
    world.store.ingest(&calls).await.unwrap();

    let usage = world.portal.see_key(&ada, key).await.unwrap().usage(7).await.unwrap();
    assert_eq!(usage.days.len(), 7);
    let costs: Vec<i64> = usage.days.iter().map(|day| day.total.cost.as_nano()).collect();
    assert_eq!(costs, [0, 0, 0, 0, 0, 7, 35]);
    assert_eq!((usage.total.cost, usage.total.requests, usage.total.denials), (NanoUsd::from_nano(42), 3, 1));
    let models: Vec<&str> = usage.by_model.iter().map(|one| one.model.as_str()).collect();
    assert_eq!(models, ["gpt-5-mini", "gpt-x"]);
    assert_eq!(world.portal.see_key(&ada, key).await.unwrap().usage(0).await.unwrap().days.len(), 1, "at least today");
}

#[tokio::test]
async fn recent_calls_come_newest_first_in_pages() {
    let world = World::new().await;
    let ada = world.developer().await;
    let key = world.mint(&ada, "laptop").await;
    let calls: Vec<UsageRecord> = (0..5).map(|nth| world.call(key, world.now(), nth, 1)).collect();
    world.store.ingest(&calls).await.unwrap();
    let first = world.portal.see_key(&ada, key).await.unwrap().calls(None, 3).await.unwrap();
    let second = world.portal.see_key(&ada, key).await.unwrap().calls(first.next, 3).await.unwrap();
    let ids: Vec<_> = first.calls.iter().chain(&second.calls).map(|call| call.id).collect();
    let mut expected: Vec<_> = calls.iter().map(|call| call.id).collect();
    expected.reverse();
    assert_eq!((ids, second.next), (expected, None));
    let one = world.portal.call(&ada, calls[0].id).await.unwrap();
    assert_eq!((one.key_name.as_str(), one.served_by), ("laptop", None));
}

#[tokio::test]
async fn a_calls_page_knows_who_may_ask_for_more() {
    let world = World::new().await;
    let (ada, admin) = (world.developer().await, world.administrator().await);
    let key = world.mint(&ada, "laptop").await;
    let call = world.call(key, world.now(), 1, 1);
    world.store.ingest(std::slice::from_ref(&call)).await.unwrap();
    assert!(world.portal.call(&ada, call.id).await.unwrap().may_ask);
    assert!(!world.portal.call(&admin, call.id).await.unwrap().may_ask, "an administrator sees it and gives");
    world.portal.revoke_key(&ada, key, RevocationReason::Replaced).await.unwrap();
    assert!(!world.portal.call(&ada, call.id).await.unwrap().may_ask, "a key that ended gets nothing more");
}

#[tokio::test]
async fn a_call_that_has_just_ended_is_on_the_page() {
    let world = World::new().await;
    let ada = world.developer().await;
    let key = world.mint(&ada, "laptop").await;
    let ends =
        |call: &UsageRecord| *world.gateway.under_way.lock().unwrap() = Some((world.store.clone(), call.clone()));
    let [first, second, third] = [1, 2, 3].map(|nth| world.call(key, world.now(), nth, 7));
    ends(&first);
    assert_eq!(world.portal.see_key(&ada, key).await.unwrap().calls(None, 9).await.unwrap().calls.len(), 1);
    ends(&second);
    assert_eq!(
        world.portal.see_key(&ada, key).await.unwrap().usage(1).await.unwrap().total.cost,
        NanoUsd::from_nano(14)
    );
    ends(&third);
    assert_eq!(world.portal.call(&ada, third.id).await.unwrap().call.id, third.id);
}

#[tokio::test]
async fn a_call_names_the_provider_that_served_it() {
    let world = World::new().await;
    let (ada, admin) = (world.developer().await, world.administrator().await);
    world.openai(&admin).await;
    let key = world.mint(&ada, "laptop").await;
    let model = world.store.models().await.unwrap().remove(0);
    let call = UsageRecord { deployment: Some(model.deployments[0].id), ..world.call(key, world.now(), 1, 1) };
    world.store.ingest(std::slice::from_ref(&call)).await.unwrap();
    let served_by = world.portal.call(&ada, call.id).await.unwrap().served_by;
    assert_eq!(served_by, Some(("OpenAI".to_owned(), model.deployments[0].upstream_model.clone())));
}

#[tokio::test]
async fn the_waiting_line_sees_the_first_call_and_remembers_it_after_a_restart() {
    let world = World::new().await;
    let ada = world.developer().await;
    let key = world.mint(&ada, "laptop").await;
    let first_call = async || {
        let key = world.portal.see_key(&ada, key).await.unwrap();
        key.first_call_since(START).await.unwrap().map(|call| call.id)
    };
    assert_eq!(first_call().await, None);
    let earlier = world.call(key, START.plus_ms(-MS_PER_HOUR), 1, 1);
    let (first, second) = (world.call(key, START.plus_ms(10), 2, 1), world.call(key, START.plus_ms(20), 3, 1));
    world.store.ingest(&[earlier, first.clone(), second.clone()]).await.unwrap();
    assert_eq!(first_call().await, Some(first.id), "from what was written down");
    world.gateway.finish(second.clone());
    assert_eq!(first_call().await, Some(second.id), "from the gateway's memory, if it has one");
}
