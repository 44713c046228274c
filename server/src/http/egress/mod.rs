//! The one place where connections to other machines begin: providers, issuers, webhooks.
//!
//! Both clients ask the same [`EgressPolicy`], about the host as written and about every address that it resolves to,
//! so that neither a curious spelling of an address nor a name that changes its mind reaches the inside of a network.

mod address;
mod authorities;
mod connector;
mod outbound;
mod peers;
mod policy;
mod way_out;

pub use authorities::{Authorities, BundleError};
pub use connector::{UpstreamConnector, tls_config, upstream_connector};
pub use outbound::{LARGEST_ANSWER, Outbound, OutboundError};
pub use peers::{Identity, Peer, Peers, Pin};
pub use policy::{EgressPolicy, Refusal};
pub use way_out::{Except, Proxy};
