//! People: who they are, what they may do, and switching them off.

use super::teams::TeamRow;
use crate::act::{By, Change, News, Subject, append};
use crate::{Portal, PortalError};
use domain::id::PersonId;
use domain::order::{Order, PersonColumn};
use domain::permission::{Administrator, Permission};
use domain::person::{Caller, Membership, Role};
use domain::refusal::Reason;
use domain::time::Timestamp;
use domain::virtual_key::Owner;
use serde_json::{Value, json};
use store::{KeyFilter, KeyView, Person, StoreError, Tx};

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

/// Rows of one page.
const PAGE: u32 = 50;

impl Portal {
    pub async fn people(
        &self,
        caller: &Caller,
        search: Option<&str>,
        order: Order<PersonColumn>,
        after: Option<&str>,
    ) -> Result<PeoplePage, PortalError> {
        super::demand(caller, Permission::SeeAdministration)?;
        self.demand_all_names(caller).await?;
        let search = search.map(str::trim).filter(|search| !search.is_empty());
        let found = self.store.people(search, order, after, PAGE).await?;
        Ok(PeoplePage { rows: found.people.into_iter().map(row).collect(), next: found.next })
    }

    pub async fn person(&self, caller: &Caller, person: PersonId) -> Result<PersonDetail, PortalError> {
        super::demand(caller, Permission::SeeAdministration)?;
        self.demand_all_names(caller).await?;
        let kept = self.store.person(person).await?.ok_or(PortalError::NotFound)?;
        let owner = Some(Owner::Person(person));
        let filter = KeyFilter { search: None, owner, environment: None, view: KeyView::Live, now: self.clock.now() };
        let keys = self.store.list_keys(&self.sight(caller).await?.calls, &filter, None, 1).await?;
        Ok(PersonDetail {
            groups: kept.groups.clone(),
            person: row(kept),
            memberships: self.store.memberships_of(person).await?,
            live_keys: keys.total,
            teams: self.teams(caller).await?,
            oneself: person == caller.person,
        })
    }

    /// Off: sessions end and personal keys are refused from the next call on. On again: they work again.
    pub async fn set_person_active(
        &self,
        administrator: Administrator<'_>,
        person: PersonId,
        active: bool,
    ) -> Result<(), PortalError> {
        let (caller, now) = (administrator.caller(), self.clock.now());
        if person == caller.person && !active {
            return Err(PortalError::refused("person", Reason::NotOneself));
        }
        let mut tx = self.store.begin().await?;
        let mut kept = self.person_to_change(&mut tx, caller, person).await?;
        if kept.active == active {
            return Ok(());
        }
        kept.active = active;
        kept.version += 1;
        tx.update_person(&kept).await?;
        if !active {
            tx.delete_sessions_of(person).await?;
        }
        let action = if active { "person.activated" } else { "person.deactivated" };
        let (before, after) = (json!({ "active": !active }), json!({ "active": active }));
        append_person(&mut tx, caller, now, &kept, action, before, after).await?;
        self.commit_and_tell(tx, News::Policy).await?;
        Ok(())
    }

    pub async fn grant_administrator(
        &self,
        administrator: Administrator<'_>,
        person: PersonId,
    ) -> Result<(), PortalError> {
        self.change_grant(administrator, person, "person.role_granted", |roles| {
            if !roles.contains(&Role::Administrator) {
                roles.push(Role::Administrator);
            }
        })
        .await
    }

    /// Takes back what was granted here; a role that the directory claims stays. Never one's own: somebody must remain
    /// who can.
    pub async fn revoke_administrator(
        &self,
        administrator: Administrator<'_>,
        person: PersonId,
    ) -> Result<(), PortalError> {
        if person == administrator.caller().person {
            return Err(PortalError::refused("person", Reason::LastAdministrator));
        }
        self.change_grant(administrator, person, "person.role_revoked", |roles| {
            roles.retain(|&role| role != Role::Administrator);
        })
        .await
    }

    async fn change_grant(
        &self,
        administrator: Administrator<'_>,
        person: PersonId,
        action: &'static str,
        change: impl FnOnce(&mut Vec<Role>) + Send,
    ) -> Result<(), PortalError> {
        let (caller, now) = (administrator.caller(), self.clock.now());
        let mut tx = self.store.begin().await?;
        let mut kept = self.person_to_change(&mut tx, caller, person).await?;
        let granted = kept.granted_roles.clone();
        change(&mut kept.granted_roles);
        if kept.granted_roles == granted {
            return Ok(());
        }
        // Sessions carry the version of the person: a changed role ends the ones that began before it.
        kept.version += 1;
        tx.update_person(&kept).await?;
        let (before, after) = (json!({ "granted_roles": granted }), json!({ "granted_roles": kept.granted_roles }));
        append_person(&mut tx, caller, now, &kept, action, before, after).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The person, held still. The caller is held first and asked again: of two administrators who take the role from
    /// each other at once, one comes too late.
    async fn person_to_change(&self, tx: &mut Tx, caller: &Caller, person: PersonId) -> Result<Person, PortalError> {
        let acting = tx.person_for_update(caller.person).await?.ok_or(PortalError::Forbidden)?;
        if !acting.active || !acting.roles().contains(&Role::Administrator) {
            return Err(PortalError::Forbidden);
        }
        tx.person_for_update(person).await?.ok_or(PortalError::NotFound)
    }
}

async fn append_person(
    tx: &mut Tx,
    caller: &Caller,
    now: Timestamp,
    person: &Person,
    action: &'static str,
    before: Value,
    after: Value,
) -> Result<(), StoreError> {
    let id = person.id.to_string();
    let subject = Subject { kind: "person", id: &id, name: &person.name };
    append(tx, By::Person(caller), now, Change { action, subject, before: Some(before), after: Some(after) }).await
}

fn row(person: Person) -> PersonRow {
    PersonRow {
        id: person.id,
        roles: person.roles(),
        name: person.name,
        email: person.email,
        issuer: person.issuer,
        granted_roles: person.granted_roles,
        active: person.active,
        created_at: person.created_at,
        last_sign_in_at: person.last_sign_in_at,
    }
}
