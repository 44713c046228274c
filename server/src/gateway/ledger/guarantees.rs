//! What of a level's budget is kept for levels below it that a call does not belong to.
//!
//! It is added up from their accounts each time that it is asked, while the level itself is locked. Nobody who draws on
//! the level can then be let in at one of them, so that what was read holds until the decision. Their locks are taken one
//! at a time, and before any lock below the level: the order of the hierarchy holds for these, too.
//!
//! A call that ends gives back in all its accounts at once where something is guaranteed ([`Plan::guarded`]), and from the
//! key upwards otherwise: money that is on its way back is counted twice for a moment, as kept and as held, never not at
//! all.
//!
//! Calls below levels that guarantee nothing do none of this.

use super::super::accounts::Account;
use super::super::sync::{Mutex, PoisonError};
use super::Ledger;
use super::plan::Plan;
use domain::budget::{BudgetLine, BudgetScope, Window};
use domain::guarantee::{Share, unmet};
use domain::money::NanoUsd;
use domain::time::Timestamp;
use jiff::tz::TimeZone;
use proxy::ports;
use std::sync::Arc;

/// The shares of one level, with the accounts of those who have them. One for all keys below the level.
pub(super) struct Shares {
    source: Arc<[Share]>,
    accounts: Box<[Arc<Mutex<Account>>]>,
}

impl Shares {
    pub(super) fn new(source: &Arc<[Share]>, account: impl Fn(BudgetScope) -> Arc<Mutex<Account>>) -> Self {
        Self { source: source.clone(), accounts: source.iter().map(|share| account(share.scope)).collect() }
    }

    /// False once anything about them has changed.
    pub(super) fn are_of(&self, level: &ports::Level) -> bool {
        Arc::ptr_eq(&self.source, &level.guaranteed)
    }
}

/// What one key has to leave of a level's budget.
pub(super) struct Guarantees {
    shares: Arc<Shares>,
    /// Which of the shares belong to levels that the key stands below.
    own: Box<[usize]>,
}

impl Guarantees {
    pub(super) fn new(shares: Arc<Shares>, is_own: impl Fn(BudgetScope) -> bool) -> Self {
        let own = shares.source.iter().enumerate().filter(|(_, share)| is_own(share.scope));
        let own = own.map(|(nth, _)| nth).collect();
        Self { shares, own }
    }

    /// What others have not used yet of what is guaranteed to them, in the window that began then.
    fn kept(&self, window: Window, start: Timestamp) -> NanoUsd {
        let all = self.shares.source.iter().zip(&self.shares.accounts).enumerate();
        let others = all.filter(|(nth, (share, _))| share.window == window && !self.own.contains(nth));
        let kept = others.map(|(_, (share, account))| {
            let account = account.lock().unwrap_or_else(PoisonError::into_inner);
            unmet(share.amount, account.taken(window, start))
        });
        kept.fold(NanoUsd::ZERO, NanoUsd::plus)
    }
}

/// A call that asks for more: what it was let in to, and what holds for it now.
#[derive(Clone, Copy)]
pub(super) struct Running<'a> {
    pub(super) lines: &'a [BudgetLine],
    pub(super) limits: &'a Plan,
    pub(super) now: Timestamp,
    pub(super) zone: &'a TimeZone,
}

/// What is kept for others of a level's budgets; empty for levels that guarantee nothing.
#[derive(Default)]
pub(super) struct Kept(Vec<(Window, NanoUsd)>);

impl Kept {
    /// Of the windows that hold `now`.
    pub(super) fn at(level: &super::plan::Level, account: &Account, now: Timestamp, zone: &TimeZone) -> Self {
        let Some(guarantees) = &level.guarantees else { return Self::default() };
        let windows = level.limits.caps.iter().map(|cap| cap.window);
        Self(windows.map(|window| (window, guarantees.kept(window, account.at(window, now, zone).start))).collect())
    }

    /// Of the windows that a call was let in to, under what is guaranteed now. Of a window that is over nothing is kept:
    /// nobody can begin a call in it any more.
    pub(super) fn of_lines(running: Running<'_>, scope: BudgetScope, account: &Account) -> Self {
        let Running { lines, limits, now, zone } = running;
        let level = limits.levels().find(|level| level.scope == scope);
        let Some(guarantees) = level.and_then(|level| level.guarantees.as_ref()) else { return Self::default() };
        let is_now = |line: &BudgetLine| account.at(line.window, now, zone).start == line.window_start;
        let lines = lines.iter().filter(|line| line.scope == scope && is_now(line));
        Self(lines.map(|line| (line.window, guarantees.kept(line.window, line.window_start))).collect())
    }

    pub(super) fn of(&self, window: Window) -> NanoUsd {
        self.0.iter().find(|(of, _)| *of == window).map_or(NanoUsd::ZERO, |&(_, kept)| kept)
    }
}

impl Ledger {
    /// What a level guarantees to levels below it.
    pub(super) fn shares(&self, level: &ports::Level) -> Option<Arc<Shares>> {
        if level.guaranteed.is_empty() {
            return None;
        }
        let known = self.shares.pin();
        match known.get(&level.scope) {
            Some(shares) if shares.are_of(level) => Some(shares.clone()),
            _ => {
                let shares = Arc::new(Shares::new(&level.guaranteed, |scope| self.account(scope)));
                known.insert(level.scope, shares.clone());
                Some(shares)
            }
        }
    }
}
