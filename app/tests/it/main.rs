//! What pages promise, checked on the markup that people are sent.

mod page;
mod specimen;
