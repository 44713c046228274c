//! What was given to single keys above their guardrails. Written once and never changed: the end is part of the row.

use crate::column::{from_json, parsed, to_json};
use crate::requests::{DecidedBy, decider, decider_id};
use crate::row::{row, rows, run};
use crate::{Result, Store, Tx};
use domain::grant::Grant;
use domain::id::KeyId;
use domain::time::Timestamp;

row! { GrantRow {
    id: String, key_id: String, request_id: String, more: String, until_at: Option<i64>, granted_by: String,
    granted_at: i64,
} }

macro_rules! select_grant {
    ($rest:literal) => {
        concat!(
            "select key_grant.id, key_id, request_id, more, until_at, granted_by, granted_at from key_grant ",
            $rest
        )
    };
}

impl GrantRow {
    fn into_grant(self) -> Result<Grant> {
        Ok(Grant {
            id: parsed(&self.id, "grant id")?,
            key: parsed(&self.key_id, "key id")?,
            request: parsed(&self.request_id, "request id")?,
            more: from_json(&self.more, "grant")?,
            until: self.until_at.map(Timestamp::from_ms),
            granted_by: decider(&self.granted_by)?,
            granted_at: Timestamp::from_ms(self.granted_at),
        })
    }
}

fn all(found: Vec<GrantRow>) -> Result<Vec<Grant>> {
    found.into_iter().map(GrantRow::into_grant).collect()
}

impl Store {
    /// What this key was ever given, newest first.
    pub async fn grants_of(&self, key: KeyId) -> Result<Vec<Grant>> {
        const LIST: &str = select_grant!("where key_id = $1 order by granted_at desc, id desc");
        let mut reader = self.engine.reader().await?;
        all(rows!(reader.on(), GrantRow, LIST, key.to_string())?)
    }

    /// Every grant that still counts at this moment.
    pub async fn live_grants(&self, now: Timestamp) -> Result<Vec<Grant>> {
        const LIST: &str = select_grant!("where until_at is null or until_at > $1 order by id");
        let mut reader = self.engine.reader().await?;
        all(rows!(reader.on(), GrantRow, LIST, now.as_ms())?)
    }

    /// Grants that end within the span, on keys about which this person decides; the first to end first.
    pub async fn grants_ending(
        &self,
        by: &DecidedBy,
        from: Timestamp,
        to: Timestamp,
        limit: u32,
    ) -> Result<Vec<Grant>> {
        const LIST: &str = select_grant!(
            "join virtual_key on virtual_key.id = key_id
            where until_at > $1 and until_at <= $2 and state <> 'revoked'
              and ($3 or owner_id in (select value from json_each($4)) or exists (
                select 1 from membership where person_id = owner_id
                  and team_id in (select value from json_each($4))))
            order by until_at, key_grant.id limit $5"
        );
        let leads = to_json(&by.leads)?;
        let mut reader = self.engine.reader().await?;
        let (from, to) = (from.as_ms(), to.as_ms());
        all(rows!(reader.on(), GrantRow, LIST, from, to, by.administrator, leads, i64::from(limit))?)
    }
}

impl Tx {
    pub async fn insert_grant(&mut self, grant: &Grant) -> Result<()> {
        const INSERT: &str = "insert into key_grant (id, key_id, request_id, more, until_at, granted_by, granted_at)
            values ($1, $2, $3, $4, $5, $6, $7)";
        run!(
            self.on(),
            INSERT,
            grant.id.to_string(),
            grant.key.to_string(),
            grant.request.to_string(),
            to_json(&grant.more)?,
            grant.until.map(Timestamp::as_ms),
            decider_id(grant.granted_by),
            grant.granted_at.as_ms(),
        )
        .map(|_| ())
    }
}
