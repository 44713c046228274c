//! Whole-application tests: few, and about promises.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a story that cannot go on has failed")]

mod architecture;
mod permissions;
mod testing;
