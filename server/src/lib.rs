//! The process `keywright`.

pub mod auth;
pub mod cli;
pub mod config;
pub mod http;
pub mod telemetry;
