//! Answering: yes, less than that, or no; and taking a request back.

use super::ask::{check_until, read_reason};
use super::{subject, teams_of};
use crate::act::{By, Change, News, Subject, append};
use crate::keys::{key_facts, new_key};
use crate::{Portal, PortalError};
use domain::access_request::{AccessRequest, Decider, Granted, RequestState, Wish, check_less};
use domain::access_rule::AccessRule;
use domain::budget::BudgetScope;
use domain::grant::{Grant, More};
use domain::id::{GrantId, KeyId, RequestId};
use domain::minting::{MintRequest, MintingFacts, decide_ask};
use domain::notification::{GivenAnswer, Kind};
use domain::permission::Scope;
use domain::person::{Caller, Role};
use domain::refusal::{Amount, Reason, Refusal, cap_field};
use domain::time::Timestamp;
use domain::virtual_key::{KeyState, Owner};
use serde_json::json;
use store::{Acknowledgement, Tx};

/// What whoever decides gives: every figure at most what was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    pub figures: More,
    /// Until when what goes above the maxima counts; `None` for good.
    pub until: Option<Timestamp>,
    /// Of a new key.
    pub lifetime_days: Option<u32>,
    /// Of a key that exists.
    pub expires_at: Option<Timestamp>,
}

impl Given {
    /// What was asked for.
    pub fn all_of(request: &AccessRequest) -> Self {
        let (lifetime_days, expires_at) = match &request.wish {
            Wish::NewKey { wanted, .. } => (wanted.lifetime_days, None),
            Wish::MoreFor { expires_at, .. } => (None, *expires_at),
        };
        Self { figures: request.wish.figures(), until: request.until, lifetime_days, expires_at }
    }
}

impl Portal {
    pub async fn approve_request(
        &self,
        caller: &Caller,
        request: RequestId,
        given: &Given,
    ) -> Result<Granted, PortalError> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let request = self.request_to_decide(&mut tx, caller, request, now).await?;
        let mut refusals = check_given(&request, given, now);
        refusals.extend(self.check_team_budget(caller, &request, given).await?);
        if !refusals.is_empty() {
            return Err(PortalError::Refused(refusals));
        }
        let by = Decider::Person(caller.person);
        let granted = self.grant(&mut tx, By::Person(caller), &request, given, by, now).await?;
        let answer = if *given == Given::all_of(&request) { GivenAnswer::Approved } else { GivenAnswer::ApprovedLess };
        self.tell_asker(&mut tx, caller, &request, answer, now).await?;
        self.record_approval(&mut tx, By::Person(caller), &request, &granted, by, now).await?;
        self.commit_and_tell(tx, News::Key(granted.key)).await?;
        tracing::info!(request.id = %request.id, key.id = %granted.key, "approved request {}", request.id);
        Ok(granted)
    }

    pub async fn decline_request(&self, caller: &Caller, request: RequestId, reason: &str) -> Result<(), PortalError> {
        let now = self.clock.now();
        let (reason, refusals) = read_reason(reason);
        let mut tx = self.store.begin().await?;
        let request = self.request_to_decide(&mut tx, caller, request, now).await?;
        if !refusals.is_empty() {
            return Err(PortalError::Refused(refusals));
        }
        let declined = RequestState::Declined { at: now, by: caller.person, reason: reason.clone() };
        tx.answer_request(request.id, &declined).await?;
        self.tell_asker(&mut tx, caller, &request, GivenAnswer::Declined, now).await?;
        let (id, name) = (request.id.to_string(), self.key_name(&request).await?);
        let after = Some(json!({ "state": "declined", "reason": reason }));
        let change = Change { action: "request.declined", subject: subject(&id, &name), before: None, after };
        append(&mut tx, By::Person(caller), now, change).await?;
        Ok(tx.commit().await?)
    }

    /// Whoever asked takes it back. Taking back twice changes nothing.
    pub async fn withdraw_request(&self, caller: &Caller, request: RequestId) -> Result<(), PortalError> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let kept = tx.request_for_update(request).await?.filter(|kept| kept.asked_by == caller.person);
        let kept = kept.ok_or(PortalError::NotFound)?;
        match kept.state {
            RequestState::Withdrawn { .. } => return Ok(()),
            RequestState::Waiting => {}
            _ => return Err(PortalError::refused("request", Reason::AlreadyDecided)),
        }
        tx.answer_request(request, &RequestState::Withdrawn { at: now }).await?;
        tx.settle_notifications(Kind::RequestWaits, &request.to_string(), now).await?;
        let (id, name) = (request.to_string(), self.key_name(&kept).await?);
        let after = Some(json!({ "state": "withdrawn" }));
        let change = Change { action: "request.withdrawn", subject: subject(&id, &name), before: None, after };
        append(&mut tx, By::Person(caller), now, change).await?;
        Ok(tx.commit().await?)
    }

    /// The request, locked, if this person may answer it and nobody has.
    async fn request_to_decide(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        request: RequestId,
        now: Timestamp,
    ) -> Result<AccessRequest, PortalError> {
        let kept = tx.request_for_update(request).await?.ok_or(PortalError::NotFound)?;
        if kept.asked_by == caller.person {
            return Err(PortalError::refused("request", Reason::NotOnesOwnRequest));
        }
        let teams = self.teams_of_person(kept.asked_by).await?;
        if !kept.is_decided_by(caller, &teams) {
            return Err(if caller.has(Role::Auditor) { PortalError::Forbidden } else { PortalError::NotFound });
        }
        if !kept.standing(now).is_open() {
            return Err(PortalError::refused("request", Reason::AlreadyDecided));
        }
        Ok(kept)
    }

    pub(super) async fn approve_by_rule(
        &self,
        tx: &mut Tx,
        request: &AccessRequest,
        rule: &AccessRule,
        now: Timestamp,
    ) -> Result<News, PortalError> {
        // Not whoever asked: they would seem to have approved their own key.
        let (acting, by) = (By::Itself("approval rule"), Decider::Rule(rule.id));
        let granted = self.grant(tx, acting, request, &Given::all_of(request), by, now).await?;
        self.record_approval(tx, acting, request, &granted, by, now).await?;
        Ok(News::Key(granted.key))
    }

    /// Makes what was approved: the key without a secret, the grant, the later end.
    async fn grant(
        &self,
        tx: &mut Tx,
        acting: By<'_>,
        request: &AccessRequest,
        given: &Given,
        by: Decider,
        now: Timestamp,
    ) -> Result<Granted, PortalError> {
        let (key, more, expires_at) = match &request.wish {
            Wish::NewKey { wanted, .. } => {
                let (key, more) = self.make_key(tx, acting, request, lowered(wanted, given), now).await?;
                (key, more, None)
            }
            Wish::MoreFor { key, .. } => {
                self.lengthen(tx, acting, *key, given.expires_at, now).await?;
                (*key, given.figures.clone(), given.expires_at)
            }
        };
        let until = given.until.filter(|_| !more.is_empty());
        if !more.is_empty() {
            let id = GrantId::from_random(&self.id_bytes());
            let (request, more) = (request.id, more.clone());
            tx.insert_grant(&Grant { id, key, request, more, until, granted_by: by, granted_at: now }).await?;
        }
        Ok(Granted { key, more, until, expires_at })
    }

    async fn make_key(
        &self,
        tx: &mut Tx,
        acting: By<'_>,
        request: &AccessRequest,
        wanted: MintRequest,
        now: Timestamp,
    ) -> Result<(KeyId, More), PortalError> {
        let gone = || PortalError::refused("request", Reason::UnknownChoice);
        let asker = self.caller_of(request.asked_by).await?.ok_or_else(gone)?;
        // What was read is what was in force when the key was asked for: whoever approves cannot read it for the asker.
        let mut gathered = self.gather(&asker, &wanted, now).await?;
        let policy = gathered.policy.take();
        let held = match wanted.owner {
            Owner::Person(person) => tx.live_keys_of(person, wanted.profile, now).await?,
            Owner::Team(_) => 0,
        };
        let facts: MintingFacts<'_> = gathered.facts(&asker, u32::try_from(held).unwrap_or(u32::MAX));
        let terms = decide_ask(&facts, &wanted, now).map_err(PortalError::Refused)?;
        let id = KeyId::from_random(&self.id_bytes());
        let key = new_key(id, &asker, &wanted, &terms, now);
        tx.insert_key_without_secret(&key).await?;
        let (text, mut after) = (id.to_string(), key_facts(&key));
        let known = |version: &i64| policy.is_some_and(|policy| (1..=policy.version).contains(version));
        if let Some(version) = wanted.policy_read.filter(known) {
            let (person, at) = (request.asked_by, request.asked_at);
            tx.insert_acknowledgement(&Acknowledgement { key: id, version, person, at }).await?;
            after["key_policy_read"] = json!(version);
        }
        let subject = Subject { kind: "key", id: &text, name: &key.name };
        let minted = Change { action: "key.approved", subject, before: None, after: Some(after) };
        append(tx, acting, now, minted).await?;
        Ok((id, terms.more))
    }

    /// The key as it stands, still alive, with its new end if there is one.
    async fn lengthen(
        &self,
        tx: &mut Tx,
        acting: By<'_>,
        key: KeyId,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), PortalError> {
        let mut kept = tx.key_for_update(key, &Scope::Everyone).await?.ok_or(PortalError::NotFound)?.key;
        if matches!(kept.state, KeyState::Revoked { .. }) || now >= kept.expires_at {
            return Err(PortalError::refused("request", Reason::KeyEnded));
        }
        let Some(end) = expires_at.filter(|&end| end > kept.expires_at) else { return Ok(()) };
        let before = Some(json!({ "expires_at": kept.expires_at }));
        kept.expires_at = end;
        tx.update_key(&kept).await?;
        let id = key.to_string();
        let subject = Subject { kind: "key", id: &id, name: &kept.name };
        let after = Some(json!({ "expires_at": end }));
        append(tx, acting, now, Change { action: "key.expiry_changed", subject, before, after }).await?;
        Ok(())
    }

    async fn record_approval(
        &self,
        tx: &mut Tx,
        by: By<'_>,
        request: &AccessRequest,
        granted: &Granted,
        decider: Decider,
        now: Timestamp,
    ) -> Result<(), PortalError> {
        tx.answer_request(request.id, &RequestState::Approved { at: now, by: decider, granted: granted.clone() })
            .await?;
        let (id, name) = (request.id.to_string(), self.key_name(request).await?);
        let before = Some(json!({ "figures": request.wish.figures(), "until": request.until }));
        let after = Some(json!({ "state": "approved", "by": decider, "granted": granted }));
        append(tx, by, now, Change { action: "request.approved", subject: subject(&id, &name), before, after }).await?;
        Ok(())
    }

    /// A lead gives at most what the team itself may spend: above that, an administrator decides.
    pub(super) async fn check_team_budget(
        &self,
        caller: &Caller,
        request: &AccessRequest,
        given: &Given,
    ) -> Result<Vec<Refusal>, PortalError> {
        if caller.has(Role::Administrator) {
            return Ok(Vec::new());
        }
        let teams = teams_of(request, &self.teams_of_person(request.asked_by).await?);
        let mut refusals = Vec::new();
        for team in teams.into_iter().filter(|&team| caller.leads(team)) {
            let Some(limits) = self.store.limits_of(BudgetScope::Team(team)).await? else { continue };
            for cap in &given.figures.limits.caps {
                let of_team = limits.limits.caps.iter().find(|own| own.window == cap.window);
                if let Some(own) = of_team.filter(|own| own.limit < cap.limit) {
                    let money = |amount| Amount::Money { amount, window: cap.window };
                    let (wanted, maximum) = (money(cap.limit), money(own.limit));
                    refusals.push(Refusal::new(cap_field(cap.window), Reason::AboveTeamBudget { wanted, maximum }));
                }
            }
        }
        Ok(refusals)
    }
}

fn check_given(request: &AccessRequest, given: &Given, now: Timestamp) -> Vec<Refusal> {
    let mut refusals = check_less(&request.wish.figures(), &given.figures);
    refusals.extend(check_until(given.until, now));
    let asked = Given::all_of(request);
    if let (Some(days), Some(most)) = (given.lifetime_days, asked.lifetime_days)
        && days > most
    {
        let (wanted, maximum) = (Amount::Days(days), Amount::Days(most));
        refusals.push(Refusal::new("lifetime_days", Reason::AboveMaximum { wanted, maximum }));
    }
    if given.expires_at > asked.expires_at {
        refusals.push(Refusal::new("expires_at", Reason::UnknownChoice));
    }
    if matches!(request.wish, Wish::MoreFor { .. }) && given.figures.is_empty() && given.expires_at.is_none() {
        refusals.push(Refusal::new("more", Reason::Missing));
    }
    refusals
}

/// The wish with the figures that were given. One that was left empty falls back to the profile's default.
fn lowered(wanted: &MintRequest, given: &Given) -> MintRequest {
    let limits = given.figures.limits.clone();
    MintRequest {
        caps: limits.caps,
        requests_per_minute: limits.requests_per_minute,
        tokens_per_minute: limits.tokens_per_minute,
        concurrency: limits.concurrency,
        quotas: limits.quotas,
        lifetime_days: given.lifetime_days,
        ..wanted.clone()
    }
}
