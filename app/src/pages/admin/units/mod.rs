//! `/admin/units`: business units, each of several teams. They are listed with the budgets.

pub mod new;
pub mod show;
