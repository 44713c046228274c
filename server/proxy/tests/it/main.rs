//! The gateway as its clients and providers see it: real requests in, a provider that behaves, ports in memory.

mod calls;
mod denials;
mod failures;
mod over_http;
mod provider;
mod world;
