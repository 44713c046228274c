//! The list that a reviewer works through, and what is decided already.

use super::Held;
use crate::keys::list::LastUse;
use crate::{Portal, PortalError};
use domain::id::{KeyId, TeamId};
use domain::key_review::{Decision, Review};
use domain::money::NanoUsd;
use domain::permission::{Permission, Scope};
use domain::person::{Caller, Role};
use domain::time::Timestamp;
use domain::virtual_key::{ConsumerKind, KeyStanding, Owner, RevocationReason};
use std::collections::{HashMap, HashSet};
use store::{KeyListItem, ReviewOwners, ReviewedKey};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ReviewView {
    #[default]
    ToReview,
    Done,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReviewQuery {
    pub view: ReviewView,
    /// Of this team alone, with those who are in no other.
    pub team: Option<TeamId>,
    pub after: Option<String>,
}

#[derive(Debug, Clone)]
pub struct ReviewPage {
    pub held: Held,
    pub team: Option<(TeamId, String)>,
    pub waiting: u64,
    pub decided: u64,
    /// Keys that wait, the oldest first; empty where decisions are asked for.
    pub to_review: Vec<ReviewRow>,
    /// Decisions, the latest first.
    pub done: Vec<DecidedRow>,
    pub next: Option<String>,
    /// There is nobody else to review what is the caller's own.
    pub only_administrator: bool,
}

/// When a key was called with, as far as the reviewer may know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Used {
    Never,
    At(LastUse),
    /// Calls are not the reviewer's to see: whether there were any in [`USED_DAYS`].
    Lately(bool),
}

/// What somebody needs to say whether a key is still needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewRow {
    pub id: KeyId,
    pub name: String,
    /// The caller may open it.
    pub opens: bool,
    pub owner: Owner,
    pub owner_name: String,
    pub mine: bool,
    pub teams: Vec<String>,
    pub consumer: ConsumerKind,
    pub application: Option<String>,
    pub environment: String,
    pub profile_name: String,
    pub standing: KeyStanding,
    pub used: Used,
    /// In [`USED_DAYS`]; `None`: not the reviewer's to see.
    pub spent: Option<NanoUsd>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecidedRow {
    pub key: KeyId,
    pub name: String,
    pub opens: bool,
    pub owner: Owner,
    pub owner_name: String,
    pub mine: bool,
    pub decision: Decision,
    /// Why it was revoked.
    pub reason: Option<RevocationReason>,
    pub at: Timestamp,
    pub by_name: String,
}

/// How far back use and spend are told.
pub const USED_DAYS: i32 = 90;
/// Rows of one page.
const PAGE: u32 = 50;

impl Portal {
    pub async fn review_page(&self, caller: &Caller, query: &ReviewQuery) -> Result<ReviewPage, PortalError> {
        if !Permission::Decide.allows(Some(caller)) {
            return Err(PortalError::Forbidden);
        }
        let held = self.reviews_held().await?;
        let reviewer = self.reviewer(caller).await?;
        let only_administrator = reviewer.only_administrator;
        let (team, owners) = match query.team {
            None => (None, reviewer.owners(caller)),
            Some(team) => {
                let owners = self.owners_of_team(caller, team, only_administrator).await?;
                let teams = self.store.teams().await?;
                let name = teams.into_iter().find(|known| known.id == team).ok_or(PortalError::NotFound)?.name;
                (Some((team, name)), ReviewOwners::Of(owners))
            }
        };
        let nothing = ReviewPage {
            held,
            team,
            waiting: 0,
            decided: 0,
            to_review: Vec::new(),
            done: Vec::new(),
            next: None,
            only_administrator,
        };
        match held.open() {
            Some(review) => self.fill(caller, query, review, owners, nothing).await,
            None => Ok(nothing),
        }
    }

    async fn fill(
        &self,
        caller: &Caller,
        query: &ReviewQuery,
        review: Review,
        owners: ReviewOwners,
        page: ReviewPage,
    ) -> Result<ReviewPage, PortalError> {
        let what = self.to_review(review.quarter, owners);
        // Administrators see all that was decided, unless they ask about a team.
        let of = match &what.owners {
            ReviewOwners::Of(owners) => Some(owners.as_slice()),
            ReviewOwners::Unled { .. } => None,
        };
        let waiting = self.count_to_review(&what).await?;
        let decided = self.store.count_key_reviews(review.quarter, of).await?;
        let counted = |count: i64| u64::try_from(count).unwrap_or(0);
        let page = ReviewPage { waiting: counted(waiting), decided: counted(decided), ..page };
        let after = query.after.as_deref().and_then(read_cursor);
        match query.view {
            ReviewView::ToReview => {
                let mut items = self.store.keys_to_review(&what, after, PAGE + 1).await?;
                let more = items.len() > PAGE as usize;
                items.truncate(PAGE as usize);
                let last = items.last().filter(|_| more);
                let next = last.map(|item| write_cursor(item.key.created_at, item.key.id));
                Ok(ReviewPage { to_review: self.review_rows(caller, items).await?, next, ..page })
            }
            ReviewView::Done => {
                let mut found = self.store.key_reviews(review.quarter, of, after, PAGE + 1).await?;
                let more = found.len() > PAGE as usize;
                found.truncate(PAGE as usize);
                let last = found.last().filter(|_| more);
                let next = last.map(|row| write_cursor(row.review.decided_at, row.review.key));
                Ok(ReviewPage { done: self.decided_rows(caller, found).await?, next, ..page })
            }
        }
    }

    async fn review_rows(&self, caller: &Caller, items: Vec<KeyListItem>) -> Result<Vec<ReviewRow>, PortalError> {
        let now = self.clock.now();
        let keys: Vec<KeyId> = items.iter().map(|item| item.key.id).collect();
        let sight = self.sight(caller).await?;
        let seen = self.within(&keys, &sight.calls).await?;
        let spend_seen =
            if sight.spend == sight.calls { seen.clone() } else { self.within(&keys, &sight.spend).await? };
        let since = self.review_days().of(now).plus(1 - USED_DAYS);
        let spent = self.store.spend_of_keys(&keys, since).await?;
        let mut rows = self.rows(caller, items, now).await?;
        self.tell_teams(caller, &mut rows).await?;
        let rows = rows.into_iter().map(|row| {
            let opens = seen.contains(&row.id);
            let used = match row.last_use {
                _ if !opens => {
                    Used::Lately(row.last_use.is_some_and(|used| used.at > now.plus_days(-i64::from(USED_DAYS))))
                }
                None => Used::Never,
                Some(used) => Used::At(used),
            };
            ReviewRow {
                spent: spend_seen.contains(&row.id).then(|| spent.get(&row.id).copied().unwrap_or(NanoUsd::ZERO)),
                id: row.id,
                name: row.name,
                opens,
                owner: row.owner,
                owner_name: row.owner_name,
                mine: row.mine,
                teams: row.teams,
                consumer: row.consumer,
                application: row.application,
                environment: row.environment,
                profile_name: row.profile_name,
                standing: row.standing,
                used,
                created_at: row.created_at,
                expires_at: row.expires_at,
            }
        });
        Ok(rows.collect())
    }

    pub(super) async fn decided_rows(
        &self,
        caller: &Caller,
        found: Vec<ReviewedKey>,
    ) -> Result<Vec<DecidedRow>, PortalError> {
        let keys: Vec<KeyId> = found.iter().map(|row| row.review.key).collect();
        let (sight, namer) = (self.sight(caller).await?, self.namer(caller).await?);
        let seen = self.within(&keys, &sight.calls).await?;
        let mut deciders: Vec<_> = found.iter().map(|row| row.review.decided_by).collect();
        deciders.sort_unstable();
        deciders.dedup();
        let names: HashMap<_, _> = self.names_by(&namer, &deciders).await?;
        let rows = found.into_iter().map(|ReviewedKey { review, name, owner_name, reason }| DecidedRow {
            key: review.key,
            name,
            opens: seen.contains(&review.key),
            owner: review.owner,
            owner_name: match review.owner {
                Owner::Person(person) => namer.name(person, owner_name),
                Owner::Team(_) => owner_name,
            },
            mine: review.owner == Owner::Person(caller.person),
            decision: review.decision,
            reason: reason.filter(|_| review.decision == Decision::Revoke),
            at: review.decided_at,
            by_name: names.get(&review.decided_by).cloned().unwrap_or_else(|| review.decided_by.to_string()),
        });
        Ok(rows.collect())
    }

    /// Those of these keys that a scope reaches.
    async fn within(&self, keys: &[KeyId], scope: &Scope) -> Result<HashSet<KeyId>, PortalError> {
        if *scope == Scope::Everyone {
            return Ok(keys.iter().copied().collect());
        }
        let found = self.store.keys_among(keys, scope, self.clock.now()).await?;
        Ok(found.into_iter().map(|item| item.key.id).collect())
    }

    /// Whether the page of how reviews go is the caller's to open.
    pub async fn sees_review_progress(&self, caller: &Caller) -> Result<bool, PortalError> {
        let oversees = caller.has(Role::Administrator) || caller.has(Role::Auditor);
        Ok(oversees && self.sees_all_calls(caller).await?)
    }
}

fn write_cursor(at: Timestamp, key: KeyId) -> String {
    format!("{}.{}", at.as_ms(), key.bare())
}

/// A text that is no cursor of ours starts at the beginning.
fn read_cursor(text: &str) -> Option<(Timestamp, KeyId)> {
    let (at, id) = text.split_once('.')?;
    Some((Timestamp::from_ms(at.parse().ok()?), KeyId::new(id.parse().ok()?)))
}
