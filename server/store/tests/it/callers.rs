//! Who uses a key, with which of its secrets.

use crate::given::{NOW, call, key_id};
use crate::on_both_engines;
use domain::usage::UsageRecord;
use store::Caller;
use store::testing::TestDatabase;

fn from(network: &str, agent: &str, secret_version: i64, record: UsageRecord) -> UsageRecord {
    UsageRecord { network: network.into(), agent: agent.into(), secret_version, ..record }
}

on_both_engines! {
    async fn callers_are_counted_by_secret_network_and_agent(database: &TestDatabase) {
        let store = database.open().await;
        let (key, other) = (key_id(1), key_id(2));
        let yesterday = NOW.plus_days(-1);
        let records = [
            from("10.0.0.1", "curl", 1, call(key, yesterday, 1)),
            from("10.0.0.1", "curl", 1, call(key, NOW, 2)),
            from("10.0.0.1", "curl", 2, UsageRecord { repeated: 4, ..call(key, NOW.plus_ms(5), 3) }),
            from("10.0.0.2", "curl", 1, call(key, NOW.plus_ms(-9), 4)),
            from("10.0.0.9", "curl", 1, call(other, NOW, 5)),
        ];
        store.ingest(&records[..2]).await.unwrap();
        store.ingest(&records).await.unwrap();
        let caller = |network: &str, secret_version, calls, nth: usize| Caller {
            network: network.into(),
            agent: "curl".into(),
            secret_version,
            calls,
            used_at: records[nth].id.made_at(),
        };
        let (newest, old, elsewhere) =
            (caller("10.0.0.1", 2, 5, 2), caller("10.0.0.1", 1, 2, 1), caller("10.0.0.2", 1, 1, 3));
        let all = store.callers(key, yesterday, 9).await.unwrap();
        assert_eq!(all, [newest.clone(), old.clone(), elsewhere.clone()]);
        let today = store.callers(key, NOW, 9).await.unwrap();
        assert_eq!(today, [newest.clone(), Caller { calls: 1, ..old }, elsewhere]);
        assert_eq!(store.callers(key, yesterday, 1).await.unwrap(), [newest]);
        assert_eq!(store.callers(key_id(3), yesterday, 9).await.unwrap(), []);
    }

    async fn callers_of_days_gone_by_are_forgotten(database: &TestDatabase) {
        let store = database.open().await;
        store.ingest(&[call(key_id(1), NOW.plus_days(-40), 1), call(key_id(1), NOW, 2)]).await.unwrap();
        let mut tx = store.begin().await.unwrap();
        assert_eq!(tx.delete_callers_before(NOW.plus_days(-31)).await.unwrap(), 1);
        tx.commit().await.unwrap();
        assert_eq!(store.callers(key_id(1), NOW.plus_days(-99), 9).await.unwrap().len(), 1);
    }
}
