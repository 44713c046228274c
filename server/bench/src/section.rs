//! The questions that the report answers, one file each.

pub mod correctness;
pub mod footprint;
pub mod growth;
pub mod latency;
pub mod pages;
pub mod streams;
pub mod throughput;
