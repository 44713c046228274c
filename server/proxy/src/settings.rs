//! What an installation decides about the gateway: limits on time and size, and how it names itself in answers.

use std::time::Duration;

/// The figures that bound every call. The defaults hold unless the configuration says otherwise.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where people open their keys, without a slash at the end: `https://keys.example.com`.
    pub portal_origin: String,
    /// The organisation's name, for the budget that everyone shares.
    pub organisation: String,
    /// The status of a used-up budget: 402, or 429 for clients of other gateways that expect it.
    pub budget_status: BudgetStatus,
    pub body_limit_bytes: u64,
    /// For forms, which carry audio and images.
    pub form_limit_bytes: u64,
    /// Bodies of all calls together that are in memory at once. Beyond it calls are refused, and served again as soon
    /// as there is room.
    pub held_bytes: usize,
    pub timeouts: Timeouts,
    pub retry: Retry,
    /// Answers of hung-up clients that are read to their end for the sake of their usage, at the same time.
    pub max_drains: usize,
    /// Output tokens by which a stream's reservation grows; 0 sets the whole cap aside at once.
    pub slice_tokens: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BudgetStatus {
    PaymentRequired,
    TooManyRequests,
}

/// What is tried again, as long as the client has seen nothing of an answer. Connections that did not come about and
/// refusals for want of capacity (429, and 503 that says when) always are: no provider has done anything for them.
#[derive(Debug, Clone, Copy)]
pub struct Retry {
    /// Attempts of one call, the first included.
    pub attempts: u32,
    /// Also after 500, 502, 503, 504 and 529. Providers do not charge for those.
    pub server_errors: bool,
    /// Also after a connection broke or stayed silent once the call was sent. The provider may have done the work and
    /// charge for it: such an attempt is charged as an interrupted call, beside the one that answers.
    pub after_sending: bool,
    /// Before the second attempt at the same deployment, twice as long before the third.
    pub first_delay: Duration,
    /// A provider that asks for more patience than this is not waited for.
    pub longest_wait: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            attempts: 3,
            server_errors: true,
            after_sending: false,
            first_delay: Duration::from_millis(150),
            longest_wait: Duration::from_secs(2),
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// A request's body may trickle this long before it must keep [`Self::body_bytes_per_second`].
    pub body_grace: Duration,
    pub body_bytes_per_second: u64,
    /// Until the provider's answer begins, when the client asked for a stream.
    pub first_byte_streamed: Duration,
    /// Until the provider's answer begins, when it comes in one piece.
    pub first_byte_plain: Duration,
    pub between_events: Duration,
    pub total: Duration,
    /// A client that takes nothing for this long is treated as gone.
    pub client_stalled: Duration,
    /// How long the rest of an answer is read after its client hung up.
    pub drain: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            body_grace: Duration::from_secs(10),
            body_bytes_per_second: 1024,
            first_byte_streamed: Duration::from_secs(120),
            first_byte_plain: Duration::from_secs(600),
            between_events: Duration::from_secs(300),
            total: Duration::from_secs(3600),
            client_stalled: Duration::from_secs(60),
            drain: Duration::from_secs(30),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            portal_origin: "http://localhost:8080".to_owned(),
            organisation: "organisation".to_owned(),
            budget_status: BudgetStatus::PaymentRequired,
            body_limit_bytes: 32 * 1024 * 1024,
            form_limit_bytes: 100 * 1024 * 1024,
            held_bytes: 512 * 1024 * 1024,
            timeouts: Timeouts::default(),
            retry: Retry::default(),
            max_drains: 256,
            slice_tokens: 2_048,
        }
    }
}
