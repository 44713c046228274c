//! Whole-application tests: few, and about promises.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a story that cannot go on has failed")]

mod architecture;
mod bad_input;
mod data_scopes;
mod failover;
mod levels;
mod life_of_a_key;
mod outage;
mod permissions;
mod plans;
mod playground;
mod process;
mod sealed;
mod shutdown;
mod testing;
