//! The next slice of a running stream: more of the same accounts, all of them or none.
//!
//! A call belongs to the windows of its admission, however long it runs; the limits are those of now. The grown amount
//! is in the spool before it counts, so that a crash settles within what was really held.

use super::super::accounts::Account;
use super::super::verdict::fits_more;
use super::Ledger;
use super::admission::Locked;
use super::guarantees::{Kept, Running};
use super::plan::Level;
use super::unavailable;
use domain::budget::{BudgetFigures, Consumed};
use domain::denial::Denial;
use domain::money::NanoUsd;
use domain::time::Timestamp;
use proxy::ports::{KeyRecord, Reserved};

impl Ledger {
    pub(super) fn grow(
        &self,
        reserved: &mut Reserved,
        record: &KeyRecord,
        by: NanoUsd,
        now: Timestamp,
    ) -> Result<(), Denial> {
        if by <= NanoUsd::ZERO {
            return Ok(());
        }
        // A call that was settled without its holder (after a time that no call may take) gets nothing more.
        let ended = || Denial::MeteringUnavailable;
        let plan = self.calls.plan(reserved.event).ok_or_else(ended)?;
        let limits = self.plan(record);
        let more = Consumed { spent: by, ..Consumed::default() };
        let tightest = {
            let running = Running { lines: &reserved.lines, limits: &limits, now, zone: &self.zone };
            let kept = |level: &Level, account: &Account| Kept::of_lines(running, level.scope, account);
            let mut levels = Locked::new(&plan, &self.zone, limits.guarded().then_some(&kept));
            let mut budgets: Vec<BudgetFigures> = Vec::with_capacity(reserved.lines.len());
            for &line in &reserved.lines {
                let kept_for_others = levels.kept_for_others(line.scope, line.window);
                if let (Some(limit), Some(account)) = (limits.cap(line.scope, line.window), levels.account(line)) {
                    let period = account.period(line.window, line.window_start, &self.zone);
                    budgets.push(BudgetFigures { kept_for_others, ..period.figures(line.scope, limit) });
                }
            }
            fits_more(budgets.iter().copied(), reserved.amount, by, self.typical_call_ms())?;
            levels.hold(&reserved.lines, more);
            for budget in &mut budgets {
                budget.reserved = budget.reserved.plus(by);
            }
            budgets.into_iter().min_by_key(BudgetFigures::left)
        };
        let undo = || Locked::new(&plan, &self.zone, None).give_back(&reserved.lines, more);
        let Some(amount) = self.calls.grow(reserved.event, by) else {
            undo();
            return Err(ended());
        };
        if let Err(error) = self.spool.extend(reserved.event, amount) {
            // Ended meanwhile: then all of it was given back there.
            if self.calls.grow(reserved.event, NanoUsd::ZERO.minus(by)).is_some() {
                undo();
            }
            return Err(unavailable(&error));
        }
        reserved.amount = amount;
        reserved.tightest = tightest;
        Ok(())
    }
}
