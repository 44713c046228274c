//! Google's generateContent.

pub(super) mod answer;
pub(super) mod read_request;
mod read_settings;
pub(super) mod schema;
pub(super) mod stream;
pub(super) mod write_request;
