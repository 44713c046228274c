//! The use cases against a real database, with a gateway that remembers what it was told.
#![expect(clippy::unwrap_used, reason = "what helpers of tests expect fails the test")]

mod administration;
mod answered;
mod approval_rules;
mod audit;
mod bootstrap;
mod budgets;
mod changing;
mod claim_rules;
mod connection;
mod cost_centres;
mod data_scopes;
mod dev_seed;
mod environments;
mod handover;
mod idle_keys;
mod key_policy;
mod listing;
mod looking;
mod minting;
mod models;
mod people;
mod playground;
mod previews;
mod profile_rollouts;
mod profiles;
mod providers;
mod requesting;
mod rotating;
mod selecting;
mod sessions;
mod spend;
mod support;
mod telling;
mod usage;
mod usage_views;
