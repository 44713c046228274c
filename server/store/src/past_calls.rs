//! Calls that were let in, oldest first and a slice at a time: what a preview of changed guardrails goes through.
//!
//! A slice is a range of event ids, so that no statement runs for long and no connection is kept between two of them.

use crate::codes;
use crate::column::{count, parsed, to_json};
use crate::keys::{KeyRow, key_columns};
use crate::row::{row, rows};
use crate::{Result, Store, StoreError};
use domain::call_rule::RuleSet;
use domain::id::{EventId, KeyId, ProfileId};
use domain::money::NanoUsd;
use domain::replay::PastCall;
use domain::time::Timestamp;
use domain::virtual_key::VirtualKey;
use std::collections::HashMap;

/// More keys than this are not named in each statement: reading all calls and leaving out those of others is faster.
const MOST_NAMED: usize = 2_000;

/// Whose calls to go through. Keys that never made a call are not in it.
#[derive(Debug, Clone, Default)]
pub struct CallsOf {
    keys: HashMap<i64, KeyId>,
    /// Their numbers as a list for the statement; `None` reads the calls of everybody.
    named: Option<String>,
}

impl CallsOf {
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

/// Calls of a slice, and from where to go on if there were more than asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastCalls {
    pub calls: Vec<PastCall>,
    pub go_on_after: Option<EventId>,
}

row! { PastRow {
    id: i64, key_num: i64, model: String, network: String, endpoint: Option<i64>, tokens: i64, output: i64, cost: i64,
    duration_ms: i64,
} }

impl PastRow {
    fn into_call(self, key: KeyId, broke: RuleSet) -> Result<PastCall> {
        let endpoint = |code| codes::endpoint(code).ok_or(StoreError::Corrupt("usage code"));
        Ok(PastCall {
            at: EventId::from_i64(self.id).made_at(),
            key,
            model: self.model,
            endpoint: self.endpoint.map(endpoint).transpose()?,
            network: self.network.parse().ok(),
            tokens: count(self.tokens, "token count")?,
            output_tokens: count(self.output, "token count")?,
            cost: NanoUsd::from_nano(self.cost),
            duration_ms: count(self.duration_ms, "duration")?,
            broke,
        })
    }
}

impl Store {
    /// Keys of a profile that are neither revoked nor expired, in the order of ids.
    pub async fn live_keys_under(
        &self,
        profile: ProfileId,
        now: Timestamp,
        after: Option<KeyId>,
        limit: u32,
    ) -> Result<Vec<VirtualKey>> {
        const LIST: &str = concat!(
            "select ",
            key_columns!(),
            " from virtual_key
            where profile_id = $1 and state <> 'revoked' and expires_at > $2 and id > $3 order by id limit $4"
        );
        let after = after.map(|id| id.to_string()).unwrap_or_default();
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), KeyRow, LIST, profile.to_string(), now.as_ms(), after, i64::from(limit))?;
        found.into_iter().map(KeyRow::into_key).collect()
    }

    pub async fn calls_of(&self, keys: &[KeyId]) -> Result<CallsOf> {
        const NUMBERS: &str =
            "select num, text from label where kind = 'key' and text in (select value from json_each($1))";
        let mut numbers = HashMap::with_capacity(keys.len());
        for some in keys.chunks(10_000) {
            let ids: Vec<String> = some.iter().map(ToString::to_string).collect();
            let mut reader = self.engine.reader().await?;
            for (number, id) in rows!(reader.on(), (i64, String), NUMBERS, to_json(&ids)?)? {
                numbers.insert(number, parsed(&id, "key id")?);
            }
        }
        let named = (numbers.len() <= MOST_NAMED).then(|| to_json(&numbers.keys().collect::<Vec<_>>())).transpose()?;
        Ok(CallsOf { keys: numbers, named })
    }

    /// Calls after the first id and before the second one that were let in.
    pub async fn past_calls(&self, of: &CallsOf, after: EventId, before: EventId, limit: u32) -> Result<PastCalls> {
        macro_rules! slice {
            ($keys:literal) => {
                concat!(
                    "select usage_event.id, key_num, model_label.text as model, network_label.text as network, endpoint,
                        input + cache_read + cache_write + cache_write_1h + output as tokens, output, cost, duration_ms
                    from usage_event
                    join label model_label on model_label.num = model_num
                    join label network_label on network_label.num = network_num
                    where usage_event.id > $1 and usage_event.id < $2 and denial_num is null ",
                    $keys,
                    " order by usage_event.id limit $3"
                )
            };
        }
        const OF_ALL: &str = slice!("");
        const OF_THESE: &str = slice!("and key_num in (select cast(value as bigint) from json_each($4))");
        // A few of many: asked for by themselves.
        const BROKEN: &str = "select event_id, cast(sum(rule) as bigint) from watched_call
            where event_id > $1 and event_id < $2 group by event_id";
        let (after, before, most) = (after.as_i64(), before.as_i64(), i64::from(limit));
        let mut reader = self.engine.reader().await?;
        let found = match &of.named {
            Some(named) => rows!(reader.on(), PastRow, OF_THESE, after, before, most, named)?,
            None => rows!(reader.on(), PastRow, OF_ALL, after, before, most)?,
        };
        let read_to = found.last().map_or(before, |row| row.id.saturating_add(1));
        let broken = rows!(reader.on(), (i64, i64), BROKEN, after, read_to)?;
        drop(reader);
        let broken: HashMap<i64, RuleSet> =
            broken.into_iter().map(|(call, rules)| (call, codes::call_rules(rules))).collect();
        let go_on_after = (found.len() >= limit as usize).then(|| found.last().map(|row| EventId::from_i64(row.id)));
        let mine = found.into_iter().filter_map(|row| Some((*of.keys.get(&row.key_num)?, row)));
        let broke = |row: &PastRow| broken.get(&row.id).copied().unwrap_or_default();
        let calls = mine.map(|(key, row)| (key, broke(&row), row));
        let calls = calls.map(|(key, broke, row)| row.into_call(key, broke)).collect::<Result<_>>()?;
        Ok(PastCalls { calls, go_on_after: go_on_after.flatten() })
    }
}
