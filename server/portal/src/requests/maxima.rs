//! How far the guardrails go by themselves: what whoever decides compares a wish with.

use crate::keys::latest_expiry;
use domain::access_profile::{AccessProfile, CapTerm, QuotaTerm, Term};
use domain::budget::Cap;
use domain::limits::{Limits, Quota};
use domain::time::Timestamp;
use domain::virtual_key::VirtualKey;

/// The most that a key gets without anybody's approval.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Maxima {
    pub limits: Limits,
    /// Of a key that is asked for.
    pub lifetime_days: Option<u32>,
    /// Of a key that exists.
    pub expires_at: Option<Timestamp>,
}

impl Maxima {
    pub(super) fn for_new_key(profile: &AccessProfile) -> Self {
        let lifetime_days = Some(most(&profile.terms.lifetime_days));
        Self { limits: limits(profile), lifetime_days, expires_at: None }
    }

    pub(super) fn for_key(profile: &AccessProfile, key: &VirtualKey) -> Self {
        Self { limits: limits(profile), lifetime_days: None, expires_at: Some(latest_expiry(key, profile)) }
    }
}

fn limits(profile: &AccessProfile) -> Limits {
    let terms = &profile.terms;
    let cap = |term: &CapTerm| Cap { window: term.window, limit: most(&term.amount) };
    let quota = |term: &QuotaTerm| Quota { limit: most(&term.amount), ..term.granted() };
    Limits {
        caps: terms.caps.iter().map(cap).collect(),
        requests_per_minute: Some(most(&terms.requests_per_minute)),
        tokens_per_minute: terms.tokens_per_minute.as_ref().map(most),
        concurrency: Some(most(&terms.concurrency)),
        quotas: terms.quotas.iter().map(quota).collect(),
        guarantees: Vec::new(),
    }
}

/// Of a term that nobody may change there is only the default.
fn most<T: Copy + Ord>(term: &Term<T>) -> T {
    if term.developers_may_change { term.maximum } else { term.default.min(term.maximum) }
}
