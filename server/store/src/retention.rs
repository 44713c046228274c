//! Drops old calls one by one, and keeps what they added up to: the sums by hour and day are left as they are, and what
//! the books are added up from is carried over in the same transaction.
//!
//! A call that was dropped may be brought again: where calls are few, the journal holds those of months, and a process that
//! starts reads all of it. So the newest dropped call is remembered, and every call up to it counts as known. That is true
//! of them because only calls of more than a month ago are dropped, after everything that waited was written down.

use crate::dialect::{Dialect, locked};
use crate::ledger::{Labels, add_up, consumed};
use crate::row::{one, pieces, put, run};
use crate::{Result, Store, StoreError, Tx};
use domain::budget::{BudgetLine, Consumed};
use domain::id::EventId;
use domain::time::Timestamp;
use std::collections::BTreeMap;

/// Calls that are dropped at once: others write between two pieces.
const AT_ONCE: i64 = 2_000;

/// The setting that holds the newest dropped call, as the eight bytes of its number: the smallest where none was.
const DROPPED_UP_TO: &str = "calls_dropped_up_to";

impl Tx {
    /// The newest call that was dropped. It and every call before it has been counted, and nothing more is dropped before
    /// this transaction ends.
    pub(crate) async fn dropped_up_to(&mut self) -> Result<EventId> {
        // One that writes is alone on SQLite. Counting batches beside each other share the row.
        const MARK: Dialect = Dialect {
            sqlite: "select value from setting where name = $1",
            postgres: "select value from setting where name = $1 for share",
        };
        newest(one!(self.on(), (Vec<u8>,), MARK, DROPPED_UP_TO)?.map(|(value,)| value))
    }
}

fn newest(setting: Option<Vec<u8>>) -> Result<EventId> {
    let bytes = setting.and_then(|value| value.try_into().ok()).ok_or(StoreError::Corrupt("newest dropped call"))?;
    Ok(EventId::from_i64(i64::from_be_bytes(bytes)))
}

impl Store {
    /// The newest call that was dropped, if any was.
    pub(crate) async fn dropped_up_to(&self) -> Result<Option<EventId>> {
        let newest = newest(self.setting(DROPPED_UP_TO).await?)?;
        Ok(Some(newest).filter(|event| event.as_i64() > i64::MIN))
    }

    /// Drops the oldest calls made before this moment, a piece of them; answers how many. 0: there are none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] also if a call of that time was written down meanwhile. Nothing has changed then.
    pub async fn drop_calls_before(&self, before: Timestamp) -> Result<u64> {
        const CARRY: &str = "insert into budget_counter
            (scope, period, period_start, spent, requests, tokens, carried, carried_requests, carried_tokens) values";
        const MORE: &str = "on conflict (scope, period, period_start) do update set
            carried = budget_counter.carried + excluded.carried,
            carried_requests = budget_counter.carried_requests + excluded.carried_requests,
            carried_tokens = budget_counter.carried_tokens + excluded.carried_tokens";
        const CARRY_KEY: &str = "insert into dropped_usage (key_num, cost) values";
        const MORE_OF_KEY: &str = "on conflict (key_num) do update set cost = dropped_usage.cost + excluded.cost";
        const ALONE: Dialect = locked!("select value from setting where name = $1");
        let mut tx = self.begin().await?;
        // First of all, as those do who count: nobody waits for each other in a circle.
        one!(tx.on(), (Vec<u8>,), ALONE, DROPPED_UP_TO)?;
        let found = add_up(tx.on(), i64::MIN..EventId::first_at(before).as_i64(), AT_ONCE).await?;
        let Some(last) = found.iter().map(|row| row.last).max() else { return Ok(0) };
        let labels = Labels::of(tx.on(), &found).await?;
        let mut keys: BTreeMap<i64, i64> = BTreeMap::new();
        let mut accounts: BTreeMap<BudgetLine, Consumed> = BTreeMap::new();
        let mut calls = 0_u64;
        for row in found {
            calls += u64::try_from(row.calls).unwrap_or(0);
            *keys.entry(row.key_num).or_default() += row.cost;
            let used = consumed(row.cost, row.calls, row.tokens)?;
            for line in labels.lines(labels.key(row.key_num)?, row.charge_num, row.period_num)? {
                let account = accounts.entry(line).or_default();
                *account = account.plus(used);
            }
        }
        let keys: Vec<_> = keys.into_iter().collect();
        for piece in pieces(&keys) {
            put!(tx.on(), CARRY_KEY, piece, |of| [of.0, of.1], MORE_OF_KEY)?;
        }
        let accounts: Vec<_> = accounts.into_iter().collect();
        for piece in pieces(&accounts) {
            put!(
                tx.on(),
                CARRY,
                piece,
                |of| [
                    of.0.scope.to_string(),
                    of.0.window.word(),
                    of.0.window_start.as_ms(),
                    0_i64,
                    0_i64,
                    0_i64,
                    of.1.spent.as_nano(),
                    crate::column::bigint(of.1.requests),
                    crate::column::bigint(of.1.tokens),
                ],
                MORE
            )?;
        }
        run!(tx.on(), "delete from watched_call where event_id <= $1", last)?;
        let dropped = run!(tx.on(), "delete from usage_event where id <= $1", last)?;
        if dropped != calls {
            return Err(StoreError::Unavailable);
        }
        tx.put_setting(DROPPED_UP_TO, &last.to_be_bytes()).await?;
        tx.commit().await?;
        Ok(dropped)
    }
}
