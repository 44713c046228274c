//! A key made as narrow as its use, in one change that can be taken back for a week.
//!
//! What is applied is worked out anew when it is asked for, and has to be what was seen. Taking it back gives the key the
//! terms of its own that it had; what its guardrails allow by then bounds them, as always. What a key used comes from sums,
//! never from its calls.

use super::change::{Difference, refuse_ended};
use super::detail::may_change;
use crate::{Portal, PortalError};
use domain::effective_terms::effective;
use domain::id::KeyId;
use domain::person::Caller;
use domain::refusal::Reason;
use domain::right_size::{DAYS, Narrowing, Observed, Part, Undo, Unproposed, UsedHour, applied, parts, propose, undo};
use domain::time::{MS_PER_DAY, MS_PER_HOUR, Timestamp};
use domain::virtual_key::{KeyTerms, VirtualKey};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use store::{HourSpan, SpanUsage};

const MOST_CALLERS: u32 = 1_000;

/// What a key has, what it used, and what it could do without.
#[derive(Debug, Clone)]
pub struct RightSize {
    pub key: VirtualKey,
    /// As they hold now, with what was granted above them.
    pub terms: KeyTerms,
    pub observed: Observed,
    pub proposed: Result<Vec<Part>, Unproposed>,
    /// Names what is proposed: only what was seen is applied.
    pub seen: String,
    pub undo: Option<UndoOffer>,
}

/// A narrowing of the last days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndoOffer {
    pub at: Timestamp,
    pub by_name: String,
    pub undo: Undo,
    /// What would be wider again.
    pub returned: Vec<Returned>,
}

/// One term before and after a narrowing is taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returned {
    pub now: Part,
    /// `None`: no limit of that kind.
    pub then: Option<Part>,
    /// The guardrails allow less by now than the key had.
    pub held_back: bool,
}

impl Portal {
    /// For those who may change the key.
    pub async fn right_size(&self, caller: &Caller, key: KeyId) -> Result<RightSize, PortalError> {
        let key = self.changeable_key(caller, key).await?;
        let (observed, terms, proposed) = self.proposed(&key).await?;
        let undo = self.undo_offer(caller, &key).await?;
        let seen = name_of(proposed.as_deref().unwrap_or_default());
        Ok(RightSize { key, terms, observed, proposed, seen, undo })
    }

    /// Applies those of the proposals that were picked, by the names of their fields.
    pub async fn narrow_key(
        &self,
        caller: &Caller,
        key: KeyId,
        seen: &str,
        picked: &[String],
    ) -> Result<VirtualKey, PortalError> {
        // Before the transaction: calls that have ended are written down first, and there is one writer.
        let looked_at = self.changeable_key(caller, key).await?;
        let (_, _, proposed) = self.proposed(&looked_at).await?;
        let proposed = proposed.unwrap_or_default();
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let kept = self.key_to_change(&mut tx, caller, key).await?.key;
        refuse_ended(&kept, now)?;
        if name_of(&proposed) != seen || kept.terms != looked_at.terms {
            return Err(PortalError::refused("parts", Reason::ProposalChanged));
        }
        let proposed: Vec<Part> =
            proposed.into_iter().filter(|part| picked.iter().any(|field| field == part.field())).collect();
        if proposed.is_empty() {
            return Err(PortalError::refused("parts", Reason::Missing));
        }
        let (before, after) = (kept.terms.clone(), applied(&kept.terms, &proposed));
        let narrowing = Narrowing { before, after: after.clone(), at: now, by: caller.person };
        tx.put_narrowing(key, &narrowing).await?;
        let difference =
            Difference { action: "key.narrowed", before: json!(narrowing.before), after: json!(narrowing.after) };
        self.save(tx, caller, VirtualKey { terms: after, ..kept }, now, difference).await
    }

    /// Gives the key the terms that it had before it was narrowed.
    pub async fn undo_narrowing(&self, caller: &Caller, key: KeyId) -> Result<VirtualKey, PortalError> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let kept = self.key_to_change(&mut tx, caller, key).await?.key;
        refuse_ended(&kept, now)?;
        let narrowing = tx.narrowing_of(key).await?.ok_or_else(|| PortalError::refused("undo", Reason::UndoOver))?;
        match undo(&narrowing, &kept.terms, now) {
            Some(Undo::Possible { .. }) => {}
            Some(Undo::ChangedSince) => return Err(PortalError::refused("undo", Reason::TermsChangedSince)),
            None => return Err(PortalError::refused("undo", Reason::UndoOver)),
        }
        tx.delete_narrowing(key).await?;
        let Narrowing { before, after, .. } = narrowing;
        let difference = Difference { action: "key.narrowing_undone", before: json!(after), after: json!(before) };
        self.save(tx, caller, VirtualKey { terms: before, ..kept }, now, difference).await
    }

    async fn changeable_key(&self, caller: &Caller, key: KeyId) -> Result<VirtualKey, PortalError> {
        let key = self.visible_key(caller, key).await?.key;
        if may_change(caller, key.owner) { Ok(key) } else { Err(PortalError::Forbidden) }
    }

    async fn undo_offer(&self, caller: &Caller, key: &VirtualKey) -> Result<Option<UndoOffer>, PortalError> {
        let Some(narrowing) = self.store.narrowing(key.id).await? else { return Ok(None) };
        let Some(undo) = undo(&narrowing, &key.terms, self.clock.now()) else { return Ok(None) };
        let guardrails = self.profile_of(key).await?.terms;
        let (now, then) = (effective(&guardrails, &narrowing.after), effective(&guardrails, &narrowing.before));
        let returned = parts(&now).into_iter().filter_map(|now| {
            let (then, had) = (now.of(&then), now.of(&narrowing.before));
            let changed = then.as_ref() != Some(&now);
            changed.then(|| Returned { held_back: had.is_some() && had != then, now, then })
        });
        let returned = returned.collect();
        let by_name = self.names_for(caller, &[narrowing.by]).await?.remove(&narrowing.by).unwrap_or_default();
        Ok(Some(UndoOffer { at: narrowing.at, by_name, undo, returned }))
    }

    async fn proposed(
        &self,
        key: &VirtualKey,
    ) -> Result<(Observed, KeyTerms, Result<Vec<Part>, Unproposed>), PortalError> {
        self.gateway.catch_up().await;
        let (now, profile) = (self.clock.now(), self.profile_of(key).await?);
        let terms = self.terms_now(key, &profile).await?;
        let observed = self.observed(key.id, now).await?;
        let proposed = propose(key.created_at, now, &terms, &profile.terms, &observed);
        Ok((observed, terms.into(), proposed))
    }

    /// The last thirty days of UTC, today included.
    async fn observed(&self, key: KeyId, now: Timestamp) -> Result<Observed, PortalError> {
        let since = Timestamp::from_ms((now.as_ms().div_euclid(MS_PER_DAY) - (DAYS - 1)).saturating_mul(MS_PER_DAY));
        let hours = since.as_ms().div_euclid(MS_PER_HOUR)..=now.utc_hour();
        let hours: Vec<HourSpan> = hours.map(|from| HourSpan { from, hours: 1 }).collect();
        let hours = self.store.usage_in_spans(key, &hours).await?;
        let endpoints = self.store.endpoint_calls(key, since).await?;
        let callers = self.store.callers(key, since, MOST_CALLERS).await?;
        let observed = summed(&hours, now.utc_hour());
        let known: u64 = endpoints.iter().map(|&(_, calls)| calls).fold(0, u64::saturating_add);
        // A list that ends at the bound is not the whole of it.
        let addresses: Option<BTreeSet<IpAddr>> = (callers.len() < MOST_CALLERS as usize)
            .then(|| callers.iter().map(|caller| caller.network.parse().ok()).collect())
            .flatten();
        Ok(Observed {
            endpoints: (known == observed.calls).then(|| endpoints.into_iter().map(|(endpoint, _)| endpoint).collect()),
            addresses: addresses.map(|addresses| addresses.into_iter().collect()),
            ..observed
        })
    }
}

/// The figures of whole hours, so that a proposal is the same while its page is read; the models of all of them.
fn summed(rows: &[SpanUsage], this_hour: i64) -> Observed {
    let mut hours: BTreeMap<i64, UsedHour> = BTreeMap::new();
    let mut models = BTreeSet::new();
    let mut calls: u64 = 0;
    for row in rows {
        let let_in = u64::try_from(row.requests.saturating_sub(row.denials)).unwrap_or(0);
        if let_in == 0 {
            continue;
        }
        models.insert(row.model.clone());
        calls = calls.saturating_add(let_in);
        if row.from < this_hour {
            let hour = hours.entry(row.from).or_insert(UsedHour { hour: row.from, ..UsedHour::default() });
            hour.calls = hour.calls.saturating_add(let_in);
            hour.tokens = hour.tokens.saturating_add(row.tokens.all());
            hour.cost = hour.cost.plus(row.cost);
        }
    }
    Observed {
        calls,
        models: models.into_iter().collect(),
        endpoints: None,
        addresses: None,
        hours: hours.into_values().collect(),
    }
}

/// A short name of what is proposed, so that a form applies nothing that its page did not show.
fn name_of(proposed: &[Part]) -> String {
    let digest = Sha256::digest(format!("{proposed:?}").as_bytes());
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
