//! What keys under each access profile spent this month.

use super::demand;
use crate::{Portal, PortalError};
use domain::id::ProfileId;
use domain::money::NanoUsd;
use domain::permission::{Permission, Scope};
use domain::person::Caller;
use std::collections::HashMap;

impl Portal {
    /// `None` for those who do not see everybody's spend. A profile whose keys spent nothing is absent.
    pub async fn spend_by_profile(&self, caller: &Caller) -> Result<Option<HashMap<ProfileId, NanoUsd>>, PortalError> {
        demand(caller, Permission::SeeAdministration)?;
        if self.sight(caller).await?.spend != Scope::Everyone {
            return Ok(None);
        }
        self.gateway.catch_up().await;
        let today = self.today();
        Ok(Some(self.store.spend_by_profile(today.first_of_month(), today.plus(1)).await?))
    }
}
