//! The first page: what needs attention, one's keys, and what to do first.

use super::list::{KeyRow, ViewCounts};
use crate::{Portal, PortalError};
use domain::person::Caller;

/// The steps of a newcomer; each is done or next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirstSteps {
    /// At least one profile lets this person mint.
    pub may_mint: bool,
    /// At least one model can be called.
    pub models_served: bool,
    pub has_key: bool,
    pub has_called: bool,
}

#[derive(Debug, Clone)]
pub struct Home {
    /// Over 80 %, expiring within 14 days, unused for 30 days, rotating: most pressing first, at most 20.
    pub attention: Vec<KeyRow>,
    /// The caller's own live keys, latest use first, at most 20.
    pub keys: Vec<KeyRow>,
    pub counts: ViewCounts,
    pub first_steps: FirstSteps,
}

impl Portal {
    pub async fn home(&self, caller: &Caller) -> Result<Home, PortalError> {
        let _ = caller;
        todo!()
    }
}
