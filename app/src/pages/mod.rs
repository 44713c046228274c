//! The pages, one folder for each part of the portal.
//!
//! Each is `load` (use cases to a plain model), `view` (model to markup, pure), a form type and `submit`. The pages for
//! people who are not signed in, and for what went wrong, take no [`crate::visit::Visit`] and are called by the server.

pub mod account;
pub mod admin;
pub mod approvals;
pub mod call;
pub mod confirm;
pub mod form;
pub mod handover;
pub mod home;
pub mod keys;
pub mod message;
pub mod models;
pub mod notifications;
pub mod playground;
pub mod problem;
pub mod requests;
pub mod reviews;
pub mod sessions;
pub mod sign_in;
pub mod team;
pub mod usage;
