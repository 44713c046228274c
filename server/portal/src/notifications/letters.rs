//! Letters for whoever sends them: taken a few at a time, and told what came of each.
//!
//! What a letter says is looked up when it is sent: what somebody has read or dealt with meanwhile is left out, and a
//! letter that nothing is left of is dropped, as is one to somebody who has no address any more.

use crate::{Portal, PortalError};
use domain::id::MailId;
use domain::notification::mail::{CLAIM_MS, pause_after};
use domain::time::Timestamp;
use store::{MailOutcome, Notification};

#[derive(Debug, Clone)]
pub struct Letter {
    pub id: MailId,
    /// As the identity provider says them; nothing that a header could be made of has been checked.
    pub to_name: String,
    pub to_address: String,
    pub is_summary: bool,
    pub made_at: Timestamp,
    /// Oldest first; never empty.
    pub notes: Vec<Notification>,
    /// This attempt's number, from one.
    pub attempt: u32,
}

/// What a letter holds.
pub const MOST_NOTES: u32 = 500;
/// What is kept of what a mail server says.
const LONGEST_PROBLEM: usize = 300;

impl Portal {
    /// Cheap, and asked again and again.
    pub async fn letters_are_due(&self) -> Result<bool, PortalError> {
        Ok(self.store.has_due_mail(self.clock.now()).await?)
    }

    /// Letters that are due; nobody else gets them until they must have been sent.
    pub async fn take_letters(&self, most: u32) -> Result<Vec<Letter>, PortalError> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let due = tx.claim_mail(now, now.plus_ms(CLAIM_MS), most).await?;
        tx.commit().await?;
        let mut letters = Vec::with_capacity(due.len());
        for mail in due {
            let notes = self.store.notifications_of_mail(mail.id, MOST_NOTES).await?;
            let person = self.store.person(mail.person).await?.filter(|person| person.active);
            match person.filter(|person| !person.email.is_empty() && !notes.is_empty()) {
                Some(person) => letters.push(Letter {
                    id: mail.id,
                    to_name: person.name,
                    to_address: person.email,
                    is_summary: mail.summary_at.is_some(),
                    made_at: mail.made_at,
                    notes,
                    attempt: mail.attempt,
                }),
                None => self.end_letter(mail.id, MailOutcome::Dropped, None).await?,
            }
        }
        Ok(letters)
    }

    pub async fn letter_sent(&self, letter: MailId) -> Result<(), PortalError> {
        self.end_letter(letter, MailOutcome::Sent, None).await
    }

    /// Tried again later, or given up if trying again cannot help. Answers when it is tried again.
    pub async fn letter_failed(
        &self,
        letter: &Letter,
        problem: &str,
        may_help_again: bool,
    ) -> Result<Option<Timestamp>, PortalError> {
        let now = self.clock.now();
        let problem: String = problem.chars().take(LONGEST_PROBLEM).collect();
        match pause_after(letter.attempt).filter(|_| may_help_again) {
            Some(pause) => {
                let due_at = now.plus_ms(pause);
                let mut tx = self.store.begin().await?;
                tx.retry_mail(letter.id, due_at, &problem).await?;
                tx.commit().await?;
                Ok(Some(due_at))
            }
            None => {
                self.end_letter(letter.id, MailOutcome::Failed, Some(&problem)).await?;
                Ok(None)
            }
        }
    }

    async fn end_letter(&self, letter: MailId, outcome: MailOutcome, problem: Option<&str>) -> Result<(), PortalError> {
        let mut tx = self.store.begin().await?;
        tx.end_mail(letter, outcome, problem, self.clock.now()).await?;
        Ok(tx.commit().await?)
    }
}
