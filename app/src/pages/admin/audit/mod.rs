//! `/admin/audit`: who changed what, and the proof that nobody changed the record of it.

pub mod changes;
mod file;
pub mod list;
pub mod verify;
