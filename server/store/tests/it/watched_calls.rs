//! What rules that are only watched would have refused.

use crate::given::{self, NOW, call, key_id, person_id};
use crate::on_both_engines;
use domain::call_rule::{CallRule, RuleSet};
use domain::id::EventId;
use domain::usage::UsageRecord;
use domain::virtual_key::Owner;
use store::testing::TestDatabase;
use store::{WatchedKey, WatchedRule};

fn breaking(rules: &[CallRule], record: UsageRecord) -> UsageRecord {
    UsageRecord { watched: rules.iter().copied().collect(), ..record }
}

on_both_engines! {
    async fn what_a_call_broke_is_read_back_with_it_and_counted_once(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let mut tx = store.begin().await.unwrap();
        let mine = given::minted(&mut tx, 1, "mine", Owner::Person(person_id(1))).await;
        let other = given::minted(&mut tx, 2, "other", Owner::Person(person_id(1))).await;
        tx.commit().await.unwrap();
        let (models, choices) = (CallRule::Models, CallRule::Choices);
        let calls = [
            breaking(&[models], call(mine.id, NOW.plus_days(-40), 1)),
            breaking(&[models, choices], call(mine.id, NOW, 2)),
            breaking(&[models], call(other.id, NOW, 3)),
            breaking(&[models], call(mine.id, NOW.plus_ms(9), 4)),
            call(mine.id, NOW, 5),
            breaking(&[models], call(key_id(9), NOW, 6)),
        ];
        store.ingest(&calls[..3]).await.unwrap();
        store.ingest(&calls).await.unwrap();

        for call in &calls[..5] {
            assert_eq!(store.call(call.id).await.unwrap(), Some(call.clone()));
        }
        let recent = store.recent_calls(mine.id, None, 2).await.unwrap();
        let broken: Vec<RuleSet> = recent.iter().map(|call| call.watched).collect();
        assert_eq!(broken, [calls[3].watched, calls[4].watched]);

        let profile = mine.profile;
        let month = NOW.plus_days(-30);
        let rules = store.watched_rules(profile, month).await.unwrap();
        let rule = |rule, calls, keys| WatchedRule { rule, calls, keys };
        assert_eq!(rules, [rule(models, 3, 2), rule(choices, 1, 1)]);
        let keys = store.watched_keys(profile, models, month, 9).await.unwrap();
        let key = |key, calls| WatchedKey { key, calls };
        assert_eq!(keys, [key(mine.id, 2), key(other.id, 1)]);
        assert_eq!(store.watched_keys(profile, models, month, 1).await.unwrap(), [key(mine.id, 2)]);
        let newest = store.watched_calls(profile, models, 2).await.unwrap();
        assert_eq!(newest.iter().map(|call| call.id).collect::<Vec<_>>(), [calls[3].id, calls[2].id]);
        assert_eq!(store.watched_calls(profile, CallRule::Images, 2).await.unwrap(), []);

        let of = store.calls_of(&[mine.id]).await.unwrap();
        let (start, end) = (EventId::first_at(NOW.plus_ms(-1)), EventId::first_at(NOW.plus_ms(100)));
        let past = store.past_calls(&of, start, end, 9).await.unwrap().calls;
        let broken: Vec<RuleSet> = past.iter().map(|call| call.broke).collect();
        assert_eq!(broken, [calls[1].watched, RuleSet::NONE, calls[3].watched]);

        let mut tx = store.begin().await.unwrap();
        assert_eq!(tx.delete_watched_days_before(month).await.unwrap(), 1);
        tx.commit().await.unwrap();
        assert_eq!(store.watched_rules(profile, month.plus_days(-99)).await.unwrap(), rules);
        assert_eq!(store.call(calls[0].id).await.unwrap().unwrap().watched, calls[0].watched);
    }
}
