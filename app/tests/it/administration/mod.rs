//! The administration pages, drawn from sample models: what each promises to people, to auditors and to browsers.
//!
//! Set `PAGES` to a folder and every page is written there, to be looked at with the real style sheets.

mod adjustments;
mod claims;
mod cost_centres;
mod currency;
mod data_scopes;
mod forms;
mod guardrail_things;
mod identity;
mod levels;
mod provider_things;
pub(crate) mod samples;
mod shared_costs;
mod sorting;
mod things;
