//! People: who they are, what they may do, and switching them off.

use super::teams::TeamRow;
use crate::{Portal, PortalError};
use domain::id::PersonId;
use domain::permission::Administrator;
use domain::person::{Caller, Membership, Role};
use domain::time::Timestamp;

#[derive(Debug, Clone)]
pub struct PersonRow {
    pub id: PersonId,
    pub name: String,
    pub email: String,
    pub issuer: String,
    pub roles: Vec<Role>,
    /// Roles granted here, which the directory does not take away.
    pub granted_roles: Vec<Role>,
    pub active: bool,
    pub created_at: Timestamp,
    pub last_sign_in_at: Option<Timestamp>,
}

#[derive(Debug, Clone)]
pub struct PeoplePage {
    pub rows: Vec<PersonRow>,
    /// Opaque; pass as `after` for the page after.
    pub next: Option<String>,
}

#[derive(Debug, Clone)]
pub struct PersonDetail {
    pub person: PersonRow,
    pub groups: Vec<String>,
    pub memberships: Vec<Membership>,
    pub live_keys: i64,
    /// Teams to add the person to.
    pub teams: Vec<TeamRow>,
    /// True for the caller's own page, where some acts are missing.
    pub oneself: bool,
}

impl Portal {
    pub async fn people(
        &self,
        caller: &Caller,
        search: Option<&str>,
        after: Option<&str>,
    ) -> Result<PeoplePage, PortalError> {
        let _ = (caller, search, after);
        todo!()
    }

    pub async fn person(&self, caller: &Caller, person: PersonId) -> Result<PersonDetail, PortalError> {
        let _ = (caller, person);
        todo!()
    }

    /// Off: sessions end and personal keys are refused from the next call on. On again: they work again.
    pub async fn set_person_active(
        &self,
        administrator: Administrator<'_>,
        person: PersonId,
        active: bool,
    ) -> Result<(), PortalError> {
        let _ = (administrator, person, active);
        todo!()
    }

    pub async fn grant_administrator(
        &self,
        administrator: Administrator<'_>,
        person: PersonId,
    ) -> Result<(), PortalError> {
        let _ = (administrator, person);
        todo!()
    }

    /// Takes back what was granted here; a role that the directory claims stays. Never one's own.
    pub async fn revoke_administrator(
        &self,
        administrator: Administrator<'_>,
        person: PersonId,
    ) -> Result<(), PortalError> {
        let _ = (administrator, person);
        todo!()
    }
}
