//! `/admin/people`: who signs in here, with which roles and teams, and switching accounts off.

pub mod administrator;
pub mod list;
pub mod sessions;
pub mod show;
pub mod successor;
pub mod suspend;
pub mod teams;
