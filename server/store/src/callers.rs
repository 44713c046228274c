//! Who uses a key: read for its page, and forgotten after a month.

use crate::row::{row, rows, run};
use crate::{Result, Store, Tx};
use domain::id::KeyId;
use domain::time::{MS_PER_DAY, Timestamp};

/// A network and user agent that calls with one secret of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    pub network: String,
    pub agent: String,
    pub secret_version: i64,
    /// Since the day that was asked for, refused ones too.
    pub calls: i64,
    pub used_at: Timestamp,
}

row! { Row { network: String, agent: String, secret_version: i64, calls: i64, used_at: i64 } }

const fn utc_day(at: Timestamp) -> i64 {
    at.as_ms().div_euclid(MS_PER_DAY)
}

impl Store {
    /// Those of the UTC day of `since` and later, the latest first.
    pub async fn callers(&self, key: KeyId, since: Timestamp, limit: u32) -> Result<Vec<Caller>> {
        const LIST: &str = "select network_label.text as network, agent_label.text as agent, secret_version,
                cast(sum(calls) as bigint) as calls, max(used_at) as used_at
            from key_caller
            join label key_label on key_label.num = key_num
            join label network_label on network_label.num = network_num
            join label agent_label on agent_label.num = agent_num
            where key_label.kind = 'key' and key_label.text = $1 and day >= $2
            group by network_label.text, agent_label.text, secret_version
            order by max(used_at) desc, network_label.text, agent_label.text
            limit $3";
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), Row, LIST, key.to_string(), utc_day(since), i64::from(limit))?;
        let caller = |Row { network, agent, secret_version, calls, used_at }: Row| Caller {
            network,
            agent,
            secret_version,
            calls,
            used_at: Timestamp::from_ms(used_at),
        };
        Ok(found.into_iter().map(caller).collect())
    }
}

impl Tx {
    /// Answers how many rows there were of days that had ended at this moment.
    pub async fn delete_callers_before(&mut self, moment: Timestamp) -> Result<u64> {
        run!(self.on(), "delete from key_caller where day < $1", utc_day(moment))
    }
}
