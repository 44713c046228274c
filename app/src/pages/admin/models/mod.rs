//! `/admin/models`: what callers may name, where it goes, and what it costs.

pub mod editor;
pub mod list;
pub mod new;
pub mod price;
pub mod show;

pub(super) use price::price_text;
