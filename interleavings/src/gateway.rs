//! The gateway's ledger as it is shipped, but for its locks and its disk. The files are links to those of the server.

mod accounts;
pub mod event_ids;
pub mod ledger;
mod rate;
pub mod recovery;
mod shared;
pub mod spool;
mod verdict;

use crate::sync;
use domain::time::Clock;
use jiff::tz::TimeZone;
use ledger::Ledger;
use recovery::{Recovered, Recovery};
use spool::Spool;
use std::sync::Arc;

/// As the server has it; no database is asked here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the database does not answer")]
pub struct Unavailable;

/// A ledger on which nobody has called yet.
pub fn fresh_ledger(spool: Spool, clock: Arc<dyn Clock>) -> Ledger {
    Ledger::recovered(Recovery { spool, recovered: Recovered::default() }, TimeZone::UTC, clock)
}
