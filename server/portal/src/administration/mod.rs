//! What administrators do, and auditors read: providers, models, access profiles, people, teams, the audit log.
//!
//! Whoever changes something takes an `Administrator`; whoever reads takes a `Caller` and is refused without the
//! permission.

pub mod audit;
pub mod catalogue;
pub mod connection;
pub mod models;
pub mod overview;
pub mod people;
pub mod profiles;
pub mod providers;
pub mod teams;
