//! Letters that could not be delivered, for administrators: what went wrong, and sending them again.

use crate::administration::demand;
use crate::{Portal, PortalError};
use domain::id::MailId;
use domain::permission::{Administrator, Permission};
use domain::person::Caller;
use store::{FailedMail, MailCounts};

#[derive(Debug, Clone)]
pub struct Undelivered {
    /// A relay is configured.
    pub mail: bool,
    pub counts: MailCounts,
    /// Latest first; at most fifty.
    pub failed: Vec<FailedMail>,
}

/// What is sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendAgain {
    One(MailId),
    All,
}

const SHOWN: u32 = 50;

impl Portal {
    pub async fn undelivered(&self, caller: &Caller) -> Result<Undelivered, PortalError> {
        demand(caller, Permission::SeeAdministration)?;
        self.demand_all_names(caller).await?;
        Ok(Undelivered {
            mail: self.settings.mail,
            counts: self.store.mail_counts().await?,
            failed: self.store.failed_mail(SHOWN).await?,
        })
    }

    /// From their first attempt. One that is due already stays so.
    pub async fn send_again(&self, _: Administrator<'_>, what: SendAgain) -> Result<(), PortalError> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        match what {
            SendAgain::One(mail) => {
                tx.revive_mail(mail, now).await?;
            }
            SendAgain::All => {
                tx.revive_all_mail(now).await?;
            }
        }
        Ok(tx.commit().await?)
    }
}
