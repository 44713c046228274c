//! How the places that calls go to are doing, in memory: what was seen of each deployment, who is left alone for a
//! while, and which credentials were refused.
//!
//! Learnt from calls alone; nothing is asked for the sake of knowing. Begins with trust at each start of the process.
//! Holds one entry for each deployment that was called since, which is what administrators made. Never decides whether
//! a call is let in, only where it goes first: if everybody is cooling, somebody is asked nevertheless.

mod circuit;
mod record;

use crate::routing::Candidate;
use circuit::{Circuit, Ticket};
use domain::id::{CredentialId, DeploymentId};
use foldhash::HashMap;
use record::Record;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;
use tokio::time::Instant;

/// What went wrong with one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    Unreachable,
    BrokenOff,
    TimedOut,
    /// What it answered could not be understood.
    Protocol,
    CredentialRefused,
    Status(u16),
}

impl Failure {
    pub const fn status(self) -> Option<u16> {
        match self {
            Self::Status(status) => Some(status),
            _ => None,
        }
    }

    /// The stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::BrokenOff => "broken_off",
            Self::TimedOut => "timed_out",
            Self::Protocol => "protocol",
            Self::CredentialRefused => "credential_refused",
            Self::Status(_) => "status",
        }
    }
}

/// How a deployment is doing, for people. Times are how long ago or how far ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Health {
    pub standing: Standing,
    pub last_failure: Option<(Duration, Failure)>,
    /// Within ten minutes.
    pub succeeded: u32,
    pub failed: u32,
    pub median_first_byte_ms: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// No call since the start of the process.
    Unknown,
    Working,
    /// The last call failed; calls still go there.
    Failing,
    /// Asked last until this much time has passed.
    Cooling(Duration),
    /// The cool-down is over; the next call tries it.
    Probing,
}

#[derive(Debug, Default)]
struct Seen {
    circuit: Circuit,
    record: Record,
}

/// All of them.
pub(crate) struct Healths {
    origin: Instant,
    deployments: RwLock<HashMap<DeploymentId, Arc<Mutex<Seen>>>>,
    /// Only those that were refused.
    credentials: Mutex<HashMap<CredentialId, Circuit>>,
    /// False while no credential is in trouble, so that calls need not look.
    any_refused: AtomicBool,
}

impl Healths {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            origin: Instant::now(),
            deployments: RwLock::default(),
            credentials: Mutex::default(),
            any_refused: AtomicBool::new(false),
        })
    }

    /// Begins an attempt at the first of these that is not to be left alone; if all are, at the one whose last failure
    /// is the longest ago. Gives its place among them.
    pub(crate) fn begin<'a>(
        self: &Arc<Self>,
        candidates: impl Iterator<Item = (usize, &'a Candidate)> + Clone,
    ) -> Option<(usize, Attempt)> {
        let now = self.now();
        for (at, candidate) in candidates.clone() {
            if let Some(attempt) = self.try_begin(candidate, now) {
                return Some((at, attempt));
            }
        }
        let last_failed = |candidate: &Candidate| {
            let failed = lock(&self.seen(candidate.deployment.id)).record.last_failure();
            failed.map(|(at, _)| at)
        };
        let (at, candidate) = candidates.min_by_key(|(_, candidate)| last_failed(candidate))?;
        let deployment = self.seen(candidate.deployment.id);
        let ticket = lock(&deployment).circuit.begin_anyway(now);
        let credential = candidate.deployment.credential;
        let credential = (credential, self.with_credential(credential, |circuit| circuit.begin_anyway(now)));
        Some((at, self.attempt(deployment, ticket, credential, now)))
    }

    fn try_begin(self: &Arc<Self>, candidate: &Candidate, now: Duration) -> Option<Attempt> {
        let deployment = self.seen(candidate.deployment.id);
        let ticket = lock(&deployment).circuit.begin(now)?;
        let credential = candidate.deployment.credential;
        let credential_ticket = match self.with_credential(credential, |circuit| circuit.begin(now)) {
            None => None,
            Some(Some(ticket)) => Some(ticket),
            Some(None) => {
                lock(&deployment).circuit.abandoned(ticket);
                return None;
            }
        };
        Some(self.attempt(deployment, ticket, (credential, credential_ticket), now))
    }

    fn attempt(
        self: &Arc<Self>,
        deployment: Arc<Mutex<Seen>>,
        ticket: Ticket,
        (credential, credential_ticket): (CredentialId, Option<Ticket>),
        begun: Duration,
    ) -> Attempt {
        Attempt { healths: Arc::clone(self), deployment, ticket, credential, credential_ticket, begun, open: true }
    }

    /// How this deployment is doing.
    pub(crate) fn of(&self, deployment: DeploymentId, credential: CredentialId) -> Health {
        let now = self.now();
        let refused = self.with_credential(credential, |circuit| circuit.cooling()).flatten();
        let known = self.deployments.read().unwrap_or_else(PoisonError::into_inner).get(&deployment).cloned();
        let Some(known) = known else {
            let standing = Standing::Unknown;
            return Health { standing, last_failure: None, succeeded: 0, failed: 0, median_first_byte_ms: None };
        };
        let seen = lock(&known);
        let (succeeded, failed) = seen.record.counts(now);
        let last_failure = seen.record.last_failure();
        let until = [refused, seen.circuit.cooling()].into_iter().flatten().map(|cooling| cooling.until).max();
        let standing = match until {
            Some(until) if until > now => Standing::Cooling(until - now),
            Some(_) => Standing::Probing,
            None if !seen.circuit.is_well() => Standing::Failing,
            None => Standing::Working,
        };
        let last_failure = last_failure.map(|(at, failure)| (now.saturating_sub(at), failure));
        Health { standing, last_failure, succeeded, failed, median_first_byte_ms: seen.record.median_first_byte_ms() }
    }

    /// Providers or credentials were changed: what was refused may be accepted now.
    pub(crate) fn trust_credentials(&self) {
        lock(&self.credentials).clear();
        self.any_refused.store(false, Ordering::Release);
    }

    fn now(&self) -> Duration {
        Instant::now().saturating_duration_since(self.origin)
    }

    fn seen(&self, deployment: DeploymentId) -> Arc<Mutex<Seen>> {
        if let Some(seen) = self.deployments.read().unwrap_or_else(PoisonError::into_inner).get(&deployment) {
            return Arc::clone(seen);
        }
        let mut deployments = self.deployments.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(deployments.entry(deployment).or_default())
    }

    /// `None` if nothing is held against it.
    fn with_credential<T>(&self, credential: CredentialId, act: impl FnOnce(&mut Circuit) -> T) -> Option<T> {
        if !self.any_refused.load(Ordering::Acquire) {
            return None;
        }
        lock(&self.credentials).get_mut(&credential).map(act)
    }
}

/// What is behind these locks is whole after every step, so that a panic elsewhere leaves nothing broken.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One attempt at one deployment. Dropped without a verdict (the client hung up, the process ends), nothing is learnt
/// from it.
pub(crate) struct Attempt {
    healths: Arc<Healths>,
    deployment: Arc<Mutex<Seen>>,
    ticket: Ticket,
    credential: CredentialId,
    /// If something is held against the credential.
    credential_ticket: Option<Ticket>,
    begun: Duration,
    open: bool,
}

impl Attempt {
    /// A good answer has begun.
    pub(crate) fn answered(&mut self) {
        let took = self.healths.now().saturating_sub(self.begun);
        let mut seen = lock(&self.deployment);
        seen.circuit.answered(self.ticket);
        seen.record.first_byte_after(took);
        drop(seen);
        // Whatever the answer says, the credential was accepted.
        if self.credential_ticket.take().is_some() {
            let mut credentials = lock(&self.healths.credentials);
            credentials.remove(&self.credential);
            self.healths.any_refused.store(!credentials.is_empty(), Ordering::Release);
        }
    }

    pub(crate) fn succeeded(mut self) {
        self.open = false;
        let now = self.healths.now();
        let mut seen = lock(&self.deployment);
        seen.circuit.succeeded(self.ticket, now);
        seen.record.succeeded(now);
    }

    pub(crate) fn failed(mut self, failure: Failure, random: u64) {
        self.open = false;
        let now = self.healths.now();
        let mut seen = lock(&self.deployment);
        seen.circuit.failed(self.ticket, now, random);
        seen.record.failed(now, failure);
    }

    /// The provider does not let this credential use this deployment.
    pub(crate) fn refused(mut self, random: u64) {
        self.open = false;
        let now = self.healths.now();
        let mut seen = lock(&self.deployment);
        seen.circuit.refused(self.ticket, now, random);
        seen.record.failed(now, Failure::CredentialRefused);
    }

    /// The provider has had enough and said until when.
    pub(crate) fn told_to_wait(mut self, failure: Failure, wait: Duration) {
        self.open = false;
        let now = self.healths.now();
        let mut seen = lock(&self.deployment);
        seen.circuit.told_to_wait(now, wait);
        seen.record.failed(now, failure);
    }

    /// The provider refused the credential: all deployments that use it are left alone, and this is nothing against
    /// the deployment itself.
    pub(crate) fn credential_refused(mut self, random: u64) {
        let now = self.healths.now();
        lock(&self.deployment).record.failed(now, Failure::CredentialRefused);
        let mut credentials = lock(&self.healths.credentials);
        let circuit = credentials.entry(self.credential).or_default();
        let ticket = self.credential_ticket.take().unwrap_or_else(|| circuit.begin_anyway(now));
        circuit.refused(ticket, now, random);
        self.healths.any_refused.store(true, Ordering::Release);
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if self.open {
            lock(&self.deployment).circuit.abandoned(self.ticket);
        }
        if let Some(ticket) = self.credential_ticket.take() {
            self.healths.with_credential(self.credential, |circuit| circuit.abandoned(ticket));
        }
    }
}

#[cfg(test)]
mod tests;
