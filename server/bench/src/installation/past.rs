//! Calls of the last month.

use super::MODEL;
use crate::Problem;
use domain::budget::{BudgetLine, BudgetScope, Window};
use domain::id::{EventId, KeyId};
use domain::model::Endpoint;
use domain::money::NanoUsd;
use domain::time::Timestamp;
use domain::usage::{Outcome, TokenUsage, UsageRecord, UsageSource};
use store::Store;

/// Usage rows that are written in one transaction.
const ROWS_AT_ONCE: u64 = 8_192;
/// How far back they reach: several to a millisecond would not be what an installation has.
const SPREAD_MS: i64 = 30 * 24 * 3_600_000;

/// Calls of the last month, evenly over time and keys.
pub(super) async fn write_usage(store: &Store, keys: &[KeyId], count: u64, now: Timestamp) -> Result<(), Problem> {
    if keys.is_empty() || count == 0 {
        return Ok(());
    }
    let begins = now.plus_ms(-SPREAD_MS);
    let month = Window::Month.start(now, &jiff::tz::TimeZone::UTC);
    let mut written = 0;
    while written < count {
        let until = count.min(written + ROWS_AT_ONCE);
        let batch: Vec<UsageRecord> = (written..until)
            .map(|number| {
                let key = keys[usize::try_from(number).unwrap_or(0) % keys.len()];
                let at = begins
                    .plus_ms(i64::try_from(u128::from(number) * SPREAD_MS as u128 / u128::from(count)).unwrap_or(0));
                let line = BudgetLine { scope: BudgetScope::Key(key), window: Window::Month, window_start: month };
                let sequence = u16::try_from(number % 1_000).unwrap_or(0);
                earlier_call(EventId::new(at, 0, sequence), key, line)
            })
            .collect();
        store.ingest(&batch).await?;
        written = until;
    }
    Ok(())
}

fn earlier_call(id: EventId, key: KeyId, line: BudgetLine) -> UsageRecord {
    UsageRecord {
        id,
        key,
        model: MODEL.to_owned(),
        deployment: None,
        endpoint: Some(Endpoint::ChatCompletions),
        network: "127.0.0.1".to_owned(),
        agent: "keywright-bench".to_owned(),
        secret_version: 1,
        status: 200,
        outcome: Outcome::Answered,
        denial: None,
        streamed: false,
        tokens: TokenUsage { input: 97, output: 12, ..TokenUsage::default() },
        cost: NanoUsd::from_nano(471_000),
        source: UsageSource::Provider,
        price_version: 1,
        duration_ms: 900,
        first_byte_ms: Some(850),
        charged: vec![line],
        attempts: 1,
        repeated: 0,
        watched: domain::call_rule::RuleSet::NONE,
    }
}
