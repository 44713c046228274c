//! `/admin/guardrails`: access profiles, the limits under which keys are minted.

pub mod approval;
pub mod editor;
pub mod entered;
pub mod list;
pub mod new;
pub mod show;
pub mod terms;
