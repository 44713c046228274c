//! What a change of guardrails would do, before it is saved: the last thirty days' calls put before the terms that their
//! keys have and before those that they would have.
//!
//! Computed in the background ([`super::preview_jobs`]), an hour of traffic at a time, and only for keys whose terms would
//! change. Saving takes a preview that is younger than a minute; if it would have refused calls of existing keys, whoever
//! saves says how many.

use super::preview_jobs::{Job, PreviewState, Proposal};
use super::profile_rollouts::refuse_past;
use super::profiles::ProfileDraft;
use crate::{FormId, Portal, PortalError};
use domain::access_profile::{AccessProfile, ProfileTerms};
use domain::effective_terms::effective;
use domain::id::{EventId, KeyId, PersonId, ProfileId};
use domain::money::NanoUsd;
use domain::permission::Administrator;
use domain::profile_rollout::version_at;
use domain::profile_versions::Reach;
use domain::refusal::Reason;
use domain::replay::{KeyReplay, Replay, Rule, is_above, newly_enforced, worst_month};
use domain::time::{Clock, MS_PER_HOUR, MS_PER_MINUTE, Timestamp};
use domain::virtual_key::{Owner, VirtualKey};
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use store::{Store, StoreError};

/// How far back calls are gone through.
pub const PREVIEW_DAYS: i64 = 30;
/// Keys that the report names; the others are counted.
const NAMED: usize = 100;
/// Keys and calls read by one statement.
const PAGE: u32 = 1_000;
const CALLS: u32 = 20_000;
/// A report that is older is computed again before anything is saved.
const FRESH_MS: i64 = MS_PER_MINUTE;
/// Whoever finds no room tries again after this long.
const RETRY_SECONDS: u32 = 30;

/// A key whose calls would have been refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedKey {
    pub id: KeyId,
    pub name: String,
    pub owner_name: String,
    pub found: KeyReplay,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewReport {
    pub from: Timestamp,
    pub computed_at: Timestamp,
    /// Live keys of the profile, and those of them whose terms would change.
    pub keys: u64,
    pub keys_changed: u64,
    /// Keys that were granted more than the new maximum.
    pub keys_above: u64,
    /// Calls of the keys whose terms would change.
    pub calls: u64,
    pub refused: u64,
    pub shortened: u64,
    pub keys_refused: u64,
    pub owners_refused: u64,
    pub by_rule: BTreeMap<Rule, u64>,
    /// Those with most refusals first.
    pub named: Vec<RefusedKey>,
    /// What all live keys together could spend in a month, as they are and as they would be.
    pub worst_before: NanoUsd,
    pub worst_after: NanoUsd,
}

/// What came of sending the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proposed {
    /// Nothing that keys go by has changed, so that it is saved.
    Saved(i64),
    Preview(FormId),
}

/// A preview as its page shows it.
#[derive(Debug, Clone)]
pub struct Preview {
    pub id: FormId,
    pub proposal: Proposal,
    /// As it stands now, which may be newer than what the edit started from.
    pub current: AccessProfile,
    pub state: PreviewState,
    pub teams: Vec<(domain::id::TeamId, String)>,
}

/// What came of saving from a preview.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PreviewSaved {
    Saved(i64),
    /// The figures were older than a minute, and are being computed again.
    ComputedAgain,
    /// Calls would be refused, and nobody said that they may be.
    NotAccepted,
}

impl Portal {
    /// Starts a preview of the draft. A draft that changes no term is saved at once, unless it changes nothing at all and
    /// there are keys that could follow.
    pub async fn propose_profile(
        &self,
        administrator: Administrator<'_>,
        profile: ProfileId,
        version: i64,
        draft: ProfileDraft,
    ) -> Result<Proposed, PortalError> {
        let kept = self.store.profile(profile).await?.ok_or(PortalError::NotFound)?;
        if kept.version != version {
            return Err(PortalError::Stale { current: kept.version });
        }
        let changed = draft.clone().into_profile(profile, version);
        self.check(&changed).await?;
        if draft.terms == kept.terms && (changed != kept || self.all_follow(profile).await?) {
            let saved = self.change_profile(administrator, profile, version, draft, Reach::AllKeys).await?;
            return Ok(Proposed::Saved(saved));
        }
        let (id, now) = (self.new_form(), self.clock.now());
        let proposal = Proposal { person: administrator.caller().person, profile, version, draft };
        let full = |_| PortalError::refused("preview", Reason::TooSoon { wait_seconds: RETRY_SECONDS });
        let job = self.previews.add(id.clone(), proposal, now).map_err(full)?;
        self.compute(job);
        Ok(Proposed::Preview(id))
    }

    /// Whether no live key keeps to an older version.
    async fn all_follow(&self, profile: ProfileId) -> Result<bool, PortalError> {
        let (now, rollout) = (self.clock.now(), self.store.rollout(profile).await?);
        let live = self.store.live_keys_by_version(profile, now).await?;
        Ok(live.into_keys().all(|version| version_at(version, rollout.as_ref(), now).is_none()))
    }

    /// Waits for the result as long as `patience`, and then answers with how far it is.
    pub async fn preview(
        &self,
        administrator: Administrator<'_>,
        profile: ProfileId,
        id: &FormId,
        patience: Duration,
    ) -> Result<Preview, PortalError> {
        let job = self.job(administrator, profile, id)?;
        if matches!(*job.watch().borrow(), PreviewState::Stopped | PreviewState::Failed) {
            self.compute(Arc::clone(&job));
        }
        let mut watch = job.watch();
        // Past its time it says how far it is; the sender lives in the job.
        let _ = tokio::time::timeout(patience, watch.wait_for(|state| !state.is_under_way())).await;
        let state = watch.borrow().clone();
        let current = self.store.profile(profile).await?.ok_or(PortalError::NotFound)?;
        let teams = self.team_names().await?;
        Ok(Preview { id: id.clone(), proposal: job.proposal.clone(), current, state, teams })
    }

    /// Saves what the preview is about. `accepted` is the number of refusals that whoever saves agreed to.
    pub async fn save_preview(
        &self,
        administrator: Administrator<'_>,
        profile: ProfileId,
        id: &FormId,
        reach: Reach,
        accepted: Option<u64>,
    ) -> Result<PreviewSaved, PortalError> {
        refuse_past(reach, self.clock.now())?;
        let job = self.job(administrator, profile, id)?;
        let state = job.watch().borrow().clone();
        if let PreviewState::Saved(version) = state {
            return Ok(PreviewSaved::Saved(version));
        }
        let fresh = |report: &PreviewReport| self.clock.now().since(report.computed_at) <= FRESH_MS;
        let report = match state {
            PreviewState::Done(report) if fresh(&report) => report,
            state => {
                if !state.is_under_way() {
                    self.compute(job);
                }
                return Ok(PreviewSaved::ComputedAgain);
            }
        };
        if reach.is_for_existing_keys() && report.refused > 0 && accepted != Some(report.refused) {
            return Ok(PreviewSaved::NotAccepted);
        }
        let Proposal { version, draft, .. } = job.proposal.clone();
        let saved = self.change_profile(administrator, profile, version, draft, reach).await?;
        job.turn_into(PreviewState::Saved(saved));
        Ok(PreviewSaved::Saved(saved))
    }

    fn job(&self, administrator: Administrator<'_>, profile: ProfileId, id: &FormId) -> Result<Arc<Job>, PortalError> {
        let person = administrator.caller().person;
        self.previews.find(id, person, profile, self.clock.now()).ok_or(PortalError::NotFound)
    }

    /// In the background. Ends with the process; a runtime that shuts down drops it between two statements.
    fn compute(&self, job: Arc<Job>) {
        job.turn_into(PreviewState::Waiting);
        let (store, clock) = (self.store.clone(), Arc::clone(&self.clock));
        let (zone, turn) = (self.settings.zone.clone(), Arc::clone(&self.previews.turn));
        tokio::spawn(async move {
            let Ok(_turn) = turn.acquire_owned().await else { return };
            let ended = match report(&store, clock.as_ref(), zone, &job).await {
                Ok(Some(report)) => PreviewState::Done(Arc::new(report)),
                Ok(None) => PreviewState::Stopped,
                Err(error) => {
                    tracing::error!(%error, "a preview of guardrails could not be computed");
                    PreviewState::Failed
                }
            };
            job.turn_into(ended);
        });
    }
}

/// `None` if nobody waits for it any more.
async fn report(
    store: &Store,
    clock: &dyn Clock,
    zone: TimeZone,
    job: &Job,
) -> Result<Option<PreviewReport>, StoreError> {
    let now = clock.now();
    let from = now.plus_days(-PREVIEW_DAYS);
    let Proposal { profile, draft, .. } = &job.proposal;
    let Some(newest) = store.profile(*profile).await? else { return Ok(None) };
    let older = store.kept_versions().await?.into_iter().filter(|kept| kept.profile.id == *profile);
    let rollout = store.rollout(*profile).await?;
    let older: HashMap<i64, ProfileTerms> = older.map(|kept| (kept.profile.version, kept.profile.terms)).collect();

    let mut found = PreviewReport::empty(from, now);
    let mut keys: HashMap<KeyId, VirtualKey> = HashMap::new();
    let (mut pairs, mut enforces) = (Vec::new(), Vec::new());
    let mut after = None;
    loop {
        let page = store.live_keys_under(*profile, now, after, PAGE).await?;
        after = page.last().map(|key| key.id);
        let last = page.len() < PAGE as usize;
        for key in page {
            let goes_by = version_at(key.profile_version, rollout.as_ref(), now);
            let holds = goes_by.and_then(|version| older.get(&version)).unwrap_or(&newest.terms);
            let (before, would) = (effective(holds, &key.terms), effective(&draft.terms, &key.terms));
            found.keys += 1;
            found.keys_above += u64::from(is_above(&draft.terms, &key.terms));
            found.worst_before = found.worst_before.plus(worst_month(&before.caps).unwrap_or_default());
            found.worst_after = found.worst_after.plus(worst_month(&would.caps).unwrap_or_default());
            let newly = newly_enforced(holds, &draft.terms);
            if before != would || !newly.is_empty() {
                enforces.push((key.id, newly));
                found.keys_changed += 1;
                pairs.push((key.id, before, would));
                keys.insert(key.id, key);
            }
        }
        if last {
            break;
        }
    }

    let ids: Vec<KeyId> = pairs.iter().map(|(id, ..)| *id).collect();
    let of = store.calls_of(&ids).await?;
    let mut replay = Replay::new(pairs, zone);
    enforces.into_iter().for_each(|(key, rules)| replay.enforce(key, rules));
    let hours = if of.is_empty() { 0 } else { PREVIEW_DAYS * 24 };
    for hour in 0..hours {
        let clocked = |hour: i64| EventId::first_at(from.plus_ms(hour * MS_PER_HOUR));
        let end = if hour + 1 == hours { EventId::first_at(now.plus_ms(1)) } else { clocked(hour + 1) };
        // Ids are unique, so that the one before the first of this hour is the end of the hour before.
        let mut after = EventId::from_i64(clocked(hour).as_i64() - 1);
        loop {
            let slice = store.past_calls(&of, after, end, CALLS).await?;
            slice.calls.iter().for_each(|call| replay.take(call));
            match slice.go_on_after {
                Some(last) => after = last,
                None => break,
            }
            // Twenty thousand calls take some milliseconds, in which others want the thread.
            tokio::task::yield_now().await;
        }
        if !job.is_wanted(clock.now()) {
            return Ok(None);
        }
        job.turn_into(PreviewState::Running { done: whole(hour + 1), of: whole(hours) });
    }
    found.add(replay, &keys);
    found.name_owners(store, &keys).await?;
    found.computed_at = clock.now();
    Ok(Some(found))
}

fn whole(hours: i64) -> u32 {
    u32::try_from(hours).unwrap_or(0)
}

impl PreviewReport {
    fn empty(from: Timestamp, now: Timestamp) -> Self {
        Self {
            from,
            computed_at: now,
            keys: 0,
            keys_changed: 0,
            keys_above: 0,
            calls: 0,
            refused: 0,
            shortened: 0,
            keys_refused: 0,
            owners_refused: 0,
            by_rule: BTreeMap::new(),
            named: Vec::new(),
            worst_before: NanoUsd::ZERO,
            worst_after: NanoUsd::ZERO,
        }
    }

    fn add(&mut self, replay: Replay, keys: &HashMap<KeyId, VirtualKey>) {
        let mut owners: HashSet<Owner> = HashSet::new();
        for (id, found) in replay.finish() {
            self.calls += found.calls;
            self.refused += found.refused;
            self.shortened += found.shortened;
            for (&rule, count) in &found.by_rule {
                *self.by_rule.entry(rule).or_default() += count;
            }
            if let Some(key) = keys.get(&id).filter(|_| found.refused > 0) {
                self.keys_refused += 1;
                owners.insert(key.owner);
                self.named.push(RefusedKey { id, name: key.name.clone(), owner_name: String::new(), found });
            }
        }
        self.owners_refused = u64::try_from(owners.len()).unwrap_or(u64::MAX);
        self.named.sort_by_key(|key| (std::cmp::Reverse(key.found.refused), key.id));
        self.named.truncate(NAMED);
    }

    async fn name_owners(&mut self, store: &Store, keys: &HashMap<KeyId, VirtualKey>) -> Result<(), StoreError> {
        let owner = |key: &RefusedKey| keys.get(&key.id).map(|key| key.owner);
        let people: Vec<PersonId> = (self.named.iter().filter_map(owner))
            .filter_map(|owner| if let Owner::Person(person) = owner { Some(person) } else { None })
            .collect();
        let people = store.names_of(&people).await?;
        let teams: HashMap<_, _> = store.teams().await?.into_iter().map(|team| (team.id, team.name)).collect();
        for key in &mut self.named {
            key.owner_name = match keys.get(&key.id).map(|key| key.owner) {
                Some(Owner::Person(person)) => people.get(&person).cloned().unwrap_or_else(|| person.to_string()),
                Some(Owner::Team(team)) => teams.get(&team).cloned().unwrap_or_else(|| team.to_string()),
                None => String::new(),
            };
        }
        Ok(())
    }
}
