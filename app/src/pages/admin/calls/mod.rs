//! The access record: who called what, and when. Searched, and kept as a file.

mod asked;
mod file;
pub mod list;

pub use asked::Asked;
