//! Everything that a key's own page shows beside its usage.

use super::list::LastUse;
use super::status::KeyStatus;
use crate::{FormId, Portal, PortalError};
use domain::access_profile::{AccessProfile, ExplainedTerms};
use domain::budget::BudgetFigures;
use domain::id::KeyId;
use domain::person::Caller;
use domain::time::Timestamp;
use domain::virtual_key::{KeyStanding, VirtualKey};

/// What the caller may do to this key now; a button that would be refused is not shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KeyActs {
    pub rename: bool,
    pub rotate: bool,
    pub disable: bool,
    pub enable: bool,
    pub set_expiry: bool,
    pub revoke: bool,
}

/// One secret of the key, without anything secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretFacts {
    pub version: i64,
    pub created_at: Timestamp,
    /// When an old secret ends, or ended; `None` for the current one.
    pub valid_until: Option<Timestamp>,
    pub live: bool,
}

/// What the key may do as things stand: its own terms within its profile's, each value with the rule it comes from.
#[derive(Debug, Clone)]
pub struct EffectiveTerms {
    pub terms: ExplainedTerms,
    /// How many of the served models it may call, and how many are served.
    pub models_allowed: usize,
    pub models_served: usize,
}

#[derive(Debug, Clone)]
pub struct KeyDetail {
    pub key: VirtualKey,
    pub owner_name: String,
    pub mine: bool,
    pub created_by_name: String,
    pub profile: AccessProfile,
    pub standing: KeyStanding,
    pub status: KeyStatus,
    /// Who disabled or revoked it.
    pub state_by_name: Option<String>,
    /// Newest first.
    pub secrets: Vec<SecretFacts>,
    pub effective: EffectiveTerms,
    /// Live, from the ledger; the tightest first.
    pub figures: Vec<BudgetFigures>,
    pub last_use: Option<LastUse>,
    pub acts: KeyActs,
    /// How late its expiry may be set: minted at plus the profile's longest lifetime.
    pub latest_expiry: Timestamp,
    /// For the rotate form.
    pub form: FormId,
}

impl Portal {
    pub async fn key(&self, caller: &Caller, key: KeyId) -> Result<KeyDetail, PortalError> {
        let _ = (caller, key);
        todo!()
    }

    /// The live budgets alone, for a page that refreshes its figures.
    pub async fn key_figures(&self, caller: &Caller, key: KeyId) -> Result<Vec<BudgetFigures>, PortalError> {
        let _ = (caller, key);
        todo!()
    }
}
