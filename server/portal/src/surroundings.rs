//! What the frame of every page says of whoever looks: what they have not read, and which places are there for them.
//!
//! It is asked for each page, and costs one statement; auditors, whose eyes can be closed, one more.

use crate::{Portal, PortalError};
use domain::data_scope::OfEveryone;
use domain::person::{Caller, Role};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Surroundings {
    /// Notifications.
    pub unread: u64,
    /// Reviews of keys are switched on.
    pub reviews: bool,
    pub of_everyone: OfEveryone,
}

impl Portal {
    pub async fn surroundings(&self, caller: &Caller) -> Result<Surroundings, PortalError> {
        let (unread, since) = self.store.unread_and_setting(caller.person, crate::keys::reviews::SINCE).await?;
        // Pages about everybody are in nobody else's navigation.
        let of_everyone = match caller.has(Role::Auditor) {
            true => self.sight(caller).await?.of_everyone(),
            false => OfEveryone::ALL,
        };
        let reviews = since.is_some_and(|since| !since.is_empty());
        Ok(Surroundings { unread: u64::try_from(unread).unwrap_or(0), reviews, of_everyone })
    }
}
