//! What bounds a key, level by level, worked out once for each version of its record and not for each call.
//!
//! Always true: levels stand in the order of the hierarchy, each once, and accounts are locked in that order. Where the
//! same limit is named twice the lower one counts.
//!
//! Keys below the same levels share what these set, and keys with the same terms the limits of their own: of a hundred
//! thousand keys that call, each has little to itself but its account.

use super::super::accounts::Account;
use super::super::shared::Shared;
use super::super::sync::{Mutex, MutexGuard, PoisonError};
use super::guarantees::{Guarantees, Shares};
use domain::budget::{BudgetScope, Cap, Window};
use domain::limits::{Limits, Quota};
use domain::money::NanoUsd;
use domain::virtual_key::KeyTerms;
use proxy::ports::{self, KeyRecord};
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::iter::once;
use std::sync::{Arc, Mutex as StandardMutex};

pub(super) struct Plan {
    above: Arc<Above>,
    own: Level,
    /// In how many windows a call is counted.
    pub(super) lines: usize,
    /// What the key's own limits were made from. Terms are replaced whole, and held here, so that the same address means
    /// the same terms.
    terms: Arc<KeyTerms>,
}

/// One level with limits and the account that everything below it shares.
pub(super) struct Level {
    pub(super) scope: BudgetScope,
    pub(super) account: Arc<Mutex<Account>>,
    pub(super) limits: Arc<Bounds>,
    /// What the key has to leave to others; `None` where there is nothing to leave.
    pub(super) guarantees: Option<Guarantees>,
}

impl Level {
    /// An account is only ever changed by arithmetic that does not panic half-way, so a poisoned one is whole.
    pub(super) fn lock(&self) -> MutexGuard<'_, Account> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The limits of one level.
#[derive(PartialEq, Eq, Hash)]
pub(super) struct Bounds {
    pub(super) caps: Box<[Cap]>,
    pub(super) requests_per_minute: Option<u32>,
    pub(super) tokens_per_minute: Option<u64>,
    pub(super) concurrency: Option<u32>,
    pub(super) quotas: Box<[Quota]>,
    /// Those that any cap, quota or guarantee names.
    pub(super) windows: Box<[Window]>,
}

/// The levels above a key, from the organisation down.
struct Above {
    levels: Box<[Level]>,
    guarded: bool,
    /// What they were made from: as with terms, the same address means the same levels.
    source: Arc<[ports::Level]>,
}

impl PartialEq for Above {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.source, &other.source)
    }
}
impl Eq for Above {}
impl Hash for Above {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.source.as_ptr().hash(state);
    }
}

/// Parts that plans of many keys have in common. Only looked at when a plan is made.
///
/// The lock is the standard one: no money depends on the order in which threads come to it, and no other is taken under
/// it, so that `interleavings/` need not try its orders.
#[derive(Default)]
pub(super) struct Parts(StandardMutex<Common>);

#[derive(Default)]
struct Common {
    above: Shared<Above>,
    limits: Shared<Bounds>,
}

impl Plan {
    pub(super) fn new(
        record: &KeyRecord,
        parts: &Parts,
        account: impl Fn(BudgetScope) -> Arc<Mutex<Account>>,
        shares: impl Fn(&ports::Level) -> Option<Arc<Shares>>,
    ) -> Self {
        let is_own = |scope| record.above.iter().any(|level| level.scope == scope);
        let guarantees = |scope| {
            let level = record.above.iter().find(|level| level.scope == scope)?;
            Some(Guarantees::new(shares(level)?, is_own))
        };
        let mut parts = parts.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Common { above, limits: bounds } = &mut *parts;
        let mut level = |(scope, limits): (BudgetScope, Limits)| Level {
            scope,
            account: account(scope),
            limits: bounds.one(Bounds::from(limits)),
            guarantees: guarantees(scope),
        };
        let mut levels: BTreeMap<BudgetScope, Limits> = BTreeMap::new();
        for ports::Level { scope, limits, .. } in &*record.above {
            join(levels.entry(*scope).or_default(), limits);
        }
        // The key's own account counts its calls whether or not it has limits.
        let own = level((BudgetScope::Key(record.key.id), own(&record.effective)));
        let levels: Box<[Level]> = levels.into_iter().map(level).collect();
        let guarded = levels.iter().any(|level| level.guarantees.is_some());
        let above = above.one(Above { levels, guarded, source: record.above.clone() });
        let lines = above.levels.iter().chain(once(&own)).map(|level| level.limits.windows.len()).sum();
        Self { above, own, lines, terms: record.effective.clone() }
    }

    /// From the organisation down to the key.
    pub(super) fn levels(&self) -> impl DoubleEndedIterator<Item = &Level> {
        self.above.levels.iter().chain(once(&self.own))
    }

    /// True if any of the levels guarantees something to others.
    pub(super) fn guarded(&self) -> bool {
        self.above.guarded
    }

    /// False once anything that bounds the key has changed.
    pub(super) fn is_of(&self, record: &KeyRecord) -> bool {
        Arc::ptr_eq(&self.terms, &record.effective) && Arc::ptr_eq(&self.above.source, &record.above)
    }

    /// The limit of this budget, if it has one now.
    pub(super) fn cap(&self, scope: BudgetScope, window: Window) -> Option<NanoUsd> {
        let level = self.levels().find(|level| level.scope == scope)?;
        level.limits.caps.iter().find(|cap| cap.window == window).map(|cap| cap.limit)
    }
}

impl From<Limits> for Bounds {
    fn from(limits: Limits) -> Self {
        let Limits { caps, requests_per_minute, tokens_per_minute, concurrency, quotas, guarantees } = limits;
        let shares = guarantees.iter().map(|share| share.window);
        let counted = caps.iter().map(|cap| cap.window).chain(quotas.iter().map(|quota| quota.window));
        let mut windows: Vec<Window> = counted.chain(shares).collect();
        windows.sort_unstable();
        windows.dedup();
        Self {
            caps: caps.into(),
            requests_per_minute,
            tokens_per_minute,
            concurrency,
            quotas: quotas.into(),
            windows: windows.into(),
        }
    }
}

fn own(terms: &KeyTerms) -> Limits {
    let mut limits = Limits::default();
    let own = Limits {
        caps: terms.caps.clone(),
        requests_per_minute: Some(terms.requests_per_minute),
        tokens_per_minute: terms.tokens_per_minute,
        concurrency: Some(terms.concurrency),
        quotas: terms.quotas.clone(),
        guarantees: vec![],
    };
    join(&mut limits, &own);
    limits
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
