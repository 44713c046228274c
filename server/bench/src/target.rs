//! One thing to be measured: where it listens, how it is asked, which process it is, and which provider it asks.

use crate::client::Prepared;
use crate::provider::Provider;
use crate::wish::Wish;
use std::net::SocketAddr;

#[derive(Debug, Clone)]
pub struct Target {
    pub name: String,
    /// Where plain calls go.
    pub address: SocketAddr,
    /// Where streams go, for a gateway that is configured otherwise for them.
    pub stream_address: SocketAddr,
    pub path: String,
    pub model: String,
    /// At least one; each call takes one at random.
    pub keys: std::sync::Arc<[String]>,
    /// The root of its processes; `None` if it is not a process of its own.
    pub pid: Option<u32>,
    pub provider: Provider,
}

/// What services take that look at no key.
const ANY_KEY: &str = "bench-looks-at-no-key";

impl Target {
    /// Something that looks at no key.
    pub fn open(name: &str, address: SocketAddr, provider: &Provider, pid: Option<u32>) -> Self {
        Self {
            name: name.to_owned(),
            address,
            stream_address: address,
            path: "/v1/chat/completions".to_owned(),
            model: "bench".to_owned(),
            keys: [ANY_KEY.to_owned()].into(),
            pid,
            provider: provider.clone(),
        }
    }

    pub const fn address_for(&self, wish: &Wish) -> SocketAddr {
        if wish.streamed { self.stream_address } else { self.address }
    }

    pub fn prepare(&self, wish: Wish, padding: usize) -> Prepared {
        let first = self.keys.first().map_or(ANY_KEY, String::as_str);
        Prepared::chat(self.address_for(&wish), &self.path, first, wish, &wish.body(&self.model, padding))
    }
}
