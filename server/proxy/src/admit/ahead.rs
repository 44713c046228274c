//! What a call has set aside while it is under way: the first slice of a stream, the next ones, and what an attempt
//! cost that brought nothing.
//!
//! A refusal changes nothing: what was set aside before stays so.

use super::Admitted;
use crate::gateway::Gateway;
use crate::head::Head;
use crate::metering::Charge;
use crate::slices::{self, Slices};
use domain::denial::Denial;
use domain::model::{Endpoint, Model};
use domain::money::NanoUsd;
use domain::pricing::CallSize;

/// How much of the output is paid for before the call is sent.
pub(super) fn in_slices(
    gateway: &Gateway,
    endpoint: Endpoint,
    head: &Head,
    body: &[u8],
    model: &Model,
    output_tokens: u64,
) -> Slices {
    let slice = gateway.settings.slice_tokens;
    let says_it_in_text = matches!(
        endpoint,
        Endpoint::ChatCompletions
            | Endpoint::Completions
            | Endpoint::Responses
            | Endpoint::Messages
            | Endpoint::GenerateContent
    );
    if says_it_in_text && head.stream && output_tokens > slice && slices::all_is_visible(model, body) {
        Slices::first(output_tokens, slice)
    } else {
        Slices::whole(output_tokens)
    }
}

impl Admitted {
    /// What a provider may have put out beyond what was seen.
    pub(crate) const fn margin(&self) -> u64 {
        self.slices.margin()
    }

    /// Sets aside what this answer needs to go on once this much output was seen. A refusal is the answer's end.
    pub(crate) fn cover(&mut self, seen: u64) -> Result<(), Denial> {
        let Some(reach) = self.slices.due(seen) else { return Ok(()) };
        let Err(denial) = self.reach(reach.wanted) else { return Ok(()) };
        let limit = match denial {
            Denial::BudgetExhausted(limit)
            | Denial::BudgetInsufficient { limit, .. }
            | Denial::BudgetReserved { limit, .. } => limit,
            other => return Err(other),
        };
        // The last of a budget may pay for less than a slice.
        let left = limit.left().as_nano();
        let token = self
            .model
            .price
            .as_ref()
            .and_then(|price| price.bound(&CallSize { output_tokens: 0, ..self.size }, self.bound.markup));
        let token = token.map_or(1, |bound| bound.output_token.as_nano().max(1));
        let affordable = self.slices.covered().saturating_add((left / token).unsigned_abs());
        if (reach.least..reach.wanted).contains(&affordable) && self.reach(affordable).is_ok() {
            return Ok(());
        }
        Err(Denial::BudgetExhausted(limit))
    }

    /// What of the reservation is for the answer, at the prices of the provider that the call is at: the reservation
    /// itself covers the dearest of them.
    pub(super) fn set_aside(&self) -> NanoUsd {
        let amount = self.reservation.amount().minus(self.reservation.lost());
        if self.markup == self.bound.markup {
            return amount;
        }
        let size = CallSize { output_tokens: self.slices.covered(), ..self.size };
        let own = self.model.price.as_ref().and_then(|price| price.bound(&size, self.markup));
        own.map_or(amount, |own| own.total.min(amount))
    }

    /// Sets the whole cap aside.
    pub(crate) fn cover_all(&mut self) -> Result<(), Denial> {
        self.cover(self.slices.most())
    }

    /// Sets aside what an attempt may have cost that brought nothing, beside what the next one can.
    pub(crate) fn also(&mut self, charge: Charge) -> Result<(), Denial> {
        let amount = self.reservation.amount().plus(charge.cost);
        self.reservation.extend_to(&self.caller.record, amount)?;
        self.reservation.also(charge);
        Ok(())
    }

    fn reach(&mut self, tokens: u64) -> Result<(), Denial> {
        let price = self.model.price.as_ref();
        let bound =
            price.and_then(|price| price.bound(&CallSize { output_tokens: tokens, ..self.size }, self.bound.markup));
        // Less than the whole cap's, which was an amount of money.
        let amount = bound.map_or(NanoUsd::ZERO, |bound| bound.total);
        self.reservation.extend_to(&self.caller.record, amount.plus(self.reservation.lost()))?;
        self.slices.reached(tokens);
        Ok(())
    }
}
