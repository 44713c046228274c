//! What bounds traffic beside money: requests and tokens per minute, calls at once, and quotas per calendar window.
//!
//! The same limits can stand on every level of the hierarchy. A level without a limit of its own adds none: what holds
//! for a call is every limit of every level that it belongs to.

use crate::budget::{Cap, Window};
use serde::{Deserialize, Serialize};

/// What a quota counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    Requests,
    /// Input and output together.
    Tokens,
}

impl Counted {
    pub const ALL: [Self; 2] = [Self::Requests, Self::Tokens];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Tokens => "tokens",
        }
    }
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|counted| counted.word() == word)
    }
}

/// So many requests or tokens in a calendar window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Quota {
    pub counted: Counted,
    pub window: Window,
    pub limit: u64,
}

/// The limits that one level sets for everything below it. Kept as JSON: a new limit gets a default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// At most one for each window.
    pub caps: Vec<Cap>,
    pub requests_per_minute: Option<u32>,
    pub tokens_per_minute: Option<u64>,
    /// Calls at once.
    pub concurrency: Option<u32>,
    /// At most one for each window and thing counted.
    pub quotas: Vec<Quota>,
}

impl Limits {
    /// True if this level bounds nothing.
    pub const fn is_empty(&self) -> bool {
        self.caps.is_empty()
            && self.requests_per_minute.is_none()
            && self.tokens_per_minute.is_none()
            && self.concurrency.is_none()
            && self.quotas.is_empty()
    }
}
