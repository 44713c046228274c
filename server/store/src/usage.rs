//! What calls used, as people read it: sums by the hour, recent calls, one call.
//!
//! There is no index over (key, time): it would make ingest many times slower. A key's recent calls are found through
//! its hours, newest first, and the range of event ids that each hour is.

use crate::charges::to_lines;
use crate::codes;
use crate::column::{count, parsed, parsed_if, to_json};
use crate::row::{one, row, rows};
use crate::{Result, Store, StoreError};
use domain::id::{EventId, KeyId};
use domain::money::NanoUsd;
use domain::time::{MS_PER_HOUR, Timestamp};
use domain::usage::{Beside, TokenUsage, UsageRecord};

/// UTC hours that are summed together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HourSpan {
    /// Hours since 1970, as [`Timestamp::utc_hour`] counts them.
    pub from: i64,
    pub hours: u16,
}

impl HourSpan {
    const LENGTHS: i64 = 1 << 16;

    /// As one number, since a statement takes a list of numbers and not of pairs.
    fn packed(self) -> i64 {
        self.from.saturating_mul(Self::LENGTHS).saturating_add(i64::from(self.hours))
    }
}

/// One key's calls of one model in one span of hours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpanUsage {
    /// The first hour of the span.
    pub from: i64,
    pub model: String,
    pub requests: i64,
    /// Broken off by the provider or Keywright, or answered with an error.
    pub failures: i64,
    pub denials: i64,
    pub tokens: TokenUsage,
    pub cost: NanoUsd,
    pub duration_ms_sum: i64,
}

row! { TokenRow {
    input: i64, cache_read: i64, cache_write: i64, cache_write_1h: i64, output: i64, reasoning: i64,
} }

impl TokenRow {
    fn into_tokens(self) -> Result<TokenUsage> {
        let count = |number| count(number, "token count");
        Ok(TokenUsage {
            input: count(self.input)?,
            cache_read: count(self.cache_read)?,
            cache_write: count(self.cache_write)?,
            cache_write_1h: count(self.cache_write_1h)?,
            output: count(self.output)?,
            reasoning: count(self.reasoning)?,
            beside: Beside::NOTHING,
        })
    }
}

row! { SpanRow {
    span: i64, model: String, requests: i64, failures: i64, denials: i64, cost: i64, duration_ms: i64,
} + { tokens: TokenRow } }

row! { CallRow {
    id: i64, key: String, model: String, deployment: Option<String>, network: String, agent: String,
    denial: Option<String>, endpoint: Option<i64>, status: i64, outcome: i64, source: i64, streamed: bool, cost: i64,
    price_version: i64, secret_version: i64, duration_ms: i64, first_byte_ms: Option<i64>, beside: Option<String>,
    attempts: i64, repeated: i64, watched: i64,
} + { tokens: TokenRow } }

/// Takes the tokens of other media out of the columns that hold all of them.
fn with_media(columns: TokenUsage, beside: Option<&str>) -> Result<TokenUsage> {
    let Some(beside) = beside else { return Ok(columns) };
    let beside: Beside = serde_json::from_str(beside).map_err(|_| StoreError::Corrupt("usage beside text"))?;
    Ok(TokenUsage {
        input: columns.input.saturating_sub(beside.audio_input).saturating_sub(beside.image_input),
        output: columns.output.saturating_sub(beside.audio_output).saturating_sub(beside.image_output),
        beside,
        ..columns
    })
}

impl CallRow {
    pub(crate) fn into_record(self) -> Result<UsageRecord> {
        const UNKNOWN: StoreError = StoreError::Corrupt("usage code");
        let endpoint = self.endpoint.map(|code| codes::endpoint(code).ok_or(UNKNOWN)).transpose()?;
        let first_byte_ms = self.first_byte_ms.map(|ms| count(ms, "duration")).transpose()?;
        Ok(UsageRecord {
            id: EventId::from_i64(self.id),
            key: parsed(&self.key, "key id")?,
            model: self.model,
            deployment: parsed_if(self.deployment.as_deref(), "deployment id")?,
            endpoint,
            network: self.network,
            agent: self.agent,
            secret_version: self.secret_version,
            status: count(self.status, "status")?,
            outcome: codes::outcome(self.outcome).ok_or(UNKNOWN)?,
            denial: self.denial,
            streamed: self.streamed,
            tokens: with_media(self.tokens.into_tokens()?, self.beside.as_deref())?,
            cost: NanoUsd::from_nano(self.cost),
            source: codes::source(self.source).ok_or(UNKNOWN)?,
            price_version: self.price_version,
            duration_ms: count(self.duration_ms, "duration")?,
            first_byte_ms,
            charged: Vec::new(),
            attempts: count(self.attempts, "count of attempts")?,
            repeated: count(self.repeated, "count of refusals")?,
            watched: codes::call_rules(self.watched),
        })
    }
}

macro_rules! select_call {
    ($rest:literal) => {
        concat!(
            "select usage_event.id, key_label.text as key, model_label.text as model,
                deployment_label.text as deployment, network_label.text as network, agent_label.text as agent,
                denial_label.text as denial, endpoint, status, outcome, source, streamed, input, cache_read,
                cache_write, cache_write_1h, output, reasoning, cost, price_version, secret_version, duration_ms,
                first_byte_ms, beside, attempts, repeated,
                (select cast(coalesce(sum(rule), 0) as bigint) from watched_call where event_id = usage_event.id)
                    as watched
            from usage_event
            join label key_label on key_label.num = key_num
            join label model_label on model_label.num = model_num
            join label network_label on network_label.num = network_num
            join label agent_label on agent_label.num = agent_num
            left join label deployment_label on deployment_label.num = deployment_num
            left join label denial_label on denial_label.num = denial_num ",
            $rest
        )
    };
}

pub(crate) use select_call;

impl Store {
    /// Of spans that do not overlap: in their order of time, and by model. A key has a row for each hour and model, and
    /// thus tens of thousands in a month; they are added up where they lie.
    pub async fn usage_in_spans(&self, key: KeyId, spans: &[HourSpan]) -> Result<Vec<SpanUsage>> {
        const SUMS: &str = "select span.packed as span, model_label.text as model,
                cast(sum(requests) as bigint) as requests, cast(sum(failures) as bigint) as failures,
                cast(sum(denials) as bigint) as denials, cast(sum(input) as bigint) as input,
                cast(sum(cache_read) as bigint) as cache_read, cast(sum(cache_write) as bigint) as cache_write,
                cast(sum(cache_write_1h) as bigint) as cache_write_1h, cast(sum(output) as bigint) as output,
                cast(sum(reasoning) as bigint) as reasoning, cast(sum(cost) as bigint) as cost,
                cast(sum(duration_ms) as bigint) as duration_ms
            from (select cast(value as bigint) as packed from json_each($2)) span
            cross join usage_hour
            join label model_label on model_label.num = model_num
            where key_num = (select num from label where kind = 'key' and text = $1)
                and hour >= span.packed / 65536 and hour < span.packed / 65536 + span.packed % 65536
            group by span.packed, model_label.text order by span.packed, model_label.text";
        let packed: Vec<i64> = spans.iter().map(|span| span.packed()).collect();
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), SpanRow, SUMS, key.to_string(), to_json(&packed)?)?;
        let usage = |row: SpanRow| {
            Ok(SpanUsage {
                from: row.span / HourSpan::LENGTHS,
                model: row.model,
                requests: row.requests,
                failures: row.failures,
                denials: row.denials,
                tokens: row.tokens.into_tokens()?,
                cost: NanoUsd::from_nano(row.cost),
                duration_ms_sum: row.duration_ms,
            })
        };
        found.into_iter().map(usage).collect()
    }

    /// Newest first; `before` is the last one seen. `charged` stays empty.
    pub async fn recent_calls(&self, key: KeyId, before: Option<EventId>, limit: u32) -> Result<Vec<UsageRecord>> {
        const NUMBER: &str = "select num from label where kind = 'key' and text = $1";
        const HOURS: &str = "select distinct hour from usage_hour where key_num = $1 and ($2 is null or hour <= $2)
            order by hour desc limit $3";
        const CALLS: &str = select_call!(
            "where usage_event.id >= $1 and usage_event.id < $2 and key_num = $3
            order by usage_event.id desc limit $4"
        );
        let mut reader = self.engine.reader().await?;
        let Some((key,)) = one!(reader.on(), (i64,), NUMBER, key.to_string())? else { return Ok(Vec::new()) };
        let newest = before.map(|id| id.made_at().utc_hour());
        // Each hour listed has at least one call, save the first, whose calls may all be newer than `before`.
        let hours = rows!(reader.on(), (i64,), HOURS, key, newest, i64::from(limit) + 1)?;
        let mut calls = Vec::new();
        for (hour,) in hours {
            let wanted = i64::from(limit) - i64::try_from(calls.len()).unwrap_or(i64::MAX);
            if wanted <= 0 {
                break;
            }
            let bound = |hour: i64| EventId::first_at(Timestamp::from_ms(hour.saturating_mul(MS_PER_HOUR))).as_i64();
            let end = before.map_or(i64::MAX, EventId::as_i64).min(bound(hour + 1));
            for row in rows!(reader.on(), CallRow, CALLS, bound(hour), end, key, wanted)? {
                calls.push(row.into_record()?);
            }
        }
        Ok(calls)
    }

    pub async fn call(&self, id: EventId) -> Result<Option<UsageRecord>> {
        const CHARGED: &str = "select scopes.text, periods.text from usage_event
            join label scopes on scopes.num = charge_num
            join label periods on periods.num = period_num
            where usage_event.id = $1";
        let mut reader = self.engine.reader().await?;
        let found = one!(reader.on(), CallRow, select_call!("where usage_event.id = $1"), id.as_i64())?;
        let Some(call) = found.map(CallRow::into_record).transpose()? else { return Ok(None) };
        let Some((scopes, periods)) = one!(reader.on(), (String, String), CHARGED, id.as_i64())? else {
            return Ok(Some(call));
        };
        let charged = to_lines(call.key, &scopes, &periods).ok_or(StoreError::Corrupt("charged accounts"))?;
        Ok(Some(UsageRecord { charged, ..call }))
    }
}
