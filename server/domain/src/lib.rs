//! What is allowed: the rules of Keywright as plain values and pure functions.
//!
//! Nothing here reads a clock, draws a random number, touches a file or awaits. Time and randomness come in as
//! arguments, so that every rule can be tested by table and by property.

pub mod access_profile;
pub mod access_request;
pub mod access_rule;
pub mod alias;
pub mod audit;
pub mod base62;
pub mod budget;
pub mod call_rule;
pub mod call_terms;
pub mod catalogue;
pub mod checks;
pub mod claim_rules;
pub mod commitment;
pub mod cost_centre;
pub mod cost_centre_file;
pub mod currency;
pub mod data_scope;
pub mod day;
pub mod denial;
pub mod dimension;
pub mod directory_claims;
pub mod effective_terms;
pub mod environment;
pub mod exchange;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzz;
pub mod grant;
pub mod guarantee;
pub mod id;
pub mod idle;
pub mod key_policy;
pub mod key_review;
pub mod key_secret;
pub mod limits;
pub mod markup;
pub mod minting;
pub mod model;
pub mod money;
pub mod notification;
pub mod parameter_rules;
pub mod permission;
pub mod person;
pub mod plain_text;
pub mod pricing;
pub mod profile_rollout;
pub mod profile_rules;
pub mod profile_versions;
pub mod prompt_bound;
pub mod provider_timeouts;
pub mod refusal;
pub mod replay;
pub mod required_field;
pub mod retention;
pub mod right_size;
pub mod rotation;
pub mod session_mark;
pub mod stored_response;
pub mod time;
pub mod typical_call;
pub mod usage;
pub mod usage_view;
pub mod virtual_key;
