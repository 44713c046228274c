//! Whole-application tests: few, and about promises.

#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod architecture;
