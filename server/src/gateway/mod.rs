//! What the proxy asks of the process: who is this key ([`directory`]), may it spend ([`ledger`]), and a place where
//! usage is safe ([`spool`]) until the database has it ([`ingest`]).
//!
//! A call is answered from memory and one `write(2)`; the database is only ever waited for in the background.

mod accounts;
mod rate;
pub(crate) mod shared;
mod sync;
#[cfg(test)]
pub(crate) mod testing;
mod verdict;

pub mod directory;
pub mod event_ids;
pub mod ingest;
pub mod ledger;
pub mod levels;
pub mod reconcile;
pub mod recovery;
pub mod spool;
pub mod stored_responses;

/// The database does not answer. Whoever gets this tries again; nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the database does not answer")]
pub struct Unavailable;
