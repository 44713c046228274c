//! Asking for a key or for more than a key has, and answering.
//!
//! A request, its answer and what the answer makes (a key, a grant) are written in one transaction with their audit
//! entries. Who answers never sees a secret: an approved key has none until whoever asked takes it. What was asked for is
//! decided again when it is approved, by the rules as they stand then.

mod answered;
mod ask;
mod decide;
mod impact;
mod list;
mod maxima;
mod rules;
mod take;
mod telling;

pub use ask::MoreWanted;
pub use decide::Given;
pub use impact::{Impact, TeamShare};
pub use list::{AskOptions, GrantRow, Queue, RequestActs, RequestDetail, RequestRow};
pub use maxima::Maxima;
pub use rules::{ApprovalRuleChoices, NewRule, RuleRow};

use crate::act::Subject;
use crate::{Portal, PortalError};
use domain::access_request::{AccessRequest, Wish};
use domain::id::{PersonId, TeamId};
use domain::person::{Caller, Role};
use domain::virtual_key::Owner;
use store::DecidedBy;

/// The owning team and those of whoever asks.
pub(crate) fn teams_of(request: &AccessRequest, asker: &[TeamId]) -> Vec<TeamId> {
    let owning = match request.owner {
        Owner::Team(team) => Some(team),
        Owner::Person(_) => None,
    };
    let mut teams: Vec<TeamId> = owning.into_iter().chain(asker.iter().copied()).collect();
    teams.sort_unstable();
    teams.dedup();
    teams
}

/// What the audit log calls a request: the name of the key that it is about.
fn subject<'a>(id: &'a str, name: &'a str) -> Subject<'a> {
    Subject { kind: "request", id, name }
}

impl Portal {
    /// As whom this person decides; an auditor who sees everybody's calls reads what everybody decides.
    async fn reader(&self, caller: &Caller) -> Result<DecidedBy, PortalError> {
        let led = caller.memberships.iter().filter(|membership| membership.lead);
        Ok(DecidedBy {
            person: caller.person,
            administrator: self.reads_requests(caller).await?,
            leads: led.map(|membership| membership.team).collect(),
        })
    }

    /// Whether everybody's requests are there to be read.
    async fn reads_requests(&self, caller: &Caller) -> Result<bool, PortalError> {
        let reads = caller.has(Role::Administrator) || caller.has(Role::Auditor);
        Ok(reads && self.sees_all_calls(caller).await?)
    }

    async fn teams_of_person(&self, person: PersonId) -> Result<Vec<TeamId>, PortalError> {
        Ok(self.store.memberships_of(person).await?.into_iter().map(|membership| membership.team).collect())
    }

    /// Somebody else as a request of theirs would load them now; `None` if their account is switched off.
    pub(crate) async fn caller_of(&self, person: PersonId) -> Result<Option<Caller>, PortalError> {
        let Some(person) = self.store.person(person).await?.filter(|person| person.active) else { return Ok(None) };
        Ok(Some(Caller {
            person: person.id,
            roles: person.roles(),
            memberships: self.store.memberships_of(person.id).await?,
            name: person.name,
            email: person.email,
            groups: person.groups,
            address: String::new(),
        }))
    }

    /// The name that the key has or would have.
    async fn key_name(&self, request: &AccessRequest) -> Result<String, PortalError> {
        Ok(match &request.wish {
            Wish::NewKey { wanted, .. } => wanted.name.clone(),
            Wish::MoreFor { key, .. } => {
                self.store.key_with_secrets(*key).await?.map_or_else(|| key.to_string(), |found| found.key.name)
            }
        })
    }
}
