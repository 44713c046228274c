//! The owned guard of a call's money: settled or released exactly once, on every way out.
//!
//! Dropped without either, a call that was sent is charged what was set aside, and one that was not sent gets its
//! money back. Nothing here awaits, so that this also holds for a task that is dropped or panics.

use crate::metering::Charge;
use crate::ports::{KeyRecord, Ledger, Reserved, Traffic};
use domain::budget::BudgetFigures;
use domain::call_rule::RuleSet;
use domain::denial::Denial;
use domain::id::{DeploymentId, EventId};
use domain::money::NanoUsd;
use domain::time::{Clock, Timestamp};
use domain::usage::{Outcome, TokenUsage, UsageRecord, UsageSource};
use std::sync::Arc;

/// How a call ended, for its record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ending {
    pub status: u16,
    pub outcome: Outcome,
    /// The code of the gateway's own error, if the client was sent one.
    pub error: Option<&'static str>,
    pub charge: Charge,
}

pub(crate) struct Reservation {
    ledger: Arc<dyn Ledger>,
    clock: Arc<dyn Clock>,
    /// `None` for a free call.
    reserved: Option<Reserved>,
    /// The record as far as it is known. Taken when the call has ended.
    draft: Option<UsageRecord>,
    begun_at: Timestamp,
    sent: bool,
    /// What attempts have cost that brought no answer.
    lost: Option<(TokenUsage, NanoUsd)>,
}

impl Reservation {
    pub(crate) fn new(
        ledger: Arc<dyn Ledger>,
        clock: Arc<dyn Clock>,
        reserved: Option<Reserved>,
        draft: UsageRecord,
        begun_at: Timestamp,
    ) -> Self {
        Self { ledger, clock, reserved, draft: Some(draft), begun_at, sent: false, lost: None }
    }

    /// From now on the provider may be working for us.
    pub(crate) fn sent_to(&mut self, deployment: DeploymentId) {
        self.sent = true;
        if let Some(draft) = &mut self.draft {
            draft.deployment = Some(deployment);
            draft.attempts = draft.attempts.saturating_add(1);
        }
    }

    /// Where it was sent last.
    pub(crate) fn deployment(&self) -> Option<DeploymentId> {
        self.draft.as_ref()?.deployment
    }

    pub(crate) const fn not_sent_after_all(&mut self) {
        self.sent = self.lost.is_some();
    }

    /// An attempt that brought nothing may be charged beside the one that follows.
    pub(crate) fn also(&mut self, charge: Charge) {
        if charge != Charge::NOTHING {
            let (tokens, cost) = self.lost.unwrap_or_default();
            self.lost = Some((tokens.plus(&charge.tokens), cost.plus(charge.cost)));
        }
    }

    /// What earlier attempts may have cost.
    pub(crate) fn lost(&self) -> NanoUsd {
        self.lost.map_or(NanoUsd::ZERO, |(_, cost)| cost)
    }

    pub(crate) fn first_byte(&mut self) {
        if self.draft.as_ref().is_some_and(|draft| draft.first_byte_ms.is_none()) {
            let elapsed = self.elapsed_ms();
            self.draft.iter_mut().for_each(|draft| draft.first_byte_ms = Some(elapsed));
        }
    }

    /// What is set aside for this call now.
    pub(crate) fn amount(&self) -> NanoUsd {
        self.reserved.as_ref().map_or(NanoUsd::ZERO, |reserved| reserved.amount)
    }

    /// Sets more aside, from the same budgets; on a refusal nothing has changed.
    pub(crate) fn extend_to(&mut self, key: &KeyRecord, amount: NanoUsd) -> Result<(), Denial> {
        let now = self.clock.now();
        let Some(reserved) = &mut self.reserved else { return Ok(()) };
        let by = amount.minus(reserved.amount);
        if by <= NanoUsd::ZERO {
            return Ok(());
        }
        self.ledger.extend(reserved, key, by, now)
    }

    pub(crate) fn checkpoint(&self, event: EventId, charge: &Charge) {
        if self.reserved.is_some() {
            let (tokens, cost) = self.lost.unwrap_or_default();
            self.ledger.checkpoint(event, charge.tokens.plus(&tokens), charge.cost.plus(cost));
        }
    }

    /// What is left in the tightest budget once this call has cost `cost`; before that, give what was reserved.
    pub(crate) fn left_after(&self, cost: Option<NanoUsd>) -> Option<(BudgetFigures, NanoUsd)> {
        let reserved = self.reserved.as_ref()?;
        let tightest = reserved.tightest?;
        let back = cost.map_or(NanoUsd::ZERO, |cost| reserved.amount.minus(cost));
        Some((tightest, tightest.left().plus(back).max(NanoUsd::ZERO)))
    }

    /// The tightest limits per minute, as this call left them; none for a free call.
    pub(crate) fn traffic(&self) -> Traffic {
        self.reserved.as_ref().map(|reserved| reserved.traffic).unwrap_or_default()
    }

    /// Replaces the reservation by the cost. Once this is `Ok`, a kill of the process does not lose the call.
    pub(crate) fn settle(mut self, ending: Ending) -> Result<(), Denial> {
        self.end(ending)
    }

    /// Gives the money back and records why the call was not sent.
    pub(crate) fn release(mut self, denial: &Denial) {
        let elapsed = self.elapsed_ms();
        let (Some(mut record), reserved) = (self.draft.take(), self.reserved.take()) else { return };
        if let Some(reserved) = reserved {
            self.ledger.release(&reserved);
        }
        record.status = denial.status();
        record.outcome = Outcome::Denied;
        // It was refused for something else: nothing that is watched was let through.
        record.watched = RuleSet::NONE;
        record.denial = Some(denial.code().to_owned());
        record.duration_ms = elapsed;
        self.ledger.record_denied(record);
    }

    fn end(&mut self, ending: Ending) -> Result<(), Denial> {
        let elapsed = self.elapsed_ms();
        let Some(mut record) = self.draft.take() else { return Ok(()) };
        record.status = ending.status;
        record.outcome = ending.outcome;
        record.denial = ending.error.map(str::to_owned);
        record.tokens = ending.charge.tokens;
        record.cost = ending.charge.cost;
        record.source = ending.charge.source;
        if let Some((tokens, cost)) = self.lost {
            record.tokens = record.tokens.plus(&tokens);
            record.cost = record.cost.plus(cost);
            // Whatever the last attempt was charged by, the sum is not the provider's figure.
            record.source = UsageSource::Estimated;
        }
        record.duration_ms = elapsed;
        match self.reserved.take() {
            Some(reserved) => self.ledger.settle(&reserved, record),
            None => {
                self.ledger.record_denied(record);
                Ok(())
            }
        }
    }

    fn elapsed_ms(&self) -> u32 {
        u32::try_from(self.clock.now().since(self.begun_at).max(0)).unwrap_or(u32::MAX)
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if self.draft.is_none() {
            return;
        }
        let Some(amount) = self.reserved.as_ref().map(|reserved| reserved.amount) else { return };
        if self.sent {
            let charge = Charge { tokens: TokenUsage::default(), cost: amount, source: UsageSource::Reservation };
            let ending = Ending { status: 502, outcome: Outcome::Interrupted, error: Some("provider_error"), charge };
            if self.end(ending).is_err() {
                tracing::error!("an abandoned call could not be settled; its reservation is settled at the next start");
            }
        } else if let Some(reserved) = self.reserved.take() {
            self.ledger.release(&reserved);
        }
    }
}
