//! OpenAI's responses: only what clients of it send and are answered. Providers that speak OpenAI's format are not
//! translated to.

pub(super) mod answer;
pub(super) mod read_request;
pub(super) mod write_stream;
