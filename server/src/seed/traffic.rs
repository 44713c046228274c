//! What the keys did: fewer calls on weekends than on working days and at night than by day, a few keys that make most of
//! them, refusals and failures, and one application that got out of hand a week ago.

use super::catalogue::Served;
use super::draw::{Draw, Weighted, zipf};
use super::organisation::SeededKey;
use super::{NotSeeded, Scale, Surroundings};
use domain::budget::{BudgetLine, BudgetScope, Window};
use domain::day::{Day, Days};
use domain::id::EventId;
use domain::markup::Markup;
use domain::model::Endpoint;
use domain::money::NanoUsd;
use domain::time::Timestamp;
use domain::usage::{Outcome, TokenUsage, UsageRecord, UsageSource};
use domain::virtual_key::ConsumerKind;
use jiff::civil::Weekday;

/// Calls in one transaction.
const AT_ONCE: usize = 16_384;
const SPIKE_DAYS_AGO: i32 = 7;
/// Of a day's calls on which the one application runs away, in a thousand.
const SPIKE_SHARE: u64 = 150;
const DENIALS: [&str; 6] = [
    "rate_limited",
    "budget_exhausted",
    "model_not_allowed",
    "rate_limited",
    "concurrency_limited",
    "budget_insufficient",
];
const AGENTS: [&str; 6] =
    ["openai-python/2.8.0", "claude-code/2.0", "openai-node/6.1", "curl/8.14", "langchain/1.0", "codex/0.60"];

struct Scene<'a> {
    models: &'a [Served],
    of_models: Weighted,
    keys: &'a [SeededKey],
    /// Of the application that runs away.
    runaways: Vec<usize>,
    around: &'a Surroundings<'a>,
}

pub(super) async fn make(
    around: &Surroundings<'_>,
    scale: Scale,
    models: &[Served],
    keys: &[SeededKey],
    draw: &mut Draw,
) -> Result<(), NotSeeded> {
    let days = Days::in_zone(around.zone.clone());
    let today = days.of(around.now);
    let first = today.plus(1 - i32::from(scale.days));
    let all: Vec<Day> = (0..i32::from(scale.days)).map(|nth| first.plus(nth)).collect();
    let so_far = u64::try_from(around.now.since(days.start(today))).unwrap_or(0);
    let shares: Vec<u64> = all.iter().map(|&day| share(day, (day == today).then_some(so_far))).collect();
    let whole: u64 = shares.iter().sum::<u64>().max(1);

    let runaway = keys.iter().find_map(|key| key.application);
    let scene = Scene {
        models,
        of_models: Weighted::of((0..models.len()).map(zipf)),
        keys,
        runaways: (0..keys.len()).filter(|&nth| keys.get(nth).and_then(|key| key.application) == runaway).collect(),
        around,
    };
    let mut batch = Vec::with_capacity(AT_ONCE);
    let (mut sequence, mut written, mut assigned, mut before) = (0_u16, 0_u64, 0_u64, 0_u64);
    for (&day, &share) in all.iter().zip(&shares) {
        assigned += share;
        let until = part(scale.calls, assigned, whole);
        let (from, to) = (days.start(day), days.start(day.plus(1)).min(around.now));
        let active = scene.active(draw);
        let of_active = Weighted::of(active.iter().map(|&nth| zipf(nth)));
        let (count, ms) = (until - before, u64::try_from(to.since(from)).unwrap_or(0));
        for nth in 0..count {
            // Evenly, and a little off it: in order, so that ids grow.
            let at = from.plus_ms(i64::try_from(u128::from(ms) * u128::from(nth) / u128::from(count)).unwrap_or(0));
            sequence = sequence.wrapping_add(1);
            let runs_away = day == today.plus(-SPIKE_DAYS_AGO) && draw.in_a_thousand(SPIKE_SHARE);
            let key = match runs_away.then(|| draw.one(&scene.runaways)).flatten() {
                Some(&key) => key,
                None => active.get(of_active.draw(draw)).copied().unwrap_or(0),
            };
            batch.extend(scene.call(EventId::new(at, 0, sequence), key, runs_away, draw));
            if batch.len() == AT_ONCE {
                written += around.store.ingest(&batch).await?.inserted as u64;
                batch.clear();
            }
        }
        before = until;
        (around.progress)(format!("{} calls, up to {} …", written + batch.len() as u64, day.date()));
    }
    around.store.ingest(&batch).await?;
    while around.store.sum_up_a_day(today).await?.is_some() {}
    Ok(())
}

/// As many of the calls as `assigned` is of `whole`: ten million calls times milliseconds are more than 64 bits hold.
fn part(calls: u64, assigned: u64, whole: u64) -> u64 {
    let part = u128::from(calls) * u128::from(assigned) / u128::from(whole.max(1));
    u64::try_from(part).unwrap_or(u64::MAX)
}

/// How much of the whole falls on a day; today only as far as it has come.
fn share(day: Day, so_far_ms: Option<u64>) -> u64 {
    let weekend = matches!(day.date().weekday(), Weekday::Saturday | Weekday::Sunday);
    let share = if weekend { 350 } else { 1_000 };
    so_far_ms.map_or(share * 86_400_000, |ms| share * ms.min(86_400_000))
}

impl Scene<'_> {
    /// The keys of a day: the busiest, and some of the others; one in twenty in all.
    fn active(&self, draw: &mut Draw) -> Vec<usize> {
        let wanted = (self.keys.len() / 20).max(10).min(self.keys.len());
        let mut active: Vec<usize> = (0..wanted / 4).collect();
        active.extend((active.len()..wanted).map(|_| draw.low_index(self.keys.len())));
        active.sort_unstable();
        active.dedup();
        active
    }

    fn call(&self, id: EventId, nth: usize, runs_away: bool, draw: &mut Draw) -> Option<UsageRecord> {
        let key = self.keys.get(nth)?;
        // A key keeps to two or three models.
        let favourite = draw.index(3) * 11 + nth * 7;
        let model = match runs_away {
            true => self.models.first()?,
            false if draw.in_a_thousand(300) => self.models.get(self.of_models.draw(draw))?,
            false => self.models.get(favourite % self.models.len())?,
        };
        let at = id.made_at();
        let record = UsageRecord {
            id,
            key: key.id,
            model: model.name.clone(),
            deployment: Some(model.deployment),
            endpoint: Some(Endpoint::ChatCompletions),
            network: format!("10.{}.{}.{}", nth % 8, nth / 8 % 256, draw.index(2)),
            agent: (*AGENTS.get((nth + draw.index(2)) % AGENTS.len())?).to_owned(),
            secret_version: 1,
            status: 200,
            outcome: Outcome::Answered,
            denial: None,
            streamed: draw.in_a_thousand(600),
            tokens: tokens(key.consumer, runs_away, draw),
            cost: NanoUsd::ZERO,
            source: UsageSource::Provider,
            price_version: 1,
            duration_ms: u32::try_from(300 + draw.below(9_000)).unwrap_or(0),
            first_byte_ms: u32::try_from(120 + draw.below(900)).ok(),
            charged: vec![BudgetLine {
                scope: BudgetScope::Key(key.id),
                window: Window::Month,
                window_start: self.month(at),
            }],
            attempts: 1,
            repeated: 0,
            watched: domain::call_rule::RuleSet::NONE,
        };
        Some(ended(record, model, draw))
    }

    fn month(&self, at: Timestamp) -> Timestamp {
        Window::Month.start(at, &self.around.zone)
    }
}

fn tokens(consumer: ConsumerKind, runs_away: bool, draw: &mut Draw) -> TokenUsage {
    let most = match consumer {
        _ if runs_away => 90_000,
        ConsumerKind::Agent => 24_000,
        ConsumerKind::Person => 3_000,
        ConsumerKind::Service | ConsumerKind::Ci => 6_000,
    };
    let input = 50 + draw.below(most);
    let cached = if consumer == ConsumerKind::Agent { input * 4 / 5 } else { 0 };
    TokenUsage {
        input: input - cached,
        cache_read: cached,
        output: 20 + draw.below(most / 8 + 200),
        ..TokenUsage::ZERO
    }
}

/// Most calls are answered; some are refused before they are sent, some fail.
fn ended(record: UsageRecord, model: &Served, draw: &mut Draw) -> UsageRecord {
    let priced = |record: UsageRecord| UsageRecord {
        cost: model.price.cost(&record.tokens, Markup::NONE).unwrap_or_default(),
        ..record
    };
    match draw.below(1_000) {
        0..18 => {
            let code = draw.one(&DENIALS).copied().unwrap_or("rate_limited");
            let status = match code {
                "model_not_allowed" => 403,
                "budget_exhausted" | "budget_insufficient" => 402,
                _ => 429,
            };
            UsageRecord {
                deployment: None,
                status,
                outcome: Outcome::Denied,
                denial: Some(code.to_owned()),
                streamed: false,
                tokens: TokenUsage::ZERO,
                source: UsageSource::Nothing,
                duration_ms: 1,
                first_byte_ms: None,
                charged: Vec::new(),
                attempts: 0,
                ..record
            }
        }
        18..25 => UsageRecord {
            status: 502,
            outcome: Outcome::ProviderFailed,
            denial: Some("provider_error".to_owned()),
            tokens: TokenUsage::ZERO,
            source: UsageSource::Nothing,
            attempts: 2,
            ..record
        },
        25..30 => UsageRecord { status: 400, tokens: TokenUsage::ZERO, source: UsageSource::Nothing, ..record },
        30..36 => priced(UsageRecord { outcome: Outcome::ClientGone, source: UsageSource::Estimated, ..record }),
        _ => priced(record),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_calls_fall_on_some_day_however_many_there_are() {
        let whole = 90 * 1_000 * 86_400_000;
        for calls in [1, 100_000, 10_000_000, u64::MAX] {
            assert_eq!((part(calls, 0, whole), part(calls, whole, whole)), (0, calls));
        }
        assert_eq!(part(10_000_000, whole / 2, whole), 5_000_000);
    }
}
