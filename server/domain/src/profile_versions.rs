//! Versions of an access profile: whom a change reaches, and what a key goes by that keeps to an older one.

use crate::access_profile::AccessProfile;
use crate::time::Timestamp;

/// Whom a change of a profile's terms reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Keys that exist keep to the version that they have.
    NewKeys,
    /// Every key follows the newest version, those too that kept to an older one.
    AllKeys,
    /// Keys that exist keep to the version that they have, each until its secret is rotated.
    NextRotation,
    /// Keys that exist keep to the version that they have until this moment.
    From(Timestamp),
}

impl Reach {
    pub const fn word(self) -> &'static str {
        match self {
            Self::NewKeys => "new_keys",
            Self::AllKeys => "all_keys",
            Self::NextRotation => "next_rotation",
            Self::From(_) => "from_date",
        }
    }
    /// Whether keys that exist come under the change, sooner or later.
    pub fn is_for_existing_keys(self) -> bool {
        self != Self::NewKeys
    }
}

/// The profile as it is to a key that keeps to an older version: the terms are those of that version. Who may mint and
/// what the profile is called are no terms of a key, and stay as they are now.
pub fn kept(newest: &AccessProfile, older: &AccessProfile) -> AccessProfile {
    AccessProfile { version: older.version, terms: older.terms.clone(), ..newest.clone() }
}
