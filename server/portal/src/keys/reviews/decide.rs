//! Deciding about keys: each by itself, in a transaction of its own, with its decision, its audit entry and, if it is
//! revoked, its end.
//!
//! A selection with a key in it that is not the caller's to decide about is none of the page's making, and nothing of it
//! happens. What was decided is not decided again: a form that is sent twice finds what it did.

use super::Held;
use crate::act::{By, Change, News, Subject, append};
use crate::keys::change::Difference;
use crate::keys::selection::MOST_SELECTED;
use crate::{Portal, PortalError, Reason};
use domain::id::KeyId;
use domain::key_review::{Choice, Decision, Quarter, Reviewing};
use domain::permission::{Permission, Scope};
use domain::person::{Caller, Role};
use domain::virtual_key::{KeyState, Owner};
use serde_json::{Value, json};
use store::KeyReview;

/// What became of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reviewed {
    pub key: KeyId,
    pub name: String,
    pub choice: Choice,
    pub outcome: ReviewOutcome,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReviewOutcome {
    Done,
    /// Somebody else was faster, or it was decided otherwise before.
    Decided {
        decision: Decision,
        by_name: String,
    },
    /// Revoked or expired meanwhile.
    Ended,
    /// It was taken away from the caller meanwhile.
    Gone,
    /// The database could not be reached, or something broke: this one is to be tried again.
    Failed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReviewAnswer {
    /// In the order of the choices.
    Reviewed(Vec<Reviewed>),
    /// The review that the choices are of is not open any more: nothing happened.
    Over,
}

impl Portal {
    /// The names of these keys; `NotFound` unless all of them are the caller's to decide about.
    pub async fn keys_to_decide(&self, caller: &Caller, keys: &[KeyId]) -> Result<Vec<(KeyId, String)>, PortalError> {
        let found = self.all_reviewed_by(caller, keys).await?;
        Ok(found.into_iter().map(|(key, name, _)| (key, name)).collect())
    }

    pub async fn review_keys(
        &self,
        caller: &Caller,
        quarter: Quarter,
        choices: &[(KeyId, Choice)],
    ) -> Result<ReviewAnswer, PortalError> {
        let keys: Vec<KeyId> = choices.iter().map(|(key, _)| *key).collect();
        let found = self.all_reviewed_by(caller, &keys).await?;
        match self.reviews_held().await? {
            Held::Open { review, .. } if review.quarter == quarter => {}
            _ => return Ok(ReviewAnswer::Over),
        }
        let mut reviewed = Vec::with_capacity(found.len());
        for ((key, name, owner), (_, choice)) in found.into_iter().zip(choices) {
            let answer = self.review_key(caller, quarter, (key, owner), *choice).await;
            let outcome = match answer {
                Ok(outcome) => outcome,
                Err(PortalError::NotFound | PortalError::Forbidden) => ReviewOutcome::Gone,
                Err(_) => ReviewOutcome::Failed,
            };
            reviewed.push(Reviewed { key, name, choice: *choice, outcome });
        }
        Ok(ReviewAnswer::Reviewed(reviewed))
    }

    /// With the owner that the caller's right was found by.
    async fn review_key(
        &self,
        caller: &Caller,
        quarter: Quarter,
        (id, owner): (KeyId, Owner),
        choice: Choice,
    ) -> Result<ReviewOutcome, PortalError> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let kept = tx.key_for_update(id, &Scope::Everyone).await?.map(|kept| kept.key);
        let Some(mut key) = kept.filter(|key| key.owner == owner && key.created_at < self.first_moment(quarter)) else {
            return Ok(ReviewOutcome::Gone);
        };
        if let Some(before) = tx.key_review(quarter, id).await? {
            if (before.decided_by, before.decision) == (caller.person, choice.decision()) {
                // Whoever sends it again may have had no answer.
                self.commit_and_tell(tx, News::Key(id)).await?;
                return Ok(ReviewOutcome::Done);
            }
            let names = self.names_for(caller, &[before.decided_by]).await?;
            let by_name = names.get(&before.decided_by).cloned().unwrap_or_else(|| before.decided_by.to_string());
            return Ok(ReviewOutcome::Decided { decision: before.decision, by_name });
        }
        if matches!(key.state, KeyState::Revoked { .. }) || now >= key.expires_at {
            return Ok(ReviewOutcome::Ended);
        }
        let decision = choice.decision();
        let decided_by = caller.person;
        tx.insert_key_review(&KeyReview { quarter, key: id, owner, decision, decided_at: now, decided_by }).await?;
        match choice {
            Choice::Keep => {
                let text = id.to_string();
                let subject = Subject { kind: "key", id: &text, name: &key.name };
                let after = Some(json!({ "review": quarter.to_string(), "decision": decision.word() }));
                let change = Change { action: "key.reviewed", subject, before: None, after };
                append(&mut tx, By::Person(caller), now, change).await?;
                self.commit_and_tell(tx, News::Nothing).await?;
            }
            Choice::Revoke(reason) => {
                let before = json!(key.state);
                key.state = KeyState::Revoked { at: now, by: caller.person, reason };
                let mut after = json!(key.state);
                if let Value::Object(fields) = &mut after {
                    fields.insert("review".to_owned(), json!(quarter.to_string()));
                }
                self.save(tx, caller, key, now, Difference { action: "key.revoked", before, after }).await?;
                tracing::info!(key.id = %id, reason = reason.word(), "revoked virtual key {id} in the review of {quarter}");
            }
        }
        Ok(ReviewOutcome::Done)
    }

    /// In the order of the keys, with name and owner.
    async fn all_reviewed_by(
        &self,
        caller: &Caller,
        keys: &[KeyId],
    ) -> Result<Vec<(KeyId, String, Owner)>, PortalError> {
        if !Permission::Decide.allows(Some(caller)) {
            return Err(PortalError::Forbidden);
        }
        if keys.len() > MOST_SELECTED {
            let at_most = u32::try_from(MOST_SELECTED).unwrap_or(u32::MAX);
            return Err(PortalError::refused("key", Reason::TooMany { at_most }));
        }
        let mut named = self.store.owned_names(keys).await?;
        let owners: Vec<Owner> = named.values().map(|(_, owner)| *owner).collect();
        let answering = self.answering_for(&owners).await?;
        let own = answering.values().any(|one| one.alone == Some(caller.person));
        let administrator = caller.has(Role::Administrator);
        let only_administrator = own && administrator && self.administrators().await? == [caller.person];
        let mut found = Vec::with_capacity(keys.len());
        for &key in keys {
            let (name, owner) = named.remove(&key).ok_or(PortalError::NotFound)?;
            match answering.get(&owner).map(|one| one.reviewed_by(caller, only_administrator)) {
                Some(Reviewing::Yes) => found.push((key, name, owner)),
                Some(Reviewing::OnesOwn) => return Err(PortalError::Forbidden),
                Some(Reviewing::No) | None => return Err(PortalError::NotFound),
            }
        }
        Ok(found)
    }
}
