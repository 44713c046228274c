//! What pages promise, checked on the markup that people are sent.
#![expect(clippy::unwrap_used, reason = "a test stops where its assumption is wrong")]

mod administration;
mod keys;
mod markup;
mod open_pages;
mod mint;
mod page;
mod samples;
mod specimen;
mod style;
