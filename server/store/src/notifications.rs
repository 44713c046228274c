//! What people were told, and what of it they have read.
//!
//! One occasion is written once for each person: the rule is the table's, so that it holds for several processes. Every
//! statement about what was told names the person; someone else's row is `None`.

use crate::column::{from_json, parsed, to_json};
use crate::row::{one, row, rows, run};
use crate::{Result, Store, Tx};
use domain::id::{MailId, NotificationId, PersonId};
use domain::notification::{Happening, Kind};
use domain::time::Timestamp;
use std::collections::HashSet;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    pub id: NotificationId,
    pub person: PersonId,
    pub happening: Happening,
    /// In the list; no for somebody who wants it by mail alone.
    pub shown: bool,
    pub made_at: Timestamp,
    pub read_at: Option<Timestamp>,
}

row! { Row { id: String, person_id: String, facts: String, shown: bool, made_at: i64, read_at: Option<i64> } }

impl Row {
    fn into_notification(self) -> Result<Notification> {
        Ok(Notification {
            id: parsed(&self.id, "notification id")?,
            person: parsed(&self.person_id, "person id")?,
            happening: from_json(&self.facts, "happening")?,
            shown: self.shown,
            made_at: Timestamp::from_ms(self.made_at),
            read_at: self.read_at.map(Timestamp::from_ms),
        })
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!("select id, person_id, facts, shown, made_at, read_at from notification ", $rest)
    };
}

fn all(found: Vec<Row>) -> Result<Vec<Notification>> {
    found.into_iter().map(Row::into_notification).collect()
}

/// The last one of a page, from which the next goes on.
pub type NotificationCursor = (Timestamp, NotificationId);

impl Store {
    pub async fn unread_notifications(&self, person: PersonId) -> Result<i64> {
        const COUNT: &str = "select count(*) from notification where person_id = $1 and shown and read_at is null";
        let mut reader = self.engine.reader().await?;
        Ok(one!(reader.on(), (i64,), COUNT, person.to_string())?.map_or(0, |(count,)| count))
    }

    /// The same with a setting beside it, in one statement: what the frame of every page asks.
    pub async fn unread_and_setting(&self, person: PersonId, setting: &str) -> Result<(i64, Option<Vec<u8>>)> {
        const BOTH: &str = "select
            (select count(*) from notification where person_id = $1 and shown and read_at is null),
            (select value from setting where name = $2)";
        let mut reader = self.engine.reader().await?;
        Ok(one!(reader.on(), (i64, Option<Vec<u8>>), BOTH, person.to_string(), setting)?.unwrap_or_default())
    }

    /// Read or not.
    pub async fn count_notifications(&self, person: PersonId) -> Result<i64> {
        const COUNT: &str = "select count(*) from notification where person_id = $1 and shown";
        let mut reader = self.engine.reader().await?;
        Ok(one!(reader.on(), (i64,), COUNT, person.to_string())?.map_or(0, |(count,)| count))
    }

    /// Newest first.
    pub async fn notifications(
        &self,
        person: PersonId,
        only_unread: bool,
        before: Option<NotificationCursor>,
        limit: u32,
    ) -> Result<Vec<Notification>> {
        const EVERYTHING: &str = select!(
            "where person_id = $1 and shown and (made_at < $2 or (made_at = $2 and id < $3))
            order by made_at desc, id desc limit $4"
        );
        const UNREAD: &str = select!(
            "where person_id = $1 and shown and read_at is null and (made_at < $2 or (made_at = $2 and id < $3))
            order by made_at desc, id desc limit $4"
        );
        let (at, id) = before.map_or((i64::MAX, String::new()), |(at, id)| (at.as_ms(), id.to_string()));
        let text = if only_unread { UNREAD } else { EVERYTHING };
        let mut reader = self.engine.reader().await?;
        all(rows!(reader.on(), Row, text, person.to_string(), at, id, i64::from(limit))?)
    }

    /// Which of these occasions anybody was told of.
    pub async fn told(&self, occasions: &[String]) -> Result<HashSet<String>> {
        const TOLD: &str =
            "select distinct occasion from notification where occasion in (select value from json_each($1))";
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), (String,), TOLD, to_json(occasions)?)?;
        Ok(found.into_iter().map(|(occasion,)| occasion).collect())
    }

    /// What a letter tells: what of it nobody has read meanwhile, oldest first.
    pub async fn notifications_of_mail(&self, mail: MailId, limit: u32) -> Result<Vec<Notification>> {
        const LIST: &str = select!("where mail_id = $1 and read_at is null order by made_at, id limit $2");
        let mut reader = self.engine.reader().await?;
        all(rows!(reader.on(), Row, LIST, mail.to_string(), i64::from(limit))?)
    }
}

impl Tx {
    /// False if this person was told of the occasion before.
    pub async fn insert_notification(&mut self, told: &Notification) -> Result<bool> {
        const INSERT: &str = "insert into notification (id, person_id, kind, object, facts, occasion, shown, made_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (occasion, person_id) do nothing";
        let happening = &told.happening;
        let met = run!(
            self.on(),
            INSERT,
            told.id.to_string(),
            told.person.to_string(),
            happening.kind().word(),
            happening.object(),
            to_json(happening)?,
            happening.dedupe(),
            told.shown,
            told.made_at.as_ms(),
        )?;
        Ok(met == 1)
    }

    pub async fn put_mail_of_notification(&mut self, told: NotificationId, mail: MailId) -> Result<()> {
        const PUT: &str = "update notification set mail_id = $2 where id = $1";
        run!(self.on(), PUT, told.to_string(), mail.to_string()).map(|_| ())
    }

    /// True if it is this person's; what was read before stays read since then.
    pub async fn read_notification(&mut self, person: PersonId, id: NotificationId, now: Timestamp) -> Result<bool> {
        const READ: &str = "update notification set read_at = coalesce(read_at, $3)
            where id = $1 and person_id = $2 and shown";
        Ok(run!(self.on(), READ, id.to_string(), person.to_string(), now.as_ms())? == 1)
    }

    /// Everything up to the one that stood first on the page: what came later has not been seen.
    pub async fn read_notifications(&mut self, person: PersonId, upto: Timestamp, now: Timestamp) -> Result<u64> {
        const READ: &str = "update notification set read_at = $3
            where person_id = $1 and shown and read_at is null and made_at <= $2";
        run!(self.on(), READ, person.to_string(), upto.as_ms(), now.as_ms())
    }

    /// Somebody has dealt with it: for nobody who was told there is anything left to do.
    pub async fn settle_notifications(&mut self, kind: Kind, object: &str, now: Timestamp) -> Result<u64> {
        const SETTLE: &str = "update notification set read_at = $3
            where object = $1 and kind = $2 and read_at is null";
        run!(self.on(), SETTLE, object, kind.word(), now.as_ms())
    }

    /// Read or not: what is as old as this is no news.
    pub async fn delete_notifications_before(&mut self, moment: Timestamp) -> Result<u64> {
        run!(self.on(), "delete from notification where made_at < $1", moment.as_ms())
    }
}
