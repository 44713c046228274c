//! The minting decision: what a new key gets, or every reason why it cannot be minted.
//!
//! Granted terms never exceed the profile's maxima, and what the gateway would refuse is never accepted here. Above a
//! maximum the profile's own rule decides: reject, or clamp and say so. A wish that only narrows is always granted.

use crate::access_profile::AccessProfile;
use crate::budget::Cap;
use crate::id::{KeyId, ProfileId};
use crate::model::{Model, ModelPattern};
use crate::person::Caller;
use crate::refusal::{Amount, Refusal};
use crate::time::Timestamp;
use crate::virtual_key::{ConsumerKind, KeyTerms, Owner};
use ipnet::IpNet;

/// What a person asks for. `None` takes the profile's default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MintRequest {
    pub name: String,
    pub consumer: ConsumerKind,
    pub profile: ProfileId,
    pub owner: Owner,
    pub application: Option<String>,
    pub environment: String,
    pub cost_centre: Option<String>,
    pub tags: Vec<String>,
    pub models: Option<Vec<ModelPattern>>,
    /// Caps that differ from the profile's; windows not named take the default.
    pub caps: Vec<Cap>,
    pub requests_per_minute: Option<u32>,
    pub concurrency: Option<u32>,
    pub lifetime_days: Option<u32>,
    pub networks: Option<Vec<IpNet>>,
    pub max_output_tokens: Option<u64>,
}

/// What must be known to decide; gathered in the transaction that writes the key.
#[derive(Debug, Clone, Copy)]
pub struct MintingFacts<'a> {
    pub caller: &'a Caller,
    /// `None`: there is no such profile.
    pub profile: Option<&'a AccessProfile>,
    /// Whether the owning team exists; true for a personal owner.
    pub owner_exists: bool,
    /// Live keys of the owner under the profile.
    pub keys_held: u32,
    /// The owner's live key of this name.
    pub name_taken_by: Option<KeyId>,
    /// The models that the gateway serves.
    pub models: &'a [Model],
}

/// A wish that was cut down to the maximum, as the profile says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clamped {
    pub field: &'static str,
    pub wanted: Amount,
    pub granted: Amount,
}

/// What the key gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantedTerms {
    /// Trimmed.
    pub name: String,
    pub application: Option<String>,
    pub cost_centre: Option<String>,
    pub tags: Vec<String>,
    pub terms: KeyTerms,
    pub lifetime_days: u32,
    pub expires_at: Timestamp,
    pub clamped: Vec<Clamped>,
}

/// Decides. Every refusal at once.
pub fn decide_mint(
    _facts: &MintingFacts<'_>,
    _request: &MintRequest,
    _now: Timestamp,
) -> Result<GrantedTerms, Vec<Refusal>> {
    todo!()
}
