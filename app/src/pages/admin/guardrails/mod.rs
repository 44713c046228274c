//! `/admin/guardrails`: access profiles, the limits under which keys are minted.

pub mod approval;
pub mod coming;
pub mod compare;
pub mod editor;
pub mod entered;
pub mod idle;
pub mod list;
pub mod new;
pub mod parameters;
pub mod preview;
pub mod said;
pub mod show;
pub mod terms;
pub mod versions;
pub mod watched;
pub mod watched_rule;
