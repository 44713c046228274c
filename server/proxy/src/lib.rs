//! The LLM route: takes a request with a virtual key to a provider and the answer back, metered.
//!
//! Has never heard of pages, sessions or SQL. What it needs from the process stands in [`ports`].

pub mod ports;
