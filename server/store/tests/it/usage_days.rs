//! Spend by day: every way of adding it up gives what the calls cost, whatever was summed up when.

use crate::given::{self, NOW, call, key_id, person_id, provider_id, team, team_id, unit_id};
use crate::on_both_engines;
use domain::day::{Day, Days};
use domain::dimension::Dimension;
use domain::id::{DeploymentId, KeyId};
use domain::money::NanoUsd;
use domain::order::Order;
use domain::permission::Scope;
use domain::time::MS_PER_HOUR;
use domain::usage::{Outcome, UsageRecord};
use domain::virtual_key::{ConsumerKind, Owner, VirtualKey};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use store::testing::TestDatabase;
use store::{DaySpend, Groups, PeriodCost, Ranked, SpendQuery, Store, Unit};

const EVERYONE: Scope = Scope::Everyone;

fn today() -> Day {
    Days::utc().of(NOW)
}

/// Ada is in Compilers (of Europe) alone, Grace in two teams; key 1 is Ada's, 2 is Grace's, 3 the team's.
async fn keys(store: &Store) {
    given::people_and_profile(store).await;
    let mut tx = store.begin().await.unwrap();
    tx.insert_unit(&Unit { id: unit_id(1), name: "Europe".into(), created_at: NOW }).await.unwrap();
    tx.insert_team(&team(2, "Search")).await.unwrap();
    tx.put_team_unit(team_id(1), Some(unit_id(1))).await.unwrap();
    tx.put_membership(team_id(1), person_id(1), false).await.unwrap();
    tx.put_membership(team_id(1), person_id(2), false).await.unwrap();
    tx.put_membership(team_id(2), person_id(2), true).await.unwrap();
    tx.insert_provider(&given::provider(1, "Provider")).await.unwrap();
    tx.insert_credential(&given::credential(1, 1)).await.unwrap();
    tx.insert_model(&given::model(1, "gpt-5-mini"), NOW).await.unwrap();
    for (number, owner) in
        [(1, Owner::Person(person_id(1))), (2, Owner::Person(person_id(2))), (3, Owner::Team(team_id(1)))]
    {
        let key = VirtualKey {
            application: (number == 3).then(|| "Résumé Builder".to_owned()),
            consumer: if number == 3 { ConsumerKind::Service } else { ConsumerKind::Person },
            environment: if number == 3 { "prod".into() } else { "dev".into() },
            cost_centre: (number == 1).then(|| "4711".to_owned()),
            ..given::key(number, "key", owner)
        };
        tx.insert_key(&key, &given::secret(1)).await.unwrap();
    }
    tx.commit().await.unwrap();
}

fn at(key: KeyId, days_ago: i64, sequence: u16, cost: i64) -> UsageRecord {
    UsageRecord { cost: NanoUsd::from_nano(cost), ..call(key, NOW.plus_days(-days_ago), sequence) }
}

fn query<'a>(scope: &'a Scope, filters: &'a [(Dimension, Option<String>)]) -> SpendQuery<'a> {
    SpendQuery { scope, filters, from: today().plus(-30), until: today().plus(1) }
}

fn costs(groups: &Groups) -> Vec<(Option<String>, i64)> {
    groups.largest.iter().map(|group| (group.value.clone(), group.sums.cost.as_nano())).collect()
}

async fn by(store: &Store, scope: &Scope, filters: &[(Dimension, Option<String>)], by: Dimension) -> Groups {
    store.spend_by(&query(scope, filters), by, None, Ranked { movers: 5, ..Ranked::costliest(100) }).await.unwrap()
}

#[expect(clippy::needless_pass_by_value, reason = "ids are copied, and texts are literals")]
fn some(text: impl ToString) -> Option<String> {
    Some(text.to_string())
}

on_both_engines! {
    async fn a_call_counts_where_its_key_belonged(database: &TestDatabase) {
        let store = database.open().await;
        keys(&store).await;
        let gone = UsageRecord { deployment: Some(DeploymentId::from_random(&[9; 12])), ..at(key_id(3), 0, 3, 400) };
        store.ingest(&[at(key_id(1), 0, 1, 100), at(key_id(2), 0, 2, 200), gone, at(key_id(9), 0, 4, 800)]).await.unwrap();
        let compilers = some(team_id(1));
        for (dimension, expected) in [
            (Dimension::Team, vec![(None, 1_000), (compilers.clone(), 500)]),
            (Dimension::Person, vec![(None, 1_200), (some(person_id(2)), 200), (some(person_id(1)), 100)]),
            (Dimension::Unit, vec![(None, 1_000), (some(unit_id(1)), 500)]),
            (Dimension::Application, vec![(None, 1_100), (some("Résumé Builder"), 400)]),
            (Dimension::Consumer, vec![(None, 800), (some("service"), 400), (some("person"), 300)]),
            (Dimension::Environment, vec![(None, 800), (some("prod"), 400), (some("dev"), 300)]),
            (Dimension::CostCentre, vec![(None, 1_400), (some("4711"), 100)]),
            (
                Dimension::Key,
                vec![(some(key_id(9)), 800), (some(key_id(3)), 400), (some(key_id(2)), 200), (some(key_id(1)), 100)],
            ),
            (Dimension::Model, vec![(some("gpt-5-mini"), 1_500)]),
            (Dimension::Provider, vec![(some(provider_id(1)), 1_100), (None, 400)]),
        ] {
            let groups = by(&store, &EVERYONE, &[], dimension).await;
            assert_eq!(costs(&groups), expected, "{dimension:?}");
            assert_eq!((groups.total.cost.as_nano(), groups.total.requests), (1_500, 4));
            assert_eq!(groups.count, i64::try_from(expected.len()).unwrap());
            let none = expected.iter().find(|(value, _)| value.is_none()).map(|(_, cost)| *cost);
            assert_eq!(groups.unallocated.map(|group| group.sums.cost.as_nano()), none);
        }
        let sums = by(&store, &EVERYONE, &[], Dimension::Model).await.total;
        let tokens = [sums.input, sums.cache_read, sums.cache_write, sums.output];
        assert_eq!(tokens, [4 * 8, 4 * 2, 4 * 7, 4 * 14], "as the hours have them");

        let ada = Scope::Own { person: person_id(1), teams: vec![] };
        assert_eq!(costs(&by(&store, &ada, &[], Dimension::Key).await), [(some(key_id(1)), 100)]);
        let lead = Scope::Own { person: person_id(2), teams: vec![team_id(1)] };
        assert_eq!(by(&store, &lead, &[], Dimension::Team).await.total.cost.as_nano(), 700, "own, and the team's");
        let filters = [(Dimension::Team, compilers), (Dimension::Application, None)];
        assert_eq!(costs(&by(&store, &EVERYONE, &filters, Dimension::Person).await), [(some(person_id(1)), 100)]);
        let unknown = [(Dimension::Model, some("never seen"))];
        assert_eq!(by(&store, &EVERYONE, &unknown, Dimension::Team).await, Groups::default());
    }

    async fn what_the_overview_asks(database: &TestDatabase) {
        let store = database.open().await;
        keys(&store).await;
        let empty = store.storage().await.unwrap();
        assert!(empty.bytes > 0 && empty.oldest_call.is_none());
        let denied = |sequence, key, code: &str, repeated| UsageRecord {
            outcome: Outcome::Denied,
            denial: Some(code.into()),
            repeated,
            ..at(key, 0, sequence, 0)
        };
        let failed = UsageRecord { denial: Some("provider_error".into()), ..at(key_id(1), 0, 9, 5) };
        let calls = [
            at(key_id(3), 2, 1, 70),
            at(key_id(3), 0, 2, 30),
            denied(3, key_id(1), "rate_limited", 4),
            denied(4, key_id(1), "rate_limited", 0),
            denied(5, key_id(2), "budget_exhausted", 0),
            failed,
        ];
        store.ingest(&calls).await.unwrap();
        let lately = domain::id::EventId::first_at(NOW);
        let refused = store.denials_since(lately, 5).await.unwrap();
        let refused: Vec<_> = refused.iter().map(|one| (one.code.as_str(), one.key, one.times)).collect();
        assert_eq!(refused, [("rate_limited", key_id(1), 6), ("budget_exhausted", key_id(2), 1)]);
        assert_eq!(store.denials_since(lately, 1).await.unwrap().len(), 1);
        assert_eq!(store.storage().await.unwrap().oldest_call, Some(NOW.plus_days(-2)));
        for _ in 0..2 {
            let mut daily = store.daily_costs(&query(&EVERYONE, &[]), Dimension::Application).await.unwrap();
            daily.sort_by_key(|one| (one.value.clone(), one.day));
            let daily: Vec<_> = daily.into_iter().map(|one| (one.value, one.day, one.cost.as_nano())).collect();
            let builder = some("Résumé Builder");
            assert_eq!(daily, [(None, today(), 5), (builder.clone(), today().plus(-2), 70), (builder, today(), 30)]);
            store.sum_up_a_day(today()).await.unwrap();
        }
        let rosters = store.team_rosters().await.unwrap();
        assert_eq!(rosters[&team_id(1)], (2, vec![]));
        assert_eq!(rosters[&team_id(2)], (1, vec!["Grace Hopper".to_owned()]));
        let names = store.owned_names(&[key_id(1), key_id(3), key_id(9)]).await.unwrap();
        assert_eq!((names.len(), names[&key_id(3)].1), (2, Owner::Team(team_id(1))));
    }

    async fn what_is_moved_takes_no_past_spend_with_it(database: &TestDatabase) {
        let store = database.open().await;
        keys(&store).await;
        store.ingest(&[at(key_id(1), 0, 1, 100)]).await.unwrap();
        let mut tx = store.begin().await.unwrap();
        tx.delete_membership(team_id(1), person_id(1)).await.unwrap();
        tx.put_membership(team_id(2), person_id(1), false).await.unwrap();
        tx.commit().await.unwrap();
        store.ingest(&[at(key_id(1), 0, 2, 20)]).await.unwrap();
        let mut tx = store.begin().await.unwrap();
        tx.put_team_unit(team_id(2), Some(unit_id(1))).await.unwrap();
        tx.commit().await.unwrap();
        store.ingest(&[at(key_id(1), 0, 3, 3)]).await.unwrap();
        let teams = by(&store, &EVERYONE, &[], Dimension::Team).await;
        assert_eq!(costs(&teams), [(some(team_id(1)), 100), (some(team_id(2)), 23)]);
        let units = by(&store, &EVERYONE, &[], Dimension::Unit).await;
        assert_eq!(costs(&units), [(some(unit_id(1)), 103), (None, 20)]);
        assert_eq!(by(&store, &EVERYONE, &[], Dimension::Person).await.count, 1);
    }

    async fn a_late_call_reaches_a_day_that_was_summed_up(database: &TestDatabase) {
        let store = database.open().await;
        keys(&store).await;
        store.ingest(&[at(key_id(1), 2, 1, 100), at(key_id(1), 0, 1, 7)]).await.unwrap();
        assert_eq!(store.sum_up_a_day(today()).await.unwrap(), Some(today().plus(-2)));
        assert_eq!(store.sum_up_a_day(today()).await.unwrap(), None, "today is not over");
        store.ingest(&[at(key_id(1), 2, 2, 30)]).await.unwrap();
        assert_eq!(by(&store, &EVERYONE, &[], Dimension::Team).await.total.cost.as_nano(), 137);
        assert_eq!(store.sum_up_a_day(today()).await.unwrap(), Some(today().plus(-2)));
        assert_eq!(by(&store, &EVERYONE, &[], Dimension::Team).await.total.cost.as_nano(), 137);
    }

    async fn days_are_those_of_the_zone(database: &TestDatabase) {
        let store = database.open().await.with_days(Days::in_zone(TimeZone::get("Asia/Kolkata").unwrap()));
        let late = NOW.plus_ms(19 * MS_PER_HOUR - NOW.as_ms().rem_euclid(24 * MS_PER_HOUR));
        store.ingest(&[UsageRecord { id: call(key_id(1), late, 1).id, ..at(key_id(1), 0, 1, 100) }]).await.unwrap();
        let query = SpendQuery { until: today().plus(9), ..query(&EVERYONE, &[]) };
        let days = store.spend_by_day(&query, Dimension::Team, &[]).await.unwrap();
        let tomorrow = DaySpend { day: today().plus(1), nth: None, cost: NanoUsd::from_nano(100) };
        assert_eq!(days, [tomorrow]);
    }

    async fn ranges_stand_beside_each_other(database: &TestDatabase) {
        let store = database.open().await;
        keys(&store).await;
        let mut denied = at(key_id(2), 1, 4, 0);
        (denied.outcome, denied.repeated) = (Outcome::Denied, 4);
        let calls = [at(key_id(1), 1, 1, 100), at(key_id(1), 11, 2, 70), at(key_id(3), 11, 3, 50), denied];
        store.ingest(&calls).await.unwrap();
        for _ in 0..2 {
            let query = SpendQuery { from: today().plus(-9), ..query(&EVERYONE, &[]) };
            let earlier = Some((today().plus(-19), today().plus(-9)));
            let groups = store.spend_by(&query, Dimension::Key, earlier, Ranked { movers: 1, ..Ranked::costliest(2) }).await.unwrap();
            assert_eq!(costs(&groups), [(some(key_id(1)), 100), (some(key_id(2)), 0)], "the two largest");
            assert_eq!(groups.largest[1].sums.denials, 5);
            assert_eq!((groups.count, groups.earlier_total.as_nano(), groups.total.requests), (3, 120, 6));
            for (order, expected) in [("-requests", [2, 1, 3]), ("-refused", [2, 1, 3]), ("spend", [2, 3, 1])] {
                let order = Order::from_word(order).unwrap();
                let groups = store.spend_by(&query, Dimension::Key, earlier, Ranked { order, ..Ranked::costliest(3) });
                let found: Vec<_> = groups.await.unwrap().largest.into_iter().map(|group| group.value).collect();
                assert_eq!(found, expected.map(|key| some(key_id(key))), "{order:?}");
            }
            assert_eq!(groups.movers.len(), 1);
            assert_eq!((groups.movers[0].value.clone(), groups.movers[0].earlier.as_nano()), (some(key_id(3)), 50));
            while store.sum_up_a_day(today()).await.unwrap().is_some() {}
        }
    }

    async fn every_way_of_adding_up_gives_what_calls_cost(database: &TestDatabase) {
        let store = database.open().await;
        keys(&store).await;
        let mut seed = 7_u64;
        let mut draw = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        let mut by_day: BTreeMap<(Day, KeyId), i64> = BTreeMap::new();
        for batch in 0..6_u16 {
            let mut records = Vec::new();
            for sequence in 0..50 {
                let key = key_id(u8::try_from(1 + draw(4)).unwrap());
                let (ago, cost) = (i64::try_from(draw(6)).unwrap(), i64::try_from(draw(1_000)).unwrap());
                *by_day.entry((today().plus(-i32::try_from(ago).unwrap()), key)).or_default() += cost;
                let model = ["a", "b", "c"][usize::try_from(draw(3)).unwrap()].to_owned();
                records.push(UsageRecord { model, ..at(key, ago, batch * 50 + sequence, cost) });
            }
            store.ingest(&records).await.unwrap();
            if batch % 2 == 1 {
                store.sum_up_a_day(today()).await.unwrap();
            }
        }
        let all: i64 = by_day.values().sum();
        let sums = store.ledger_sums().await.unwrap();
        assert_eq!(sums.keys.values().map(|key| key.by_events.as_nano()).sum::<i64>(), all);
        assert_eq!(sums.keys.values().map(|key| key.by_days.as_nano()).sum::<i64>(), all);
        for dimension in Dimension::ALL {
            let of_keys = |keys: &[u8]| {
                let keys: Vec<KeyId> = keys.iter().map(|&number| key_id(number)).collect();
                Some(by_day.iter().filter(|((_, key), _)| keys.contains(key)).map(|(_, cost)| *cost).sum::<i64>())
            };
            for (filters, expected) in [
                (vec![], Some(all)),
                (vec![(Dimension::Environment, some("dev"))], of_keys(&[1, 2])),
                (vec![(Dimension::Consumer, some("service"))], of_keys(&[3])),
                (vec![(Dimension::Environment, None)], of_keys(&[4])),
                (vec![(Dimension::Environment, some("dev")), (Dimension::Consumer, some("person"))], of_keys(&[1, 2])),
                (vec![(Dimension::Model, some("a"))], None),
            ] {
                let groups = by(&store, &EVERYONE, &filters, dimension).await;
                assert_eq!(groups.largest.iter().map(|group| group.sums.cost.as_nano()).sum::<i64>(), groups.total.cost.as_nano());
                let top: Vec<_> = groups.largest.iter().take(2).map(|group| group.value.clone()).collect();
                let days = store.spend_by_day(&query(&EVERYONE, &filters), dimension, &top).await.unwrap();
                assert_eq!(days.iter().map(|day| day.cost.as_nano()).sum::<i64>(), groups.total.cost.as_nano(), "{dimension:?}");
                for (nth, group) in groups.largest.iter().take(2).enumerate() {
                    let named = days.iter().filter(|day| day.nth == Some(nth)).map(|day| day.cost.as_nano()).sum::<i64>();
                    assert_eq!(named, group.sums.cost.as_nano(), "{dimension:?} {nth}");
                }
                let whole = query(&EVERYONE, &filters);
                let begins = [whole.from, today().plus(-3), today().plus(-1)];
                let parts = store.spend_by_period(&whole, dimension, &begins).await.unwrap();
                let sum = |of: &dyn Fn(&PeriodCost) -> bool| parts.iter().filter(|part| of(part)).map(|part| part.cost.as_nano()).sum::<i64>();
                for group in &groups.largest {
                    assert_eq!(sum(&|part| part.value == group.value), group.sums.cost.as_nano(), "{dimension:?}");
                }
                for (nth, &from) in begins.iter().enumerate() {
                    let until = begins.get(nth + 1).copied().unwrap_or(whole.until);
                    let period = SpendQuery { from, until, ..whole.clone() };
                    let alone = store.spend_by(&period, dimension, None, Ranked::costliest(9)).await.unwrap().total.cost.as_nano();
                    assert_eq!(sum(&|part| part.nth == nth), alone, "{dimension:?} {filters:?} {nth}");
                }
                assert_eq!(expected.unwrap_or(groups.total.cost.as_nano()), groups.total.cost.as_nano(), "{dimension:?} {filters:?}");
            }
        }
        let days = store.spend_by_day(&query(&EVERYONE, &[]), Dimension::Key, &[some(key_id(1))]).await.unwrap();
        for ((day, key), cost) in &by_day {
            let nth = (*key == key_id(1)).then_some(0);
            if nth.is_some() {
                let found = days.iter().find(|spend| (spend.day, spend.nth) == (*day, nth)).map(|spend| spend.cost.as_nano());
                assert_eq!(found, Some(*cost));
            }
        }
    }
}
