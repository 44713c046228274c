//! The calls in flight as the ledger let them in: what each holds, of which accounts, and what was seen of it.
//!
//! Whoever takes a call out of here gives back what it holds; it can be taken out once.

use super::super::spool::{Checkpoint, Intent};
use super::super::sync::{Mutex, MutexGuard, PoisonError};
use super::plan::Plan;
use domain::budget::{BudgetLine, Consumed};
use domain::id::EventId;
use domain::money::NanoUsd;
use domain::time::Timestamp;
use foldhash::{HashMap, HashMapExt};
use std::sync::Arc;

#[derive(Clone)]
pub(super) struct Call {
    pub(super) plan: Arc<Plan>,
    /// Its amount grows with each slice.
    pub(super) intent: Intent,
    pub(super) expected_tokens: u64,
    pub(super) admitted_at: Timestamp,
    pub(super) checkpoint: Option<Checkpoint>,
}

impl Call {
    /// What it holds in each of its accounts.
    pub(super) const fn held(&self) -> Consumed {
        Consumed { spent: self.intent.amount, requests: 1, tokens: self.expected_tokens }
    }
}

#[derive(Default)]
pub(super) struct Calls(Mutex<HashMap<EventId, Call>>);

impl Calls {
    pub(super) fn enter(&self, event: EventId, call: Call) {
        self.lock().insert(event, call);
    }

    pub(super) fn take(&self, event: EventId) -> Option<Call> {
        self.lock().remove(&event)
    }

    pub(super) fn plan(&self, event: EventId) -> Option<Arc<Plan>> {
        self.lock().get(&event).map(|call| call.plan.clone())
    }

    /// `None` if the call has ended meanwhile; otherwise all that it holds now.
    pub(super) fn grow(&self, event: EventId, by: NanoUsd) -> Option<NanoUsd> {
        let mut calls = self.lock();
        let call = calls.get_mut(&event)?;
        call.intent.amount = call.intent.amount.plus(by);
        Some(call.intent.amount)
    }

    pub(super) fn note(&self, event: EventId, checkpoint: Checkpoint) {
        if let Some(call) = self.lock().get_mut(&event) {
            call.checkpoint = Some(checkpoint);
        }
    }

    pub(super) fn admitted_before(&self, moment: Timestamp) -> Vec<(EventId, Call)> {
        let calls = self.lock();
        let late = calls.iter().filter(|(_, call)| call.admitted_at < moment);
        late.map(|(&event, call)| (event, call.clone())).collect()
    }

    /// What all of them hold, account by account.
    pub(super) fn held(&self) -> HashMap<BudgetLine, Consumed> {
        let mut sums: HashMap<BudgetLine, Consumed> = HashMap::new();
        for call in self.lock().values() {
            for &line in &call.intent.lines {
                let sum = sums.entry(line).or_default();
                *sum = sum.plus(call.held());
            }
        }
        sums
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<EventId, Call>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
