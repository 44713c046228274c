//! The administrators' first page: how much of everything there is, and what is missing.

use crate::{Portal, PortalError};
use domain::model::ModelName;
use domain::person::Caller;

#[derive(Debug, Clone)]
pub struct Overview {
    pub people: i64,
    pub live_keys: i64,
    pub providers: usize,
    /// Enabled models.
    pub models: usize,
    pub profiles: usize,
    pub teams: usize,
    /// Enabled, but refused under every budget.
    pub unpriced: Vec<ModelName>,
    /// Enabled, but with no deployment at an enabled provider.
    pub unreachable: Vec<ModelName>,
    /// Providers whose credential is older than 90 days.
    pub old_credentials: Vec<String>,
}

impl Portal {
    pub async fn overview(&self, caller: &Caller) -> Result<Overview, PortalError> {
        let _ = caller;
        todo!()
    }
}
