//! Forms act once: the first sending is recorded before it acts, in the same transaction; a second one is led to what
//! the first one made.

use crate::error::exactly_one;
use crate::row::{one, run};
use crate::{Result, StoreError, Tx};
use domain::id::PersonId;
use domain::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Submission {
    First,
    Repeated { outcome: String },
}

impl Tx {
    /// Of two sendings at the same time, the second waits for the first one's transaction and is told its outcome.
    pub async fn record_submission(
        &mut self,
        form: &str,
        person: PersonId,
        now: Timestamp,
        outcome: &str,
    ) -> Result<Submission> {
        const RECORD: &str = "insert into submission (form, person_id, created_at, outcome) values ($1, $2, $3, $4)
            on conflict (form, person_id) do nothing";
        const OUTCOME: &str = "select outcome from submission where form = $1 and person_id = $2";
        let person = person.to_string();
        if run!(self.on(), RECORD, form, &person, now.as_ms(), outcome)? == 1 {
            return Ok(Submission::First);
        }
        // Deleted between the two statements by the clean-up of old ones.
        let (outcome,) = one!(self.on(), (String,), OUTCOME, form, &person)?.ok_or(StoreError::Unavailable)?;
        Ok(Submission::Repeated { outcome })
    }

    pub async fn set_submission_outcome(&mut self, form: &str, person: PersonId, outcome: &str) -> Result<()> {
        const SET: &str = "update submission set outcome = $3 where form = $1 and person_id = $2";
        exactly_one(run!(self.on(), SET, form, person.to_string(), outcome)?)
    }

    pub async fn delete_submissions_before(&mut self, moment: Timestamp) -> Result<u64> {
        run!(self.on(), "delete from submission where created_at < $1", moment.as_ms())
    }
}
