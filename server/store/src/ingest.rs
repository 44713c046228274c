//! Takes finished calls into the database, each exactly once however often it is brought.
//!
//! A batch is one transaction. The insert of the event decides: only a row that was not there before moves counters,
//! rollups and last use. So a batch that was cut off in the middle, or whose answer was lost, is simply brought again.
//! That is rare: all of a batch is taken for new, and only if the insert says otherwise it is begun anew without what is
//! there already.

mod callers;
mod days;
mod endpoints;
mod sums;
mod texts;
mod watched;

use crate::charges::Charged;
use crate::codes;
use crate::column::bigint;
use crate::engine::On;
use crate::label::storable;
use crate::row::{pieces, put};
use crate::{Result, Store, StoreError};
use callers::count_callers;
use days::{Belonging, add_to_days};
use domain::budget::{BudgetLine, Consumed};
use domain::id::{EventId, KeyId};
use domain::usage::{Beside, UsageRecord};
use endpoints::count_endpoints;
use std::borrow::Borrow;
use std::collections::{BTreeMap, HashSet};
use sums::{Sums, input};
use texts::{Texts, of};
use watched::count_watched;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IngestResult {
    /// How many records were new.
    pub inserted: usize,
}

impl Store {
    /// Brings a batch, of at most some thousands for the sake of other writers.
    pub async fn ingest<R: Borrow<UsageRecord>>(&self, records: &[R]) -> Result<IngestResult> {
        // In the order of ids, so that two that bring the same records do not wait for each other in a circle.
        let mut records: Vec<&UsageRecord> = records.iter().map(Borrow::borrow).collect();
        records.sort_unstable_by_key(|record| record.id);
        records.dedup_by_key(|record| record.id);
        loop {
            if let Some(inserted) = self.ingest_new(&records).await? {
                return Ok(IngestResult { inserted });
            }
            let ids: Vec<EventId> = records.iter().map(|record| record.id).collect();
            let known = self.ingested(&ids).await?;
            if known.is_empty() {
                return Err(StoreError::Corrupt("usage_event"));
            }
            records.retain(|record| !known.contains(&record.id));
        }
    }

    /// Brings all of these that were not dropped, and says how many; none, and nothing has changed, if some were there
    /// already.
    async fn ingest_new(&self, records: &[&UsageRecord]) -> Result<Option<usize>> {
        if records.is_empty() {
            return Ok(Some(0));
        }
        let served_by = self.providers_of(records.iter().filter_map(|record| record.deployment)).await?;
        let mut texts = Texts::of(records, &served_by);
        let mut tx = self.begin().await?;
        let dropped = tx.dropped_up_to().await?;
        let kept: Vec<&UsageRecord> = records.iter().copied().filter(|record| record.id > dropped).collect();
        let records = &kept[..];
        let keys = self.labels.number_keys(tx.on(), &mut texts.keys).await?;
        let numbers = self.labels.numbers(tx.on(), texts.labels()).await?;
        texts.take_numbers(&numbers)?;
        if insert_events(tx.on(), records, &texts).await? < records.len() as u64 {
            return Ok(None);
        }
        add_to_hours(tx.on(), records, &texts).await?;
        let slices = self.slices.of(tx.on(), &self.labels, &texts.keys).await?;
        let belonging = Belonging { days: &self.days, slices: &slices.keys, served_by: &served_by };
        add_to_days(tx.on(), records, &texts, &belonging).await?;
        add_to_counters(tx.on(), records).await?;
        note_last_uses(tx.on(), records).await?;
        count_callers(tx.on(), records, &texts).await?;
        count_endpoints(tx.on(), records, &texts).await?;
        count_watched(tx.on(), records, &texts).await?;
        tx.commit().await?;
        self.labels.remember_keys(keys);
        self.labels.remember(numbers);
        self.slices.remember(&self.labels, slices);
        Ok(Some(records.len()))
    }
}

/// A record with its texts' numbers.
struct Event<'a> {
    record: &'a UsageRecord,
    key: i64,
    model: i64,
    deployment: Option<i64>,
    network: i64,
    agent: i64,
    denial: Option<i64>,
    charge: Option<i64>,
    periods: Option<i64>,
}

impl<'a> Event<'a> {
    fn new(record: &'a UsageRecord, texts: &Texts<'a>) -> Result<Self> {
        let charged = texts.charges.get(&Charged { key: record.key, lines: &record.charged }).copied();
        Ok(Self {
            record,
            key: of(&texts.keys, &record.key)?,
            model: of(&texts.models, &&*record.model)?,
            deployment: record.deployment.map(|id| of(&texts.deployments, &id)).transpose()?,
            network: of(&texts.networks, &&*record.network)?,
            agent: of(&texts.agents, &&*record.agent)?,
            denial: record.denial.as_deref().map(|code| of(&texts.denials, &code)).transpose()?,
            charge: charged.map(|(scopes, _)| scopes),
            periods: charged.map(|(_, periods)| periods),
        })
    }
}

/// Answers how many were new.
async fn insert_events<'a>(mut on: On<'_>, records: &[&'a UsageRecord], texts: &Texts<'a>) -> Result<u64> {
    const INSERT: &str = "insert into usage_event (id, key_num, model_num, deployment_num, network_num, agent_num,
        denial_num, endpoint, status, outcome, source, streamed, input, cache_read, cache_write, cache_write_1h, output,
        reasoning, cost, price_version, secret_version, duration_ms, first_byte_ms,
        charge_num, period_num, beside, attempts, repeated) values";
    let events = records.iter().map(|record| Event::new(record, texts)).collect::<Result<Vec<_>>>()?;
    let mut new = 0;
    for piece in pieces(&events) {
        new += put!(
            on.again(),
            INSERT,
            piece,
            |event| [
                event.record.id.as_i64(),
                event.key,
                event.model,
                event.deployment,
                event.network,
                event.agent,
                event.denial,
                event.record.endpoint.map(codes::of_endpoint),
                i64::from(event.record.status),
                codes::of_outcome(event.record.outcome),
                codes::of_source(event.record.source),
                event.record.streamed,
                bigint(input(&event.record.tokens)),
                bigint(event.record.tokens.cache_read),
                bigint(event.record.tokens.cache_write),
                bigint(event.record.tokens.cache_write_1h),
                bigint(event.record.tokens.all_output()),
                bigint(event.record.tokens.reasoning),
                event.record.cost.as_nano(),
                event.record.price_version,
                event.record.secret_version,
                i64::from(event.record.duration_ms),
                event.record.first_byte_ms.map(i64::from),
                event.charge,
                event.periods,
                beside(&event.record.tokens.beside),
                i64::from(event.record.attempts),
                i64::from(event.record.repeated),
            ],
            "on conflict (id) do nothing"
        )?;
    }
    Ok(new)
}

fn beside(used: &Beside) -> Option<String> {
    (!used.is_nothing()).then(|| serde_json::to_string(used).ok()).flatten()
}

/// Adds what is inserted to what is there, and stops at the largest number: a provider that reports absurd figures must
/// not stop all ingest by an overflow.
macro_rules! plus {
    ($table:literal, $column:literal) => {
        concat!(
            $column,
            " = case when excluded.",
            $column,
            " <= 0 then ",
            $table,
            ".",
            $column,
            " + excluded.",
            $column,
            " when ",
            $table,
            ".",
            $column,
            " > 9223372036854775807 - excluded.",
            $column,
            " then 9223372036854775807 else ",
            $table,
            ".",
            $column,
            " + excluded.",
            $column,
            " end"
        )
    };
}

pub(crate) use plus;

async fn add_to_hours<'a>(mut on: On<'_>, records: &[&'a UsageRecord], texts: &Texts<'a>) -> Result<()> {
    const ADD: &str =
        "insert into usage_hour (key_num, hour, model_num, requests, failures, denials, input, cache_read,
        cache_write, cache_write_1h, output, reasoning, cost, duration_ms) values";
    const SUM: &str = concat!(
        "on conflict (key_num, hour, model_num) do update set ",
        plus!("usage_hour", "requests"),
        ", ",
        plus!("usage_hour", "failures"),
        ", ",
        plus!("usage_hour", "denials"),
        ", ",
        plus!("usage_hour", "input"),
        ", ",
        plus!("usage_hour", "cache_read"),
        ", ",
        plus!("usage_hour", "cache_write"),
        ", ",
        plus!("usage_hour", "cache_write_1h"),
        ", ",
        plus!("usage_hour", "output"),
        ", ",
        plus!("usage_hour", "reasoning"),
        ", ",
        plus!("usage_hour", "cost"),
        ", ",
        plus!("usage_hour", "duration_ms"),
    );
    let mut hours: BTreeMap<(i64, i64, i64), Sums> = BTreeMap::new();
    for record in records {
        let key = of(&texts.keys, &record.key)?;
        let model = of(&texts.models, &&*record.model)?;
        hours.entry((key, record.id.made_at().utc_hour(), model)).or_default().add(record, u64::MAX);
    }
    let hours: Vec<_> = hours.into_iter().collect();
    for piece in pieces(&hours) {
        put!(
            on.again(),
            ADD,
            piece,
            |row| [
                row.0.0,
                row.0.1,
                row.0.2,
                row.1.requests,
                row.1.failures,
                row.1.denials,
                row.1.input,
                row.1.cache_read,
                row.1.cache_write,
                row.1.cache_write_1h,
                row.1.output,
                row.1.reasoning,
                row.1.cost,
                row.1.duration_ms,
            ],
            SUM
        )?;
    }
    Ok(())
}

async fn add_to_counters(mut on: On<'_>, records: &[&UsageRecord]) -> Result<()> {
    const ADD: &str = "insert into budget_counter (scope, period, period_start, spent, requests, tokens) values";
    const SUM: &str = concat!(
        "on conflict (scope, period, period_start) do update set ",
        plus!("budget_counter", "spent"),
        ", ",
        plus!("budget_counter", "requests"),
        ", ",
        plus!("budget_counter", "tokens"),
    );
    let mut sums: BTreeMap<BudgetLine, Consumed> = BTreeMap::new();
    for record in records {
        for line in &record.charged {
            let sum = sums.entry(*line).or_default();
            *sum = sum.plus(record.consumed());
        }
    }
    let sums: Vec<_> = sums.into_iter().collect();
    for piece in pieces(&sums) {
        put!(
            on.again(),
            ADD,
            piece,
            |row| [
                row.0.scope.to_string(),
                row.0.window.word(),
                row.0.window_start.as_ms(),
                row.1.spent.as_nano(),
                bigint(row.1.requests),
                bigint(row.1.tokens),
            ],
            SUM
        )?;
    }
    Ok(())
}

/// Where a batch has calls of so many keys, a use that follows another one of the same caller closely is not noted.
const MANY_KEYS: usize = 1_000;

/// The newest call of each key; a refused one counts, since somebody holds the key and tries.
///
/// Each moves its key's place in the order of last uses, which takes as long as two of the counters. So where calls come by
/// the thousand from keys by the thousand, the last use of a key that is used all the time is up to half a minute old.
async fn note_last_uses(mut on: On<'_>, records: &[&UsageRecord]) -> Result<()> {
    const NOTE: &str = "insert into key_last_use (key_id, used_at, network, agent) values";
    const NEWER: &str = "on conflict (key_id) do update set
        used_at = excluded.used_at, network = excluded.network, agent = excluded.agent
        where excluded.used_at >= key_last_use.used_at";
    const MUCH_NEWER_OR_OF_ANOTHER: &str = "on conflict (key_id) do update set
        used_at = excluded.used_at, network = excluded.network, agent = excluded.agent
        where excluded.used_at >= key_last_use.used_at and (excluded.used_at >= key_last_use.used_at + 30000
            or excluded.network <> key_last_use.network or excluded.agent <> key_last_use.agent)";
    let newest: BTreeMap<KeyId, &UsageRecord> = records.iter().map(|&record| (record.key, record)).collect();
    let newest: Vec<_> = newest.into_iter().collect();
    let noted = if newest.len() < MANY_KEYS { NEWER } else { MUCH_NEWER_OR_OF_ANOTHER };
    for piece in pieces(&newest) {
        put!(
            on.again(),
            NOTE,
            piece,
            |use_| [
                use_.0.to_string(),
                use_.1.id.made_at().as_ms(),
                storable(&use_.1.network),
                storable(&use_.1.agent),
            ],
            noted
        )?;
    }
    Ok(())
}

impl Store {
    /// Which of these the database has counted already, those among them that it has dropped since.
    pub async fn ingested(&self, events: &[EventId]) -> Result<HashSet<EventId>> {
        const FIND: &str = "select id from usage_event where id in (select cast(value as bigint) from json_each($1))";
        let texts: Vec<String> = events.iter().map(|id| id.as_i64().to_string()).collect();
        let mut reader = self.engine.reader().await?;
        let found = crate::row::rows!(reader.on(), (i64,), FIND, crate::column::to_json(&texts)?)?;
        drop(reader);
        let dropped = self.dropped_up_to().await?;
        let dropped = events.iter().copied().filter(|&event| dropped.is_some_and(|up_to| event <= up_to));
        Ok(found.into_iter().map(|(id,)| EventId::from_i64(id)).chain(dropped).collect())
    }

    /// The newest event, also if it was dropped.
    pub async fn last_event(&self) -> Result<Option<EventId>> {
        let mut reader = self.engine.reader().await?;
        let last = crate::row::one!(reader.on(), (i64,), "select id from usage_event order by id desc limit 1")?;
        drop(reader);
        let kept = last.map(|(id,)| EventId::from_i64(id));
        Ok(kept.max(self.dropped_up_to().await?))
    }
}
