//! What pages promise, checked on the markup that people are sent.
#![expect(clippy::unwrap_used, reason = "a test stops where its assumption is wrong")]

mod administration;
mod asking;
mod keys;
mod markup;
mod mint;
mod navigation;
mod open_pages;
mod page;
mod samples;
mod specimen;
mod style;
mod usage;
