//! A small honest ledger of one account.

use super::NOW;
use super::samples::key_id;
use domain::budget::{BudgetFigures, BudgetLine, BudgetScope, Window};
use domain::denial::{Denial, LimitReached};
use domain::id::{EventId, KeyId};
use domain::limits::{Quota, QuotaUse};
use domain::money::NanoUsd;
use domain::time::Timestamp;
use domain::usage::{TokenUsage, UsageRecord};
use futures_util::future::BoxFuture;
use proxy::ports::{History, KeyRecord, Ledger, ReserveRequest, Reserved, Traffic};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};

/// One budget, kept exactly; every settlement and release remembered.
#[derive(Default)]
pub(crate) struct Book {
    pub(crate) limit: NanoUsd,
    pub(crate) spent: NanoUsd,
    pub(crate) open: HashMap<EventId, NanoUsd>,
    pub(crate) settled: Vec<UsageRecord>,
    /// What each of the settled calls had set aside in the end.
    pub(crate) held: Vec<NanoUsd>,
    pub(crate) released: usize,
    /// Ended too long ago to be remembered.
    pub(crate) older: Vec<UsageRecord>,
    pub(crate) denied: Vec<UsageRecord>,
    pub(crate) checkpoints: Vec<TokenUsage>,
    pub(crate) checkpoint_costs: Vec<NanoUsd>,
    pub(crate) traffic: Traffic,
    pub(crate) refuse: Option<Denial>,
    pub(crate) refuse_settlement: bool,
}

pub(crate) struct MemoryLedger {
    pub(crate) book: Mutex<Book>,
    pub(super) sequence: AtomicU16,
}

impl MemoryLedger {
    fn figures_of(book: &Book) -> BudgetFigures {
        BudgetFigures {
            scope: BudgetScope::Key(key_id()),
            window: Window::Month,
            limit: book.limit,
            spent: book.spent,
            reserved: book.open.values().fold(NanoUsd::ZERO, |sum, amount| sum.plus(*amount)),
            kept_for_others: NanoUsd::ZERO,
            resets_at: Some(NOW.plus_days(3)),
        }
    }
}

impl Ledger for MemoryLedger {
    fn next_event(&self) -> EventId {
        EventId::new(NOW, 0, self.sequence.fetch_add(1, Ordering::Relaxed))
    }
    fn reserve(&self, request: &ReserveRequest<'_>) -> Result<Reserved, Denial> {
        let mut book = self.book.lock().unwrap();
        if let Some(denial) = book.refuse.clone() {
            return Err(denial);
        }
        assert!(request.prompt_bound <= request.bound);
        let figures = Self::figures_of(&book);
        let limit = LimitReached {
            scope: figures.scope,
            window: figures.window,
            limit: figures.limit,
            spent: figures.spent,
            reserved: figures.reserved,
            kept_for_others: NanoUsd::ZERO,
            resets_at: figures.resets_at,
        };
        if figures.spent >= figures.limit && request.bound > NanoUsd::ZERO {
            return Err(Denial::BudgetExhausted(limit));
        }
        if request.bound > figures.left() {
            let token = request.output_token_nano.as_nano().max(1);
            let largest = figures.left().minus(request.prompt_bound).as_nano().max(0) / token;
            return Err(match figures.reserved {
                NanoUsd::ZERO => Denial::BudgetInsufficient { limit, largest_max_tokens: largest.unsigned_abs() },
                _ => Denial::BudgetReserved { limit, retry_after_ms: 1_500 },
            });
        }
        assert!(book.open.insert(request.event, request.bound).is_none());
        let line = BudgetLine { scope: figures.scope, window: figures.window, window_start: request.now };
        Ok(Reserved {
            event: request.event,
            amount: request.bound,
            lines: vec![line],
            tightest: Some(Self::figures_of(&book)),
            expected_tokens: request.expected_tokens,
            traffic: book.traffic,
        })
    }
    fn extend(&self, reserved: &mut Reserved, _: &KeyRecord, by: NanoUsd, _: Timestamp) -> Result<(), Denial> {
        let mut book = self.book.lock().unwrap();
        let figures = Self::figures_of(&book);
        if by > figures.left() {
            let BudgetFigures { scope, window, limit, spent, reserved, kept_for_others, resets_at } = figures;
            let reached = LimitReached { scope, window, limit, spent, reserved, kept_for_others, resets_at };
            return Err(Denial::BudgetExhausted(reached));
        }
        reserved.amount = reserved.amount.plus(by);
        book.open.insert(reserved.event, reserved.amount);
        Ok(())
    }
    fn checkpoint(&self, event: EventId, tokens: TokenUsage, cost: NanoUsd) {
        let mut book = self.book.lock().unwrap();
        assert!(book.open.contains_key(&event));
        book.checkpoints.push(tokens);
        book.checkpoint_costs.push(cost);
    }
    fn settle(&self, reserved: &Reserved, record: UsageRecord) -> Result<(), Denial> {
        let mut book = self.book.lock().unwrap();
        assert_eq!(book.open.remove(&reserved.event), Some(reserved.amount), "settled what was not open");
        book.spent = book.spent.plus(record.cost);
        book.settled.push(UsageRecord { charged: reserved.lines.clone(), ..record });
        book.held.push(reserved.amount);
        if book.refuse_settlement { Err(Denial::MeteringUnavailable) } else { Ok(()) }
    }
    fn release(&self, reserved: &Reserved) {
        let mut book = self.book.lock().unwrap();
        assert!(book.open.remove(&reserved.event).is_some(), "released what was not open");
        book.released += 1;
    }
    fn record_denied(&self, record: UsageRecord) {
        self.book.lock().unwrap().denied.push(record);
    }
    fn figures(&self, _: &KeyRecord, _: Timestamp) -> Vec<BudgetFigures> {
        vec![Self::figures_of(&self.book.lock().unwrap())]
    }
    fn quotas(&self, record: &KeyRecord, _: Timestamp) -> Vec<QuotaUse> {
        let scope = BudgetScope::Key(record.key.id);
        let used = |&quota: &Quota| QuotaUse { scope, quota, used: 7, resets_at: Some(NOW.plus_days(1)) };
        record.effective.quotas.iter().map(used).collect()
    }
    fn finished(&self, event: EventId, key: KeyId) -> Option<Arc<UsageRecord>> {
        let book = self.book.lock().unwrap();
        book.settled.iter().find(|record| record.id == event && record.key == key).cloned().map(Arc::new)
    }
}

impl History for MemoryLedger {
    fn finished(&self, event: EventId, key: KeyId) -> BoxFuture<'_, Result<Option<UsageRecord>, Denial>> {
        let book = self.book.lock().unwrap();
        let found = book.older.iter().find(|record| record.id == event && record.key == key).cloned();
        Box::pin(std::future::ready(Ok(found)))
    }
}
