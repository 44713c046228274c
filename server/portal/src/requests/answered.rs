//! Answers that somebody should not miss: a key whose secret is still to be taken, and a no with its reason.
//!
//! What was asked for more and granted works already and needs nothing. An answer is news for two weeks; a key without a
//! secret then shows up among the unused ones.

use super::RequestRow;
use crate::{Portal, PortalError};
use domain::access_request::{AccessRequest, RequestState};
use domain::person::Caller;
use domain::time::Timestamp;

const NEWS_DAYS: i64 = 14;
/// Requests looked at, newest first.
const LOOKED_AT: u32 = 50;
/// Answers shown; the rest stand in the list of requests.
const SHOWN: usize = 5;

impl Portal {
    /// Answered requests of the caller's own that need something of them, the latest answer first.
    pub async fn answers_to_read(&self, caller: &Caller) -> Result<Vec<RequestRow>, PortalError> {
        let since = self.clock.now().plus_days(-NEWS_DAYS);
        let requests = self.store.requests_by(caller.person, LOOKED_AT).await?.into_iter();
        let answered = requests.filter_map(|request| Some((answered_at(&request).filter(|&at| at > since)?, request)));
        let mut answered: Vec<_> = answered.collect();
        answered.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        let mut rows = Vec::new();
        for (_, request) in answered {
            if rows.len() == SHOWN {
                break;
            }
            let declined = matches!(request.state, RequestState::Declined { .. });
            if declined || self.secret_waits(caller, &request).await? {
                rows.push(self.request_row(caller, request).await?);
            }
        }
        Ok(rows)
    }
}

const fn answered_at(request: &AccessRequest) -> Option<Timestamp> {
    match request.state {
        RequestState::Approved { at, .. } | RequestState::Declined { at, .. } => Some(at),
        RequestState::Waiting | RequestState::Withdrawn { .. } => None,
    }
}
