//! The list of keys and its views.

use super::status::KeyStatus;
use crate::{Portal, PortalError};
use domain::budget::BudgetFigures;
use domain::id::{KeyId, ProfileId, TeamId};
use domain::person::Caller;
use domain::time::Timestamp;
use domain::virtual_key::{ConsumerKind, KeyStanding, Owner};

/// The saved views of the list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum KeysView {
    /// Neither revoked nor expired.
    #[default]
    Live,
    /// Over 80 % of a budget, or expiring within 14 days, or unused for 30 days.
    Attention,
    OverEighty,
    ExpiringSoon,
    Unused,
    /// Revoked or expired.
    Ended,
}

impl KeysView {
    pub const ALL: [Self; 6] =
        [Self::Live, Self::Attention, Self::OverEighty, Self::ExpiringSoon, Self::Unused, Self::Ended];

    /// The word in the address of the page.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Attention => "attention",
            Self::OverEighty => "over-80",
            Self::ExpiringSoon => "expiring",
            Self::Unused => "unused",
            Self::Ended => "ended",
        }
    }
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.word() == word)
    }
}

/// Whose keys, within what the caller may see.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OwnerFilter {
    #[default]
    Mine,
    Team(TeamId),
    /// Everything in the caller's scope: one's own and led teams' keys, or all of them.
    All,
}

#[derive(Debug, Clone, Default)]
pub struct KeysQuery {
    pub view: KeysView,
    pub owner: OwnerFilter,
    pub search: Option<String>,
    pub environment: Option<String>,
    /// The cursor of the page before.
    pub after: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastUse {
    pub at: Timestamp,
    pub network: String,
    pub agent: String,
}

#[derive(Debug, Clone)]
pub struct KeyRow {
    pub id: KeyId,
    pub name: String,
    pub owner: Owner,
    pub owner_name: String,
    /// Owned by the caller.
    pub mine: bool,
    pub consumer: ConsumerKind,
    pub application: Option<String>,
    pub environment: String,
    pub profile: ProfileId,
    pub profile_name: String,
    pub standing: KeyStanding,
    pub status: KeyStatus,
    /// The tightest budget that applies, from the live ledger.
    pub budget: Option<BudgetFigures>,
    pub last_use: Option<LastUse>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// How many keys each view holds, for the same owner filter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ViewCounts {
    pub live: i64,
    pub attention: i64,
    pub over_eighty: i64,
    pub expiring_soon: i64,
    pub unused: i64,
    pub ended: i64,
}

#[derive(Debug, Clone)]
pub struct KeysPage {
    pub rows: Vec<KeyRow>,
    pub next: Option<String>,
    /// Rows of this query over all pages.
    pub total: i64,
    pub counts: ViewCounts,
    /// Teams to offer in the owner filter.
    pub teams: Vec<super::TeamChoice>,
    /// True if the caller may see more than their own keys.
    pub sees_others: bool,
}

impl Portal {
    pub async fn keys(&self, caller: &Caller, query: &KeysQuery) -> Result<KeysPage, PortalError> {
        let _ = (caller, query);
        todo!()
    }
}
