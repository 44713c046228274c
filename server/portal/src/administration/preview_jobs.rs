//! Previews under way, in the memory of the one process that serves an installation: a restart forgets them, which costs
//! whoever waits another click.
//!
//! Always true: there are at most [`MOST`] of them, one for a person and a profile, and one is computed at a time. One
//! that nobody has asked about for a minute stops; what was found waits for ten minutes, with the draft that it is about.

use super::profile_preview::PreviewReport;
use super::profiles::ProfileDraft;
use crate::FormId;
use domain::id::{PersonId, ProfileId};
use domain::time::{MS_PER_MINUTE, Timestamp};
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Semaphore, watch};

/// In memory at once.
const MOST: usize = 16;
/// How long a draft waits.
const KEPT_MS: i64 = 10 * MS_PER_MINUTE;
/// A page that shows progress asks again every few seconds.
const PATIENCE_MS: i64 = MS_PER_MINUTE;

#[derive(Debug, Clone)]
pub enum PreviewState {
    /// Another preview is being computed.
    Waiting,
    /// Hours of traffic gone through, of so many.
    Running {
        done: u32,
        of: u32,
    },
    Done(Arc<PreviewReport>),
    /// The source is logged.
    Failed,
    /// Nobody asked for it any more.
    Stopped,
    /// The draft was saved as this version: a form that is sent twice leads there.
    Saved(i64),
}

impl PreviewState {
    pub const fn is_under_way(&self) -> bool {
        matches!(self, Self::Waiting | Self::Running { .. })
    }
}

/// What a preview is about.
#[derive(Debug, Clone)]
pub struct Proposal {
    pub person: PersonId,
    pub profile: ProfileId,
    /// The version that the edit started from.
    pub version: i64,
    pub draft: ProfileDraft,
}

#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) proposal: Proposal,
    state: watch::Sender<PreviewState>,
    asked_at: AtomicI64,
}

impl Job {
    pub(crate) fn watch(&self) -> watch::Receiver<PreviewState> {
        self.state.subscribe()
    }

    pub(crate) fn turn_into(&self, state: PreviewState) {
        self.state.send_replace(state);
    }

    pub(crate) fn is_wanted(&self, now: Timestamp) -> bool {
        now.as_ms() - self.asked_at.load(Ordering::Relaxed) < PATIENCE_MS
    }

    fn is_kept(&self, now: Timestamp) -> bool {
        now.as_ms() - self.asked_at.load(Ordering::Relaxed) < KEPT_MS
    }
}

/// Every preview is being computed for somebody who still waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoRoom;

pub(crate) struct PreviewJobs {
    jobs: Mutex<HashMap<FormId, Arc<Job>>>,
    /// Held while one is computed.
    pub(crate) turn: Arc<Semaphore>,
}

impl Default for PreviewJobs {
    fn default() -> Self {
        Self { jobs: Mutex::default(), turn: Arc::new(Semaphore::new(1)) }
    }
}

impl PreviewJobs {
    /// In place of what the same person was preparing for this profile before.
    pub(crate) fn add(&self, id: FormId, proposal: Proposal, now: Timestamp) -> Result<Arc<Job>, NoRoom> {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |job: &Job| (job.proposal.person, job.proposal.profile) == (proposal.person, proposal.profile);
        jobs.retain(|_, job| {
            let stays = job.is_kept(now) && !same(job);
            if !stays {
                job.asked_at.store(i64::MIN / 2, Ordering::Relaxed);
            }
            stays
        });
        if jobs.len() >= MOST {
            let ended = jobs.iter().filter(|(_, job)| !job.state.borrow().is_under_way());
            let oldest = ended.min_by_key(|(_, job)| job.asked_at.load(Ordering::Relaxed)).map(|(id, _)| id.clone());
            jobs.remove(&oldest.ok_or(NoRoom)?);
        }
        let job =
            Job { proposal, state: watch::Sender::new(PreviewState::Waiting), asked_at: AtomicI64::new(now.as_ms()) };
        let job = Arc::new(job);
        jobs.insert(id, Arc::clone(&job));
        Ok(job)
    }

    /// Somebody else's does not exist. Asking keeps it.
    pub(crate) fn find(&self, id: &FormId, person: PersonId, profile: ProfileId, now: Timestamp) -> Option<Arc<Job>> {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let job = jobs.get(id).filter(|job| job.is_kept(now))?;
        let Proposal { person: of, profile: about, .. } = job.proposal;
        if (of, about) != (person, profile) {
            return None;
        }
        job.asked_at.store(now.as_ms(), Ordering::Relaxed);
        Some(Arc::clone(job))
    }
}
