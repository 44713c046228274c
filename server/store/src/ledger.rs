//! The money side of usage: what the counters say, and what the calls themselves add up to.

use crate::charges::to_lines;
use crate::column::{bigint, count, parsed, to_json};
use crate::engine::On;
use crate::row::{row, rows, run};
use crate::{Result, Store, StoreError, Tx};
use domain::budget::{BudgetLine, BudgetScope, Consumed, Window};
use domain::id::{AdjustmentId, KeyId};
use domain::money::NanoUsd;
use domain::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

/// Calls that are added up by one statement: enough to be quick, and few enough for its time limit.
const AT_ONCE: i64 = 200_000;

/// A figure as it is kept, and as the calls add up to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Compared<T> {
    pub kept: T,
    pub by_events: T,
}

/// Everything added up again, of one moment.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct LedgerSums {
    pub accounts: BTreeMap<BudgetLine, Compared<Consumed>>,
    /// The cost of each key that was ever used.
    pub keys: BTreeMap<KeyId, KeyCost>,
    /// Adjustments whose rows do not add up to zero, with what they add up to.
    pub unbalanced: BTreeMap<AdjustmentId, NanoUsd>,
}

/// What a key ever cost, as each rollup has it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KeyCost {
    pub by_events: NanoUsd,
    pub by_hours: NanoUsd,
    pub by_days: NanoUsd,
}

impl KeyCost {
    pub fn agrees(&self) -> bool {
        self.by_hours == self.by_events && self.by_days == self.by_events
    }
}

row! { CounterRow {
    scope: String, period: String, period_start: i64, spent: i64, requests: i64, tokens: i64, carried: i64,
    carried_requests: i64, carried_tokens: i64,
} }

impl CounterRow {
    fn line(&self) -> Result<BudgetLine> {
        Ok(BudgetLine {
            scope: BudgetScope::parse(&self.scope).ok_or(StoreError::Corrupt("budget scope"))?,
            window: Window::from_word(&self.period).ok_or(StoreError::Corrupt("budget window"))?,
            window_start: Timestamp::from_ms(self.period_start),
        })
    }
    fn consumed(&self) -> Result<Consumed> {
        consumed(self.spent, self.requests, self.tokens)
    }

    /// What cannot be added up again: calls that are no longer kept, and those from before calls named their accounts.
    fn carried(&self) -> Result<Consumed> {
        consumed(self.carried, self.carried_requests, self.carried_tokens)
    }
}

pub(crate) fn consumed(spent: i64, requests: i64, tokens: i64) -> Result<Consumed> {
    let spent = NanoUsd::from_nano(spent);
    Ok(Consumed { spent, requests: count(requests, "request count")?, tokens: count(tokens, "token count")? })
}

macro_rules! select_counters {
    ($rest:literal) => {
        concat!(
            "select scope, period, period_start, spent, requests, tokens, carried, carried_requests, carried_tokens
            from budget_counter ",
            $rest
        )
    };
}

impl Store {
    /// The counters of these windows that began at these moments or later, and of those that never reset.
    pub async fn budget_counters(&self, since: &[(Window, Timestamp)]) -> Result<Vec<(BudgetLine, Consumed)>> {
        const LIST: &str = select_counters!(
            "where period = 'total' or (period = 'hour' and period_start >= $1)
                or (period = 'day' and period_start >= $2) or (period = 'week' and period_start >= $3)
                or (period = 'month' and period_start >= $4) or (period = 'quarter' and period_start >= $5)
            order by scope, period, period_start"
        );
        let from = |window: Window| {
            let named = since.iter().find(|(of, _)| *of == window);
            named.map_or(i64::MAX, |(_, moment)| moment.as_ms())
        };
        let (hour, day, week) = (from(Window::Hour), from(Window::Day), from(Window::Week));
        let (month, quarter) = (from(Window::Month), from(Window::Quarter));
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), CounterRow, LIST, hour, day, week, month, quarter)?;
        found.iter().map(|row| Ok((row.line()?, row.consumed()?))).collect()
    }

    /// Adds up every call again. Reads all of them, piece by piece, as they stood at one moment; others go on writing.
    pub async fn ledger_sums(&self) -> Result<LedgerSums> {
        const COUNTERS: &str = select_counters!("order by scope, period, period_start");
        const HOURS: &str = "select key_num, cast(sum(cost) as bigint) from usage_hour group by key_num";
        const DAYS: &str = "select key_num, cast(sum(cost) as bigint) from usage_slice
            join usage_day on slice_num = num group by key_num";
        const UNBALANCED: &str = "select adjustment_id, cast(sum(amount) as bigint) from adjustment_entry
            group by adjustment_id having sum(amount) <> 0";
        let mut snapshot = self.engine.snapshot().await?;
        let mut sums = LedgerSums::default();
        for row in rows!(snapshot.on(), CounterRow, COUNTERS)? {
            sums.accounts.insert(row.line()?, Compared { kept: row.consumed()?, by_events: row.carried()? });
        }
        let labels = Labels::read(snapshot.on()).await?;
        for (key, cost) in rows!(snapshot.on(), (i64, i64), HOURS)? {
            sums.keys.entry(labels.key(key)?).or_default().by_hours = NanoUsd::from_nano(cost);
        }
        for (key, cost) in rows!(snapshot.on(), (i64, i64), DAYS)? {
            sums.keys.entry(labels.key(key)?).or_default().by_days = NanoUsd::from_nano(cost);
        }
        for (key, cost) in rows!(snapshot.on(), (i64, i64), "select key_num, cost from dropped_usage")? {
            sums.keys.entry(labels.key(key)?).or_default().by_events = NanoUsd::from_nano(cost);
        }
        for (adjustment, sum) in rows!(snapshot.on(), (String, i64), UNBALANCED)? {
            sums.unbalanced.insert(parsed(&adjustment, "adjustment id")?, NanoUsd::from_nano(sum));
        }
        let mut after = i64::MIN;
        loop {
            let piece = add_up(snapshot.on(), after..i64::MAX, AT_ONCE).await?;
            let Some(last) = piece.iter().map(|row| row.last).max() else { return Ok(sums) };
            after = last.saturating_add(1);
            for row in piece {
                let key = labels.key(row.key_num)?;
                let of_key = &mut sums.keys.entry(key).or_default().by_events;
                *of_key = of_key.plus(NanoUsd::from_nano(row.cost));
                let used = consumed(row.cost, row.calls, row.tokens)?;
                for line in labels.lines(key, row.charge_num, row.period_num)? {
                    let account = &mut sums.accounts.entry(line).or_default().by_events;
                    *account = account.plus(used);
                }
            }
        }
    }
}

row! { Piece {
    key_num: i64, charge_num: Option<i64>, period_num: Option<i64>, calls: i64, cost: i64, tokens: i64, last: i64,
} }

/// The first calls of this range of ids.
pub(crate) async fn add_up(on: On<'_>, ids: Range<i64>, at_most: i64) -> Result<Vec<Piece>> {
    const ADD_UP: &str = "select key_num, charge_num, period_num, cast(count(*) as bigint) as calls,
            cast(sum(cost) as bigint) as cost,
            cast(sum(input + cache_read + cache_write + cache_write_1h + output) as bigint) as tokens,
            cast(max(id) as bigint) as last
        from (select * from usage_event where id >= $1 and id < $2 order by id limit $3) piece
        group by key_num, charge_num, period_num";
    rows!(on, Piece, ADD_UP, ids.start, ids.end, at_most)
}

/// The texts that calls refer to.
pub(crate) struct Labels(HashMap<i64, String>);

impl Labels {
    pub(crate) async fn read(on: On<'_>) -> Result<Self> {
        const READ: &str = "select num, text from label where kind in ('key', 'charge', 'periods')";
        Ok(Self(rows!(on, (i64, String), READ)?.into_iter().collect()))
    }

    /// Those that these calls refer to: whoever adds up a few calls does not read what all others refer to.
    pub(crate) async fn of(on: On<'_>, calls: &[Piece]) -> Result<Self> {
        const FIND: &str = "select num, text from label where num in (select cast(value as bigint) from json_each($1))";
        let named = calls.iter().flat_map(|row| [Some(row.key_num), row.charge_num, row.period_num]);
        let numbers: BTreeSet<i64> = named.flatten().collect();
        Ok(Self(rows!(on, (i64, String), FIND, to_json(&numbers)?)?.into_iter().collect()))
    }

    fn text(&self, number: i64) -> Result<&str> {
        self.0.get(&number).map(String::as_str).ok_or(StoreError::Corrupt("label"))
    }

    pub(crate) fn key(&self, number: i64) -> Result<KeyId> {
        parsed(self.text(number)?, "key id")
    }

    pub(crate) fn lines(&self, key: KeyId, charge: Option<i64>, periods: Option<i64>) -> Result<Vec<BudgetLine>> {
        let (Some(charge), Some(periods)) = (charge, periods) else { return Ok(Vec::new()) };
        let lines = to_lines(key, self.text(charge)?, self.text(periods)?);
        lines.ok_or(StoreError::Corrupt("charged accounts"))
    }
}

impl Tx {
    /// Corrects a counter by what it is wrong by, so that calls that are counted meanwhile stay counted.
    pub async fn correct_counter(&mut self, line: BudgetLine, wrong: Consumed, right: Consumed) -> Result<()> {
        const CORRECT: &str = "insert into budget_counter (scope, period, period_start, spent, requests, tokens)
            values ($1, $2, $3, $4, $5, $6)
            on conflict (scope, period, period_start) do update set
                spent = budget_counter.spent + excluded.spent,
                requests = budget_counter.requests + excluded.requests,
                tokens = budget_counter.tokens + excluded.tokens";
        let (scope, window) = (line.scope.to_string(), line.window.word());
        let spent = right.spent.minus(wrong.spent).as_nano();
        let requests = bigint(right.requests).saturating_sub(bigint(wrong.requests));
        let tokens = bigint(right.tokens).saturating_sub(bigint(wrong.tokens));
        run!(self.on(), CORRECT, scope, window, line.window_start.as_ms(), spent, requests, tokens)?;
        Ok(())
    }
}
