//! The administrators' bundle of limits under which keys are minted; "guardrails" in the interface.

use crate::budget::Window;
use crate::id::{ProfileId, TeamId};
use crate::model::{Endpoint, ModelPattern};
use crate::money::NanoUsd;
use crate::person::{Caller, Role};
use crate::virtual_key::ConsumerKind;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// What happens to a wish above the maximum. Asking for approval joins this list together with the queue for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AboveMaximum {
    Reject,
    /// Use the maximum, and say so.
    Clamp,
}

/// One line of a profile: what a key gets, and how far its owner may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term<T> {
    pub default: T,
    pub maximum: T,
    pub developers_may_change: bool,
    pub above: AboveMaximum,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CapTerm {
    pub window: Window,
    pub amount: Term<NanoUsd>,
}

/// Every term of a profile. Serialised as JSON in the store: a new term gets `#[serde(default)]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileTerms {
    /// An empty list allows nothing.
    pub models: Vec<ModelPattern>,
    pub endpoints: Vec<Endpoint>,
    /// Never empty: every key has a cap.
    pub caps: Vec<CapTerm>,
    pub requests_per_minute: Term<u32>,
    pub concurrency: Term<u32>,
    pub lifetime_days: Term<u32>,
    /// Networks that keys may be used from; an empty list means any.
    pub networks: Vec<IpNet>,
    pub max_output_tokens: Option<u64>,
    /// What is assumed for the output of a call that names no cap and whose model has none.
    pub assumed_output_tokens: u64,
}

/// Who may mint under a profile. A person who meets any of the three is in; an empty audience is nobody.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audience {
    pub roles: Vec<Role>,
    pub teams: Vec<TeamId>,
    pub groups: Vec<String>,
}

impl Audience {
    pub fn includes(&self, caller: &Caller) -> bool {
        self.roles.iter().any(|&role| caller.has(role))
            || self.teams.iter().any(|&team| caller.is_member(team))
            || self.groups.iter().any(|group| caller.groups.contains(group))
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessProfile {
    pub id: ProfileId,
    pub name: String,
    pub description: String,
    /// Grows with each edit; an edit names the version it started from.
    pub version: i64,
    pub terms: ProfileTerms,
    pub audience: Audience,
    pub consumers: Vec<ConsumerKind>,
    /// Live keys that one person may hold under this profile.
    pub keys_per_person: u32,
    pub enabled: bool,
}
