//! Whom something concerns: whoever owns it, else whoever looks after it, else the administrators.

use crate::requests::teams_of;
use crate::{Portal, PortalError};
use domain::access_profile::Deciders;
use domain::access_request::AccessRequest;
use domain::budget::BudgetScope;
use domain::id::{PersonId, TeamId};
use domain::person::Role;
use domain::virtual_key::{Owner, VirtualKey};

/// Whoever may answer a request.
pub(crate) struct Answering {
    /// Lead the team that it is about; empty where administrators alone decide.
    pub(crate) leads: Vec<PersonId>,
    pub(crate) administrators: Vec<PersonId>,
}

impl Portal {
    pub(crate) async fn administrators(&self) -> Result<Vec<PersonId>, PortalError> {
        Ok(self.store.people_with(&[Role::Administrator]).await?)
    }

    pub(crate) async fn overseers(&self) -> Result<Vec<PersonId>, PortalError> {
        Ok(self.store.people_with(&[Role::Administrator, Role::Auditor]).await?)
    }

    async fn leads_of(&self, team: TeamId) -> Result<Vec<PersonId>, PortalError> {
        let members = self.store.members_of(team).await?.into_iter();
        Ok(members.filter(|(member, lead)| *lead && member.active).map(|(member, _)| member.id).collect())
    }

    /// The owner of a personal key; of a team's key its leads, or the administrators where nobody leads.
    pub(crate) async fn looking_after(&self, owner: Owner) -> Result<Vec<PersonId>, PortalError> {
        let leads = match owner {
            Owner::Person(person) => return Ok(vec![person]),
            Owner::Team(team) => self.leads_of(team).await?,
        };
        if leads.is_empty() { self.administrators().await } else { Ok(leads) }
    }

    /// As [`Self::looking_after`], without whoever acts: nobody is told what they just did.
    pub(crate) async fn others_looking_after(
        &self,
        key: &VirtualKey,
        acting: PersonId,
    ) -> Result<Vec<PersonId>, PortalError> {
        let mut people = self.looking_after(key.owner).await?;
        people.retain(|&person| person != acting);
        Ok(people)
    }

    /// Who can do something about a budget; `owner` is that of the key, for a key's.
    pub(crate) async fn minding(&self, scope: BudgetScope, owner: Option<Owner>) -> Result<Vec<PersonId>, PortalError> {
        match (scope, owner) {
            (BudgetScope::Key(_), Some(owner)) => self.looking_after(owner).await,
            (BudgetScope::Team(team), _) => self.looking_after(Owner::Team(team)).await,
            (BudgetScope::Person(person), _) => Ok(vec![person]),
            (BudgetScope::Key(_), None)
            | (
                BudgetScope::Organisation
                | BudgetScope::Unit(_)
                | BudgetScope::CostCentre(_)
                | BudgetScope::Application(_)
                | BudgetScope::Profile(_),
                _,
            ) => self.administrators().await,
        }
    }

    pub(crate) async fn answering(
        &self,
        request: &AccessRequest,
        teams_of_asker: &[TeamId],
    ) -> Result<Answering, PortalError> {
        let mut leads = Vec::new();
        if request.deciders == Deciders::LeadsAndAdministrators {
            for team in teams_of(request, teams_of_asker) {
                leads.extend(self.leads_of(team).await?);
            }
        }
        leads.sort_unstable();
        leads.dedup();
        leads.retain(|&lead| lead != request.asked_by);
        let mut administrators = self.administrators().await?;
        administrators.retain(|one| *one != request.asked_by && !leads.contains(one));
        Ok(Answering { leads, administrators })
    }
}
