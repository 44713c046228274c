//! Reserves before a call, settles after it, and gives back on every other way out, so that no budget is overspent and
//! none is blocked by money that nobody spends.
//!
//! Accounts live in memory, one mutex for each scope, always locked from the organisation down to the key. A call takes
//! what it may use from all levels or from none ([`admission`]). The spool decides what happened: money moves only for
//! the caller whose record ended the call there, so that settling twice charges once.
//!
//! Fails closed: what cannot be written down is not admitted (`metering_unavailable`). The end of an admitted call is
//! never lost: if the disk refuses it, it is charged at once and written later. A call whose holder never ended it is
//! settled by [`Ledger::sweep`].

mod admission;
mod calls;
mod ending;
mod extension;
mod guarantees;
mod plan;
mod recent;
mod refusals;

use super::accounts::Account;
use super::event_ids::EventIds;
use super::recovery::{self, Recovered, Recovery};
use super::spool::{Checkpoint, Intent, OpenCall, Refused, Spool};
use super::sync::{AtomicU64, Mutex, MutexGuard, Ordering, PoisonError};
use admission::Locked;
use calls::{Call, Calls};
use domain::budget::{BudgetFigures, BudgetLine, BudgetScope, Cap, Consumed, Window};
use domain::denial::Denial;
use domain::id::{EventId, KeyId};
use domain::limits::{Quota, QuotaUse};
use domain::money::NanoUsd;
use domain::time::{Clock, Timestamp};
use domain::usage::{Outcome, TokenUsage, UsageRecord};
use foldhash::fast::RandomState;
use guarantees::Shares;
use jiff::tz::TimeZone;
use plan::{Parts, Plan};
use proxy::ports::{self, KeyRecord, ReserveRequest, Reserved};
use recent::Recent;
use refusals::Refusals;
use std::collections::BTreeMap;
use std::sync::Arc;

/// No text of a usage record is longer, so that a record always fits the spool's format.
const LONGEST_TEXT: usize = 256;

pub struct Ledger {
    accounts: papaya::HashMap<BudgetScope, Arc<Mutex<Account>>, RandomState>,
    /// One for each key that called, for the version of its record that it last called with.
    plans: papaya::HashMap<KeyId, Arc<Plan>, RandomState>,
    parts: Parts,
    /// One for each level that guarantees something to levels below it. Only looked at when a plan is made.
    shares: papaya::HashMap<BudgetScope, Arc<Shares>, RandomState>,
    calls: Calls,
    spool: Arc<Spool>,
    ids: EventIds,
    recent: Mutex<Recent>,
    refusals: Mutex<Refusals>,
    zone: TimeZone,
    clock: Arc<dyn Clock>,
    /// A moving average, for the hint when to try again.
    typical_call_ms: AtomicU64,
}

/// An account as it stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standing {
    pub used: Consumed,
    /// For calls in flight.
    pub held: Consumed,
}

impl Ledger {
    /// The ledger as [`super::recovery`] found it; calls that an earlier process left open are settled here.
    pub(super) fn recovered(recovery: Recovery, zone: TimeZone, clock: Arc<dyn Clock>) -> Self {
        let Recovery { spool, recovered } = recovery;
        let Recovered { used, interrupted, void, highest } = recovered;
        let ledger = Self {
            accounts: papaya::HashMap::default(),
            plans: papaya::HashMap::default(),
            parts: Parts::default(),
            shares: papaya::HashMap::default(),
            calls: Calls::default(),
            spool: Arc::new(spool),
            ids: EventIds::above(highest),
            recent: Mutex::default(),
            refusals: Mutex::default(),
            zone,
            clock,
            typical_call_ms: AtomicU64::new(2_000),
        };
        let windows = recovery::windows_that_matter(ledger.clock.now(), &ledger.zone);
        // Of an older window the database's counters were not asked for: half of a figure would look like a drift.
        let matters = |line: &BudgetLine| {
            line.window == Window::Total
                || windows.iter().any(|&(window, since)| window == line.window && line.window_start >= since)
        };
        for (line, used) in used.into_iter().filter(|(line, _)| matters(line)) {
            ledger.with(line.scope, |account| account.use_up(line, used, &ledger.zone));
        }
        for event in void {
            ledger.spool.release(event);
        }
        for record in interrupted {
            ledger.settle_interrupted(record, matters);
        }
        ledger
    }

    /// The first call of this key, denied ones included, that ended at `since` or later; from memory.
    pub fn finished_since(&self, key: KeyId, since: Timestamp) -> Option<Arc<UsageRecord>> {
        lock(&self.recent).ended_since(key, since).cloned()
    }

    /// The journal behind this ledger, for [`super::ingest`] and for metrics.
    pub fn spool(&self) -> Arc<Spool> {
        self.spool.clone()
    }

    /// Settles calls that were let in before `moment` and that nobody has ended since, at what was seen of them and
    /// otherwise at what they hold. Pass a moment before which no call can have begun that still runs. Answers how many.
    pub fn sweep(&self, moment: Timestamp) -> usize {
        let mut swept = 0;
        for (event, call) in self.calls.admitted_before(moment) {
            let open = OpenCall { event, intent: call.intent, checkpoint: call.checkpoint };
            let record = Arc::new(recovery::interrupted(open));
            let Some((key, written)) = self.spool.settle(&record) else { continue };
            self.end(event, Some(record.consumed()));
            tracing::error!(
                event.id = %event, key.id = %key,
                "call {event} was never ended by whoever ran it and is settled at {}", record.cost
            );
            if let Err(error) = written {
                tracing::error!(%error, event.id = %event, "its settlement is written as soon as the disk takes it");
            }
            self.remember(record);
            swept += 1;
        }
        swept
    }

    /// Writes refusals that were held back in minutes that are over, or all of them.
    pub fn flush_refusals(&self, all: bool) {
        let due = {
            let mut refusals = lock(&self.refusals);
            if all { refusals.all() } else { refusals.of_past_minutes(self.clock.now()) }
        };
        self.note(&due);
    }

    fn note(&self, uncharged: &[Arc<UsageRecord>]) {
        for record in uncharged {
            if let Err(error) = self.spool.note_denied(record) {
                tracing::debug!(%error, event.id = %record.id, "a denial was not recorded");
            }
        }
    }

    /// Every account in memory.
    pub fn accounts(&self) -> BTreeMap<BudgetLine, Standing> {
        let mut all = BTreeMap::new();
        for (&scope, account) in &self.accounts.pin() {
            all.extend(lock(account).periods(scope).map(|(line, used, held)| (line, Standing { used, held })));
        }
        all
    }

    /// Accounts that hold something else than the calls in flight do. Only of use while no call begins or ends: between
    /// the two looks everything may have changed.
    pub fn stray_holds(&self) -> Vec<(BudgetLine, Consumed, Consumed)> {
        let mut of_calls = self.calls.held();
        let of_accounts = self.accounts().into_iter();
        let pairs =
            of_accounts.map(|(line, standing)| (line, standing.held, of_calls.remove(&line).unwrap_or_default()));
        pairs.filter(|(_, held, of_calls)| held != of_calls).collect()
    }

    /// Corrects what an account has used, after a drift was found. One that is not kept any more needs none.
    pub fn correct(&self, line: BudgetLine, wrong: Consumed, right: Consumed) {
        self.with(line.scope, |account| {
            if account.periods(line.scope).any(|(kept, ..)| kept == line) {
                let period = account.period(line.window, line.window_start, &self.zone);
                period.used = period.used.plus(right).minus(wrong);
            }
        });
    }

    /// One level's budgets as they stand, under these caps.
    pub fn figures_of(&self, scope: BudgetScope, caps: &[Cap], now: Timestamp) -> Vec<BudgetFigures> {
        self.with(scope, |account| caps.iter().map(|&cap| account.figures(scope, cap, now, &self.zone)).collect())
    }

    /// As [`Self::figures_of`], for quotas.
    pub fn quotas_of(&self, scope: BudgetScope, quotas: &[Quota], now: Timestamp) -> Vec<QuotaUse> {
        self.with(scope, |account| {
            let standing = |&quota: &Quota| {
                let period = account.at(quota.window, now, &self.zone);
                let used = period.used.plus(period.held).counted(quota.counted);
                QuotaUse { scope, quota, used, resets_at: period.resets_at }
            };
            quotas.iter().map(standing).collect()
        })
    }

    fn settle_interrupted(&self, record: UsageRecord, matters: impl Fn(&BudgetLine) -> bool) {
        let record = Arc::new(record);
        let Some((_, written)) = self.spool.settle(&record) else { return };
        for &line in record.charged.iter().filter(|line| matters(line)) {
            self.with(line.scope, |account| account.use_up(line, record.consumed(), &self.zone));
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

    /// What bounds the key of this record.
    fn plan(&self, record: &KeyRecord) -> Arc<Plan> {
        let plans = self.plans.pin();
        match plans.get(&record.key.id) {
            Some(plan) if plan.is_of(record) => plan.clone(),
            _ => {
                let (account, shares) = (|scope| self.account(scope), |level: &ports::Level| self.shares(level));
                let plan = Arc::new(Plan::new(record, &self.parts, account, shares));
                plans.insert(record.key.id, plan.clone());
                plan
            }
        }
    }

    fn typical_call_ms(&self) -> u64 {
        self.typical_call_ms.load(Ordering::Relaxed)
    }

    fn remember_duration(&self, event: EventId) {
        let took = u64::try_from(self.clock.now().since(event.made_at())).unwrap_or(0);
        let typical = self.typical_call_ms();
        // Lost updates of an estimate do no harm.
        self.typical_call_ms.store(typical - typical / 8 + took / 8, Ordering::Relaxed);
    }

    fn remember(&self, record: Arc<UsageRecord>) {
        lock(&self.recent).push(record);
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
        let plan = self.plan(request.record);
        let reserved = self.take(&plan, request)?;
        let event = reserved.event;
        let intent = Intent {
            key: request.record.key.id,
            model: shortened(request.model.to_owned()),
            amount: reserved.amount,
            prompt_bound: request.prompt_bound,
            lines: reserved.lines.clone(),
        };
        let written = self.spool.admit(event, &intent);
        let (expected_tokens, admitted_at) = (reserved.expected_tokens, request.now);
        self.calls.enter(event, Call { plan, intent, expected_tokens, admitted_at, checkpoint: None });
        match written {
            Ok(()) => Ok(reserved),
            Err(error) => {
                // The intent may stand there all the same, if only its sync failed. Then it needs its end, or the next
                // start would charge a call that was never made.
                let _ = self.spool.release(event);
                self.end(event, None);
                Err(unavailable(&error))
            }
        }
    }

    fn extend(&self, reserved: &mut Reserved, record: &KeyRecord, by: NanoUsd, now: Timestamp) -> Result<(), Denial> {
        self.grow(reserved, record, by, now)
    }

    fn checkpoint(&self, event: EventId, tokens: TokenUsage, cost: NanoUsd) {
        let checkpoint = Checkpoint { tokens, cost };
        self.calls.note(event, checkpoint);
        if let Err(error) = self.spool.checkpoint(event, &checkpoint) {
            tracing::debug!(%error, event.id = %event, "a checkpoint was not written; a crash would settle the whole reservation");
        }
    }

    fn settle(&self, reserved: &Reserved, record: UsageRecord) -> Result<(), Denial> {
        let charged = reserved.lines.clone();
        let cost = record.cost.max(NanoUsd::ZERO);
        let record = Arc::new(UsageRecord { id: reserved.event, charged, cost, ..tidy(record) });
        let Some((key, written)) = self.spool.settle(&record) else { return Ok(()) };
        self.end(record.id, Some(record.consumed()));
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
        let Some((_, written)) = self.spool.release(reserved.event) else { return };
        self.end(reserved.event, None);
        if let Err(error) = written {
            unavailable(&error);
        }
    }

    fn record_denied(&self, record: UsageRecord) {
        let record = Arc::new(UsageRecord { cost: NanoUsd::ZERO, charged: Vec::new(), ..tidy(record) });
        self.remember(Arc::clone(&record));
        if record.outcome == Outcome::Denied {
            let due = lock(&self.refusals).after(record, self.clock.now());
            self.note(&due);
        } else {
            self.note(&[record]);
        }
    }

    fn figures(&self, record: &KeyRecord, now: Timestamp) -> Vec<BudgetFigures> {
        Locked::at(&self.plan(record), &self.zone, now).budgets(now).collect()
    }

    fn quotas(&self, record: &KeyRecord, now: Timestamp) -> Vec<QuotaUse> {
        Locked::at(&self.plan(record), &self.zone, now).quotas(now).map(|figures| figures.told()).collect()
    }

    fn finished(&self, event: EventId, key: KeyId) -> Option<Arc<UsageRecord>> {
        lock(&self.recent).get(event).filter(|record| record.key == key).cloned()
    }
}

/// What is behind these locks is changed by steps that do not panic half-way, so that a poisoned one is whole.
fn lock<T>(behind: &Mutex<T>) -> MutexGuard<'_, T> {
    behind.lock().unwrap_or_else(PoisonError::into_inner)
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
mod guarantee_tests;
#[cfg(test)]
mod level_tests;
#[cfg(test)]
mod oracle_tests;
#[cfg(test)]
mod tests;
