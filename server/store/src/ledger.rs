//! The money side of usage: what the counters say, and the sums to compare them with.

use crate::column::parsed;
use crate::row::rows;
use crate::{Result, Store, StoreError};
use domain::budget::{BudgetLine, BudgetScope, Window};
use domain::id::KeyId;
use domain::money::NanoUsd;
use domain::time::Timestamp;

fn scope(text: &str) -> Result<BudgetScope> {
    BudgetScope::parse(text).ok_or(StoreError::Corrupt("budget scope"))
}
fn window(word: &str) -> Result<Window> {
    Window::from_word(word).ok_or(StoreError::Corrupt("budget window"))
}

impl Store {
    /// Every counter of a window that began at this moment or later, and those that never reset. Pass a moment no later
    /// than the start of the longest window that still matters.
    pub async fn budget_counters(&self, since: Timestamp) -> Result<Vec<(BudgetLine, NanoUsd)>> {
        const LIST: &str = "select scope, period, period_start, spent from budget_counter
            where period_start >= $1 or period = 'total' order by scope, period, period_start";
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), (String, String, i64, i64), LIST, since.as_ms())?;
        let line = |(of, period, start, spent): (String, String, i64, i64)| {
            let line =
                BudgetLine { scope: scope(&of)?, window: window(&period)?, window_start: Timestamp::from_ms(start) };
            Ok((line, NanoUsd::from_nano(spent)))
        };
        found.into_iter().map(line).collect()
    }

    /// For each key that was ever used: its cost by events and by hours. Reads every event.
    pub async fn usage_totals(&self) -> Result<Vec<(KeyId, NanoUsd, NanoUsd)>> {
        const SUMS: &str = "select text, cast(coalesce(of_events.cost, 0) as bigint),
                cast(coalesce(of_hours.cost, 0) as bigint)
            from label
            left join (select key_num, sum(cost) as cost from usage_event group by key_num) of_events
                on of_events.key_num = num
            left join (select key_num, sum(cost) as cost from usage_hour group by key_num) of_hours
                on of_hours.key_num = num
            where kind = 'key' order by text";
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), (String, i64, i64), SUMS)?;
        let totals = |(key, events, hours): (String, i64, i64)| {
            Ok((parsed(&key, "key id")?, NanoUsd::from_nano(events), NanoUsd::from_nano(hours)))
        };
        found.into_iter().map(totals).collect()
    }

    /// For each key and kind of window: all its counters together. It equals the key's cost if the key always had a cap
    /// of that kind.
    pub async fn counter_totals(&self) -> Result<Vec<(KeyId, Window, NanoUsd)>> {
        const SUMS: &str = "select scope, period, cast(sum(spent) as bigint) from budget_counter
            group by scope, period order by scope, period";
        let mut reader = self.engine.reader().await?;
        let mut totals = Vec::new();
        for (of, period, spent) in rows!(reader.on(), (String, String, i64), SUMS)? {
            if let BudgetScope::Key(key) = scope(&of)? {
                totals.push((key, window(&period)?, NanoUsd::from_nano(spent)));
            }
        }
        Ok(totals)
    }
}
