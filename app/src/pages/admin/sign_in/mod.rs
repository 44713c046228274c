//! `/admin/sign-in`: identity providers, rules about their claims, and trying both out.

pub mod change;
pub mod editor;
pub mod list;
pub mod new;
pub mod outlook;
pub mod remove;
pub mod sentences;
pub mod tested;
