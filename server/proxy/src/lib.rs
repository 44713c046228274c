//! The LLM route: takes a request with a virtual key to a provider and the answer back, metered.
//!
//! Has never heard of pages, sessions or SQL. What it needs from the process stands in [`ports`]; the way out is an
//! [`Upstream`]. [`Gateway::handle`] is the entrance; the process itself may also make an [`OwnCall`].

mod admit;
mod answer_headers;
mod answers;
mod attempts;
mod attended;
mod body;
mod caller;
mod coding;
mod crossing;
mod denial_words;
mod dialect;
mod digits;
mod drain;
mod error;
mod fields;
mod forward;
mod framing;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzz;
mod gateway;
mod head;
mod headers;
mod health;
mod holding;
mod kind_of_answer;
mod limit_headers;
#[cfg(feature = "measuring")]
#[doc(hidden)]
pub mod measured;
mod metering;
mod multipart;
mod own_call;
pub mod ports;
mod presented_key;
mod request;
mod reservation;
mod retry;
mod route;
mod routing;
mod scan;
mod settings;
mod size;
mod slices;
mod sse;
mod stored;
mod strangers;
mod stream;
mod stream_end;
mod sync;
mod target;
mod turn;
mod upstream;

pub use body::{Body, BrokenOff};
pub use gateway::{Gateway, Parts};
pub use health::{Failure, Health, Standing};
pub use own_call::OwnCall;
pub use presented_key::{Unrecognised, UnrecognisedCounts};
pub use request::Chain;
pub use settings::{BudgetStatus, Retry, Settings, Timeouts};
pub use upstream::{
    Answer, AnswerOver, BoxError, Connections, Connector, HyperUpstream, Outbound, Payload, SendError, Transport,
    Upstream, UpstreamBody,
};
