//! The process `keywright`.

pub mod auth;
pub mod config;
pub mod http;
