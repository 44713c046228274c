//! `/admin/teams`: who works together, and who leads.

pub mod add;
pub mod cost_centre;
pub mod list;
pub mod members;
pub mod new;
pub mod show;
