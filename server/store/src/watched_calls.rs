//! What rules that are only watched would have refused: how many calls of how many keys, and which.
//!
//! Figures are sums that were made as the calls came in; calls are found through an index of their own. Neither reads
//! the calls of everybody else.

use crate::codes;
use crate::column::{count, parsed};
use crate::row::{row, rows, run};
use crate::usage::{CallRow, select_call};
use crate::{Result, Store, StoreError, Tx};
use domain::call_rule::CallRule;
use domain::id::{KeyId, ProfileId};
use domain::time::{MS_PER_DAY, Timestamp};
use domain::usage::UsageRecord;

/// What one rule would have refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WatchedRule {
    pub rule: CallRule,
    pub calls: u64,
    pub keys: u64,
}

/// A key, and how many of its calls a rule would have refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchedKey {
    pub key: KeyId,
    pub calls: u64,
}

row! { RuleRow { rule: i64, calls: i64, keys: i64 } }

const fn utc_day(at: Timestamp) -> i64 {
    at.as_ms().div_euclid(MS_PER_DAY)
}

impl Store {
    /// From the UTC day of `since` on, in the order in which the gateway asks; rules that nothing broke are left out.
    pub async fn watched_rules(&self, profile: ProfileId, since: Timestamp) -> Result<Vec<WatchedRule>> {
        const SUMS: &str = "select rule, cast(sum(calls) as bigint) as calls, count(distinct key_num) as keys
            from watched_day where profile_id = $1 and day >= $2 group by rule order by rule";
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), RuleRow, SUMS, profile.to_string(), utc_day(since))?;
        let read = |row: RuleRow| {
            Ok(WatchedRule {
                rule: codes::call_rule(row.rule).ok_or(StoreError::Corrupt("watched rule"))?,
                calls: count(row.calls, "count of calls")?,
                keys: count(row.keys, "count of keys")?,
            })
        };
        found.into_iter().map(read).collect()
    }

    /// Those with most calls first.
    pub async fn watched_keys(
        &self,
        profile: ProfileId,
        rule: CallRule,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<WatchedKey>> {
        const SUMS: &str = "select text, calls from (
                select key_num, cast(sum(calls) as bigint) as calls from watched_day
                where profile_id = $1 and rule = $2 and day >= $3
                group by key_num order by 2 desc, key_num limit $4
            ) of_key join label on label.num = key_num order by calls desc, text";
        let (rule, since) = (codes::of_call_rule(rule), utc_day(since));
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), (String, i64), SUMS, profile.to_string(), rule, since, i64::from(limit))?;
        let read = |(key, calls): (String, i64)| {
            Ok(WatchedKey { key: parsed(&key, "key id")?, calls: count(calls, "count of calls")? })
        };
        found.into_iter().map(read).collect()
    }

    /// Newest first. `charged` stays empty.
    pub async fn watched_calls(&self, profile: ProfileId, rule: CallRule, limit: u32) -> Result<Vec<UsageRecord>> {
        const LIST: &str = select_call!(
            "where usage_event.id in (
                select event_id from watched_call where profile_id = $1 and rule = $2 order by event_id desc limit $3
            ) order by usage_event.id desc"
        );
        let rule = codes::of_call_rule(rule);
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), CallRow, LIST, profile.to_string(), rule, i64::from(limit))?;
        found.into_iter().map(CallRow::into_record).collect()
    }
}

impl Tx {
    /// Answers how many counts there were of days that had ended at this moment. What each call broke is kept with it.
    pub async fn delete_watched_days_before(&mut self, moment: Timestamp) -> Result<u64> {
        run!(self.on(), "delete from watched_day where day < $1", utc_day(moment))
    }
}
