//! Sessions in the store: begun, found, prolonged and ended.
//!
//! Written here and not with `tower-sessions`, after reading it: its ids have 128 bits, its expiry reads the system
//! clock, a cycled id is a delete and an insert in two calls, and what it keeps is a bag of values, where a session here
//! is one typed row. A sign-in writes person, session, invitation and audit entry in one transaction. Nothing here
//! re-creates a row: a slow request that prolongs a session signed out meanwhile changes nothing.

use domain::audit::{Actor, AuditEntry};
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Person, SessionRow, StoreError, Tx};

use super::Auth;
use super::oidc::IdTokenHint;
use super::opaque_token::OpaqueToken;
use super::session::{self, Ended, Standing};

/// What a session begins with.
pub(super) struct NewSession<'a> {
    pub(super) person: &'a Person,
    pub(super) issuer_id: &'a str,
    pub(super) idp_sid: Option<String>,
    pub(super) address: &'a str,
    pub(super) agent: Option<String>,
    pub(super) id_token: IdTokenHint,
    /// The browser's session until now: gone with the same commit, so that no id survives a sign-in.
    pub(super) replaces: Option<OpaqueToken>,
}

/// The session's data column.
#[derive(Serialize, Deserialize)]
struct Data {
    /// Some providers end their session only for the id token that began it.
    id_token: Option<String>,
}

/// Larger id tokens are not kept; the provider then asks whom to sign out.
const LONGEST_HINT: usize = 4096;

pub(super) async fn begin(
    tx: &mut Tx,
    token: &OpaqueToken,
    new: NewSession<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    if let Some(old) = new.replaces {
        tx.delete_session(&old.hash()).await?;
    }
    tx.delete_sessions_expired(now).await?;
    let id_token = Some(new.id_token.0).filter(|token| token.len() <= LONGEST_HINT);
    let row = SessionRow {
        id_hash: token.hash(),
        person: Some(new.person.id),
        person_version: new.person.version,
        issuer: Some(new.issuer_id.to_owned()),
        idp_sid: new.idp_sid,
        data: serde_json::to_vec(&Data { id_token }).unwrap_or_default(),
        address: Some(new.address.to_owned()).filter(|address| !address.is_empty()),
        agent: new.agent,
        created_at: now,
        auth_time: now,
        seen_at: now,
        expires_at: session::expires_at(&new.person.roles(), now, now),
    };
    tx.insert_session(&row).await
}

/// What a session ended with: where to sign out next.
pub(super) struct EndedSession {
    pub(super) issuer_id: Option<String>,
    pub(super) hint: Option<IdTokenHint>,
}

impl Auth {
    /// The session of this token and its person, if it lasts.
    pub(super) async fn session(&self, token: &OpaqueToken) -> Result<Option<(SessionRow, Person)>, StoreError> {
        let Some(row) = self.store.session(&token.hash()).await? else { return Ok(None) };
        let Some(id) = row.person else { return Ok(None) };
        let Some(person) = self.store.person(id).await? else { return Ok(None) };
        let now = self.clock.now();
        match session::judge(&row, &person, now) {
            Standing::Alive { prolonged: None } => Ok(Some((row, person))),
            Standing::Alive { prolonged: Some(expires_at) } => {
                let is_there = self.touch(&row.id_hash, now, expires_at).await;
                Ok(is_there.then_some((row, person)))
            }
            Standing::Ended(why) => {
                self.forget(&row, why).await;
                Ok(None)
            }
        }
    }

    /// False only if the session is known to be gone: a busy database must not sign people out.
    async fn touch(&self, id_hash: &[u8; 32], now: Timestamp, expires_at: Timestamp) -> bool {
        let touch = async {
            let mut tx = self.store.begin().await?;
            let is_there = tx.touch_session(id_hash, now, expires_at).await?;
            tx.commit().await?;
            Ok::<_, StoreError>(is_there)
        };
        touch.await.unwrap_or_else(|error| {
            tracing::warn!(%error, "could not write that a session was seen");
            true
        })
    }

    /// It counts as ended whether or not its row can be removed.
    async fn forget(&self, row: &SessionRow, why: Ended) {
        tracing::info!(person.id = ?row.person, reason = ?why, "a session ended");
        if let Err(error) = self.delete(&row.id_hash).await {
            tracing::warn!(%error, "could not remove an ended session");
        }
    }

    async fn delete(&self, id_hash: &[u8; 32]) -> Result<(), StoreError> {
        let mut tx = self.store.begin().await?;
        tx.delete_session(id_hash).await?;
        tx.commit().await
    }

    /// Signs out here. Also ends a session that has expired already, to know where it came from.
    pub(super) async fn end_session(&self, token: &OpaqueToken) -> Result<Option<EndedSession>, StoreError> {
        let Some(row) = self.store.session(&token.hash()).await? else { return Ok(None) };
        self.delete(&row.id_hash).await?;
        Ok(Some(ended(&row)))
    }

    /// Signs out everywhere: every session of the person ends, also one that another replica is just beginning.
    pub(super) async fn end_sessions_everywhere(
        &self,
        token: &OpaqueToken,
        address: String,
    ) -> Result<Option<EndedSession>, StoreError> {
        let Some((row, person)) = self.session(token).await? else { return self.end_session(token).await };
        let mut tx = self.store.begin().await?;
        let mut person = tx.person_for_update(person.id).await?.ok_or(StoreError::NotFound)?;
        person.version += 1;
        tx.update_person(&person).await?;
        tx.delete_sessions_of(person.id).await?;
        tx.append_audit(&AuditEntry {
            at: self.clock.now(),
            actor: Actor::Person(person.id),
            address: Some(address),
            action: "session.ended_everywhere".into(),
            object_kind: "person".into(),
            object: person.id.to_string(),
            object_name: person.name,
            before: None,
            after: None,
        })
        .await?;
        tx.commit().await?;
        Ok(Some(ended(&row)))
    }
}

fn ended(row: &SessionRow) -> EndedSession {
    let data: Option<Data> = serde_json::from_slice(&row.data).ok();
    EndedSession { issuer_id: row.issuer.clone(), hint: data.and_then(|data| data.id_token).map(IdTokenHint) }
}
