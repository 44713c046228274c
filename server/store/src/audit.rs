//! The audit log's rows. An entry is appended in the transaction of the change that it tells about, with the hash of the
//! entry before it; appends wait for each other, so that the chain has neither forks nor gaps.
//!
//! Append last in a transaction: everybody else's append waits until it ends.

use crate::column::{from_json, hash, parsed, to_json};
use crate::dialect::SERIAL_APPENDS;
use crate::row::{one, row, rows, run};
use crate::{Result, Store, StoreError, Tx};
use domain::audit::{Actor, AuditEntry, AuditRow, GENESIS, chain_hash};
use domain::id::PersonId;
use domain::time::Timestamp;

/// What to look for; `None` is anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Any of these.
    pub actors: Option<Vec<PersonId>>,
    /// A printed id.
    pub object: Option<String>,
    /// `key.minted`, or `key.` for all that begin so.
    pub action: Option<String>,
    pub from: Option<Timestamp>,
    /// Exclusive.
    pub until: Option<Timestamp>,
}

row! { Row {
    seq: i64, at: i64, actor_person: Option<String>, actor_system: Option<String>, address: Option<String>,
    action: String, object_kind: String, object_id: String, object_name: String, before_json: Option<String>,
    after_json: Option<String>, previous: Vec<u8>, hash: Vec<u8>,
} }

macro_rules! select_audit {
    ($rest:literal) => {
        concat!(
            "select seq, at, actor_person, actor_system, address, action, object_kind, object_id, object_name,
                before_json, after_json, previous, hash
            from audit ",
            $rest
        )
    };
}

impl Row {
    fn into_row(self) -> Result<AuditRow> {
        let actor = match (self.actor_person, self.actor_system) {
            (Some(person), None) => Actor::Person(parsed(&person, "audit actor")?),
            (None, Some(reason)) => Actor::System(reason),
            _ => return Err(StoreError::Corrupt("audit actor")),
        };
        let value = |text: Option<String>| text.map(|text| from_json(&text, "audit entry")).transpose();
        Ok(AuditRow {
            seq: self.seq,
            entry: AuditEntry {
                at: Timestamp::from_ms(self.at),
                actor,
                address: self.address,
                action: self.action,
                object_kind: self.object_kind,
                object: self.object_id,
                object_name: self.object_name,
                before: value(self.before_json)?,
                after: value(self.after_json)?,
            },
            previous: hash(&self.previous, "audit hash")?,
            hash: hash(&self.hash, "audit hash")?,
        })
    }
}

impl Store {
    /// Newest first; `before` is the number of the last one seen.
    pub async fn audit_page(&self, filter: &AuditFilter, before: Option<i64>, limit: u32) -> Result<Vec<AuditRow>> {
        const PAGE: &str = select_audit!(
            "where ($1 is null or seq < $1)
              and ($2 is null or actor_person in (select value from json_each($2)))
              and ($3 is null or object_id = $3)
              and ($4 is null or action like $4 escape '\\')
              and ($5 is null or at >= $5)
              and ($6 is null or at < $6)
            order by seq desc limit $7"
        );
        let actors = filter.actors.as_deref().map(to_json).transpose()?;
        let action = filter.action.as_deref().map(action_pattern);
        let (from, until) = (filter.from.map(Timestamp::as_ms), filter.until.map(Timestamp::as_ms));
        let limit = i64::from(limit);
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), Row, PAGE, before, &actors, &filter.object, &action, from, until, limit)?;
        found.into_iter().map(Row::into_row).collect()
    }

    /// Oldest first, for checking the chain.
    pub async fn audit_scan(&self, after: i64, limit: u32) -> Result<Vec<AuditRow>> {
        const SCAN: &str = select_audit!("where seq > $1 order by seq limit $2");
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), Row, SCAN, after, i64::from(limit))?;
        found.into_iter().map(Row::into_row).collect()
    }
}

/// An action as it is, or all actions that begin with a word and its dot.
fn action_pattern(action: &str) -> String {
    let mut pattern = action.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    if action.ends_with('.') {
        pattern.push('%');
    }
    pattern
}

impl Tx {
    /// Answers the entry's number.
    pub async fn append_audit(&mut self, entry: &AuditEntry) -> Result<i64> {
        const LAST: &str = "select seq, hash from audit order by seq desc limit 1";
        const APPEND: &str = "insert into audit (seq, at, actor_person, actor_system, address, action, object_kind,
                object_id, object_name, before_json, after_json, previous, hash)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
        run!(self.on(), SERIAL_APPENDS)?;
        let last = one!(self.on(), (i64, Vec<u8>), LAST)?;
        let (seq, previous) = match last {
            Some((seq, bytes)) => (seq + 1, hash(&bytes, "audit hash")?),
            None => (1, GENESIS),
        };
        let (person, system) = match &entry.actor {
            Actor::Person(id) => (Some(id.to_string()), None),
            Actor::System(reason) => (None, Some(reason)),
        };
        run!(
            self.on(),
            APPEND,
            seq,
            entry.at.as_ms(),
            person,
            system,
            &entry.address,
            &entry.action,
            &entry.object_kind,
            &entry.object,
            &entry.object_name,
            entry.before.as_ref().map(to_json).transpose()?,
            entry.after.as_ref().map(to_json).transpose()?,
            previous.as_slice(),
            chain_hash(&previous, seq, entry).as_slice(),
        )?;
        Ok(seq)
    }
}
