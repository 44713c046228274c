//! Versions of an access profile: whom a change reaches, and what a key goes by that keeps to an older one.

use crate::access_profile::AccessProfile;
use serde::{Deserialize, Serialize};

/// Whom a change of a profile's terms reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// Keys that exist keep to the version that they have.
    NewKeys,
    /// Every key follows the newest version, those too that kept to an older one.
    AllKeys,
}

impl Reach {
    pub const ALL: [Self; 2] = [Self::NewKeys, Self::AllKeys];

    pub const fn word(self) -> &'static str {
        match self {
            Self::NewKeys => "new_keys",
            Self::AllKeys => "all_keys",
        }
    }
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reach| reach.word() == word)
    }
}

/// The profile as it is to a key that keeps to an older version: the terms are those of that version. Who may mint and
/// what the profile is called are no terms of a key, and stay as they are now.
pub fn kept(newest: &AccessProfile, older: &AccessProfile) -> AccessProfile {
    AccessProfile { version: older.version, terms: older.terms.clone(), ..newest.clone() }
}
