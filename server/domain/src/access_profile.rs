//! The administrators' bundle of limits under which keys are minted; "guardrails" in the interface.
//!
//! What a key may do is the intersection of what it was granted and what its profile allows now ([`crate::effective_terms`]). The
//! two kinds of empty list differ: no model pattern allows nothing, no network means any.

use crate::budget::Window;
use crate::call_rule::RuleSet;
use crate::id::{ProfileId, TeamId};
use crate::idle::IdleRule;
use crate::limits::{Counted, Quota};
use crate::model::{Endpoint, ModelPattern};
use crate::money::NanoUsd;
use crate::parameter_rules::ParameterRules;
use crate::person::{Caller, Role};
pub use crate::prompt_bound::PromptBound;
use crate::required_field::RequiredField;
use crate::virtual_key::ConsumerKind;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// What happens to a wish above the maximum.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AboveMaximum {
    #[default]
    Reject,
    /// Use the maximum, and say so.
    Clamp,
    /// Whoever decides about requests may grant it.
    Ask,
}

impl AboveMaximum {
    pub const ALL: [Self; 3] = [Self::Reject, Self::Clamp, Self::Ask];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Reject => "reject",
            Self::Clamp => "clamp",
            Self::Ask => "ask",
        }
    }
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|above| above.word() == word)
    }
}

/// Who decides about requests under a profile. Never whoever asks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deciders {
    /// Leads of the owning team or of a team of whoever asks, and administrators.
    #[default]
    LeadsAndAdministrators,
    Administrators,
}

impl Deciders {
    pub const ALL: [Self; 2] = [Self::LeadsAndAdministrators, Self::Administrators];

    pub const fn word(self) -> &'static str {
        match self {
            Self::LeadsAndAdministrators => "leads_and_administrators",
            Self::Administrators => "administrators",
        }
    }
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|deciders| deciders.word() == word)
    }
}

/// How requests under a profile are decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Approval {
    /// Every key waits for approval, even one within all maxima.
    pub every_key: bool,
    pub deciders: Deciders,
    /// By when an answer is promised; afterwards the queue marks the request.
    pub promised_hours: u32,
}

impl Default for Approval {
    fn default() -> Self {
        Self { every_key: false, deciders: Deciders::default(), promised_hours: 24 }
    }
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

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotaTerm {
    pub counted: Counted,
    pub window: Window,
    pub amount: Term<u64>,
}

impl QuotaTerm {
    /// What a key gets that asks for nothing else.
    pub fn granted(&self) -> Quota {
        Quota { counted: self.counted, window: self.window, limit: self.amount.default.min(self.amount.maximum) }
    }
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
    /// `None` is no limit.
    #[serde(default)]
    pub tokens_per_minute: Option<Term<u64>>,
    #[serde(default)]
    pub quotas: Vec<QuotaTerm>,
    #[serde(default)]
    pub prompt_bound: PromptBound,
    /// Whether a call that does not fit into what is left is sent with a lower output cap, without being asked for it.
    #[serde(default)]
    pub shrink_to_fit: bool,
    pub lifetime_days: Term<u32>,
    /// Networks that keys may be used from; an empty list means any.
    pub networks: Vec<IpNet>,
    pub max_output_tokens: Option<u64>,
    /// What is assumed for the output of a call that names no cap and whose model has none.
    pub assumed_output_tokens: u64,
    #[serde(default)]
    pub approval: Approval,
    /// Details that a key cannot be minted without.
    #[serde(default)]
    pub required: Vec<RequiredField>,
    #[serde(default)]
    pub parameters: ParameterRules,
    /// Keys that nobody uses are disabled; `None`: they are left alone.
    #[serde(default)]
    pub idle: Option<IdleRule>,
    /// Rules that refuse no call; what they would have refused is counted.
    #[serde(default, skip_serializing_if = "RuleSet::is_empty")]
    pub watched: RuleSet,
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
