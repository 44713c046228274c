//! Brings the accounts back at start: what the database has counted, plus what only the spool knows, each call once.
//!
//! The database says which calls it has; only the others are added to its sums. A call that the process did not live to
//! finish is settled as interrupted, at what was seen of it and never at nothing. Nothing may write to the database
//! between the two questions; the process holds the installation's lock and has not begun to ingest.

use super::Unavailable;
use super::ledger::Ledger;
use super::spool::{self, Found, OpenCall, Spool, SpoolUnreadable};
use domain::budget::{BudgetLine, Consumed, Window};
use domain::id::EventId;
use domain::money::NanoUsd;
use domain::time::{Clock, Timestamp};
use domain::usage::{Outcome, TokenUsage, UsageRecord, UsageSource};
use jiff::tz::TimeZone;
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

/// What the database remembers of earlier calls.
#[async_trait::async_trait]
pub trait UsageHistory: Send + Sync {
    /// The counters of these windows that began at these moments or later, and of those that never reset.
    async fn used(&self, since: &[(Window, Timestamp)]) -> Result<Vec<(BudgetLine, Consumed)>, Unavailable>;
    /// Which of these calls are in the counters. Asked with at most [`ASKED_AT_ONCE`] ids.
    async fn already_ingested(&self, events: &[EventId]) -> Result<HashSet<EventId>, Unavailable>;
    async fn highest_event(&self) -> Result<Option<EventId>, Unavailable>;
}

pub const ASKED_AT_ONCE: usize = 512;

#[derive(Debug, thiserror::Error)]
pub enum NotRecovered {
    #[error(transparent)]
    Spool(#[from] SpoolUnreadable),
    #[error(transparent)]
    Database(#[from] Unavailable),
}

/// What the ledger starts from.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Recovered {
    pub(super) used: Vec<(BudgetLine, Consumed)>,
    /// To be settled now.
    pub(super) interrupted: Vec<UsageRecord>,
    /// Open in the spool although the database has them; to be closed without charge.
    pub(super) void: Vec<EventId>,
    pub(super) highest: Option<EventId>,
}

pub(super) struct Recovery {
    pub(super) spool: Spool,
    pub(super) recovered: Recovered,
}

/// Opens the spool in `folder` and makes the ledger as the last process would have it.
pub async fn open_ledger(
    folder: &Path,
    settings: spool::Settings,
    history: &dyn UsageHistory,
    clock: Arc<dyn Clock>,
    zone: TimeZone,
) -> Result<Ledger, NotRecovered> {
    let (spool, found) = Spool::open(folder, settings)?;
    resume(spool, found, history, clock, zone).await
}

/// As [`open_ledger`], from a spool that is open already.
pub async fn resume(
    spool: Spool,
    found: Found,
    history: &dyn UsageHistory,
    clock: Arc<dyn Clock>,
    zone: TimeZone,
) -> Result<Ledger, NotRecovered> {
    let now = clock.now();
    let counted = history.used(&windows_that_matter(now, &zone)).await?;
    let mut ingested = HashSet::new();
    for events in found.events().chunks(ASKED_AT_ONCE) {
        ingested.extend(history.already_ingested(events).await?);
    }
    let highest = history.highest_event().await?;
    let recovered = merge(counted, found, &ingested, highest);
    Ok(Ledger::recovered(Recovery { spool, recovered }, zone, clock))
}

/// The window of each kind that holds `now` and the one before it, in which a call may have begun that has not ended.
pub fn windows_that_matter(now: Timestamp, zone: &TimeZone) -> Vec<(Window, Timestamp)> {
    let resetting = Window::ALL.into_iter().filter(|&window| window != Window::Total);
    let since = |window: Window| window.start(window.start(now, zone).plus_ms(-1), zone);
    resetting.map(|window| (window, since(window))).collect()
}

fn merge(
    counted: Vec<(BudgetLine, Consumed)>,
    found: Found,
    ingested: &HashSet<EventId>,
    highest: Option<EventId>,
) -> Recovered {
    let only_here = found.settled.into_iter().filter(|(event, _)| !ingested.contains(event));
    let charges = only_here.flat_map(|(_, charge)| charge.lines.into_iter().map(move |line| (line, charge.used)));
    let used = counted.into_iter().chain(charges).collect();
    let (void, cut_off): (Vec<_>, Vec<_>) =
        found.interrupted.into_iter().partition(|call| ingested.contains(&call.event));
    Recovered {
        used,
        interrupted: cut_off.into_iter().map(interrupted).collect(),
        void: void.into_iter().map(|call| call.event).collect(),
        highest: highest.max(found.highest),
    }
}

/// What a call that was cut off is taken to have cost: what its checkpoint says, which counts the prompt, at least the
/// bound of the prompt, and within all that it held (a stream takes more as it goes on); without any checkpoint all of it.
pub(super) fn interrupted(call: OpenCall) -> UsageRecord {
    let OpenCall { event, intent, checkpoint } = call;
    let held = intent.amount.max(NanoUsd::ZERO);
    let seen = checkpoint.map(|seen| seen.cost.max(intent.prompt_bound).clamp(NanoUsd::ZERO, held));
    let seen = seen.filter(|&cost| cost > NanoUsd::ZERO);
    UsageRecord {
        id: event,
        key: intent.key,
        model: intent.model,
        deployment: None,
        endpoint: None,
        network: String::new(),
        agent: String::new(),
        secret_version: 0,
        status: 0,
        outcome: Outcome::Interrupted,
        denial: None,
        streamed: checkpoint.is_some(),
        tokens: checkpoint.map_or_else(TokenUsage::default, |seen| seen.tokens),
        cost: seen.unwrap_or(intent.amount),
        source: if seen.is_some() { UsageSource::Estimated } else { UsageSource::Reservation },
        price_version: 0,
        duration_ms: 0,
        first_byte_ms: None,
        charged: intent.lines,
        attempts: 0,
        repeated: 0,
        watched: domain::call_rule::RuleSet::NONE,
    }
}

#[cfg(test)]
mod tests;
