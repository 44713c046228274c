//! Where people are signed in, and signing them out: oneself, and others as an administrator.
//!
//! A mark is looked for among the sessions of one person only, so that nobody else's can be ended with it.

use crate::act::{By, Change, Subject, append};
use crate::{Portal, PortalError};
use domain::id::PersonId;
use domain::permission::{Administrator, Permission};
use domain::person::Caller;
use domain::session_mark::SessionMark;
use domain::time::Timestamp;
use store::{Person, SessionRow, StoreError};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionView {
    pub mark: SessionMark,
    pub since: Timestamp,
    /// To the minute.
    pub seen_at: Timestamp,
    /// As the browser named itself; unknown for sessions that began before this was kept.
    pub agent: Option<String>,
    pub address: Option<String>,
}

/// More than anybody has; what lies beyond ends with "everywhere".
const MOST: u32 = 100;

impl Portal {
    /// One's own, last seen first.
    pub async fn own_sessions(&self, caller: &Caller) -> Result<Vec<SessionView>, PortalError> {
        let person = self.store.person(caller.person).await?.ok_or(PortalError::NotFound)?;
        Ok(self.lasting(&person).await?.iter().map(view).collect())
    }

    pub async fn sessions_of(&self, caller: &Caller, person: PersonId) -> Result<Vec<SessionView>, PortalError> {
        if !Permission::SeeAdministration.allows(Some(caller)) {
            return Err(PortalError::Forbidden);
        }
        self.demand_all_names(caller).await?;
        let person = self.store.person(person).await?.ok_or(PortalError::NotFound)?;
        Ok(self.lasting(&person).await?.iter().map(view).collect())
    }

    /// Signs oneself out in one place.
    pub async fn end_own_session(&self, caller: &Caller, mark: SessionMark) -> Result<(), PortalError> {
        self.end_one(caller, caller.person, mark).await
    }

    pub async fn end_session_of(
        &self,
        administrator: Administrator<'_>,
        person: PersonId,
        mark: SessionMark,
    ) -> Result<(), PortalError> {
        self.end_one(administrator.caller(), person, mark).await
    }

    /// Every session of the person ends, also one that is just beginning elsewhere: it would carry an older version.
    pub async fn sign_out_everywhere(
        &self,
        administrator: Administrator<'_>,
        person: PersonId,
    ) -> Result<(), PortalError> {
        let (caller, now) = (administrator.caller(), self.clock.now());
        let mut tx = self.store.begin().await?;
        let mut kept = tx.person_for_update(person).await?.ok_or(PortalError::NotFound)?;
        kept.version += 1;
        tx.update_person(&kept).await?;
        tx.delete_sessions_of(person).await?;
        let id = kept.id.to_string();
        let subject = Subject { kind: "person", id: &id, name: &kept.name };
        let change = Change { action: "session.ended_everywhere", subject, before: None, after: None };
        append(&mut tx, By::Person(caller), now, change).await?;
        Ok(tx.commit().await?)
    }

    /// A session that is gone already is no error: it was to be gone.
    async fn end_one(&self, caller: &Caller, person: PersonId, mark: SessionMark) -> Result<(), PortalError> {
        let person = self.store.person(person).await?.ok_or(PortalError::NotFound)?;
        let lasting = self.lasting(&person).await?;
        let Some(session) = lasting.iter().find(|session| SessionMark::of(&session.id_hash) == mark) else {
            return Ok(());
        };
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        if !tx.delete_session(&session.id_hash).await? {
            return Ok(());
        }
        let id = person.id.to_string();
        let subject = Subject { kind: "person", id: &id, name: &person.name };
        let before = Some(serde_json::json!({ "since": session.created_at.as_ms(), "address": session.address }));
        append(&mut tx, By::Person(caller), now, Change { action: "session.ended", subject, before, after: None })
            .await?;
        Ok(tx.commit().await?)
    }

    /// What the next request would find alive: of this version of the person, and within its time.
    async fn lasting(&self, person: &Person) -> Result<Vec<SessionRow>, StoreError> {
        let mut sessions = self.store.sessions_of(person.id, self.clock.now(), MOST).await?;
        sessions.retain(|session| person.active && session.person_version == person.version);
        Ok(sessions)
    }
}

fn view(session: &SessionRow) -> SessionView {
    SessionView {
        mark: SessionMark::of(&session.id_hash),
        since: session.created_at,
        seen_at: session.seen_at,
        agent: session.agent.clone(),
        address: session.address.clone(),
    }
}
