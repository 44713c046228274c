//! The HTTP edge: everything that happens to a request before it is known who sent it.
//!
//! On the way in: [`accept`] (connections), [`wire`] (strict framing), [`front_gate`] (host, path, client address),
//! then either the gateway or the portal's router, where [`csrf`] and [`security_headers`] apply.
//! On the way out: [`egress`], the one place where connections to other machines begin.

pub mod accept;
pub mod assets;
pub mod client_address;
pub mod connection_limit;
pub mod csrf;
#[cfg(test)]
mod edge_tests;
pub mod egress;
pub mod entrance;
pub mod front_gate;
pub mod health;
mod host;
pub mod origin;
pub mod security_headers;
pub mod shutdown;
mod wire;
