//! Reserves before a call, settles after it, and gives back on every other way out, so that no budget is overspent and
//! none is blocked by money that nobody spends.
//!
//! Accounts live in memory, one mutex for each scope, always locked from the organisation down to the key. A call takes
//! its bound from all of its budgets or from none. The spool decides what happened: money moves only for the caller
//! whose record ended the call there, so that settling twice charges once.
//!
//! Fails closed: what cannot be written down is not admitted (`metering_unavailable`). The end of an admitted call is
//! never lost: if the disk refuses it, it is charged at once and written later.

use super::accounts::{Account, Ask, decide};
use super::event_ids::EventIds;
use super::rate::TooEarly;
use super::recovery::{Recovered, Recovery};
use super::spool::{Checkpoint, Intent, Refused, Spool};
use domain::budget::{BudgetFigures, BudgetLine, BudgetScope, Cap};
use domain::denial::{Denial, TrafficLimit};
use domain::id::{EventId, KeyId};
use domain::money::NanoUsd;
use domain::time::{Clock, Timestamp};
use domain::usage::{TokenUsage, UsageRecord};
use jiff::tz::TimeZone;
use proxy::ports::{self, KeyRecord, ReserveRequest, Reserved, Traffic};
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Finished calls that can be asked for by their id.
const RECENT: usize = 4_096;
/// No text of a usage record is longer, so that a record always fits the spool's format.
const LONGEST_TEXT: usize = 256;

pub struct Ledger {
    accounts: papaya::HashMap<BudgetScope, Arc<Mutex<Account>>>,
    spool: Arc<Spool>,
    ids: EventIds,
    recent: Mutex<Recent>,
    zone: TimeZone,
    clock: Arc<dyn Clock>,
    /// A moving average, for the hint when to try again.
    typical_call_ms: AtomicU64,
}

/// The budgets that a call of this key is charged to. The scopes above the key join here.
pub fn caps_of(record: &KeyRecord) -> impl Iterator<Item = (BudgetScope, Cap)> {
    let key = BudgetScope::Key(record.key.id);
    record.effective.caps.iter().map(move |&cap| (key, cap))
}

/// From the organisation down to the key, and one cap for each window: the lowest.
fn caps_in_order(record: &KeyRecord) -> Vec<(BudgetScope, Cap)> {
    let mut caps: Vec<_> = caps_of(record).collect();
    caps.sort_unstable_by_key(|&(scope, cap)| (scope, cap.window, cap.limit));
    caps.dedup_by_key(|&mut (scope, cap)| (scope, cap.window));
    caps
}

impl Ledger {
    /// The ledger as [`super::recovery`] found it; calls that an earlier process left open are settled here.
    pub(super) fn recovered(recovery: Recovery, zone: TimeZone, clock: Arc<dyn Clock>) -> Self {
        let Recovery { spool, recovered } = recovery;
        let Recovered { spent, interrupted, void, highest } = recovered;
        let ledger = Self {
            accounts: papaya::HashMap::new(),
            spool: Arc::new(spool),
            ids: EventIds::above(highest),
            recent: Mutex::default(),
            zone,
            clock,
            typical_call_ms: AtomicU64::new(2_000),
        };
        for (line, amount) in spent {
            ledger.with(line.scope, |account| account.spend(line, amount, &ledger.zone));
        }
        for event in void {
            ledger.spool.release(event);
        }
        for record in interrupted {
            ledger.settle_interrupted(record);
        }
        ledger
    }

    /// The first call of this key, denied ones included, that ended at `since` or later; from memory.
    pub fn finished_since(&self, key: KeyId, since: Timestamp) -> Option<Arc<UsageRecord>> {
        let ended = |record: &UsageRecord| record.id.made_at().plus_ms(i64::from(record.duration_ms));
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let mut records = recent.order.iter().filter_map(|event| recent.by_id.get(event));
        records.find(|record| record.key == key && ended(record) >= since).cloned()
    }

    /// The journal behind this ledger, for [`super::ingest`] and for metrics.
    pub fn spool(&self) -> Arc<Spool> {
        self.spool.clone()
    }

    /// One level's budgets as they stand, under these caps.
    pub fn figures_of(&self, scope: BudgetScope, caps: &[Cap], now: Timestamp) -> Vec<BudgetFigures> {
        self.with(scope, |account| caps.iter().map(|&cap| account.figures(scope, cap, now, &self.zone)).collect())
    }

    fn settle_interrupted(&self, record: UsageRecord) {
        let Some((_, written)) = self.spool.settle(&record) else { return };
        for &line in &record.charged {
            self.with(line.scope, |account| account.spend(line, record.cost, &self.zone));
        }
        tracing::warn!(
            event.id = %record.id, key.id = %record.key,
            "call {} was cut off by the end of the process and settled at {}", record.id, record.cost
        );
        if let Err(error) = written {
            tracing::error!(%error, event.id = %record.id, "its settlement is written as soon as the disk takes it");
        }
        self.remember(record);
    }

    /// Takes the bound from all budgets, or says why not; nothing has changed then.
    fn take(&self, request: &ReserveRequest<'_>) -> Result<Reserved, Denial> {
        let record = request.record;
        let caps = caps_in_order(record);
        let mut scopes: Vec<BudgetScope> = caps.iter().map(|&(scope, _)| scope).collect();
        scopes.push(BudgetScope::Key(record.key.id));
        scopes.dedup();
        let accounts: Vec<_> = scopes.iter().map(|&scope| self.account(scope)).collect();
        let mut held: Vec<MutexGuard<'_, Account>> = accounts.iter().map(|account| lock(account)).collect();

        let key = held.last_mut().ok_or(Denial::MeteringUnavailable)?;
        let terms = &record.effective;
        let limit = terms.requests_per_minute;
        let allowance = key.allowance.after_request(request.now, limit).map_err(|TooEarly { retry_after_ms }| {
            let scope = BudgetScope::Key(record.key.id);
            Denial::RateLimited(TrafficLimit { scope, limit: u64::from(limit), retry_after_ms })
        })?;
        let typical_call_ms = self.typical_call_ms.load(Ordering::Relaxed);
        if key.in_flight >= terms.concurrency {
            let retry_after_ms = typical_call_ms.clamp(250, 30_000);
            let (scope, limit) = (BudgetScope::Key(record.key.id), u64::from(terms.concurrency));
            return Err(Denial::ConcurrencyLimited(TrafficLimit { scope, limit, retry_after_ms }));
        }

        let amount = request.bound.max(NanoUsd::ZERO);
        let mut lines = Vec::with_capacity(caps.len());
        let mut figures = Vec::with_capacity(caps.len());
        for &(scope, cap) in &caps {
            let account = held.iter_mut().zip(&scopes).find(|&(_, &of)| of == scope).map(|(account, _)| account);
            let account = account.ok_or(Denial::MeteringUnavailable)?;
            let window_start = account.window_start(cap.window, request.now, &self.zone);
            lines.push(BudgetLine { scope, window: cap.window, window_start });
            figures.push(account.figures(scope, cap, request.now, &self.zone));
        }
        let ask = Ask {
            bound: amount,
            prompt_bound: request.prompt_bound,
            output_token_nano: request.output_token_nano,
            typical_call_ms,
        };
        decide(&figures, ask)?;

        for (account, scope) in held.iter_mut().zip(&scopes) {
            for &line in lines.iter().filter(|line| line.scope == *scope) {
                account.reserve(line, amount, &self.zone);
            }
        }
        if let Some(key) = held.last_mut() {
            key.allowance = allowance;
            key.in_flight += 1;
        }
        for figures in &mut figures {
            figures.reserved = figures.reserved.plus(amount);
        }
        let tightest = figures.into_iter().min_by_key(BudgetFigures::left);
        let expected_tokens = request.expected_tokens;
        Ok(Reserved { event: request.event, amount, lines, tightest, expected_tokens, traffic: Traffic::default() })
    }

    /// Replaces a reservation by what was spent, which is nothing for a call that was never sent.
    fn end(&self, key: KeyId, reserved: &Reserved, cost: NanoUsd) {
        for &line in &reserved.lines {
            self.with(line.scope, |account| {
                account.give_back(line, reserved.amount, &self.zone);
                account.spend(line, cost, &self.zone);
            });
        }
        self.with(BudgetScope::Key(key), |account| account.in_flight = account.in_flight.saturating_sub(1));
    }

    fn remember_duration(&self, event: EventId) {
        let took = u64::try_from(self.clock.now().since(event.made_at())).unwrap_or(0);
        let typical = self.typical_call_ms.load(Ordering::Relaxed);
        // Lost updates of an estimate do no harm.
        self.typical_call_ms.store(typical - typical / 8 + took / 8, Ordering::Relaxed);
    }

    fn remember(&self, record: UsageRecord) {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::new(record));
    }

    fn account(&self, scope: BudgetScope) -> Arc<Mutex<Account>> {
        self.accounts.pin().get_or_insert_with(scope, Arc::default).clone()
    }

    fn with<T>(&self, scope: BudgetScope, act: impl FnOnce(&mut Account) -> T) -> T {
        act(&mut lock(&self.account(scope)))
    }
}

impl ports::Ledger for Ledger {
    fn next_event(&self) -> EventId {
        self.ids.next(self.clock.now())
    }

    fn reserve(&self, request: &ReserveRequest<'_>) -> Result<Reserved, Denial> {
        let reserved = self.take(request)?;
        let intent = Intent {
            key: request.record.key.id,
            model: shortened(request.model.to_owned()),
            amount: reserved.amount,
            prompt_bound: request.prompt_bound,
            lines: reserved.lines.clone(),
        };
        match self.spool.admit(reserved.event, &intent) {
            Ok(()) => Ok(reserved),
            Err(error) => {
                // The intent may stand there all the same, if only its sync failed. Then it needs its end, or the next
                // start would charge a call that was never made.
                let _ = self.spool.release(reserved.event);
                self.end(intent.key, &reserved, NanoUsd::ZERO);
                Err(unavailable(&error))
            }
        }
    }

    fn extend(&self, reserved: &mut Reserved, record: &KeyRecord, by: NanoUsd, now: Timestamp) -> Result<(), Denial> {
        let figures = self.figures(record, now);
        let ask = Ask { bound: by, prompt_bound: by, output_token_nano: NanoUsd::ZERO, typical_call_ms: 0 };
        decide(&figures, ask)?;
        for &line in &reserved.lines {
            self.with(line.scope, |account| account.reserve(line, by, &self.zone));
        }
        reserved.amount = reserved.amount.plus(by);
        Ok(())
    }

    fn checkpoint(&self, event: EventId, tokens: TokenUsage, cost: NanoUsd) {
        if let Err(error) = self.spool.checkpoint(event, &Checkpoint { tokens, cost }) {
            tracing::debug!(%error, event.id = %event, "a checkpoint was not written; a crash would settle the whole reservation");
        }
    }

    fn settle(&self, reserved: &Reserved, record: UsageRecord) -> Result<(), Denial> {
        let record = UsageRecord {
            id: reserved.event,
            charged: reserved.lines.clone(),
            cost: record.cost.max(NanoUsd::ZERO),
            ..tidy(record)
        };
        let Some((key, written)) = self.spool.settle(&record) else { return Ok(()) };
        self.end(key, reserved, record.cost);
        self.remember_duration(record.id);
        if record.cost > reserved.amount {
            tracing::warn!(
                event.id = %record.id, key.id = %key, overrun = true,
                "call {} cost {}, more than its bound of {}", record.id, record.cost, reserved.amount
            );
        }
        self.remember(record);
        written.map_err(|error| unavailable(&error))
    }

    fn release(&self, reserved: &Reserved) {
        let Some((key, written)) = self.spool.release(reserved.event) else { return };
        self.end(key, reserved, NanoUsd::ZERO);
        if let Err(error) = written {
            unavailable(&error);
        }
    }

    fn record_denied(&self, record: UsageRecord) {
        let record = UsageRecord { cost: NanoUsd::ZERO, charged: Vec::new(), ..tidy(record) };
        if let Err(error) = self.spool.note_denied(&record) {
            tracing::debug!(%error, event.id = %record.id, "a denial was not recorded");
        }
        self.remember(record);
    }

    fn figures(&self, record: &KeyRecord, now: Timestamp) -> Vec<BudgetFigures> {
        let figures = |(scope, cap)| self.with(scope, |account| account.figures(scope, cap, now, &self.zone));
        caps_in_order(record).into_iter().map(figures).collect()
    }

    fn finished(&self, event: EventId, key: KeyId) -> Option<Arc<UsageRecord>> {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.by_id.get(&event).filter(|record| record.key == key).cloned()
    }
}

#[derive(Default)]
struct Recent {
    order: VecDeque<EventId>,
    by_id: HashMap<EventId, Arc<UsageRecord>>,
}

impl Recent {
    fn push(&mut self, record: Arc<UsageRecord>) {
        if self.order.len() >= RECENT
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_id.remove(&oldest);
        }
        self.order.push_back(record.id);
        self.by_id.insert(record.id, record);
    }
}

/// An account is only ever changed by arithmetic that does not panic half-way, so a poisoned one is whole.
fn lock(account: &Mutex<Account>) -> MutexGuard<'_, Account> {
    account.lock().unwrap_or_else(PoisonError::into_inner)
}

fn unavailable(error: &Refused) -> Denial {
    tracing::debug!(%error, "usage cannot be recorded");
    Denial::MeteringUnavailable
}

fn tidy(record: UsageRecord) -> UsageRecord {
    UsageRecord {
        model: shortened(record.model),
        network: shortened(record.network),
        agent: shortened(record.agent),
        denial: record.denial.map(shortened),
        ..record
    }
}

fn shortened(mut text: String) -> String {
    if text.len() > LONGEST_TEXT {
        text.truncate(text.floor_char_boundary(LONGEST_TEXT));
    }
    text
}

#[cfg(test)]
mod tests;
