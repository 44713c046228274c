//! What bounds traffic beside money: requests and tokens per minute, calls at once, and quotas per calendar window.
//!
//! The same limits can stand on every level of the hierarchy. A level without a limit of its own adds none: what holds
//! for a call is every limit of every level that it belongs to.

use crate::budget::{BudgetScope, Cap, Window};
use crate::guarantee::check_amounts;
use crate::minting::SMALLEST_CAP;
use crate::money::NanoUsd;
use crate::refusal::{Amount, Reason, Refusal, cap_field, quota_field};
use crate::time::Timestamp;
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

/// The windows that quotas are counted in. Longer ones are a matter for budgets.
pub const QUOTA_WINDOWS: [Window; 3] = [Window::Hour, Window::Day, Window::Month];

/// So many requests or tokens in a calendar window, one of [`QUOTA_WINDOWS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Quota {
    pub counted: Counted,
    pub window: Window,
    pub limit: u64,
}

/// A quota as it stands in its window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotaUse {
    pub scope: BudgetScope,
    pub quota: Quota,
    /// Calls in flight count with what they are expected to use.
    pub used: u64,
    pub resets_at: Option<Timestamp>,
}

impl QuotaUse {
    pub const fn left(&self) -> u64 {
        self.quota.limit.saturating_sub(self.used)
    }
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
    /// What others below the level above cannot use up of its budget; at most one for each window.
    pub guarantees: Vec<Cap>,
}

impl Limits {
    /// True if this level bounds nothing, and nothing is kept for it.
    pub const fn is_empty(&self) -> bool {
        self.caps.is_empty()
            && self.requests_per_minute.is_none()
            && self.tokens_per_minute.is_none()
            && self.concurrency.is_none()
            && self.quotas.is_empty()
            && self.guarantees.is_empty()
    }
}

/// Every reason why a level cannot be given these limits; none if it can. A cap of nothing is allowed and stops
/// everything below the level; what counts traffic lets at least one through, since nobody means a limit of nothing.
pub fn check_limits(limits: &Limits) -> Vec<Refusal> {
    let mut refusals = check_amounts(limits);
    let mut refuse = |field, reason| refusals.push(Refusal::new(field, reason));
    for (nth, &Cap { window, limit }) in limits.caps.iter().enumerate() {
        if limits.caps[..nth].iter().any(|earlier| earlier.window == window) {
            refuse(cap_field(window), Reason::Twice { value: window.word().to_owned() });
        }
        if limit < SMALLEST_CAP && limit != NanoUsd::ZERO {
            let money = |amount| Amount::Money { amount, window };
            refuse(cap_field(window), Reason::BelowMinimum { wanted: money(limit), minimum: money(SMALLEST_CAP) });
        }
    }
    let zero = |amount: fn(u64) -> Amount| Reason::BelowMinimum { wanted: amount(0), minimum: amount(1) };
    if limits.requests_per_minute == Some(0) {
        refuse("requests_per_minute", zero(Amount::Count));
    }
    if limits.tokens_per_minute == Some(0) {
        refuse("tokens_per_minute", zero(Amount::TokensPerMinute));
    }
    if limits.concurrency == Some(0) {
        refuse("concurrency", zero(Amount::Count));
    }
    for (nth, quota) in limits.quotas.iter().enumerate() {
        for reason in check_quota(quota, &limits.quotas[..nth]) {
            refuse(quota_field(quota.counted, quota.window), reason);
        }
    }
    refusals
}

/// What is wrong with a quota that stands behind these others.
pub(crate) fn check_quota(quota: &Quota, before: &[Quota]) -> Vec<Reason> {
    let &Quota { counted, window, limit } = quota;
    let mut reasons = Vec::new();
    if !QUOTA_WINDOWS.contains(&window) {
        reasons.push(Reason::UnknownChoice);
    }
    if before.iter().any(|earlier| (earlier.counted, earlier.window) == (counted, window)) {
        reasons.push(Reason::Twice { value: window.word().to_owned() });
    }
    if limit == 0 {
        let amount = |limit| Amount::Quota { limit, counted, window };
        reasons.push(Reason::BelowMinimum { wanted: amount(0), minimum: amount(1) });
    }
    reasons
}

/// Along which lines a level's budget is handed out. Each divides the same keys anew, so that caps of one are never added
/// to those of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Division {
    /// By business units and teams.
    Teams,
    CostCentres,
    Applications,
    /// By what is guaranteed to levels of any kind.
    Guarantees,
}

/// Caps handed out below a level that are together more than the level itself has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OverCommitment {
    pub among: Division,
    pub window: Window,
    pub limit: NanoUsd,
    /// All caps of that window below.
    pub handed_out: NanoUsd,
}

/// A level with the caps of the levels right below it.
#[derive(Debug, Clone, Default)]
pub struct Branch<'a> {
    pub caps: &'a [Cap],
    pub below: Vec<&'a [Cap]>,
}

impl Branch<'_> {
    /// What is handed out here in a window: the level's own cap bounds whatever is handed out below it.
    fn handed_out(&self, window: Window) -> NanoUsd {
        cap_in(self.caps, window).unwrap_or_else(|| {
            self.below.iter().filter_map(|caps| cap_in(caps, window)).fold(NanoUsd::ZERO, NanoUsd::plus)
        })
    }
}

/// The windows in which more is handed out than the level has. That is allowed, and worth knowing: whoever comes last
/// finds the level's budget spent before their own.
pub fn over_committed(among: Division, caps: &[Cap], branches: &[Branch<'_>]) -> Vec<OverCommitment> {
    let over = |&Cap { window, limit }: &Cap| {
        let handed_out = branches.iter().map(|branch| branch.handed_out(window)).fold(NanoUsd::ZERO, NanoUsd::plus);
        (handed_out > limit).then_some(OverCommitment { among, window, limit, handed_out })
    };
    caps.iter().filter_map(over).collect()
}

pub(crate) fn cap_in(caps: &[Cap], window: Window) -> Option<NanoUsd> {
    caps.iter().find(|cap| cap.window == window).map(|cap| cap.limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits {
            caps: vec![Cap { window: Window::Month, limit: NanoUsd::from_dollars(50) }],
            requests_per_minute: Some(60),
            tokens_per_minute: Some(100_000),
            concurrency: Some(8),
            quotas: vec![Quota { counted: Counted::Tokens, window: Window::Day, limit: 1_000_000 }],
            guarantees: vec![Cap { window: Window::Day, limit: NanoUsd::from_dollars(20) }],
        }
    }

    #[test]
    fn limits_that_make_sense_are_accepted_and_none_are_none() {
        assert_eq!(check_limits(&limits()), vec![]);
        assert_eq!(check_limits(&Limits::default()), vec![]);
        let nothing = Cap { window: Window::Day, limit: NanoUsd::ZERO };
        assert_eq!(check_limits(&Limits { caps: vec![nothing], ..Limits::default() }), vec![]);
    }

    #[test]
    fn over_commitment_compares_like_windows_and_a_capped_branch_counts_once() {
        let cap = |window, dollars| Cap { window, limit: NanoUsd::from_dollars(dollars) };
        let month = |dollars| [cap(Window::Month, dollars)];
        let (teams, day, unit) = ([month(40), month(50)], [cap(Window::Day, 999)], month(60));
        let below = || teams.iter().map(<[Cap; 1]>::as_slice).collect::<Vec<_>>();
        let over = |caps: &[Cap]| {
            let free = Branch { caps: &day, below: below() };
            let capped = Branch { caps: &unit, below: below() };
            over_committed(Division::Teams, caps, &[free, capped])
        };
        assert_eq!(over(&month(150)), [], "40 and 50, and 60 for the branch that has a cap itself");
        let expected = OverCommitment {
            among: Division::Teams,
            window: Window::Month,
            limit: NanoUsd::from_dollars(149),
            handed_out: NanoUsd::from_dollars(150),
        };
        assert_eq!(over(&month(149)), [expected]);
        assert_eq!(over(&[]), []);
    }

    #[test]
    fn each_contradiction_is_refused_at_its_field() {
        type Change = fn(&mut Limits);
        let rows: [(Change, (&str, &str)); 9] = [
            (|l| l.caps.push(l.caps[0]), ("cap_month", "twice")),
            (|l| l.caps[0].limit = NanoUsd::from_nano(1), ("cap_month", "below_minimum")),
            (|l| l.caps[0].limit = NanoUsd::from_nano(-1), ("cap_month", "below_minimum")),
            (|l| l.requests_per_minute = Some(0), ("requests_per_minute", "below_minimum")),
            (|l| l.tokens_per_minute = Some(0), ("tokens_per_minute", "below_minimum")),
            (|l| l.concurrency = Some(0), ("concurrency", "below_minimum")),
            (|l| l.quotas.push(l.quotas[0]), ("tokens_day", "twice")),
            (|l| l.quotas[0].limit = 0, ("tokens_day", "below_minimum")),
            (|l| l.quotas[0].window = Window::Week, ("tokens_week", "unknown_choice")),
        ];
        for (change, expected) in rows {
            let mut limits = limits();
            change(&mut limits);
            let refusals = check_limits(&limits);
            let found: Vec<_> = refusals.iter().map(|refusal| (refusal.field, refusal.code())).collect();
            assert_eq!(found, [expected]);
        }
    }
}
