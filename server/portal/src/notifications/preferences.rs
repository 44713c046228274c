//! How somebody wants to be told: of each kind that can concern them, in the list or not, by mail at once, daily or never.

use crate::act::spend;
use crate::{FormId, Made, Portal, PortalError};
use domain::notification::Kind;
use domain::notification::channels::Channels;
use domain::person::Caller;

#[derive(Debug, Clone)]
pub struct Preferences {
    pub form: FormId,
    pub kinds: Vec<(Kind, Channels)>,
    /// Where letters go: what the identity provider says; `None` if it says nothing.
    pub address: Option<String>,
    /// Letters are sent at all.
    pub mail: bool,
}

impl Portal {
    pub async fn notification_preferences(&self, caller: &Caller) -> Result<Preferences, PortalError> {
        let chosen = self.store.chosen_channels(caller.person).await?;
        let kinds = Kind::ALL.into_iter().filter(|kind| kind.concerns(caller));
        let channels = |kind: Kind| chosen.get(&kind).copied().unwrap_or_else(|| kind.usual_channels());
        Ok(Preferences {
            form: self.new_form(),
            kinds: kinds.map(|kind| (kind, channels(kind))).collect(),
            address: Some(caller.email.clone()).filter(|address| !address.is_empty()),
            mail: self.settings.mail,
        })
    }

    /// Keeps exactly these. A kind that does not concern the person (any more) keeps what it had.
    pub async fn choose_notifications(
        &self,
        caller: &Caller,
        form: &FormId,
        chosen: &[(Kind, Channels)],
    ) -> Result<(), PortalError> {
        let mut tx = self.store.begin().await?;
        spend(&mut tx, form, caller, self.clock.now(), Made::Preferences).await?;
        for &(kind, channels) in chosen.iter().filter(|(kind, _)| kind.concerns(caller)) {
            tx.put_channels(caller.person, kind, channels).await?;
        }
        Ok(tx.commit().await?)
    }
}
