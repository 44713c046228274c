//! `[limits]`: numbers with defaults that nobody needs to touch at first.

use std::time::Duration;

use super::reader::Section;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    pub connections: usize,
    pub connections_per_address: usize,
    pub body_bytes: usize,
    /// Bodies of all calls together.
    pub held_bytes: usize,
    /// Between "not ready" and closing the listener, for load balancers to notice.
    pub lb_delay: Duration,
    pub drain: Duration,
    pub upstream_first_byte_streamed: Duration,
    pub upstream_first_byte_plain: Duration,
    pub upstream_between_events: Duration,
    pub upstream_total: Duration,
    /// Output tokens by which a stream's reservation grows; 0 reserves the whole cap.
    pub stream_slice_tokens: u64,
    pub upstream_attempts: u32,
    pub upstream_retry: UpstreamRetry,
}

/// After what an attempt at a provider is followed by another one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum UpstreamRetry {
    /// Only where no provider did anything: no connection, no capacity.
    Refusals,
    #[default]
    ServerErrors,
    /// Also where a provider may have done the work and charge for it.
    AfterSending,
}

impl UpstreamRetry {
    fn parse(text: &str) -> Result<Self, &'static str> {
        match text {
            "refusals" => Ok(Self::Refusals),
            "server-errors" => Ok(Self::ServerErrors),
            "after-sending" => Ok(Self::AfterSending),
            _ => Err("write \"refusals\", \"server-errors\" or \"after-sending\""),
        }
    }
}

pub(super) fn read_limits(section: Section<'_>) -> Limits {
    let count = |key, default, range| size(section.number(key, default, range));
    let seconds = |key, default, range| Duration::from_secs(section.number(key, default, range));
    let limits = Limits {
        connections: count("connections", 10_000, 16..=1_000_000),
        connections_per_address: count("connections_per_address", 200, 4..=1_000_000),
        body_bytes: count("body_mib", 32, 1..=1024) * 1024 * 1024,
        held_bytes: count("held_bodies_mib", 512, 32..=1_048_576) * 1024 * 1024,
        lb_delay: seconds("lb_delay_seconds", 5, 0..=300),
        drain: seconds("drain_seconds", 60, 0..=1800),
        upstream_first_byte_streamed: seconds("upstream_first_byte_streamed_seconds", 120, 1..=3600),
        upstream_first_byte_plain: seconds("upstream_first_byte_plain_seconds", 600, 1..=3600),
        upstream_between_events: seconds("upstream_between_events_seconds", 300, 1..=3600),
        upstream_total: seconds("upstream_total_seconds", 3600, 1..=86_400),
        upstream_attempts: u32::try_from(section.number("upstream_attempts", 3, 1..=10)).unwrap_or(1),
        upstream_retry: section
            .text("upstream_retry")
            .and_then(|found| section.parsed("upstream_retry", found, UpstreamRetry::parse))
            .unwrap_or_default(),
        stream_slice_tokens: section.number("stream_slice_tokens", 2_048, 0..=1_000_000),
    };
    section.finish();
    limits
}

fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
