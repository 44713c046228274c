//! The adapters between the parts: what the gateway's ports ask, answered by the store, the sealing and the portal.
//!
//! Nothing here decides. Each file is one port.

pub mod gateway_port;
pub mod playground;
pub mod policy_source;
pub mod response_shelf;
pub mod sign_in_port;
pub mod usage_store;
