use crate::support::*;
use domain::dimension::Dimension;
use domain::id::KeyId;
use domain::money::NanoUsd;
use domain::order::Order;
use domain::person::Caller;
use domain::usage::{Outcome, UsageRecord};
use portal::spend::{Preset, SpendQuestion};

fn asked(by: Dimension) -> SpendQuestion {
    SpendQuestion { preset: Preset::Last(7), compare: true, by, filters: vec![], order: Order::default() }
}

async fn total(world: &World, caller: &Caller, question: &SpendQuestion) -> i64 {
    world.portal.spend(caller, question).await.unwrap().total.cost.as_nano()
}

#[tokio::test]
async fn everybody_sees_the_spend_that_is_theirs_to_see() {
    let world = World::new().await;
    let (ada, auditor) = (world.developer().await, world.auditor().await);
    let (team, lead) = world.team_led_by("Compilers", &world.other_developer().await).await;
    let (own, service) = (world.mint(&ada, "laptop").await, world.mint_for_team(&lead, team, "service").await);
    let theirs = world.mint(&lead, "desk").await;
    let calls = [
        world.call(own, world.now(), 1, 7),
        world.call(service, world.now(), 2, 20),
        world.call(theirs, world.now(), 3, 300),
    ];
    world.store.ingest(&calls).await.unwrap();
    let by_key = asked(Dimension::Key);
    for (caller, expected) in [(&ada, 7), (&lead, 320), (&auditor, 327)] {
        assert_eq!(total(&world, caller, &by_key).await, expected);
        let groups = world.portal.spend_groups(caller, &by_key).await.unwrap().groups;
        assert_eq!(groups.iter().map(|group| group.sums.cost.as_nano()).sum::<i64>(), expected);
    }
    let stranger = SpendQuestion { filters: vec![(Dimension::Key, Some(service.to_string()))], ..by_key };
    assert_eq!(total(&world, &ada, &stranger).await, 0, "a filter opens nothing");
    let filter = &world.portal.spend(&ada, &stranger).await.unwrap().filters[0].1;
    assert_eq!((filter.name.clone(), filter.may_open), (None, false), "nor does it tell a name");
}

#[tokio::test]
async fn a_lead_sees_what_members_spend_and_not_the_names_of_their_keys() {
    let world = World::new().await;
    let ada = world.developer().await;
    let (team, lead) = world.team_led_by("Compilers", &world.other_developer().await).await;
    let administrator = world.administrator().await;
    world.portal.put_member(as_administrator(&administrator), team, ada.person, false).await.unwrap();
    let key = world.mint(&ada, "secret project").await;
    world.store.ingest(&[world.call(key, world.now(), 1, 7)]).await.unwrap();
    let people = world.portal.spend(&lead, &asked(Dimension::Person)).await.unwrap();
    assert_eq!(people.main.groups[0].of.value, Some(ada.person.to_string()));
    let keys = world.portal.spend(&lead, &asked(Dimension::Key)).await.unwrap();
    let of = &keys.main.groups[0].of;
    assert_eq!((of.name.as_deref(), of.may_open), (None, false));
    let keys = world.portal.spend(&ada, &asked(Dimension::Key)).await.unwrap();
    assert_eq!(keys.main.groups[0].of.name.as_deref(), Some("secret project"));
}

#[tokio::test]
async fn bars_rows_and_rest_add_up_to_the_total() {
    let world = World::new().await;
    let (ada, auditor) = (world.developer().await, world.auditor().await);
    let key = world.mint(&ada, "laptop").await;
    let mut calls: Vec<UsageRecord> = Vec::new();
    for nth in 0..60_u16 {
        let at = world.now().plus_days(-i64::from(nth % 5));
        let model = format!("model-{nth}");
        calls.push(UsageRecord { model, ..world.call(key, at, nth, 100 + i64::from(nth)) });
    }
    world.store.ingest(&calls).await.unwrap();
    let spend = world.portal.spend(&auditor, &asked(Dimension::Model)).await.unwrap();
    let all: i64 = calls.iter().map(|call| call.cost.as_nano()).sum();
    let bars = spend.days.iter().flat_map(|day| &day.costs).copied().fold(NanoUsd::ZERO, NanoUsd::plus);
    let listed: i64 = spend.main.groups.iter().map(|group| group.sums.cost.as_nano()).sum();
    assert_eq!((spend.total.cost.as_nano(), bars.as_nano()), (all, all));
    assert_eq!((spend.main.groups.len(), spend.main.rest.0), (50, 10));
    assert_eq!(listed + spend.main.rest.1.cost.as_nano(), all);
    assert_eq!((spend.days.len(), spend.series.len()), (7, 6));
    // Each listed row has its own course, coloured or not.
    assert_eq!((spend.trends.points.len(), spend.trends.of.len()), (7, 50));
    for (group, course) in spend.main.groups.iter().zip(&spend.trends.of) {
        assert_eq!(course.iter().copied().fold(NanoUsd::ZERO, NanoUsd::plus), group.sums.cost, "{:?}", group.of.value);
    }
}

#[tokio::test]
async fn the_overview_tells_what_is_unlike_other_days_and_who_was_refused() {
    let world = World::new().await;
    let (ada, auditor) = (world.developer().await, world.auditor().await);
    let key = world.mint(&ada, "laptop").await;
    let denied = UsageRecord {
        outcome: Outcome::Denied,
        denial: Some("rate_limited".into()),
        ..world.call(key, world.now(), 2, 0)
    };
    let calls = [world.call(key, world.now(), 1, 9), denied, world.call(key, world.now().plus_days(-40), 3, 1)];
    world.store.ingest(&calls).await.unwrap();
    let standing = world.portal.standing(&auditor).await.unwrap();
    assert_eq!((standing.today.as_nano(), standing.this_month.as_nano()), (9, 9));
    assert!(standing.forecast >= standing.this_month && standing.unusual.is_empty());
    assert_eq!((standing.refused[0].key_name.as_str(), standing.refused[0].times), ("laptop", 1));
    assert!(standing.storage.bytes > 0 && standing.storage.oldest_call.is_some());
    assert!(world.portal.standing(&ada).await.is_err());
}

#[tokio::test]
async fn among_thousands_of_keys_a_page_says_for_a_minute_of_when_it_is() {
    let world = World::new().await;
    let (ada, auditor) = (world.developer().await, world.auditor().await);
    let key = |nth: u16| KeyId::from_random(&[nth / 62, nth % 62].map(|digit| u8::try_from(digit).unwrap()).repeat(6));
    let first = world.now();
    let calls: Vec<UsageRecord> = (0..2_000).map(|nth| world.call(key(nth), first, nth, 1)).collect();
    world.store.ingest(&calls).await.unwrap();
    let seen = async |caller: &Caller, by| {
        let spend = world.portal.spend(caller, &asked(by)).await.unwrap();
        let bars: i64 = spend.days.iter().flat_map(|day| &day.costs).map(|cost| cost.as_nano()).sum();
        assert_eq!(bars, spend.total.cost.as_nano(), "bars and rows are of one moment");
        (spend.as_of, spend.total.cost.as_nano())
    };
    assert_eq!(seen(&auditor, Dimension::Key).await, (None, 2_000));
    world.store.ingest(&[world.call(key(7), first, 2_000, 30)]).await.unwrap();
    world.advance_ms(59_999);
    assert_eq!(seen(&auditor, Dimension::Key).await, (Some(first), 2_000));
    assert_eq!(seen(&auditor, Dimension::Model).await, (None, 2_030), "few groups are added up each time");
    assert_eq!(seen(&ada, Dimension::Key).await, (None, 0), "what everyone spent is told to nobody else");
    world.advance_ms(1);
    assert_eq!(seen(&auditor, Dimension::Key).await, (None, 2_030));
}
