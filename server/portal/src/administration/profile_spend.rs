//! What keys under each access profile spent this month.

use super::demand;
use crate::lately::Lately;
use crate::{Portal, PortalError};
use domain::day::Day;
use domain::id::ProfileId;
use domain::money::NanoUsd;
use domain::permission::{Permission, Scope};
use domain::person::Caller;
use std::collections::HashMap;

/// By the month's first day.
pub(crate) type LatelyByProfile = Lately<Day, HashMap<ProfileId, NanoUsd>>;

impl Portal {
    /// `None` for those who do not see everybody's spend. A profile whose keys spent nothing is absent.
    pub async fn spend_by_profile(&self, caller: &Caller) -> Result<Option<HashMap<ProfileId, NanoUsd>>, PortalError> {
        demand(caller, Permission::SeeAdministration)?;
        if self.sight(caller).await?.spend != Scope::Everyone {
            return Ok(None);
        }
        self.gateway.catch_up().await;
        let (now, today) = (self.now(), self.today());
        let month = today.first_of_month();
        if let Some((_, spent)) = self.lately_by_profile.of(&month, now) {
            return Ok(Some(spent));
        }
        let found = self.store.spend_by_profile(month, today.plus(1)).await?;
        let keys = found.values().map(|spent| spent.keys).sum();
        let spent = found.into_iter().map(|(profile, spent)| (profile, spent.cost)).collect();
        self.lately_by_profile.keep(month, now, keys, &spent);
        Ok(Some(spent))
    }
}
