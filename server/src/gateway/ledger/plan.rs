//! What bounds a key, level by level, worked out once for each version of its record and not for each call.
//!
//! Always true: levels stand in the order of the hierarchy, each once, and accounts are locked in that order. Where the
//! same limit is named twice the lower one counts.

use super::super::accounts::Account;
use super::super::sync::{Mutex, MutexGuard, PoisonError};
use super::guarantees::{Guarantees, Shares};
use domain::budget::{BudgetScope, Cap, Window};
use domain::guarantee::Share;
use domain::limits::{Limits, Quota};
use domain::money::NanoUsd;
use proxy::ports::{self, KeyRecord};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) struct Plan {
    /// From the organisation down to the key.
    pub(super) levels: Box<[Level]>,
    /// In how many windows a call is counted.
    pub(super) lines: usize,
    /// True if any of the levels guarantees something to others.
    pub(super) guarded: bool,
    source: Source,
}

/// One level with limits and the account that everything below it shares.
pub(super) struct Level {
    pub(super) scope: BudgetScope,
    pub(super) account: Arc<Mutex<Account>>,
    pub(super) limits: Limits,
    /// Those that any cap, quota or guarantee names.
    pub(super) windows: Box<[Window]>,
    /// What the key has to leave to others; `None` where there is nothing to leave.
    pub(super) guarantees: Option<Guarantees>,
}

impl Level {
    /// An account is only ever changed by arithmetic that does not panic half-way, so a poisoned one is whole.
    pub(super) fn lock(&self) -> MutexGuard<'_, Account> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the plan was made from. Limits above the key are values that are replaced whole, and held here, so that the
/// same address means the same limits.
struct Source {
    above: Box<[Above]>,
    own: Limits,
}

struct Above {
    scope: BudgetScope,
    limits: Arc<Limits>,
    guaranteed: Arc<[Share]>,
}

impl Above {
    fn new(level: &ports::Level) -> Self {
        Self { scope: level.scope, limits: level.limits.clone(), guaranteed: level.guaranteed.clone() }
    }

    fn is_of(&self, level: &ports::Level) -> bool {
        self.scope == level.scope
            && Arc::ptr_eq(&self.limits, &level.limits)
            && Arc::ptr_eq(&self.guaranteed, &level.guaranteed)
    }
}

impl Plan {
    pub(super) fn new(
        record: &KeyRecord,
        account: impl Fn(BudgetScope) -> Arc<Mutex<Account>>,
        shares: impl Fn(&ports::Level) -> Option<Arc<Shares>>,
    ) -> Self {
        let source = Source { above: record.above.iter().map(Above::new).collect(), own: own(record) };
        let is_own = |scope| record.above.iter().any(|level| level.scope == scope);
        let guarantees = |scope| {
            let level = record.above.iter().find(|level| level.scope == scope)?;
            Some(Guarantees::new(shares(level)?, is_own))
        };
        let mut levels: BTreeMap<BudgetScope, Limits> = BTreeMap::new();
        for Above { scope, limits, .. } in &source.above {
            join(levels.entry(*scope).or_default(), limits);
        }
        // The key's own account counts its calls whether or not it has limits.
        join(levels.entry(BudgetScope::Key(record.key.id)).or_default(), &source.own);
        let level = |(scope, limits): (BudgetScope, Limits)| {
            let caps = limits.caps.iter().map(|cap| cap.window);
            let shares = limits.guarantees.iter().map(|share| share.window);
            let quotas = limits.quotas.iter().map(|quota| quota.window);
            let mut windows: Vec<Window> = caps.chain(quotas).chain(shares).collect();
            windows.sort_unstable();
            windows.dedup();
            Level { scope, account: account(scope), limits, windows: windows.into(), guarantees: guarantees(scope) }
        };
        let levels: Box<[Level]> = levels.into_iter().map(level).collect();
        Self {
            lines: levels.iter().map(|level| level.windows.len()).sum(),
            guarded: levels.iter().any(|level| level.guarantees.is_some()),
            levels,
            source,
        }
    }

    /// False once anything that bounds the key has changed.
    pub(super) fn is_of(&self, record: &KeyRecord) -> bool {
        let terms = &record.effective;
        let Source { above, own } = &self.source;
        own.caps == terms.caps
            && own.quotas == terms.quotas
            && own.requests_per_minute == Some(terms.requests_per_minute)
            && own.tokens_per_minute == terms.tokens_per_minute
            && own.concurrency == Some(terms.concurrency)
            && above.len() == record.above.len()
            && above.iter().zip(record.above.iter()).all(|(above, level)| above.is_of(level))
    }

    /// The limit of this budget, if it has one now.
    pub(super) fn cap(&self, scope: BudgetScope, window: Window) -> Option<NanoUsd> {
        let level = self.levels.iter().find(|level| level.scope == scope)?;
        level.limits.caps.iter().find(|cap| cap.window == window).map(|cap| cap.limit)
    }
}

fn own(record: &KeyRecord) -> Limits {
    let terms = &record.effective;
    Limits {
        caps: terms.caps.clone(),
        requests_per_minute: Some(terms.requests_per_minute),
        tokens_per_minute: terms.tokens_per_minute,
        concurrency: Some(terms.concurrency),
        quotas: terms.quotas.clone(),
        guarantees: vec![],
    }
}

fn join(limits: &mut Limits, more: &Limits) {
    let lower = |a: Option<u64>, b: Option<u64>| a.into_iter().chain(b).min();
    let lower_32 = |a: Option<u32>, b: Option<u32>| a.into_iter().chain(b).min();
    limits.requests_per_minute = lower_32(limits.requests_per_minute, more.requests_per_minute);
    limits.tokens_per_minute = lower(limits.tokens_per_minute, more.tokens_per_minute);
    limits.concurrency = lower_32(limits.concurrency, more.concurrency);
    limits.caps.extend_from_slice(&more.caps);
    limits.caps.sort_unstable_by_key(|&Cap { window, limit }| (window, limit));
    limits.caps.dedup_by_key(|cap| cap.window);
    limits.quotas.extend_from_slice(&more.quotas);
    limits.quotas.sort_unstable_by_key(|&Quota { counted, window, limit }| (window, counted, limit));
    limits.quotas.dedup_by_key(|quota| (quota.window, quota.counted));
    limits.guarantees.extend_from_slice(&more.guarantees);
}
