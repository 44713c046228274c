//! The gateway as its clients and providers see it: real requests in, a provider that behaves, ports in memory.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod azure;
mod calls;
mod credentials;
mod crowds;
mod denials;
mod failover;
mod failures;
mod faults;
mod gemini;
mod markups;
mod media;
mod over_http;
mod own_calls;
mod parameters;
mod provider;
mod slices;
mod stored;
mod translation;
mod watched;
mod wire;
mod world;
