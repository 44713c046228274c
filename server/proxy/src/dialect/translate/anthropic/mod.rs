//! Anthropic's messages.

pub(super) mod answer;
pub(super) mod read_request;
pub(super) mod read_stream;
pub(super) mod write_request;
pub(super) mod write_stream;
