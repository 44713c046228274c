//! Whole-application tests: few, and about promises.

mod architecture;
