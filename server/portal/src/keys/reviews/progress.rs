//! How a review goes, team by team, and everything that was decided in it as a file.
//!
//! A team answers for its own keys and for those of people who are in no other team, as memberships are now. What a
//! quarter that is over left undecided is found out from the keys, since nothing is kept of it.

use super::Held;
use super::list::DecidedRow;
use crate::{Portal, PortalError};
use domain::id::TeamId;
use domain::key_review::{Decision, Quarter, Review};
use domain::person::Caller;
use std::collections::BTreeMap;
use store::TeamWaiting;

#[derive(Debug, Clone)]
pub struct Progress {
    pub held: Held,
    /// The one that is shown; `None` before there was any.
    pub shown: Option<Shown>,
    /// Quarters with a review before the one that is open, the latest first.
    pub earlier: Vec<Quarter>,
}

#[derive(Debug, Clone)]
pub struct Shown {
    pub review: Review,
    /// It is open now: what waits can still be decided.
    pub open: bool,
    /// Most waiting first.
    pub teams: Vec<TeamProgress>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TeamProgress {
    /// `None`: people who are in no team, or in several.
    pub team: Option<(TeamId, String)>,
    /// Or were left undecided.
    pub waiting: i64,
    /// Of those that wait, the administrators review these.
    pub unled: i64,
    pub kept: i64,
    pub revoked: i64,
}

impl TeamProgress {
    pub const fn all(&self) -> i64 {
        self.waiting + self.kept + self.revoked
    }
}

/// Everything that was decided in a quarter.
#[derive(Debug, Clone)]
pub struct ReviewsFile {
    pub quarter: Quarter,
    pub rows: Vec<DecidedRow>,
    /// There are more than fit.
    pub more: bool,
}

/// Quarters that are listed.
const EARLIER: usize = 8;
/// Decisions of one file.
const FILE: usize = 20_000;
const CHUNK: u32 = 1_000;

impl Portal {
    /// Of the open review, or of the quarter that is asked for.
    pub async fn review_progress(&self, caller: &Caller, quarter: Option<Quarter>) -> Result<Progress, PortalError> {
        self.demand_review_progress(caller).await?;
        let held = self.reviews_held().await?;
        let since = self.reviews_since().await?;
        let current = held.open().map(|review| review.quarter);
        let earlier = self.earlier_reviews(current).await?;
        let asked = match quarter {
            None => current.or_else(|| earlier.first().copied()),
            Some(asked) if current == Some(asked) || earlier.contains(&asked) => Some(asked),
            Some(_) => return Err(PortalError::NotFound),
        };
        let Some(quarter) = asked else { return Ok(Progress { held, shown: None, earlier }) };
        let open = current == Some(quarter);
        let waiting = if open { self.waiting_now(quarter).await? } else { self.left_over(quarter).await? };
        // What was switched off since, or switched on anew, opened with its quarter as far as is known.
        let opened =
            || Review { quarter, opens: quarter.first_day(), due: quarter.first_day().plus(domain::key_review::DAYS) };
        let review = since.and_then(|since| Review::of(quarter, since)).unwrap_or_else(opened);
        let teams = self.by_team(quarter, &waiting).await?;
        Ok(Progress { held, shown: Some(Shown { review, open, teams }), earlier })
    }

    /// As many as a file holds.
    pub async fn reviews_file(&self, caller: &Caller, quarter: Quarter) -> Result<ReviewsFile, PortalError> {
        self.demand_review_progress(caller).await?;
        let (mut rows, mut before) = (Vec::new(), None);
        while rows.len() < FILE {
            let found = self.store.key_reviews(quarter, None, before, CHUNK).await?;
            let full = found.len() == CHUNK as usize;
            before = found.last().filter(|_| full).map(|row| (row.review.decided_at, row.review.key));
            rows.extend(self.decided_rows(caller, found).await?);
            if before.is_none() {
                break;
            }
        }
        Ok(ReviewsFile { quarter, rows, more: before.is_some() })
    }

    /// Decisions name keys of everybody.
    async fn demand_review_progress(&self, caller: &Caller) -> Result<(), PortalError> {
        if self.sees_review_progress(caller).await? { Ok(()) } else { Err(PortalError::Forbidden) }
    }

    /// Those in which anything was decided.
    async fn earlier_reviews(&self, current: Option<Quarter>) -> Result<Vec<Quarter>, PortalError> {
        let mut quarters = self.store.reviewed_quarters().await?;
        quarters.retain(|&quarter| Some(quarter) != current);
        quarters.sort_unstable_by(|one, other| other.cmp(one));
        quarters.truncate(EARLIER);
        Ok(quarters)
    }

    /// Kept for a minute: a hundred thousand keys take longer than a page may.
    async fn waiting_now(&self, quarter: Quarter) -> Result<Vec<TeamWaiting>, PortalError> {
        let now = self.clock.now();
        if let Some(waiting) = self.everyone.waiting_at(quarter, now) {
            return Ok(waiting);
        }
        let changes = self.everyone.changes();
        let waiting = self.store.reviews_waiting(quarter, self.first_moment(quarter), now).await?;
        self.everyone.keep_waiting(changes, now, quarter, &waiting);
        Ok(waiting)
    }

    /// Kept for a minute, too.
    async fn left_over(&self, quarter: Quarter) -> Result<Vec<TeamWaiting>, PortalError> {
        let now = self.clock.now();
        if let Some(left) = self.everyone.left_over_at(quarter, now) {
            return Ok(left);
        }
        let changes = self.everyone.changes();
        let (first, ended) = (self.first_moment(quarter), self.first_moment(quarter.next()));
        let left = self.store.reviews_left_over(quarter, first, ended.min(now)).await?;
        self.everyone.keep_left_over(changes, now, quarter, &left);
        Ok(left)
    }

    async fn by_team(&self, quarter: Quarter, waiting: &[TeamWaiting]) -> Result<Vec<TeamProgress>, PortalError> {
        let mut teams: BTreeMap<Option<TeamId>, TeamProgress> = BTreeMap::new();
        for one in waiting {
            let row = teams.entry(one.team).or_default();
            row.waiting += one.keys;
            row.unled += if one.led { 0 } else { one.keys };
        }
        for one in self.store.reviews_decided(quarter).await? {
            let row = teams.entry(one.team).or_default();
            match one.decision {
                Decision::Keep => row.kept += one.keys,
                Decision::Revoke => row.revoked += one.keys,
            }
        }
        for team in self.store.teams().await? {
            if let Some(row) = teams.get_mut(&Some(team.id)) {
                row.team = Some((team.id, team.name));
            }
        }
        let mut rows: Vec<TeamProgress> = teams.into_values().collect();
        let name = |row: &TeamProgress| row.team.as_ref().map(|(_, name)| name.to_lowercase());
        rows.sort_by(|one, other| other.waiting.cmp(&one.waiting).then_with(|| name(one).cmp(&name(other))));
        Ok(rows)
    }
}
