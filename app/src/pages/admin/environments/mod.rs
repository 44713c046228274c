//! `/admin/environments`: what keys are minted for, and who may use which.

pub mod form;
pub mod list;
pub mod new;
pub mod show;
