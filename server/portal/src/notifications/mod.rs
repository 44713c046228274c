//! Telling people: who is told what, in the transaction in which it happens, and what they have read of it.
//!
//! A use case that concerns somebody else calls [`Portal::tell`] before its audit entry; what only time brings about is
//! found by [`looking`]. Nobody is told of one occasion twice, since the store keeps occasions unique; a letter is written
//! with the notification or not at all. Somebody else's notification is not found.

mod audience;
mod letters;
mod looking;
mod preferences;
mod undelivered;

pub use letters::{Letter, MOST_NOTES};
pub use preferences::Preferences;
pub use store::{FailedMail, MailCounts, Notification};
pub use undelivered::{SendAgain, Undelivered};

use crate::{Portal, PortalError};
use domain::id::{MailId, NotificationId, PersonId};
use domain::notification::Happening;
use domain::notification::channels::Mailing;
use domain::notification::mail::next_summary;
use domain::person::Caller;
use domain::time::Timestamp;
use store::{NotificationCursor, Recipient, StoreError, Tx};

/// How much it is somebody's to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Voice {
    Usual,
    /// Others are nearer: a letter only to those who asked for letters.
    Low,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NotificationView {
    #[default]
    All,
    Unread,
}

#[derive(Debug, Clone)]
pub struct NotificationPage {
    /// Newest first.
    pub rows: Vec<Notification>,
    /// The cursor of the next page; `None` on the last.
    pub next: Option<String>,
    /// On all pages of either view.
    pub unread: u64,
    pub total: u64,
}

/// Rows of one page.
const PAGE: u32 = 30;

impl Portal {
    /// Writes this down for everybody of these who is active and wants to hear of it, in the transaction in which it
    /// happens. Answers how many had not been told before.
    pub(crate) async fn tell(
        &self,
        tx: &mut Tx,
        people: &[PersonId],
        happening: &Happening,
        voice: Voice,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let mut told = 0;
        for recipient in tx.recipients(people, happening.kind()).await? {
            told += usize::from(self.tell_one(tx, recipient, happening, voice, now).await?);
        }
        Ok(told)
    }

    async fn tell_one(
        &self,
        tx: &mut Tx,
        recipient: Recipient,
        happening: &Happening,
        voice: Voice,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let Recipient { person, has_address, chosen } = recipient;
        let mut channels = chosen.unwrap_or_else(|| happening.kind().usual_channels());
        if !self.settings.mail || !has_address || (voice == Voice::Low && chosen.is_none()) {
            channels.mail = Mailing::Never;
        }
        if channels.are_none() {
            return Ok(false);
        }
        let id = NotificationId::from_random(&self.id_bytes());
        let shown = channels.in_app;
        let note = Notification { id, person, happening: happening.clone(), shown, made_at: now, read_at: None };
        if !tx.insert_notification(&note).await? {
            return Ok(false);
        }
        let letter = MailId::from_random(&self.id_bytes());
        let letter = match channels.mail {
            Mailing::Never => return Ok(true),
            Mailing::AtOnce => {
                tx.insert_mail(letter, person, now).await?;
                letter
            }
            Mailing::Daily => {
                let goes_out = next_summary(now, &self.settings.zone);
                tx.summary_mail(letter, person, goes_out, now).await?
            }
        };
        tx.put_mail_of_notification(id, letter).await?;
        Ok(true)
    }

    pub async fn unread_notifications(&self, caller: &Caller) -> Result<u64, PortalError> {
        let unread = self.store.unread_notifications(caller.person).await?;
        Ok(u64::try_from(unread).unwrap_or(0))
    }

    pub async fn notifications(
        &self,
        caller: &Caller,
        view: NotificationView,
        after: Option<&str>,
    ) -> Result<NotificationPage, PortalError> {
        let before = after.and_then(read_cursor);
        let only_unread = view == NotificationView::Unread;
        let mut rows = self.store.notifications(caller.person, only_unread, before, PAGE + 1).await?;
        let more = rows.len() > PAGE as usize;
        rows.truncate(PAGE as usize);
        let next = rows.last().filter(|_| more).map(write_cursor);
        let total = u64::try_from(self.store.count_notifications(caller.person).await?).unwrap_or(0);
        Ok(NotificationPage { rows, next, unread: self.unread_notifications(caller).await?, total })
    }

    pub async fn read_notification(&self, caller: &Caller, id: NotificationId) -> Result<(), PortalError> {
        let mut tx = self.store.begin().await?;
        if !tx.read_notification(caller.person, id, self.clock.now()).await? {
            return Err(PortalError::NotFound);
        }
        Ok(tx.commit().await?)
    }

    /// Everything that was made up to then: what came after the page was drawn has not been seen.
    pub async fn read_notifications(&self, caller: &Caller, upto: Timestamp) -> Result<(), PortalError> {
        let mut tx = self.store.begin().await?;
        tx.read_notifications(caller.person, upto, self.clock.now()).await?;
        Ok(tx.commit().await?)
    }
}

fn write_cursor(last: &Notification) -> String {
    format!("{}.{}", last.made_at.as_ms(), last.id)
}

/// A text that is no cursor of ours starts at the beginning.
fn read_cursor(text: &str) -> Option<NotificationCursor> {
    let (at, id) = text.split_once('.')?;
    Some((Timestamp::from_ms(at.parse().ok()?), id.parse().ok()?))
}
