//! What one level of the hierarchy has used and holds: money, requests and tokens by calendar window, and the traffic of
//! the moment.
//!
//! Limits are no part of an account: changing one keeps what was used, and lowering it below the sum only stops new
//! calls. A window that nobody called in needs no reset; it has no account.

use super::rate::Meter;
use domain::budget::{BudgetFigures, BudgetLine, BudgetScope, Cap, Consumed, Window};
use domain::money::NanoUsd;
use domain::time::Timestamp;
use jiff::tz::TimeZone;

/// Windows of one kind that are kept: the one before the newest may return if the clock is set back.
const KEPT: usize = 2;

#[derive(Debug, Default)]
pub(super) struct Account {
    periods: Vec<Period>,
    pub(super) requests: Meter,
    pub(super) tokens: Meter,
    pub(super) in_flight: u32,
}

/// One calendar window of an account.
#[derive(Debug, Clone, Copy)]
pub(super) struct Period {
    window: Window,
    pub(super) start: Timestamp,
    pub(super) resets_at: Option<Timestamp>,
    /// Of calls that have ended.
    pub(super) used: Consumed,
    /// For calls in flight: what each was let in with.
    pub(super) held: Consumed,
}

impl Period {
    fn new(window: Window, start: Timestamp, zone: &TimeZone) -> Self {
        let resets_at = window.resets_at(start, zone);
        Self { window, start, resets_at, used: Consumed::default(), held: Consumed::default() }
    }

    fn holds(&self, now: Timestamp) -> bool {
        self.start <= now && self.resets_at.is_none_or(|end| now < end)
    }

    pub(super) fn figures(&self, scope: BudgetScope, limit: NanoUsd) -> BudgetFigures {
        BudgetFigures {
            scope,
            window: self.window,
            limit,
            spent: self.used.spent,
            reserved: self.held.spent,
            kept_for_others: NanoUsd::ZERO,
            resets_at: self.resets_at,
        }
    }
}

impl Account {
    /// The window that holds `now`, empty if nobody called in it. Remembered, since asking the calendar takes
    /// microseconds.
    pub(super) fn at(&self, window: Window, now: Timestamp, zone: &TimeZone) -> Period {
        let period = self.periods.iter().find(|period| period.window == window && period.holds(now)).copied();
        period.unwrap_or_else(|| Period::new(window, window.start(now, zone), zone))
    }

    pub(super) fn figures(&self, scope: BudgetScope, cap: Cap, now: Timestamp, zone: &TimeZone) -> BudgetFigures {
        self.at(cap.window, now, zone).figures(scope, cap.limit)
    }

    /// Spent and reserved in the window that began then.
    pub(super) fn taken(&self, window: Window, start: Timestamp) -> NanoUsd {
        let period = self.periods.iter().find(|period| period.window == window && period.start == start);
        period.map_or(NanoUsd::ZERO, |period| period.used.spent.plus(period.held.spent))
    }

    /// When the window that holds `now` began; from now on it is kept.
    pub(super) fn window_start(&mut self, window: Window, now: Timestamp, zone: &TimeZone) -> Timestamp {
        if let Some(period) = self.periods.iter().find(|period| period.window == window && period.holds(now)) {
            return period.start;
        }
        let start = window.start(now, zone);
        self.period(window, start, zone).start
    }

    pub(super) fn hold(&mut self, line: BudgetLine, amount: Consumed, zone: &TimeZone) {
        let period = self.period(line.window, line.window_start, zone);
        period.held = period.held.plus(amount);
    }

    pub(super) fn give_back(&mut self, line: BudgetLine, amount: Consumed, zone: &TimeZone) {
        let period = self.period(line.window, line.window_start, zone);
        period.held = period.held.minus(amount);
    }

    pub(super) fn use_up(&mut self, line: BudgetLine, used: Consumed, zone: &TimeZone) {
        let period = self.period(line.window, line.window_start, zone);
        period.used = period.used.plus(used);
    }

    /// The window of a call that was let in, whatever the time is by now.
    pub(super) fn period(&mut self, window: Window, start: Timestamp, zone: &TimeZone) -> &mut Period {
        let known = self.periods.iter().position(|period| period.window == window && period.start == start);
        let index = known.unwrap_or_else(|| {
            self.make_room(window);
            // A key that calls has one or two, and a vector would make room for four.
            self.periods.reserve_exact(1);
            self.periods.push(Period::new(window, start, zone));
            self.periods.len() - 1
        });
        &mut self.periods[index]
    }

    /// Every window that is kept, with what was used and what is held.
    pub(super) fn periods(&self, scope: BudgetScope) -> impl Iterator<Item = (BudgetLine, Consumed, Consumed)> {
        let line = move |period: &Period| BudgetLine { scope, window: period.window, window_start: period.start };
        self.periods.iter().map(move |period| (line(period), period.used, period.held))
    }

    fn make_room(&mut self, window: Window) {
        let mut starts: Vec<Timestamp> = self.periods.iter().filter(|p| p.window == window).map(|p| p.start).collect();
        starts.sort_unstable_by(|a, b| b.cmp(a));
        let Some(&oldest_kept) = starts.get(KEPT - 2) else { return };
        self.periods.retain(|p| p.window != window || p.start >= oldest_kept || p.held != Consumed::default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_that_returns_when_the_clock_is_set_back_still_knows_what_was_spent() {
        let (zone, mut account) = (TimeZone::UTC, Account::default());
        let today = Timestamp::from_ms(1_800_000_000_000);
        let line = |now: Timestamp, account: &mut Account| BudgetLine {
            scope: BudgetScope::Organisation,
            window: Window::Day,
            window_start: account.window_start(Window::Day, now, &zone),
        };
        let first = line(today, &mut account);
        account.use_up(first, Consumed { spent: NanoUsd::from_nano(7), requests: 1, tokens: 2 }, &zone);
        line(today.plus_days(1), &mut account);
        let cap = Cap { window: Window::Day, limit: NanoUsd::from_nano(10) };
        assert_eq!(account.figures(BudgetScope::Organisation, cap, today, &zone).spent, NanoUsd::from_nano(7));
        for day in 2..50 {
            line(today.plus_days(day), &mut account);
        }
        assert!(account.periods.len() <= KEPT, "old windows are forgotten");
    }
}
