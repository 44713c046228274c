//! Changes of guardrails that keys which exist come to later: set with the edit, followed by the clock or by rotations,
//! and taken back until their day.
//!
//! There is at most one for each profile. A later change of terms decides anew for all keys that exist, and takes its
//! place; what has come by then is written into the keys first.

use crate::act::{By, Change, News, Subject, append};
use crate::{Portal, PortalError};
use domain::access_profile::AccessProfile;
use domain::id::{PersonId, ProfileId};
use domain::notification::ComingChange;
use domain::permission::Administrator;
use domain::profile_rollout::{MoveOn, Rollout, version_at};
use domain::profile_versions::{Reach, kept as as_kept};
use domain::refusal::Reason;
use domain::time::Timestamp;
use domain::virtual_key::VirtualKey;
use serde_json::{Value, json};
use store::{KeptVersion, RolloutNews, Tx};

/// How a key stands to the versions of its profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Follows {
    Newest,
    /// It keeps to the version that it has.
    Kept,
    /// It keeps to the version that it has until then.
    Until {
        moves: MoveOn,
        newest: Box<AccessProfile>,
    },
}

/// What is still to come for keys that exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coming {
    pub moves: MoveOn,
    /// Live keys that have not come to it.
    pub live_keys: i64,
}

impl Portal {
    /// The profile whose terms the key goes by: the newest, or the version that it keeps to.
    pub(crate) async fn profile_of(&self, key: &VirtualKey) -> Result<AccessProfile, PortalError> {
        Ok(self.followed(key).await?.0)
    }

    /// The same, and what becomes of it.
    pub(crate) async fn followed(&self, key: &VirtualKey) -> Result<(AccessProfile, Follows), PortalError> {
        self.follows(KeptVersion { profile: key.profile, version: key.profile_version }).await
    }

    pub(crate) async fn kept_profile(&self, of: KeptVersion) -> Result<AccessProfile, PortalError> {
        Ok(self.follows(of).await?.0)
    }

    async fn follows(&self, of: KeptVersion) -> Result<(AccessProfile, Follows), PortalError> {
        let newest = self.store.profile(of.profile).await?.ok_or(PortalError::Internal)?;
        if of.version.is_none() {
            return Ok((newest, Follows::Newest));
        }
        let rollout = self.store.rollout(of.profile).await?;
        let Some(version) = version_at(of.version, rollout.as_ref(), self.clock.now()) else {
            return Ok((newest, Follows::Newest));
        };
        let older = self.store.profile_version(of.profile, version).await?.ok_or(PortalError::Internal)?;
        let profile = as_kept(&newest, &older.profile);
        let follows = match rollout {
            None => Follows::Kept,
            Some(Rollout { moves, .. }) => Follows::Until { moves, newest: Box::new(newest) },
        };
        Ok((profile, follows))
    }

    /// What keys of the profile have yet to come to; `None` once its day has come, or every key has.
    pub(super) async fn coming(&self, profile: ProfileId) -> Result<Option<Coming>, PortalError> {
        let now = self.clock.now();
        let Some(rollout) = self.store.rollout(profile).await?.filter(|rollout| !rollout.moves.has_come(now)) else {
            return Ok(None);
        };
        let live = self.store.live_keys_by_version(profile, now).await?;
        let live_keys = live.iter().filter(|(version, _)| version.is_some()).map(|(_, count)| count).sum();
        Ok((live_keys > 0).then_some(Coming { moves: rollout.moves, live_keys }))
    }

    /// Keys that exist keep to the version that they have after all, and the newest stays for new ones. False if there is
    /// nothing to take back any more: its day has come, or another change took its place.
    pub async fn withdraw_rollout(
        &self,
        administrator: Administrator<'_>,
        profile: ProfileId,
        seen: MoveOn,
    ) -> Result<bool, PortalError> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let newest = tx.profile_for_update(profile).await?.ok_or(PortalError::NotFound)?;
        let rollout = tx.rollout_for_update(profile).await?;
        let Some(rollout) = rollout.filter(|one| one.moves == seen && !one.moves.has_come(now)) else {
            return Ok(false);
        };
        tx.delete_rollout(profile).await?;
        let by = administrator.caller().person;
        announce(&mut tx, &newest, Some(rollout.reach()), Reach::NewKeys, by, now).await?;
        let id = profile.to_string();
        let subject = Subject { kind: "profile", id: &id, name: &newest.name };
        let (before, after) = (Some(said(rollout.reach())), Some(said(Reach::NewKeys)));
        let change = Change { action: "profile.change_withdrawn", subject, before, after };
        append(&mut tx, By::Person(administrator.caller()), now, change).await?;
        self.commit_and_tell(tx, News::Policy).await?;
        Ok(true)
    }
}

/// Refuses a day that has begun: who means today means at once.
pub(super) fn refuse_past(reach: Reach, now: Timestamp) -> Result<(), PortalError> {
    match reach {
        Reach::From(at) if at <= now => Err(PortalError::refused("from", Reason::InThePast)),
        _ => Ok(()),
    }
}

/// What became of keys that exist.
pub(super) struct Moved {
    /// What was still to come for them and does not any more.
    pub(super) replaced: Option<Reach>,
    /// Whether anything is other than it was.
    pub(super) any: bool,
}

/// Decides anew for the keys that exist. `keep_at` is the version before the one that changed terms: keys that followed it
/// as the newest keep to it. `None`: no term has changed, and those that follow the newest go on doing so.
pub(super) async fn move_keys(
    tx: &mut Tx,
    newest: &AccessProfile,
    keep_at: Option<i64>,
    reach: Reach,
    now: Timestamp,
) -> Result<Moved, PortalError> {
    let earlier = tx.rollout_for_update(newest.id).await?;
    if earlier.is_some_and(|rollout| rollout.moves.has_come(now)) {
        // They have followed the newest since that day, though nothing was written into them.
        tx.release_keys(newest.id).await?;
    }
    tx.delete_rollout(newest.id).await?;
    if let Some(version) = keep_at.filter(|_| reach != Reach::AllKeys) {
        tx.keep_keys_at(newest.id, version).await?;
    }
    let replaced = earlier.filter(|rollout| !rollout.moves.has_come(now)).map(|rollout| rollout.reach());
    let moves = match reach {
        Reach::NewKeys => return Ok(Moved { replaced, any: replaced.is_some() }),
        Reach::AllKeys => {
            let released = tx.release_keys(newest.id).await?;
            return Ok(Moved { replaced, any: released > 0 || replaced.is_some() });
        }
        Reach::NextRotation => MoveOn::NextRotation,
        Reach::From(at) => MoveOn::At(at),
    };
    tx.put_rollout(&Rollout { profile: newest.id, version: newest.version, moves }).await?;
    Ok(Moved { replaced, any: replaced != Some(reach) })
}

/// Writes down what the owners of keys are to be told of a decision about a day. Those who were told of an earlier one
/// that does not hold any more are told so.
pub(super) async fn announce(
    tx: &mut Tx,
    newest: &AccessProfile,
    replaced: Option<Reach>,
    reach: Reach,
    by: PersonId,
    now: Timestamp,
) -> Result<(), PortalError> {
    let was_set = tx.stop_telling_what_was_set(newest.id).await?;
    let (change, moves_at, told_at) = match (reach, replaced) {
        (Reach::From(at), _) => (ComingChange::Set, at, None),
        (Reach::AllKeys, Some(Reach::From(at))) => (ComingChange::AtOnce, at, was_set),
        (_, Some(Reach::From(at))) => (ComingChange::Withdrawn, at, was_set),
        _ => return Ok(()),
    };
    if change != ComingChange::Set && told_at.is_none() {
        // Set by a release that told nobody.
        return Ok(());
    }
    let (profile, version, after) = (newest.id, newest.version, String::new());
    let news = RolloutNews { profile, decided_at: now, change, version, moves_at, decided_by: by, told_at, after };
    Ok(tx.put_rollout_news(&news).await?)
}

/// Whom a change reaches, as the audit log has it.
fn said(reach: Reach) -> Value {
    said_of(json!({}), reach)
}

/// The same beside other facts.
pub(super) fn said_of(mut facts: Value, reach: Reach) -> Value {
    facts["applies_to"] = json!(reach.word());
    if let Reach::From(at) = reach {
        facts["applies_from"] = json!(at);
    }
    facts
}
