//! Which endpoints each key calls, counted by day: so that what a key could do without is known without reading calls.

use super::texts::{Texts, of};
use super::{Result, plus};
use crate::codes;
use crate::engine::On;
use crate::row::{pieces, put};
use domain::time::MS_PER_DAY;
use domain::usage::{Outcome, UsageRecord};
use std::collections::BTreeMap;

/// A refused call needs no endpoint, and one whose endpoint is not known counts for none.
pub(super) async fn count_endpoints<'a>(mut on: On<'_>, records: &[&'a UsageRecord], texts: &Texts<'a>) -> Result<()> {
    const ADD: &str = "insert into key_endpoint (key_num, endpoint, day, calls) values";
    const SUM: &str = concat!("on conflict (key_num, endpoint, day) do update set ", plus!("key_endpoint", "calls"));
    let mut calls: BTreeMap<(i64, i64, i64), i64> = BTreeMap::new();
    for record in records.iter().filter(|record| record.outcome != Outcome::Denied) {
        let Some(endpoint) = record.endpoint else { continue };
        let day = record.id.made_at().as_ms().div_euclid(MS_PER_DAY);
        *calls.entry((of(&texts.keys, &record.key)?, codes::of_endpoint(endpoint), day)).or_default() +=
            1 + i64::from(record.repeated);
    }
    let calls: Vec<_> = calls.into_iter().collect();
    for piece in pieces(&calls) {
        put!(on.again(), ADD, piece, |row| [row.0.0, row.0.1, row.0.2, row.1], SUM)?;
    }
    Ok(())
}
