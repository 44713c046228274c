//! The process `keywright`.

pub mod auth;
pub mod cli;
pub mod clock;
pub mod config;
pub mod dev;
pub mod gateway;
pub mod http;
pub mod jobs;
pub mod live;
pub mod mail;
pub mod process;
pub mod router;
pub mod seed;
pub mod state;
pub mod telemetry;
pub mod wiring;
