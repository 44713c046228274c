//! What a running process answers to the command line, through the socket in its data folder.

use super::socket::{Answer, Request};
use crate::auth::invite;
use crate::http::origin::Origin;
use domain::budget::Window;
use domain::id::KeyId;
use domain::money::NanoUsd;
use domain::time::Clock;
use portal::administration::audit::verify_chain;
use portal::ports::Randomness;
use std::sync::Arc;
use store::{Store, StoreError};

/// Everything that commands work with.
#[derive(Clone)]
pub struct Commands {
    pub store: Store,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Randomness>,
    pub public_origin: Origin,
    pub ingest: Arc<crate::gateway::ingest::Ingest>,
}

impl Commands {
    pub async fn answer(self, request: Request) -> Answer {
        let answer = match request {
            Request::AdminInvite => self.invite().await,
            Request::AuditVerify => self.verify_audit().await,
            Request::LedgerVerify => self.verify_ledger().await,
        };
        answer.unwrap_or_else(|_| Answer::Failed("the database does not answer; try again in a moment".into()))
    }

    async fn invite(&self) -> Result<Answer, StoreError> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let path = invite::create(&mut tx, &*self.random, now).await?;
        tx.commit().await?;
        Ok(Answer::Done(vec![
            "Open this link and sign in; whoever does becomes administrator. It works once, within 15 minutes:".into(),
            self.public_origin.join(&path),
        ]))
    }

    async fn verify_audit(&self) -> Result<Answer, StoreError> {
        let verdict = verify_chain(&self.store, self.clock.now()).await?;
        if let Some(broken) = verdict.broken {
            return Ok(Answer::Failed(format!("the audit log is not as it was written: {broken}")));
        }
        let hash: String = verdict.last_hash.iter().map(|byte| format!("{byte:02x}")).collect();
        let entries = verdict.entries;
        Ok(Answer::Done(vec![
            format!("The chain of {entries} audit entries is unbroken."),
            format!("Its end, to keep elsewhere (a cut-off tail shows only against it): {entries} {hash}"),
        ]))
    }

    /// Sums every event of every key again, and compares with the hourly rollups and with what budgets count.
    async fn verify_ledger(&self) -> Result<Answer, StoreError> {
        if let Err(error) = self.ingest.flush().await {
            return Ok(Answer::Failed(format!("not everything is in the database yet: {error}; try again")));
        }
        let totals = self.store.usage_totals().await?;
        let counters = self.store.counter_totals().await?;
        let mut drift = Vec::new();
        let mut sum = NanoUsd::ZERO;
        for (key, by_events, by_hours) in &totals {
            sum = sum.plus(*by_events);
            if by_events != by_hours {
                drift.push(format!("{key}: {by_events} by events, {by_hours} by hours"));
            }
            for (_, window, counted) in counters.iter().filter(|(of, _, _)| of == key) {
                if counted > by_events || (counted < by_events && self.always_had(*key, *window).await?) {
                    drift.push(format!("{key}: {by_events} by events, {counted} by its budget a {}", window.word()));
                }
            }
        }
        if drift.is_empty() {
            Ok(Answer::Done(vec![format!(
                "{} keys, {sum} in all: events, rollups and budgets agree. Drift 0.",
                totals.len()
            )]))
        } else {
            Ok(Answer::Failed(format!("the sums do not agree:\n{}", drift.join("\n"))))
        }
    }

    /// A budget that came with the key has counted every call; one that its profile got later has not.
    async fn always_had(&self, key: KeyId, window: Window) -> Result<bool, StoreError> {
        let found = self.store.key_with_secrets(key).await?;
        Ok(found.is_some_and(|found| found.key.terms.caps.iter().any(|cap| cap.window == window)))
    }
}
