//! Who calls, from the recognised key to the record of the call.

use crate::digits::{self, push_number};
use crate::ports::KeyRecord;
use domain::call_rule::RuleSet;
use domain::id::EventId;
use domain::model::{Endpoint, WireFormat};
use domain::money::NanoUsd;
use domain::time::Timestamp;
use domain::usage::{NO_SECRET, Outcome, TokenUsage, UsageRecord, UsageSource};
use http::HeaderMap;
use std::net::IpAddr;
use std::sync::Arc;

/// A recognised caller with a request that may proceed so far.
pub(crate) struct Caller {
    pub event: EventId,
    pub record: Arc<KeyRecord>,
    /// `None`: the portal calls for a person who may use the key, and shows no secret.
    pub secret_version: Option<i64>,
    pub peer: IpAddr,
    pub headers: HeaderMap,
    pub skin: WireFormat,
    pub begun_at: Timestamp,
    /// When the whole request was here: what decides about expiry, windows and rates.
    pub arrived_at: Timestamp,
}

impl Caller {
    /// The record of this call as far as it is known; refused, unless something else is written over it.
    pub(crate) fn draft(&self, endpoint: Option<Endpoint>, model: &str) -> UsageRecord {
        UsageRecord {
            id: self.event,
            key: self.record.key.id,
            model: shortened(model),
            deployment: None,
            endpoint,
            network: address(self.peer),
            agent: agent(&self.headers),
            secret_version: self.secret_version.unwrap_or(NO_SECRET),
            status: 0,
            outcome: Outcome::Denied,
            denial: None,
            streamed: false,
            tokens: TokenUsage::default(),
            cost: NanoUsd::ZERO,
            source: UsageSource::Nothing,
            price_version: 0,
            duration_ms: 0,
            first_byte_ms: None,
            charged: Vec::new(),
            attempts: 0,
            repeated: 0,
            watched: RuleSet::NONE,
        }
    }
}

fn shortened(name: &str) -> String {
    if name.len() <= 128 { name.to_owned() } else { name.chars().take(128).collect() }
}

/// As it prints, without what formatting costs where that is simple.
fn address(peer: IpAddr) -> String {
    let IpAddr::V4(peer) = peer else { return peer.to_string() };
    digits::text(|text| {
        for (at, part) in peer.octets().into_iter().enumerate() {
            if at > 0 {
                text.push(b'.');
            }
            push_number(text, u64::from(part));
        }
    })
}

/// The user agent, shortened to what is harmless to show.
fn agent(headers: &HeaderMap) -> String {
    let Some(value) = headers.get(http::header::USER_AGENT) else { return String::new() };
    let printable = value.as_bytes().iter().filter(|byte| (0x20..0x7f).contains(*byte));
    let mut agent = String::with_capacity(value.len().min(64));
    agent.extend(printable.take(64).map(|&byte| char::from(byte)));
    agent
}
