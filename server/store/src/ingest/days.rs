//! Usage summed by the organisation's days, and by where each call belonged.
//!
//! Any day that is met is marked as not summed up, in the same transaction: a late call reaches a day whose totals were
//! made before. The mark's row is what this and the summing up wait for each other by.

use super::plus;
use super::sums::Sums;
use super::texts::{Texts, of};
use crate::engine::On;
use crate::row::{pieces, put};
use crate::{Result, StoreError};
use domain::day::Days;
use domain::id::{DeploymentId, KeyId, ProviderId};
use domain::usage::UsageRecord;
use foldhash::HashMap;
use std::collections::{BTreeMap, BTreeSet};

/// More than anybody can have used in one call. A provider that reports absurd figures must not make sums over many
/// rows overflow, which would be an error and no longer a figure.
const MOST_TOKENS: u64 = 1 << 44;

/// Where a batch's calls belong.
pub(super) struct Belonging<'a> {
    pub(super) days: &'a Days,
    pub(super) slices: &'a HashMap<KeyId, i64>,
    pub(super) served_by: &'a HashMap<DeploymentId, ProviderId>,
}

/// Day, slice, model, provider.
type Place = (i64, i64, i64, i64);

pub(super) async fn add_to_days<'a>(
    mut on: On<'_>,
    records: &[&'a UsageRecord],
    texts: &Texts<'a>,
    belonging: &Belonging<'_>,
) -> Result<()> {
    const ADD: &str = "insert into usage_day (day, slice_num, model_num, provider_num, requests, failures, denials,
        input, cache_read, cache_write, output, cost) values";
    const SUM: &str = concat!(
        "on conflict (day, slice_num, model_num, provider_num) do update set ",
        plus!("usage_day", "requests"),
        ", ",
        plus!("usage_day", "failures"),
        ", ",
        plus!("usage_day", "denials"),
        ", ",
        plus!("usage_day", "input"),
        ", ",
        plus!("usage_day", "cache_read"),
        ", ",
        plus!("usage_day", "cache_write"),
        ", ",
        plus!("usage_day", "output"),
        ", ",
        plus!("usage_day", "cost"),
    );
    const MEET: &str = "insert into usage_day_state (day, summed) values";
    const UNMARK: &str = "on conflict (day) do update set summed = excluded.summed where usage_day_state.summed";
    let mut sums: BTreeMap<Place, Sums> = BTreeMap::new();
    for record in records {
        let day = i64::from(belonging.days.of(record.id.made_at()).number());
        let slice = belonging.slices.get(&record.key).copied().ok_or(StoreError::Internal)?;
        let model = of(&texts.models, &&*record.model)?;
        let provider = record.deployment.and_then(|deployment| belonging.served_by.get(&deployment));
        let provider = provider.map_or(Ok(0), |provider| of(&texts.providers, provider))?;
        sums.entry((day, slice, model, provider)).or_default().add(record, MOST_TOKENS);
    }
    let days: BTreeSet<i64> = sums.keys().map(|(day, ..)| *day).collect();
    let days: Vec<i64> = days.into_iter().collect();
    for piece in pieces(&days) {
        put!(on.again(), MEET, piece, |day| [*day, false], UNMARK)?;
    }
    let sums: Vec<(Place, Sums)> = sums.into_iter().collect();
    for piece in pieces(&sums) {
        put!(
            on.again(),
            ADD,
            piece,
            |row| [
                row.0.0,
                row.0.1,
                row.0.2,
                row.0.3,
                row.1.requests,
                row.1.failures,
                row.1.denials,
                row.1.input,
                row.1.cache_read,
                row.1.cache_write.saturating_add(row.1.cache_write_1h),
                row.1.output,
                row.1.cost,
            ],
            SUM
        )?;
    }
    Ok(())
}
