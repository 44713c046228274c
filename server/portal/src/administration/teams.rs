//! Teams, their members and leads.

use crate::{FormId, Portal, PortalError};
use domain::id::{PersonId, TeamId};
use domain::permission::Administrator;
use domain::person::Caller;
use domain::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamRow {
    pub id: TeamId,
    pub name: String,
    pub members: usize,
    pub leads: Vec<String>,
    pub created_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamMember {
    pub person: PersonId,
    pub name: String,
    pub email: String,
    pub active: bool,
    pub lead: bool,
}

#[derive(Debug, Clone)]
pub struct TeamDetail {
    pub team: TeamRow,
    pub members: Vec<TeamMember>,
    pub live_keys: i64,
}

impl Portal {
    pub async fn teams(&self, caller: &Caller) -> Result<Vec<TeamRow>, PortalError> {
        let _ = caller;
        todo!()
    }

    pub async fn team(&self, caller: &Caller, team: TeamId) -> Result<TeamDetail, PortalError> {
        let _ = (caller, team);
        todo!()
    }

    pub async fn create_team(
        &self,
        administrator: Administrator<'_>,
        form: &FormId,
        name: &str,
    ) -> Result<TeamId, PortalError> {
        let _ = (administrator, form, name);
        todo!()
    }

    /// Adds a member, or changes whether they lead.
    pub async fn put_member(
        &self,
        administrator: Administrator<'_>,
        team: TeamId,
        person: PersonId,
        lead: bool,
    ) -> Result<(), PortalError> {
        let _ = (administrator, team, person, lead);
        todo!()
    }

    pub async fn remove_member(
        &self,
        administrator: Administrator<'_>,
        team: TeamId,
        person: PersonId,
    ) -> Result<(), PortalError> {
        let _ = (administrator, team, person);
        todo!()
    }
}
