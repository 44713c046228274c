//! Requests for a key or for more than a key has.
//!
//! A request changes once, from waiting to its answer: the statement that writes the answer meets waiting requests only.
//! One that lapsed still says `waiting`; the moment from which it does not count stands in its row.

use crate::column::{from_json, parsed, parsed_if, to_json};
use crate::dialect::{Dialect, locked};
use crate::error::exactly_one;
use crate::keys::{owner, owner_id};
use crate::row::{one, row, rows, run};
use crate::{Result, Store, StoreError, Tx};
use domain::access_profile::Deciders;
use domain::access_request::{AccessRequest, Decider, RequestState};
use domain::id::{KeyId, PersonId, RequestId, TeamId};
use domain::time::Timestamp;

/// Whose requests a decider sees: never their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecidedBy {
    pub person: PersonId,
    pub administrator: bool,
    /// The teams that the person leads.
    pub leads: Vec<TeamId>,
}

row! { RequestRow {
    id: String, asked_by: String, asked_at: i64, profile_id: String, owner_id: String, wish: String,
    until_at: Option<i64>, reason: String, by_leads: bool, promised_at: i64, state: String, decided_at: Option<i64>,
    decided_by: Option<String>, answer: Option<String>,
} }

macro_rules! select_request {
    ($rest:literal) => {
        concat!(
            "select id, asked_by, asked_at, profile_id, owner_id, wish, until_at, reason, by_leads, promised_at, state,
                decided_at, decided_by, answer
            from access_request ",
            $rest
        )
    };
}

/// Requests that somebody else made, that this person decides about: `$1` the person, `$2` an administrator, `$3` the
/// teams that the person leads.
macro_rules! decided_by {
    ($before:literal, $rest:literal) => {
        concat!(
            $before,
            " asked_by <> $1 and ($2 or (by_leads and (owner_id in (select value from json_each($3))
                or exists (select 1 from membership where person_id = asked_by
                    and team_id in (select value from json_each($3)))))) ",
            $rest
        )
    };
}

impl RequestRow {
    fn into_request(self) -> Result<AccessRequest> {
        let state = self.request_state()?;
        Ok(AccessRequest {
            id: parsed(&self.id, "request id")?,
            asked_by: parsed(&self.asked_by, "person id")?,
            asked_at: Timestamp::from_ms(self.asked_at),
            profile: parsed(&self.profile_id, "profile id")?,
            owner: owner(&self.owner_id)?,
            wish: from_json(&self.wish, "request")?,
            until: self.until_at.map(Timestamp::from_ms),
            reason: self.reason,
            deciders: if self.by_leads { Deciders::LeadsAndAdministrators } else { Deciders::Administrators },
            promised_at: Timestamp::from_ms(self.promised_at),
            state,
        })
    }

    fn request_state(&self) -> Result<RequestState> {
        let at = self.decided_at.map(Timestamp::from_ms);
        let by = self.decided_by.as_deref();
        match (self.state.as_str(), at, by, self.answer.as_deref()) {
            ("waiting", None, None, None) => Ok(RequestState::Waiting),
            ("approved", Some(at), Some(by), Some(answer)) => {
                Ok(RequestState::Approved { at, by: decider(by)?, granted: from_json(answer, "grant")? })
            }
            ("declined", Some(at), Some(by), Some(reason)) => {
                Ok(RequestState::Declined { at, by: parsed(by, "person id")?, reason: reason.to_owned() })
            }
            ("withdrawn", Some(at), None, None) => Ok(RequestState::Withdrawn { at }),
            _ => Err(StoreError::Corrupt("request state")),
        }
    }
}

pub(crate) fn decider(text: &str) -> Result<Decider> {
    let person = parsed_if(Some(text), "person id").map(|person| person.map(Decider::Person));
    match person {
        Ok(Some(person)) => Ok(person),
        _ => parsed(text, "rule id").map(Decider::Rule),
    }
}

pub(crate) fn decider_id(decider: Decider) -> String {
    match decider {
        Decider::Person(person) => person.to_string(),
        Decider::Rule(rule) => rule.to_string(),
    }
}

/// A state as its four columns.
struct StateColumns {
    state: &'static str,
    at: Option<i64>,
    by: Option<String>,
    answer: Option<String>,
}

impl StateColumns {
    fn of(state: &RequestState) -> Result<Self> {
        Ok(match state {
            RequestState::Waiting => Self { state: "waiting", at: None, by: None, answer: None },
            RequestState::Approved { at, by, granted } => Self {
                state: "approved",
                at: Some(at.as_ms()),
                by: Some(decider_id(*by)),
                answer: Some(to_json(granted)?),
            },
            RequestState::Declined { at, by, reason } => {
                Self { state: "declined", at: Some(at.as_ms()), by: Some(by.to_string()), answer: Some(reason.clone()) }
            }
            RequestState::Withdrawn { at } => Self { state: "withdrawn", at: Some(at.as_ms()), by: None, answer: None },
        })
    }
}

fn all(found: Vec<RequestRow>) -> Result<Vec<AccessRequest>> {
    found.into_iter().map(RequestRow::into_request).collect()
}

impl Store {
    pub async fn request(&self, id: RequestId) -> Result<Option<AccessRequest>> {
        let mut reader = self.engine.reader().await?;
        let found = one!(reader.on(), RequestRow, select_request!("where id = $1"), id.to_string())?;
        found.map(RequestRow::into_request).transpose()
    }

    /// What this person asked for, newest first.
    pub async fn requests_by(&self, person: PersonId, limit: u32) -> Result<Vec<AccessRequest>> {
        const LIST: &str = select_request!("where asked_by = $1 order by asked_at desc, id desc limit $2");
        let mut reader = self.engine.reader().await?;
        all(rows!(reader.on(), RequestRow, LIST, person.to_string(), i64::from(limit))?)
    }

    /// What was asked for this key, newest first.
    pub async fn requests_for(&self, key: KeyId, limit: u32) -> Result<Vec<AccessRequest>> {
        const LIST: &str = select_request!("where key_id = $1 order by asked_at desc, id desc limit $2");
        let mut reader = self.engine.reader().await?;
        all(rows!(reader.on(), RequestRow, LIST, key.to_string(), i64::from(limit))?)
    }

    /// What waits for this person, oldest first.
    pub async fn requests_waiting_for(&self, by: &DecidedBy, now: Timestamp, limit: u32) -> Result<Vec<AccessRequest>> {
        const LIST: &str = concat!(
            select_request!(""),
            decided_by!("where state = 'waiting' and lapses_at > $4 and", "order by asked_at, id limit $5")
        );
        let leads = to_json(&by.leads)?;
        let mut reader = self.engine.reader().await?;
        let person = by.person.to_string();
        let limit = i64::from(limit);
        all(rows!(reader.on(), RequestRow, LIST, person, by.administrator, leads, now.as_ms(), limit)?)
    }

    pub async fn count_waiting_for(&self, by: &DecidedBy, now: Timestamp) -> Result<i64> {
        const COUNT: &str =
            decided_by!("select count(*) from access_request where state = 'waiting' and lapses_at > $4 and", "");
        let leads = to_json(&by.leads)?;
        let mut reader = self.engine.reader().await?;
        let counted = one!(reader.on(), (i64,), COUNT, by.person.to_string(), by.administrator, leads, now.as_ms())?;
        Ok(counted.map_or(0, |(count,)| count))
    }

    /// What was decided, or taken back, and this person could have decided; latest first.
    pub async fn requests_decided(&self, by: &DecidedBy, limit: u32) -> Result<Vec<AccessRequest>> {
        const LIST: &str = concat!(
            select_request!(""),
            decided_by!("where state <> 'waiting' and", "order by decided_at desc, id desc limit $4")
        );
        let leads = to_json(&by.leads)?;
        let mut reader = self.engine.reader().await?;
        let person = by.person.to_string();
        all(rows!(reader.on(), RequestRow, LIST, person, by.administrator, leads, i64::from(limit))?)
    }

    /// Everything asked for since then, oldest first: what a rule is tried on.
    pub async fn requests_since(&self, since: Timestamp, limit: u32) -> Result<Vec<AccessRequest>> {
        const LIST: &str = select_request!("where asked_at >= $1 order by asked_at, id limit $2");
        let mut reader = self.engine.reader().await?;
        all(rows!(reader.on(), RequestRow, LIST, since.as_ms(), i64::from(limit))?)
    }
}

impl Tx {
    /// Nobody else decides it until this transaction ends.
    pub async fn request_for_update(&mut self, id: RequestId) -> Result<Option<AccessRequest>> {
        const FIND: Dialect = locked!(select_request!("where id = $1"));
        one!(self.on(), RequestRow, FIND, id.to_string())?.map(RequestRow::into_request).transpose()
    }

    /// Requests of this person that wait. Until this transaction ends, others who count them wait too.
    pub async fn count_waiting_of(&mut self, person: PersonId, now: Timestamp) -> Result<i64> {
        const COUNT: &str =
            "select count(*) from access_request where asked_by = $1 and state = 'waiting' and lapses_at > $2";
        let person = person.to_string();
        rows!(self.on(), (String,), locked!("select id from person where id = $1"), &person)?;
        let counted = one!(self.on(), (i64,), COUNT, &person, now.as_ms())?;
        Ok(counted.map_or(0, |(count,)| count))
    }

    pub async fn insert_request(&mut self, request: &AccessRequest) -> Result<()> {
        const INSERT: &str = "insert into access_request (id, asked_by, asked_at, profile_id, owner_id, key_id, wish,
                until_at, reason, by_leads, promised_at, lapses_at, state, decided_at, decided_by, answer)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
        let state = StateColumns::of(&request.state)?;
        run!(
            self.on(),
            INSERT,
            request.id.to_string(),
            request.asked_by.to_string(),
            request.asked_at.as_ms(),
            request.profile.to_string(),
            owner_id(request.owner),
            request.wish.key().map(|key| key.to_string()),
            to_json(&request.wish)?,
            request.until.map(Timestamp::as_ms),
            &request.reason,
            request.deciders == Deciders::LeadsAndAdministrators,
            request.promised_at.as_ms(),
            request.lapses_at().as_ms(),
            state.state,
            state.at,
            &state.by,
            &state.answer,
        )
        .map(|_| ())
    }

    /// Writes the answer of a waiting request; one that has an answer is [`StoreError::NotFound`].
    pub async fn answer_request(&mut self, id: RequestId, answer: &RequestState) -> Result<()> {
        const ANSWER: &str = "update access_request set state = $2, decided_at = $3, decided_by = $4, answer = $5
            where id = $1 and state = 'waiting'";
        let state = StateColumns::of(answer)?;
        exactly_one(run!(self.on(), ANSWER, id.to_string(), state.state, state.at, &state.by, &state.answer)?)
    }
}
