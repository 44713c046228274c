//! What people see: pages with their forms, and the components they are made of.
//!
//! Everything is rendered on the server to a complete page that works without client script. A page turns a plain model
//! into markup and decides nothing; components take values and display them.

// A view's type nests as deep as its markup.
#![recursion_limit = "256"]

pub mod chrome;
#[expect(clippy::needless_pass_by_value, reason = "a component owns its properties, whether or not it consumes them")]
pub mod components;
pub mod format;
pub mod html;
pub mod letter;
#[expect(clippy::needless_pass_by_value, reason = "a view owns its model, whether or not it consumes every part")]
pub mod pages;
pub mod paths;
pub mod routes;
pub mod visit;
pub mod words;
