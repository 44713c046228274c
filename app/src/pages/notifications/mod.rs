//! Notifications: what one was told, and how one wants to be told.

pub mod list;
pub mod preferences;
