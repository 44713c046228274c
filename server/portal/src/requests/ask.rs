//! Asking: for a new key, and for more than a key has.

use super::subject;
use crate::act::{By, Change, News, append, spend};
use crate::keys::MintVerdict;
use crate::{FormId, Made, Portal, PortalError};
use domain::access_profile::AccessProfile;
use domain::access_request::{AccessRequest, LONGEST_REASON, MOST_WAITING, RequestState, Wish, spelled_out};
use domain::grant::More;
use domain::id::{KeyId, RequestId};
use domain::minting::MintRequest;
use domain::model::Model;
use domain::person::Caller;
use domain::plain_text::plain_text;
use domain::refusal::{Reason, Refusal, cap_field, quota_field};
use domain::time::{MS_PER_HOUR, Timestamp};
use domain::virtual_key::{KeyState, KeyTerms, Owner};
use serde_json::json;
use store::Tx;

/// What is wanted for a key that exists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MoreWanted {
    pub more: More,
    /// A later end of the key.
    pub expires_at: Option<Timestamp>,
    /// Until when; `None` for good.
    pub until: Option<Timestamp>,
    pub reason: String,
}

impl Portal {
    /// Asks for a key. One that needs nobody's approval is refused here, since it can simply be minted.
    pub async fn ask_for_key(
        &self,
        caller: &Caller,
        form: &FormId,
        wanted: &MintRequest,
        until: Option<Timestamp>,
        reason: &str,
    ) -> Result<RequestId, PortalError> {
        let now = self.clock.now();
        let (reason, mut refusals) = read_reason(reason);
        let terms = match self.check_ask(caller, wanted).await? {
            MintVerdict::Asked(terms) => Some(terms),
            MintVerdict::Granted(_) => {
                refusals.push(Refusal::new("profile", Reason::NothingAsked));
                None
            }
            MintVerdict::Refused(more) => {
                refusals.extend(more);
                None
            }
        };
        if !terms.as_ref().is_some_and(|terms| terms.more.is_empty()) {
            refusals.extend(check_until(until, now));
        }
        let Some(terms) = terms.filter(|_| refusals.is_empty()) else { return Err(PortalError::Refused(refusals)) };
        let above = terms.more.clone();
        // Without anything above the maxima there is nothing that could end.
        let until = until.filter(|_| !above.is_empty());
        let wanted = MintRequest { name: terms.name.clone(), ..spelled_out(wanted.clone(), &terms) };
        let owner = wanted.owner;
        let profile = self.store.profile(wanted.profile).await?.ok_or(PortalError::Internal)?;
        let wish = Wish::NewKey { wanted, above };
        self.put(caller, form, self.drawn(caller, &profile, owner, wish, until, reason, now)).await
    }

    /// Asks for more than a key has. Its owner asks, or a lead of the owning team.
    pub async fn ask_for_more(
        &self,
        caller: &Caller,
        key: KeyId,
        form: &FormId,
        wanted: MoreWanted,
    ) -> Result<RequestId, PortalError> {
        let now = self.clock.now();
        let item = self.visible_key(caller, key).await?;
        if !self.may_ask_for(caller, item.key.owner) {
            return Err(PortalError::Forbidden);
        }
        let (reason, mut refusals) = read_reason(&wanted.reason);
        if matches!(item.key.state, KeyState::Revoked { .. }) || now >= item.key.expires_at {
            refusals.push(Refusal::new("key", Reason::KeyEnded));
        }
        let profile = self.profile_of(&item.key).await?;
        let has = KeyTerms::from(self.terms_now(&item.key, &profile).await?);
        let MoreWanted { more, expires_at, until, .. } = wanted;
        let models = self.store.models().await?;
        refusals.extend(check_more(&has, &more, &models));
        if let Some(end) = expires_at
            && end <= item.key.expires_at
        {
            refusals.push(Refusal::new("expires_at", Reason::NothingAsked));
        }
        if more.is_empty() && expires_at.is_none() && refusals.is_empty() {
            refusals.push(Refusal::new("more", Reason::Missing));
        }
        let until = until.filter(|_| !more.is_empty());
        refusals.extend(check_until(until, now));
        if !refusals.is_empty() {
            return Err(PortalError::Refused(refusals));
        }
        let wish = Wish::MoreFor { key, more, expires_at };
        self.put(caller, form, self.drawn(caller, &profile, item.key.owner, wish, until, reason, now)).await
    }

    pub(crate) fn may_ask_for(&self, caller: &Caller, owner: Owner) -> bool {
        match owner {
            Owner::Person(person) => person == caller.person,
            Owner::Team(team) => caller.leads(team),
        }
    }

    #[expect(clippy::too_many_arguments, reason = "each is a field of the request")]
    fn drawn(
        &self,
        caller: &Caller,
        profile: &AccessProfile,
        owner: Owner,
        wish: Wish,
        until: Option<Timestamp>,
        reason: String,
        now: Timestamp,
    ) -> AccessRequest {
        let approval = profile.terms.approval;
        AccessRequest {
            id: RequestId::from_random(&self.id_bytes()),
            asked_by: caller.person,
            asked_at: now,
            profile: profile.id,
            owner,
            wish,
            until,
            reason,
            deciders: approval.deciders,
            promised_at: now.plus_ms(i64::from(approval.promised_hours) * MS_PER_HOUR),
            state: RequestState::Waiting,
        }
    }

    /// Writes the request, and its answer if a rule gives one.
    async fn put(&self, caller: &Caller, form: &FormId, request: AccessRequest) -> Result<RequestId, PortalError> {
        let now = request.asked_at;
        let rule = self.rule_for(&request).await?;
        let mut tx = self.store.begin().await?;
        spend(&mut tx, form, caller, now, Made::Request(request.id)).await?;
        refuse_too_many(&mut tx, caller, now).await?;
        tx.insert_request(&request).await?;
        let (id, name) = (request.id.to_string(), self.key_name(&request).await?);
        if rule.is_none() {
            self.tell_deciders(&mut tx, caller, &request, &name).await?;
        }
        let after = Some(json!({
            "wish": request.wish,
            "until": request.until,
            "reason": request.reason,
            "owner": request.owner,
            "profile": request.profile,
        }));
        let made = Change { action: "request.made", subject: subject(&id, &name), before: None, after };
        append(&mut tx, By::Person(caller), now, made).await?;
        let news = match rule {
            Some(rule) => self.approve_by_rule(&mut tx, &request, &rule, now).await?,
            None => News::Nothing,
        };
        self.commit_and_tell(tx, news).await?;
        tracing::info!(request.id = %request.id, "a request waits for an answer: {}", request.id);
        Ok(request.id)
    }
}

async fn refuse_too_many(tx: &mut Tx, caller: &Caller, now: Timestamp) -> Result<(), PortalError> {
    let waiting = tx.count_waiting_of(caller.person, now).await?;
    if waiting >= i64::from(MOST_WAITING) {
        return Err(PortalError::refused("reason", Reason::TooManyWaiting { at_most: MOST_WAITING }));
    }
    Ok(())
}

pub(super) fn read_reason(reason: &str) -> (String, Vec<Refusal>) {
    // Line breaks are how people part thoughts; the sentence is kept in one line.
    let one_line: Vec<&str> = reason.split_whitespace().collect();
    match plain_text(&one_line.join(" "), LONGEST_REASON) {
        Ok(reason) => (reason, Vec::new()),
        Err(why) => (String::new(), vec![Refusal::new("reason", why)]),
    }
}

pub(super) fn check_until(until: Option<Timestamp>, now: Timestamp) -> Option<Refusal> {
    until.filter(|&until| until <= now).map(|_| Refusal::new("until", Reason::InThePast))
}

/// Asking for what the key has already helps nobody.
fn check_more(has: &KeyTerms, more: &More, models: &[Model]) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    let limits = &more.limits;
    let mut nothing = |field, there: bool| {
        if there {
            refusals.push(Refusal::new(field, Reason::NothingAsked));
        }
    };
    for cap in &limits.caps {
        let own = has.caps.iter().find(|own| own.window == cap.window);
        nothing(cap_field(cap.window), own.is_none_or(|own| cap.limit <= own.limit));
    }
    for quota in &limits.quotas {
        let own = has.quotas.iter().find(|own| (own.counted, own.window) == (quota.counted, quota.window));
        nothing(quota_field(quota.counted, quota.window), own.is_none_or(|own| quota.limit <= own.limit));
    }
    nothing("requests_per_minute", limits.requests_per_minute.is_some_and(|more| more <= has.requests_per_minute));
    nothing("concurrency", limits.concurrency.is_some_and(|more| more <= has.concurrency));
    let tokens = limits.tokens_per_minute;
    nothing("tokens_per_minute", tokens.is_some_and(|more| has.tokens_per_minute.is_none_or(|own| more <= own)));
    for pattern in &more.models {
        if has.models.iter().any(|own| own.covers(pattern)) {
            refusals.push(Refusal::new("models", Reason::NothingAsked));
        } else if !models.iter().any(|model| model.enabled && pattern.matches(model.name.as_str())) {
            refusals.push(Refusal::new("models", Reason::ModelUnknown { model: pattern.to_string() }));
        }
    }
    refusals
}
