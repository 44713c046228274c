//! Lets a call in, or says why not: every limit of every level, taken together or not at all.
//!
//! All levels are locked for it, from the organisation down. Checks stand in the order in which their denials are
//! promised: requests, tokens, calls at once, quotas, budgets. Nothing is changed before the last of them has passed, so
//! that a refused call costs nothing. Where several levels refuse for the same reason, the one that does so for longest
//! is named, since only then is its `retry-after` true.

use super::super::accounts::Account;
use super::super::rate::TooEarly;
use super::super::sync::MutexGuard;
use super::super::verdict::{Ask, QuotaFigures, fits_budgets, fits_quota, when_one_has_ended};
use super::Ledger;
use super::guarantees::Kept;
use super::plan::{Level, Plan};
use domain::budget::{BudgetFigures, BudgetLine, BudgetScope, Cap, Consumed, Window};
use domain::denial::{Denial, TrafficLimit};
use domain::money::NanoUsd;
use domain::time::Timestamp;
use jiff::tz::TimeZone;
use proxy::ports::{Allowance, ReserveRequest, Reserved, Traffic};

/// What is kept for others of a level that has just been locked.
pub(super) type AskKept<'a> = dyn Fn(&Level, &Account) -> Kept + 'a;

/// Every level of a call at once, in the order in which they are locked.
pub(super) struct Locked<'a> {
    levels: Vec<(&'a Level, MutexGuard<'a, Account>)>,
    /// What is kept for others, level by level; empty if none of them guarantees anything.
    kept: Vec<Kept>,
    zone: &'a TimeZone,
}

impl<'a> Locked<'a> {
    /// What is kept for others, where that matters, is asked of each level while nothing below it is locked.
    pub(super) fn new(plan: &'a Plan, zone: &'a TimeZone, kept: Option<&AskKept<'_>>) -> Self {
        let mut locked = Self { levels: Vec::with_capacity(plan.levels().count()), kept: Vec::new(), zone };
        for level in plan.levels() {
            let account = level.lock();
            locked.kept.extend(kept.map(|kept| kept(level, &account)));
            locked.levels.push((level, account));
        }
        locked
    }

    /// For a call of this moment.
    pub(super) fn at(plan: &'a Plan, zone: &'a TimeZone, now: Timestamp) -> Self {
        let kept = |level: &Level, account: &Account| Kept::at(level, account, now, zone);
        Self::new(plan, zone, plan.guarded().then_some(&kept))
    }

    pub(super) fn each(mut self, act: impl Fn(&Level, &mut Account)) {
        for (level, account) in &mut self.levels {
            act(level, account);
        }
    }

    pub(super) fn kept_for_others(&self, scope: BudgetScope, window: Window) -> NanoUsd {
        let level = self.levels.iter().position(|(level, _)| level.scope == scope);
        level.and_then(|level| self.kept.get(level)).map_or(NanoUsd::ZERO, |kept| kept.of(window))
    }

    /// The budgets that hold at this moment.
    pub(super) fn budgets(&self, now: Timestamp) -> impl Iterator<Item = BudgetFigures> + Clone {
        self.levels.iter().enumerate().flat_map(move |(nth, (level, account))| {
            let kept = self.kept.get(nth);
            let figures = move |&cap: &Cap| BudgetFigures {
                kept_for_others: kept.map_or(NanoUsd::ZERO, |kept| kept.of(cap.window)),
                ..account.figures(level.scope, cap, now, self.zone)
            };
            level.limits.caps.iter().map(figures)
        })
    }

    pub(super) fn quotas(&self, now: Timestamp) -> impl Iterator<Item = QuotaFigures> {
        self.levels.iter().flat_map(move |(level, account)| {
            level.limits.quotas.iter().map(move |&quota| {
                let period = account.at(quota.window, now, self.zone);
                let (used, held, resets_at) = (period.used, period.held, period.resets_at);
                QuotaFigures { scope: level.scope, quota, used, held, resets_at }
            })
        })
    }

    pub(super) fn account(&mut self, line: BudgetLine) -> Option<&mut Account> {
        self.levels.iter_mut().find(|(level, _)| level.scope == line.scope).map(|(_, account)| &mut **account)
    }

    /// The accounts of a call that is let in now.
    fn lines(&mut self, room: usize, now: Timestamp) -> Vec<BudgetLine> {
        let mut lines = Vec::with_capacity(room);
        for (level, account) in &mut self.levels {
            for &window in &level.limits.windows {
                let window_start = account.window_start(window, now, self.zone);
                lines.push(BudgetLine { scope: level.scope, window, window_start });
            }
        }
        lines
    }

    pub(super) fn hold(&mut self, lines: &[BudgetLine], amount: Consumed) {
        let zone = self.zone;
        for &line in lines {
            if let Some(account) = self.account(line) {
                account.hold(line, amount, zone);
            }
        }
    }

    pub(super) fn give_back(&mut self, lines: &[BudgetLine], amount: Consumed) {
        let zone = self.zone;
        for &line in lines {
            if let Some(account) = self.account(line) {
                account.give_back(line, amount, zone);
            }
        }
    }

    fn check_traffic(&self, request: &ReserveRequest<'_>, typical_call_ms: u64) -> Result<(), Denial> {
        let (now, expected) = (request.now, request.expected_tokens);
        let slowest = |refusals: &mut dyn Iterator<Item = TrafficLimit>| refusals.max_by_key(|it| it.retry_after_ms);
        let requests = self.levels.iter().filter_map(|(level, account)| {
            let limit = u64::from(level.limits.requests_per_minute?);
            let TooEarly { retry_after_ms } = account.requests.check(now, 1, limit).err()?;
            Some(TrafficLimit { scope: level.scope, limit, retry_after_ms })
        });
        if let Some(refusal) = slowest(&mut { requests }) {
            return Err(Denial::RateLimited(refusal));
        }
        let tokens = self.levels.iter().filter_map(|(level, account)| {
            let limit = level.limits.tokens_per_minute?;
            let TooEarly { retry_after_ms } = account.tokens.check(now, expected, limit).err()?;
            Some(TrafficLimit { scope: level.scope, limit, retry_after_ms })
        });
        if let Some(refusal) = slowest(&mut { tokens }) {
            return Err(Denial::TokensLimited(refusal));
        }
        let full = self.levels.iter().find_map(|(level, account)| {
            let limit = level.limits.concurrency.filter(|&limit| account.in_flight >= limit)?;
            Some((level.scope, u64::from(limit)))
        });
        full.map_or(Ok(()), |(scope, limit)| {
            let retry_after_ms = when_one_has_ended(typical_call_ms);
            Err(Denial::ConcurrencyLimited(TrafficLimit { scope, limit, retry_after_ms }))
        })
    }

    fn check_quotas(&self, expected: Consumed, now: Timestamp, typical_call_ms: u64) -> Result<(), Denial> {
        let waits = |denial: &Denial| match denial {
            Denial::QuotaExhausted(reached) => reached.retry_after_ms,
            _ => 0,
        };
        let refusals =
            self.quotas(now).filter_map(|figures| fits_quota(&figures, expected, now, typical_call_ms).err());
        refusals.max_by_key(waits).map_or(Ok(()), Err)
    }

    fn enter(&mut self, request: &ReserveRequest<'_>) {
        for (level, account) in &mut self.levels {
            account.in_flight += 1;
            if let Some(limit) = level.limits.requests_per_minute {
                account.requests.fill(request.now, 1, u64::from(limit));
            }
            if let Some(limit) = level.limits.tokens_per_minute {
                account.tokens.fill(request.now, request.expected_tokens, limit);
            }
        }
    }

    fn traffic(&self, now: Timestamp) -> Traffic {
        let requests = self.levels.iter().filter_map(|(level, account)| {
            level.limits.requests_per_minute.map(|limit| account.requests.allowance(now, u64::from(limit)))
        });
        let tokens = self.levels.iter().filter_map(|(level, account)| {
            level.limits.tokens_per_minute.map(|limit| account.tokens.allowance(now, limit))
        });
        let tightness = |allowance: &Allowance| (allowance.remaining, allowance.limit);
        Traffic { requests: requests.min_by_key(tightness), tokens: tokens.min_by_key(tightness) }
    }
}

impl Ledger {
    /// Takes what the call may use from all levels of the plan, or says why not; nothing has changed then.
    pub(super) fn take(&self, plan: &Plan, request: &ReserveRequest<'_>) -> Result<Reserved, Denial> {
        let (now, typical_call_ms) = (request.now, self.typical_call_ms());
        let amount = request.bound.max(NanoUsd::ZERO);
        let expected_tokens = request.expected_tokens;
        let held = Consumed { spent: amount, requests: 1, tokens: expected_tokens };
        let ask = Ask {
            bound: amount,
            prompt_bound: request.prompt_bound,
            output_token_nano: request.output_token_nano,
            typical_call_ms,
        };
        let mut levels = Locked::at(plan, &self.zone, now);
        levels.check_traffic(request, typical_call_ms)?;
        let lines = levels.lines(plan.lines, now);
        levels.check_quotas(held, now, typical_call_ms)?;
        fits_budgets(levels.budgets(now), ask)?;

        levels.hold(&lines, held);
        levels.enter(request);
        let tightest = levels.budgets(now).min_by_key(BudgetFigures::left);
        let traffic = levels.traffic(now);
        Ok(Reserved { event: request.event, amount, lines, tightest, expected_tokens, traffic })
    }
}
