//! What codes and states are called in sentences for people: one place, so that one thing has one name on every page.
//!
//! Each refusal names the thing, the figure and the next step. Nothing here knows about markup.

mod adjustment;
mod call_rules;
mod calls;
mod changes;
mod checks;
pub mod exchange;
mod fields;
mod health;
mod keys;
mod notifications;
mod parameters;
mod refusals;
mod requests;
pub mod reviews;
mod right_size;
mod rules;
mod settings;
pub mod spend;

pub use call_rules::{call_rule, call_rule_note, would_have_been_refused};
pub use calls::{connection, connection_tone, denial, outcome, usage_source};
pub use changes::{action, field};
pub use checks::check;
pub use health::{deployment_standing, failure, standing_note};
pub use keys::{
    consumer, consumer_note, consumer_tag, end_of_old_secret, key_status, old_secret, overlap, revocation_reason,
    standing,
};
pub use notifications::{Told, happening, kind, mailing};
pub use parameters::{effort, feature, required_field, template};
pub use refusals::{amount, refusal};
pub use requests::{answer, deciders_named, figures, request_standing, until, wish};
pub use right_size::{part_name, part_used, part_value};
pub use rules::rule;
pub use settings::{
    above_maximum, budget_window, deciders, endpoint, level, markup, per_window, prompt_bound, prompt_bound_note,
    provider_kind, quota, quota_name, role, role_note, traffic, window,
};
