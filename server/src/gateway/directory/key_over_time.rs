//! A key's records one after another: the one that holds now, and those that follow as its grants end and the day comes
//! from which it follows newer guardrails.
//!
//! Both count by the clock of the call, without a job and without anybody reading anything anew. Nearly all keys have
//! neither before them: theirs is one record, and the clock is not asked.

use super::{Common, KeyFacts};
use domain::access_profile::AccessProfile;
use domain::grant::{Holds, OverTime, over_time};
use domain::served_key::ServedKey;
use domain::time::Timestamp;
use proxy::ports::{KeyRecord, Level};
use std::sync::Arc;

/// Each record holds until its moment; in the order of time.
type UntilThen = Arc<[(Timestamp, Arc<KeyRecord>)]>;

/// The profile that a key goes by, and the one that it follows from a moment on.
#[derive(Clone, Copy)]
pub(super) struct ProfileOverTime<'a> {
    pub(super) first: &'a Arc<AccessProfile>,
    pub(super) then: Option<(Timestamp, &'a Arc<AccessProfile>)>,
}

impl<'a> ProfileOverTime<'a> {
    pub(super) const fn always(profile: &'a Arc<AccessProfile>) -> Self {
        Self { first: profile, then: None }
    }
}

#[derive(Clone)]
pub(super) struct KeyOverTime {
    before: Option<UntilThen>,
    /// What holds when every grant has ended, under the last profile.
    last: Arc<KeyRecord>,
}

impl KeyOverTime {
    pub(super) fn of(facts: KeyFacts, profiles: ProfileOverTime<'_>, common: &mut Common, now: Timestamp) -> Self {
        let KeyFacts { key, profile_version: _, terms, secrets, grants, owner_active } = facts;
        let above = common.levels.above(&key);
        let mut record = |profile: &Arc<AccessProfile>, Holds { terms, if_enforced }| {
            Arc::new(KeyRecord {
                key: key.clone(),
                secrets: secrets.clone(),
                profile: profile.clone(),
                effective: common.terms.one(terms),
                if_enforced: if_enforced.map(|terms| common.if_enforced.one(*terms)),
                owner_active,
                above: above.clone(),
            })
        };
        let mut from = |profile: &Arc<AccessProfile>, moment| {
            let OverTime { before, last } = over_time(&profile.terms, &terms, &grants, moment);
            let before = before.into_iter().map(|(end, holds)| (end, record(profile, holds)));
            (before.collect::<Vec<_>>(), record(profile, last))
        };
        let (before, last) = match profiles.then {
            None => from(profiles.first, now),
            Some((moment, newer)) if moment <= now => from(newer, now),
            Some((moment, newer)) => {
                let (mut before, at_last) = from(profiles.first, now);
                match before.iter().position(|&(end, _)| end >= moment) {
                    Some(nth) => before.truncate(nth + 1),
                    None => before.push((moment, at_last)),
                }
                // Whatever holds then under the first profile holds no longer than that.
                before.last_mut().into_iter().for_each(|(end, _)| *end = moment);
                let (later, last) = from(newer, moment);
                before.extend(later);
                (before, last)
            }
        };
        Self { before: (!before.is_empty()).then(|| before.into()), last }
    }

    /// The record that holds at this moment.
    pub(super) fn at(&self, now: impl FnOnce() -> Timestamp) -> Arc<KeyRecord> {
        let Some(before) = &self.before else { return self.last.clone() };
        let now = now();
        let current = before.iter().find(|(end, _)| now < *end).map(|(_, record)| record);
        current.unwrap_or(&self.last).clone()
    }

    pub(super) fn key(&self) -> &ServedKey {
        &self.last.key
    }

    pub(super) fn above(&self) -> &Arc<[Level]> {
        &self.last.above
    }

    /// The same key below other levels.
    pub(super) fn below(&self, above: &Arc<[Level]>) -> Self {
        let moved = |record: &KeyRecord| {
            let KeyRecord { key, secrets, profile, effective, if_enforced, owner_active, above: _ } = record;
            Arc::new(KeyRecord {
                key: key.clone(),
                secrets: secrets.clone(),
                profile: profile.clone(),
                effective: effective.clone(),
                if_enforced: if_enforced.clone(),
                owner_active: *owner_active,
                above: above.clone(),
            })
        };
        let before = self.before.as_ref().map(|before| before.iter().map(|(end, one)| (*end, moved(one))).collect());
        Self { before, last: moved(&self.last) }
    }
}
