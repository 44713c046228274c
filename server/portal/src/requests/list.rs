//! Requests as their pages show them: to whoever asked, and to whoever answers.

use super::Impact;
use crate::{FormId, Portal, PortalError};
use domain::access_profile::{AccessProfile, Deciders};
use domain::access_request::{AccessRequest, Decider, RequestState, Standing, USUAL_DAYS, Wish};
use domain::effective_terms::ExplainedTerms;
use domain::grant::Grant;
use domain::id::{KeyId, PersonId, RequestId};
use domain::money::NanoUsd;
use domain::permission::{Permission, Scope};
use domain::person::{Caller, Role};
use domain::time::{MS_PER_DAY, Timestamp};
use domain::virtual_key::{KeyState, Owner, VirtualKey};
use std::collections::BTreeSet;
use store::HourSpan;

/// A request with the names of everything it speaks of.
#[derive(Debug, Clone)]
pub struct RequestRow {
    pub request: AccessRequest,
    pub standing: Standing,
    pub asked_by_name: String,
    pub mine: bool,
    /// The name that the key has, or would have.
    pub key_name: String,
    /// The key, if the caller may open it.
    pub key: Option<KeyId>,
    pub owner_name: String,
    pub profile_name: String,
    /// With whom it waits; empty for one that is answered.
    pub waits_with: Vec<String>,
    /// A person or a rule.
    pub decided_by_name: Option<String>,
}

#[derive(Debug, Clone)]
pub struct RequestDetail {
    pub row: RequestRow,
    pub acts: RequestActs,
    /// For whoever decides.
    pub impact: Option<Impact>,
    pub form: FormId,
}

/// What the caller may do now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RequestActs {
    pub withdraw: bool,
    pub decide: bool,
    pub take_secret: bool,
    /// The request was approved, and could be the first of many.
    pub make_rule: bool,
}

#[derive(Debug, Clone)]
pub struct GrantRow {
    pub grant: Grant,
    pub key_name: String,
    pub owner_name: String,
}

/// What waits for the caller, and what comes back to them soon.
#[derive(Debug, Clone)]
pub struct Queue {
    /// Oldest first.
    pub waiting: Vec<(RequestRow, Impact)>,
    pub waiting_count: i64,
    /// Ends within seven days.
    pub lapsing: Vec<GrantRow>,
    pub may_decide: bool,
}

/// What the form that asks for more starts from.
#[derive(Debug, Clone)]
pub struct AskOptions {
    pub form: FormId,
    pub key: VirtualKey,
    pub profile: AccessProfile,
    pub has: ExplainedTerms,
    /// Served models that the key may not call, by name.
    pub models: Vec<String>,
    pub spent_30_days: NanoUsd,
    /// The end that a grant usually has.
    pub usual_end: Timestamp,
    pub waits_with: Vec<String>,
}

const SHOWN: u32 = 50;
const LAPSING_DAYS: i64 = 7;

impl Portal {
    /// What the caller asked for, newest first.
    pub async fn my_requests(&self, caller: &Caller) -> Result<Vec<RequestRow>, PortalError> {
        let requests = self.store.requests_by(caller.person, SHOWN).await?;
        self.request_rows(caller, requests).await
    }

    /// Whoever asked sees it, whoever could answer, and whoever reads everything.
    pub async fn request(&self, caller: &Caller, request: RequestId) -> Result<RequestDetail, PortalError> {
        let request = self.store.request(request).await?.ok_or(PortalError::NotFound)?;
        let teams = self.teams_of_person(request.asked_by).await?;
        let (mine, decides) = (request.asked_by == caller.person, request.is_decided_by(caller, &teams));
        let reads = self.reads_requests(caller).await?;
        if !(mine || decides || reads) {
            return Err(PortalError::NotFound);
        }
        let open = request.standing(self.clock.now()).is_open();
        let approved = matches!(request.state, RequestState::Approved { .. });
        let acts = RequestActs {
            withdraw: mine && open,
            decide: decides && open,
            take_secret: mine && self.secret_waits(caller, &request).await?,
            make_rule: approved && caller.has(Role::Administrator),
        };
        let impact = if open && (decides || reads) { Some(self.impact(&request).await?) } else { None };
        let row = self.request_row(caller, request).await?;
        Ok(RequestDetail { row, acts, impact, form: self.new_form() })
    }

    pub async fn approvals(&self, caller: &Caller) -> Result<Queue, PortalError> {
        demand_queue(caller)?;
        let (now, by) = (self.clock.now(), self.reader(caller).await?);
        let mut waiting = Vec::new();
        for request in self.store.requests_waiting_for(&by, now, SHOWN).await? {
            let impact = self.impact(&request).await?;
            waiting.push((self.request_row(caller, request).await?, impact));
        }
        let mut lapsing = Vec::new();
        for grant in self.store.grants_ending(&by, now, now.plus_days(LAPSING_DAYS), SHOWN).await? {
            lapsing.extend(self.grant_row(caller, grant).await?);
        }
        let waiting_count = self.store.count_waiting_for(&by, now).await?;
        Ok(Queue { waiting, waiting_count, lapsing, may_decide: Permission::Decide.allows(Some(caller)) })
    }

    pub async fn decided_requests(&self, caller: &Caller) -> Result<Vec<RequestRow>, PortalError> {
        demand_queue(caller)?;
        let decided = self.store.requests_decided(&self.reader(caller).await?, SHOWN).await?;
        self.request_rows(caller, decided).await
    }

    /// How many requests this person could answer now.
    pub async fn count_to_decide(&self, caller: &Caller) -> Result<i64, PortalError> {
        if !Permission::Decide.allows(Some(caller)) {
            return Ok(0);
        }
        Ok(self.store.count_waiting_for(&self.reader(caller).await?, self.clock.now()).await?)
    }

    pub async fn ask_options(&self, caller: &Caller, key: KeyId) -> Result<AskOptions, PortalError> {
        let item = self.visible_key(caller, key).await?;
        if !self.may_ask_for(caller, item.key.owner) {
            return Err(PortalError::Forbidden);
        }
        let now = self.clock.now();
        let profile = self.profile_of(&item.key).await?;
        let has = self.terms_now(&item.key, &profile).await?;
        let served = self.store.models().await?.into_iter().filter(|model| model.enabled);
        let models = served.map(|model| String::from(model.name));
        let models = models.filter(|name| !has.models.iter().any(|one| one.value.matches(name))).collect();
        let month = HourSpan { from: now.utc_hour() + 1 - 30 * 24, hours: 30 * 24 };
        let month = self.store.usage_in_spans(key, &[month]).await?;
        let deciders = profile.terms.approval.deciders;
        Ok(AskOptions {
            form: self.new_form(),
            usual_end: now.plus_ms(USUAL_DAYS * MS_PER_DAY),
            waits_with: self.deciders_of(caller, caller.person, item.key.owner, deciders).await?,
            spent_30_days: month.iter().fold(NanoUsd::ZERO, |sum, used| sum.plus(used.cost)),
            key: item.key,
            profile,
            has,
            models,
        })
    }

    /// Names of those who answer what this person asks for this owner.
    pub async fn deciders_of(
        &self,
        caller: &Caller,
        asker: PersonId,
        owner: Owner,
        deciders: Deciders,
    ) -> Result<Vec<String>, PortalError> {
        let (mut names, namer) = (BTreeSet::new(), self.namer(caller).await?);
        if deciders == Deciders::LeadsAndAdministrators {
            let mut teams = self.teams_of_person(asker).await?;
            teams.extend(match owner {
                Owner::Team(team) => Some(team),
                Owner::Person(_) => None,
            });
            teams.sort_unstable();
            teams.dedup();
            for team in teams {
                let members = self.store.members_of(team).await?.into_iter();
                let leads = members.filter(|(one, lead)| *lead && one.active && one.id != asker);
                names.extend(leads.map(|(one, _)| namer.name(one.id, one.name)));
            }
        }
        Ok(names.into_iter().collect())
    }

    async fn request_rows(
        &self,
        caller: &Caller,
        requests: Vec<AccessRequest>,
    ) -> Result<Vec<RequestRow>, PortalError> {
        let mut rows = Vec::with_capacity(requests.len());
        for request in requests {
            rows.push(self.request_row(caller, request).await?);
        }
        Ok(rows)
    }

    pub(super) async fn request_row(&self, caller: &Caller, request: AccessRequest) -> Result<RequestRow, PortalError> {
        let standing = request.standing(self.clock.now());
        let (decider, rule) = match &request.state {
            RequestState::Approved { by: Decider::Person(by), .. } | RequestState::Declined { by, .. } => {
                (Some(*by), None)
            }
            RequestState::Approved { by: Decider::Rule(rule), .. } => (None, Some(*rule)),
            _ => (None, None),
        };
        let owner = match request.owner {
            Owner::Person(person) => Some(person),
            Owner::Team(_) => None,
        };
        let people: Vec<PersonId> = [Some(request.asked_by), decider, owner].into_iter().flatten().collect();
        let names = self.names_for(caller, &people).await?;
        let name_of = |person: PersonId| names.get(&person).cloned().unwrap_or_else(|| person.to_string());
        let rule = match rule {
            Some(id) => {
                let rules = self.store.rules().await?;
                let name = rules.into_iter().find(|rule| rule.id == id).map(|rule| rule.name);
                Some(name.map_or_else(|| "a rule that was removed".to_owned(), |name| format!("the rule {name}")))
            }
            None => None,
        };
        let owner_name = match request.owner {
            Owner::Person(person) => name_of(person),
            Owner::Team(team) => {
                let teams = self.store.teams().await?;
                teams.into_iter().find(|known| known.id == team).map_or_else(|| team.to_string(), |known| known.name)
            }
        };
        let waits_with = if standing.is_open() {
            self.deciders_of(caller, request.asked_by, request.owner, request.deciders).await?
        } else {
            Vec::new()
        };
        let key = match (&request.state, &request.wish) {
            (RequestState::Approved { granted, .. }, _) => Some(granted.key),
            (_, wish) => wish.key(),
        };
        let key = match key {
            Some(key) => self.store.key(key, &self.sight(caller).await?.calls).await?.map(|item| item.key.id),
            None => None,
        };
        let profile_name = self.store.profile(request.profile).await?.map(|profile| profile.name);
        Ok(RequestRow {
            standing,
            asked_by_name: name_of(request.asked_by),
            mine: request.asked_by == caller.person,
            key_name: self.key_name(&request).await?,
            key,
            owner_name,
            profile_name: profile_name.unwrap_or_default(),
            waits_with,
            decided_by_name: decider.map(name_of).or(rule),
            request,
        })
    }

    async fn grant_row(&self, caller: &Caller, grant: Grant) -> Result<Option<GrantRow>, PortalError> {
        let Some(item) = self.store.key(grant.key, &Scope::Everyone).await? else { return Ok(None) };
        let owner_name = match item.key.owner {
            Owner::Person(person) => self.namer(caller).await?.name(person, item.owner_name),
            Owner::Team(_) => item.owner_name,
        };
        Ok(Some(GrantRow { grant, key_name: item.key.name, owner_name }))
    }

    /// An approved key whose first secret nobody has taken.
    pub(super) async fn secret_waits(&self, caller: &Caller, request: &AccessRequest) -> Result<bool, PortalError> {
        let (RequestState::Approved { granted, .. }, Wish::NewKey { .. }) = (&request.state, &request.wish) else {
            return Ok(false);
        };
        let Some(item) = self.store.key(granted.key, &Scope::to_change(caller)).await? else { return Ok(false) };
        let ended = matches!(item.key.state, KeyState::Revoked { .. }) || self.clock.now() >= item.key.expires_at;
        let found = self.store.key_with_secrets(granted.key).await?;
        Ok(!ended && found.is_some_and(|found| found.secrets.is_empty()))
    }
}

fn demand_queue(caller: &Caller) -> Result<(), PortalError> {
    if Permission::SeeRequests.allows(Some(caller)) { Ok(()) } else { Err(PortalError::Forbidden) }
}
