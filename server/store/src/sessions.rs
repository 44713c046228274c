//! Signed-in sessions. Ids arrive hashed: who reads this table cannot take over a session.
//!
//! Saving never creates: a slow request must not resurrect a session that was signed out meanwhile.

use crate::column::{hash, parsed_if};
use crate::row::{one, row, rows, run};
use crate::{Result, Store, Tx};
use domain::id::PersonId;
use domain::time::Timestamp;

#[derive(Clone, PartialEq, Eq)]
pub struct SessionRow {
    pub id_hash: [u8; 32],
    pub person: Option<PersonId>,
    /// The person's version at sign-in; an older one than now ends the session.
    pub person_version: i64,
    pub issuer: Option<String>,
    /// The identity provider's session, for back-channel logout.
    pub idp_sid: Option<String>,
    pub data: Vec<u8>,
    /// The client's address and user agent when the session began.
    pub address: Option<String>,
    pub agent: Option<String>,
    pub created_at: Timestamp,
    pub auth_time: Timestamp,
    pub seen_at: Timestamp,
    pub expires_at: Timestamp,
}

row! { Row {
    id_hash: Vec<u8>, person_id: Option<String>, person_version: i64, issuer: Option<String>, idp_sid: Option<String>,
    data: Vec<u8>, address: Option<String>, agent: Option<String>, created_at: i64, auth_time: i64, seen_at: i64, expires_at: i64,
} }

macro_rules! session_columns {
    () => {
        "id_hash, person_id, person_version, issuer, idp_sid, data, address, agent, created_at, auth_time, seen_at, \
         expires_at"
    };
}

impl Row {
    fn into_session(self) -> Result<SessionRow> {
        Ok(SessionRow {
            id_hash: hash(&self.id_hash, "session")?,
            person: parsed_if(self.person_id.as_deref(), "person id")?,
            person_version: self.person_version,
            issuer: self.issuer,
            idp_sid: self.idp_sid,
            data: self.data,
            address: self.address,
            agent: self.agent,
            created_at: Timestamp::from_ms(self.created_at),
            auth_time: Timestamp::from_ms(self.auth_time),
            seen_at: Timestamp::from_ms(self.seen_at),
            expires_at: Timestamp::from_ms(self.expires_at),
        })
    }
}

impl Store {
    /// Also one that has expired: the clock is the caller's.
    pub async fn session(&self, id_hash: &[u8; 32]) -> Result<Option<SessionRow>> {
        const FIND: &str = concat!("select ", session_columns!(), " from session where id_hash = $1");
        let mut reader = self.engine.reader().await?;
        one!(reader.on(), Row, FIND, id_hash.as_slice())?.map(Row::into_session).transpose()
    }

    /// Those that have not expired, last seen first; `limit` of them.
    pub async fn sessions_of(&self, person: PersonId, now: Timestamp, limit: u32) -> Result<Vec<SessionRow>> {
        const LIST: &str = concat!(
            "select ",
            session_columns!(),
            " from session where person_id = $1 and expires_at > $2 order by seen_at desc, id_hash limit $3"
        );
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), Row, LIST, person.to_string(), now.as_ms(), i64::from(limit))?;
        found.into_iter().map(Row::into_session).collect()
    }
}

impl Tx {
    pub async fn insert_session(&mut self, session: &SessionRow) -> Result<()> {
        const INSERT: &str =
            "insert into session (id_hash, person_id, person_version, issuer, idp_sid, data, created_at,
                auth_time, seen_at, expires_at, address, agent)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
        run!(
            self.on(),
            INSERT,
            session.id_hash.as_slice(),
            session.person.map(|id| id.to_string()),
            session.person_version,
            &session.issuer,
            &session.idp_sid,
            &session.data,
            session.created_at.as_ms(),
            session.auth_time.as_ms(),
            session.seen_at.as_ms(),
            session.expires_at.as_ms(),
            &session.address,
            &session.agent,
        )
        .map(|_| ())
    }

    /// False if the session is gone.
    pub async fn update_session(&mut self, session: &SessionRow) -> Result<bool> {
        const UPDATE: &str = "update session set person_id = $2, person_version = $3, issuer = $4, idp_sid = $5,
                data = $6, auth_time = $7, seen_at = $8, expires_at = $9
            where id_hash = $1";
        let met = run!(
            self.on(),
            UPDATE,
            session.id_hash.as_slice(),
            session.person.map(|id| id.to_string()),
            session.person_version,
            &session.issuer,
            &session.idp_sid,
            &session.data,
            session.auth_time.as_ms(),
            session.seen_at.as_ms(),
            session.expires_at.as_ms(),
        )?;
        Ok(met == 1)
    }

    /// False if the session is gone.
    pub async fn touch_session(
        &mut self,
        id_hash: &[u8; 32],
        seen_at: Timestamp,
        expires_at: Timestamp,
    ) -> Result<bool> {
        const TOUCH: &str = "update session set seen_at = $2, expires_at = $3 where id_hash = $1";
        Ok(run!(self.on(), TOUCH, id_hash.as_slice(), seen_at.as_ms(), expires_at.as_ms())? == 1)
    }

    /// False if it was gone already.
    pub async fn delete_session(&mut self, id_hash: &[u8; 32]) -> Result<bool> {
        Ok(run!(self.on(), "delete from session where id_hash = $1", id_hash.as_slice())? == 1)
    }

    pub async fn delete_sessions_of(&mut self, person: PersonId) -> Result<u64> {
        run!(self.on(), "delete from session where person_id = $1", person.to_string())
    }

    pub async fn delete_sessions_expired(&mut self, now: Timestamp) -> Result<u64> {
        run!(self.on(), "delete from session where expires_at <= $1", now.as_ms())
    }
}
