//! The end of a call in its accounts.

use super::super::accounts::Account;
use super::Ledger;
use super::admission::Locked;
use super::plan::Level;
use domain::budget::Consumed;
use domain::id::EventId;

impl Ledger {
    /// Replaces what a call holds by what it used; `None` for one that was never sent.
    pub(super) fn end(&self, event: EventId, used: Option<Consumed>) {
        let Some(call) = self.calls.take(event) else { return };
        let (held, now) = (call.held(), self.clock.now());
        let end = |level: &Level, account: &mut Account| {
            for &line in call.intent.lines.iter().filter(|line| line.scope == level.scope) {
                account.give_back(line, held, &self.zone);
                if let Some(used) = used {
                    account.use_up(line, used, &self.zone);
                }
            }
            account.in_flight = account.in_flight.saturating_sub(1);
            if let Some(limit) = level.limits.tokens_per_minute {
                let tokens = used.unwrap_or_default().tokens;
                account.tokens.correct(now, call.expected_tokens, tokens, limit);
            }
        };
        if call.plan.guarded() {
            Locked::new(&call.plan, &self.zone, None).each(end);
        } else {
            // From below: whoever has a guarantee by now gets it back before anybody else can see the money.
            for level in call.plan.levels().rev() {
                end(level, &mut level.lock());
            }
        }
    }
}
