//! Letters on their way out: claimed, tried, tried again, and at last sent or given up.
//!
//! Whoever takes letters puts them off in the same statement, so that of several senders each has others, and a letter of
//! a sender that died is due again. A letter that went out as its sender died goes out twice; none is lost.

use crate::column::{count, parsed};
use crate::dialect::Dialect;
use crate::row::{one, row, rows, run};
use crate::{Result, Store, Tx};
use domain::id::{MailId, PersonId};
use domain::time::Timestamp;

/// A letter that somebody has taken to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueMail {
    pub id: MailId,
    pub person: PersonId,
    /// When it goes out, for the summary of a day.
    pub summary_at: Option<Timestamp>,
    pub made_at: Timestamp,
    /// This attempt's number, from one.
    pub attempt: u32,
}

/// A letter that was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedMail {
    pub id: MailId,
    pub person: PersonId,
    pub person_name: String,
    pub attempts: u32,
    pub failed_at: Timestamp,
    pub problem: String,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailOutcome {
    Sent,
    /// There was nothing left to tell, or nobody to tell it to.
    Dropped,
    Failed,
}

impl MailOutcome {
    const fn word(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Dropped => "dropped",
            Self::Failed => "failed",
        }
    }
}

/// How many letters there are that are not sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MailCounts {
    /// Tried at least once, and to be tried again.
    pub tried: i64,
    pub failed: i64,
}

row! { DueRow { id: String, person_id: String, summary_at: Option<i64>, made_at: i64, attempts: i64 } }
row! { FailedRow { id: String, person_id: String, name: String, attempts: i64, ended_at: i64, problem: Option<String> } }

/// Of rows that somebody else is taking, PostgreSQL waits for none.
const CLAIM: Dialect = Dialect {
    sqlite: "update mail set due_at = $2, attempts = attempts + 1
        where id in (select id from mail where outcome is null and due_at <= $1 order by due_at limit $3)
        returning id, person_id, summary_at, made_at, attempts",
    postgres: "update mail set due_at = $2, attempts = attempts + 1
        where id in (select id from mail where outcome is null and due_at <= $1 order by due_at limit $3
            for update skip locked)
        returning id, person_id, summary_at, made_at, attempts",
};

impl Store {
    /// Given up, latest first.
    pub async fn failed_mail(&self, limit: u32) -> Result<Vec<FailedMail>> {
        const LIST: &str = "select mail.id, person_id, person.name, attempts, ended_at, problem from mail
            join person on person.id = person_id
            where outcome = 'failed' order by ended_at desc, mail.id desc limit $1";
        let mut reader = self.engine.reader().await?;
        let failed = |row: FailedRow| {
            Ok(FailedMail {
                id: parsed(&row.id, "mail id")?,
                person: parsed(&row.person_id, "person id")?,
                person_name: row.name,
                attempts: count(row.attempts, "attempts")?,
                failed_at: Timestamp::from_ms(row.ended_at),
                problem: row.problem.unwrap_or_default(),
            })
        };
        rows!(reader.on(), FailedRow, LIST, i64::from(limit))?.into_iter().map(failed).collect()
    }

    /// Whether any letter waits to be taken.
    pub async fn has_due_mail(&self, now: Timestamp) -> Result<bool> {
        const DUE: &str = "select 1 from mail where outcome is null and due_at <= $1 limit 1";
        let mut reader = self.engine.reader().await?;
        Ok(one!(reader.on(), (i32,), DUE, now.as_ms())?.is_some())
    }

    pub async fn mail_counts(&self) -> Result<MailCounts> {
        const COUNT: &str = "select (select count(*) from mail where outcome is null and problem is not null),
            (select count(*) from mail where outcome = 'failed')";
        let mut reader = self.engine.reader().await?;
        let (tried, failed) = one!(reader.on(), (i64, i64), COUNT)?.unwrap_or_default();
        Ok(MailCounts { tried, failed })
    }
}

impl Tx {
    /// A letter of its own, due at once.
    pub async fn insert_mail(&mut self, id: MailId, person: PersonId, now: Timestamp) -> Result<()> {
        const INSERT: &str = "insert into mail (id, person_id, made_at, due_at) values ($1, $2, $3, $3)";
        run!(self.on(), INSERT, id.to_string(), person.to_string(), now.as_ms()).map(|_| ())
    }

    /// The summary that goes out to this person then; `id` names it if it is the first to be written.
    pub async fn summary_mail(
        &mut self,
        id: MailId,
        person: PersonId,
        goes_out: Timestamp,
        now: Timestamp,
    ) -> Result<MailId> {
        const INSERT: &str = "insert into mail (id, person_id, summary_at, made_at, due_at)
            values ($1, $2, $3, $4, $3) on conflict (person_id, summary_at) do nothing";
        const FIND: &str = "select id from mail where person_id = $1 and summary_at = $2";
        let person = person.to_string();
        run!(self.on(), INSERT, id.to_string(), &person, goes_out.as_ms(), now.as_ms())?;
        let found = one!(self.on(), (String,), FIND, &person, goes_out.as_ms())?;
        found.map_or(Ok(id), |(found,)| parsed(&found, "mail id"))
    }

    /// Takes letters that are due, and puts them off until the sender must have ended.
    pub async fn claim_mail(&mut self, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<DueMail>> {
        let found = rows!(self.on(), DueRow, CLAIM, now.as_ms(), until.as_ms(), i64::from(limit))?;
        let due = |row: DueRow| {
            Ok(DueMail {
                id: parsed(&row.id, "mail id")?,
                person: parsed(&row.person_id, "person id")?,
                summary_at: row.summary_at.map(Timestamp::from_ms),
                made_at: Timestamp::from_ms(row.made_at),
                attempt: count(row.attempts, "attempts")?,
            })
        };
        found.into_iter().map(due).collect()
    }

    pub async fn retry_mail(&mut self, id: MailId, due_at: Timestamp, problem: &str) -> Result<()> {
        const RETRY: &str = "update mail set due_at = $2, problem = $3 where id = $1 and outcome is null";
        run!(self.on(), RETRY, id.to_string(), due_at.as_ms(), problem).map(|_| ())
    }

    pub async fn end_mail(
        &mut self,
        id: MailId,
        outcome: MailOutcome,
        problem: Option<&str>,
        now: Timestamp,
    ) -> Result<()> {
        const END: &str = "update mail set outcome = $2, problem = $3, ended_at = $4 where id = $1 and outcome is null";
        run!(self.on(), END, id.to_string(), outcome.word(), problem, now.as_ms()).map(|_| ())
    }

    /// Makes a letter that was given up due again, from its first attempt; false if there is none such.
    pub async fn revive_mail(&mut self, id: MailId, now: Timestamp) -> Result<bool> {
        const REVIVE: &str =
            "update mail set outcome = null, ended_at = null, problem = null, attempts = 0, due_at = $2
            where id = $1 and outcome = 'failed'";
        Ok(run!(self.on(), REVIVE, id.to_string(), now.as_ms())? == 1)
    }

    /// As [`Self::revive_mail`], for all of them. Answers how many.
    pub async fn revive_all_mail(&mut self, now: Timestamp) -> Result<u64> {
        const REVIVE: &str =
            "update mail set outcome = null, ended_at = null, problem = null, attempts = 0, due_at = $1
            where outcome = 'failed'";
        run!(self.on(), REVIVE, now.as_ms())
    }

    /// Sent, dropped or given up before that moment.
    pub async fn delete_mail_ended_before(&mut self, moment: Timestamp) -> Result<u64> {
        const DELETE: &str = "delete from mail where outcome is not null and ended_at < $1";
        run!(self.on(), DELETE, moment.as_ms())
    }
}
