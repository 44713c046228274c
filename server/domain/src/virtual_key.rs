//! The virtual key: who owns it, what it may do, and what state it is in.

use crate::budget::Cap;
use crate::id::{KeyId, PersonId, ProfileId, TeamId};
use crate::key_secret::Tag;
use crate::limits::Quota;
use crate::model::{Endpoint, ModelPattern};
use crate::time::Timestamp;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// Who owns the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    Person(PersonId),
    Team(TeamId),
}

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsumerKind {
    /// A person's own work.
    Person,
    /// A coding or other agent.
    Agent,
    Service,
    Ci,
}

impl ConsumerKind {
    pub const ALL: [Self; 4] = [Self::Person, Self::Agent, Self::Service, Self::Ci];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Agent => "agent",
            Self::Service => "service",
            Self::Ci => "ci",
        }
    }
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// What a key may do. At mint these are the granted terms; the gateway applies their intersection with the profile.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct KeyTerms {
    /// An empty list allows nothing.
    pub models: Vec<ModelPattern>,
    pub endpoints: Vec<Endpoint>,
    /// Never empty: every key has a cap.
    pub caps: Vec<Cap>,
    pub requests_per_minute: u32,
    pub concurrency: u32,
    /// Input and output together; `None` is no limit.
    #[serde(default)]
    pub tokens_per_minute: Option<u64>,
    #[serde(default)]
    pub quotas: Vec<Quota>,
    /// An empty list means any network.
    pub networks: Vec<IpNet>,
    /// The largest answer in tokens; `None` leaves it to the model.
    pub max_output_tokens: Option<u64>,
}

/// Why a key was revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevocationReason {
    NoLongerNeeded,
    Replaced,
    /// Also cuts running streams.
    Compromised,
}

impl RevocationReason {
    pub const ALL: [Self; 3] = [Self::NoLongerNeeded, Self::Replaced, Self::Compromised];

    pub const fn word(self) -> &'static str {
        match self {
            Self::NoLongerNeeded => "no_longer_needed",
            Self::Replaced => "replaced",
            Self::Compromised => "compromised",
        }
    }
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.word() == word)
    }
}

/// What people did to the key. Expiry is not a state: it is asked of the clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum KeyState {
    Active,
    Disabled {
        at: Timestamp,
        by: PersonId,
    },
    /// By Keywright itself, after so many days in which nobody used it.
    DisabledUnused {
        at: Timestamp,
        days: u32,
    },
    Revoked {
        at: Timestamp,
        by: PersonId,
        reason: RevocationReason,
    },
}

impl KeyState {
    /// Where a key in this state stands.
    pub fn standing(&self, expires_at: Timestamp, now: Timestamp, owner_active: bool) -> KeyStanding {
        match self {
            Self::Revoked { .. } => KeyStanding::Revoked,
            _ if now >= expires_at => KeyStanding::Expired,
            Self::Disabled { .. } | Self::DisabledUnused { .. } => KeyStanding::Disabled,
            Self::Active if !owner_active => KeyStanding::OwnerSuspended,
            Self::Active => KeyStanding::Usable,
        }
    }
}

/// Where a key stands at a moment, most final first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyStanding {
    Revoked,
    Expired,
    Disabled,
    OwnerSuspended,
    Usable,
}

/// One live secret of a key. At most two live at once: the current one and, while rotating, the old one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySecret {
    /// 1 for the first; grows with each rotation.
    pub version: i64,
    pub tag: Tag,
    /// Which pepper made the tag.
    pub pepper_version: i64,
    pub created_at: Timestamp,
    /// When the old secret of a rotation ends; `None` for the current one.
    pub valid_until: Option<Timestamp>,
}

impl KeySecret {
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.valid_until.is_none_or(|end| now < end)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VirtualKey {
    pub id: KeyId,
    pub name: String,
    pub owner: Owner,
    pub created_by: PersonId,
    pub profile: ProfileId,
    /// The version of the profile whose terms it keeps; `None` follows the newest.
    pub profile_version: Option<i64>,
    pub consumer: ConsumerKind,
    pub application: Option<String>,
    pub environment: String,
    pub cost_centre: Option<String>,
    pub tags: Vec<String>,
    pub terms: KeyTerms,
    pub state: KeyState,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

impl VirtualKey {
    pub fn standing(&self, now: Timestamp, owner_active: bool) -> KeyStanding {
        self.state.standing(self.expires_at, now, owner_active)
    }
}

/// How long the old secret of a rotation lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Overlap {
    None,
    QuarterHour,
    Hour,
    Day,
    Week,
}

impl Overlap {
    pub const ALL: [Self; 5] = [Self::None, Self::QuarterHour, Self::Hour, Self::Day, Self::Week];

    pub const fn as_ms(self) -> i64 {
        use crate::time::{MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE};
        match self {
            Self::None => 0,
            Self::QuarterHour => 15 * MS_PER_MINUTE,
            Self::Hour => MS_PER_HOUR,
            Self::Day => MS_PER_DAY,
            Self::Week => 7 * MS_PER_DAY,
        }
    }
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "now",
            Self::QuarterHour => "15m",
            Self::Hour => "1h",
            Self::Day => "24h",
            Self::Week => "7d",
        }
    }
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|overlap| overlap.word() == word)
    }
}
