//! The use cases against a real database, with a gateway that remembers what it was told.
#![expect(clippy::unwrap_used, reason = "what helpers of tests expect fails the test")]

mod administration;
mod audit;
mod bootstrap;
mod budgets;
mod changing;
mod connection;
mod dev_seed;
mod listing;
mod minting;
mod models;
mod people;
mod profiles;
mod providers;
mod requesting;
mod rotating;
mod support;
mod usage;
