//! The arithmetic of budgets: which accounts a call is charged to, whether its bound fits, and what moves when.
//!
//! Always true, for each account: reserving keeps `spent + reserved ≤ limit`, and settling at no more than the
//! reservation keeps it. So no number of callers can overspend. A limit is not part of an account: changing it keeps
//! what was spent, and lowering it below the sum only stops new reservations. A window that nobody called in needs no
//! reset; it has no account.

use super::rate::Allowance;
use domain::budget::{BudgetFigures, BudgetLine, BudgetScope, Cap, Window};
use domain::denial::{Denial, LimitReached};
use domain::money::NanoUsd;
use domain::time::Timestamp;
use jiff::tz::TimeZone;

/// Windows of one kind that are kept: the one before the newest may return if the clock is set back.
const KEPT: usize = 2;

/// One scope's money and, for a key, its traffic.
#[derive(Debug, Default)]
pub(super) struct Account {
    periods: Vec<Period>,
    pub(super) allowance: Allowance,
    pub(super) in_flight: u32,
}

#[derive(Debug, Clone, Copy)]
struct Period {
    window: Window,
    start: Timestamp,
    resets_at: Option<Timestamp>,
    spent: NanoUsd,
    reserved: NanoUsd,
}

impl Period {
    fn holds(&self, now: Timestamp) -> bool {
        self.start <= now && self.resets_at.is_none_or(|end| now < end)
    }
}

impl Account {
    /// The figures of the window that holds `now`, under this limit.
    pub(super) fn figures(&self, scope: BudgetScope, cap: Cap, now: Timestamp, zone: &TimeZone) -> BudgetFigures {
        let period = self.periods.iter().find(|period| period.window == cap.window && period.holds(now)).copied();
        let period = period.unwrap_or_else(|| Period::new(cap.window, cap.window.start(now, zone), zone));
        let Period { window, resets_at, spent, reserved, .. } = period;
        BudgetFigures { scope, window, limit: cap.limit, spent, reserved, resets_at }
    }

    /// When the window that holds `now` began; remembered, since asking the calendar takes microseconds.
    pub(super) fn window_start(&mut self, window: Window, now: Timestamp, zone: &TimeZone) -> Timestamp {
        if let Some(period) = self.periods.iter().find(|period| period.window == window && period.holds(now)) {
            return period.start;
        }
        let start = window.start(now, zone);
        self.period(window, start, zone).start
    }

    pub(super) fn reserve(&mut self, line: BudgetLine, amount: NanoUsd, zone: &TimeZone) {
        let period = self.period(line.window, line.window_start, zone);
        period.reserved = period.reserved.plus(amount);
    }

    pub(super) fn give_back(&mut self, line: BudgetLine, amount: NanoUsd, zone: &TimeZone) {
        let period = self.period(line.window, line.window_start, zone);
        period.reserved = period.reserved.minus(amount);
    }

    pub(super) fn spend(&mut self, line: BudgetLine, cost: NanoUsd, zone: &TimeZone) {
        let period = self.period(line.window, line.window_start, zone);
        period.spent = period.spent.plus(cost);
    }

    fn period(&mut self, window: Window, start: Timestamp, zone: &TimeZone) -> &mut Period {
        let known = self.periods.iter().position(|period| period.window == window && period.start == start);
        let index = known.unwrap_or_else(|| {
            self.make_room(window);
            self.periods.push(Period::new(window, start, zone));
            self.periods.len() - 1
        });
        &mut self.periods[index]
    }

    fn make_room(&mut self, window: Window) {
        let mut starts: Vec<Timestamp> = self.periods.iter().filter(|p| p.window == window).map(|p| p.start).collect();
        starts.sort_unstable_by(|a, b| b.cmp(a));
        let Some(&oldest_kept) = starts.get(KEPT - 2) else { return };
        self.periods.retain(|p| p.window != window || p.start >= oldest_kept || p.reserved != NanoUsd::ZERO);
    }
}

impl Period {
    fn new(window: Window, start: Timestamp, zone: &TimeZone) -> Self {
        let resets_at = window.resets_at(start, zone);
        Self { window, start, resets_at, spent: NanoUsd::ZERO, reserved: NanoUsd::ZERO }
    }
}

/// What a call asks for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ask {
    pub(super) bound: NanoUsd,
    pub(super) prompt_bound: NanoUsd,
    pub(super) output_token_nano: NanoUsd,
    /// How long calls take at present, for the hint when to try again.
    pub(super) typical_call_ms: u64,
}

/// Whether the bound fits into every budget. If not, the most final reason counts, and among equals the one highest in
/// the hierarchy: there is no use in waiting for calls in flight while another budget is used up.
///
/// What costs nothing is never refused for money.
pub(super) fn decide(all: &[BudgetFigures], ask: Ask) -> Result<(), Denial> {
    if ask.bound <= NanoUsd::ZERO {
        return Ok(());
    }
    if let Some(figures) = all.iter().find(|figures| figures.spent >= figures.limit) {
        return Err(Denial::BudgetExhausted(reached(figures)));
    }
    // Would not fit even if every call in flight turned out to be free.
    let unspent = |figures: &BudgetFigures| figures.limit.minus(figures.spent);
    if let Some(figures) = all.iter().find(|figures| ask.bound > unspent(figures)) {
        let affordable = all.iter().map(unspent).min().unwrap_or_default();
        let largest_max_tokens = largest_output(affordable, ask);
        return Err(Denial::BudgetInsufficient { limit: reached(figures), largest_max_tokens });
    }
    match all.iter().find(|figures| ask.bound > figures.left()) {
        None => Ok(()),
        Some(figures) => Err(Denial::BudgetReserved {
            limit: reached(figures),
            retry_after_ms: ask.typical_call_ms.clamp(250, 30_000),
        }),
    }
}

/// The output that `affordable` still pays for once the prompt is paid.
fn largest_output(affordable: NanoUsd, ask: Ask) -> u64 {
    let for_output = affordable.minus(ask.prompt_bound).as_nano();
    for_output.checked_div(ask.output_token_nano.as_nano()).and_then(|tokens| u64::try_from(tokens).ok()).unwrap_or(0)
}

fn reached(figures: &BudgetFigures) -> LimitReached {
    let &BudgetFigures { scope, window, limit, spent, reserved, resets_at } = figures;
    LimitReached { scope, window, limit, spent, reserved, resets_at }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::KeyId;
    use proptest::prelude::*;

    fn usd(nano: i64) -> NanoUsd {
        NanoUsd::from_nano(nano)
    }
    fn scope() -> BudgetScope {
        BudgetScope::Key(KeyId::from_random(&[1; 12]))
    }
    fn figures(limit: i64, spent: i64, reserved: i64) -> BudgetFigures {
        BudgetFigures {
            scope: scope(),
            window: Window::Day,
            limit: usd(limit),
            spent: usd(spent),
            reserved: usd(reserved),
            resets_at: None,
        }
    }
    fn ask(bound: i64) -> Ask {
        Ask { bound: usd(bound), prompt_bound: usd(2), output_token_nano: usd(3), typical_call_ms: 4_000 }
    }
    fn code(all: &[BudgetFigures], ask: Ask) -> &'static str {
        decide(all, ask).map_or_else(|denial| denial.code(), |()| "fits")
    }

    #[test]
    fn each_way_of_not_fitting_has_its_own_denial() {
        for (limit, spent, reserved, bound, expected) in [
            (100, 0, 0, 100, "fits"),
            (100, 0, 0, 101, "budget_insufficient"),
            (100, 40, 60, 1, "budget_reserved"),
            (100, 40, 60, 60, "budget_reserved"),
            (100, 40, 60, 61, "budget_insufficient"),
            (100, 100, 0, 1, "budget_exhausted"),
            (100, 120, 0, 1, "budget_exhausted"),
            (0, 0, 0, 1, "budget_exhausted"),
            (100, 100, 0, 0, "fits"),
        ] {
            assert_eq!(
                code(&[figures(limit, spent, reserved)], ask(bound)),
                expected,
                "{limit} {spent} {reserved} {bound}"
            );
        }
    }

    #[test]
    fn the_most_final_reason_of_several_budgets_counts() {
        let (reserved, insufficient, exhausted) = (figures(100, 0, 100), figures(20, 0, 0), figures(10, 10, 0));
        assert_eq!(code(&[reserved, insufficient], ask(50)), "budget_insufficient");
        assert_eq!(code(&[reserved, insufficient, exhausted], ask(50)), "budget_exhausted");
    }

    #[test]
    fn the_largest_output_that_is_named_fits_and_one_token_more_does_not() {
        let left = figures(100, 40, 0);
        let Err(Denial::BudgetInsufficient { largest_max_tokens, .. }) = decide(&[left], ask(500)) else {
            panic!("fits")
        };
        let bound = |tokens: u64| ask(2 + 3 * tokens as i64);
        assert_eq!(code(&[left], bound(largest_max_tokens)), "fits");
        assert_eq!(code(&[left], bound(largest_max_tokens + 1)), "budget_insufficient");
        let free_output = Ask { output_token_nano: NanoUsd::ZERO, ..ask(500) };
        assert!(matches!(decide(&[left], free_output), Err(Denial::BudgetInsufficient { largest_max_tokens: 0, .. })));
    }

    #[test]
    fn a_window_that_returns_when_the_clock_is_set_back_still_knows_what_was_spent() {
        let (zone, mut account) = (TimeZone::UTC, Account::default());
        let today = Timestamp::from_ms(1_800_000_000_000);
        let line = |now: Timestamp, account: &mut Account| BudgetLine {
            scope: scope(),
            window: Window::Day,
            window_start: account.window_start(Window::Day, now, &zone),
        };
        let first = line(today, &mut account);
        account.spend(first, usd(7), &zone);
        line(today.plus_days(1), &mut account);
        let cap = Cap { window: Window::Day, limit: usd(10) };
        assert_eq!(account.figures(scope(), cap, today, &zone).spent, usd(7));
        for day in 2..50 {
            line(today.plus_days(day), &mut account);
        }
        assert!(account.periods.len() <= KEPT, "old windows are forgotten");
    }

    #[derive(Debug, Clone)]
    enum Step {
        Reserve(i64),
        Settle(prop::sample::Index, u8),
        Release(prop::sample::Index),
        HoursLater(i64),
        Limit(i64),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => (0i64..60).prop_map(Step::Reserve),
            3 => (any::<prop::sample::Index>(), 0u8..=100).prop_map(|(which, percent)| Step::Settle(which, percent)),
            1 => any::<prop::sample::Index>().prop_map(Step::Release),
            1 => (0i64..30).prop_map(Step::HoursLater),
            1 => (0i64..150).prop_map(Step::Limit),
        ]
    }

    proptest! {
        #[test]
        fn nothing_overspends_and_everything_reserved_comes_back(steps in prop::collection::vec(step(), 0..120)) {
            let zone = TimeZone::get("Europe/Berlin").unwrap();
            let windows = [Window::Day, Window::Month];
            let (mut account, mut open) = (Account::default(), Vec::<(Vec<BudgetLine>, NanoUsd)>::new());
            let (mut now, mut limit, mut spent) = (Timestamp::from_ms(1_761_400_000_000), 100, 0);
            let end = |account: &mut Account, (lines, amount): (Vec<BudgetLine>, NanoUsd), cost: NanoUsd| {
                for line in lines {
                    account.give_back(line, amount, &zone);
                    account.spend(line, cost, &zone);
                }
                cost.as_nano()
            };
            for step in steps {
                let before: Vec<_> = account.periods.iter().map(|p| (p.window, p.start, p.spent.plus(p.reserved))).collect();
                match step {
                    Step::Reserve(amount) => {
                        let lines: Vec<BudgetLine> = windows.iter().map(|&window| BudgetLine {
                            scope: scope(), window, window_start: account.window_start(window, now, &zone),
                        }).collect();
                        let all: Vec<_> = windows.iter()
                            .map(|&window| account.figures(scope(), Cap { window, limit: usd(limit) }, now, &zone)).collect();
                        if decide(&all, ask(amount)).is_ok() {
                            lines.iter().for_each(|&line| account.reserve(line, usd(amount), &zone));
                            open.push((lines, usd(amount)));
                            for window in windows {
                                let after = account.figures(scope(), Cap { window, limit: usd(limit) }, now, &zone);
                                prop_assert!(amount == 0 || after.spent.plus(after.reserved) <= after.limit);
                            }
                        }
                    }
                    Step::Settle(which, percent) if !open.is_empty() => {
                        let call = open.swap_remove(which.index(open.len()));
                        let cost = usd(call.1.as_nano() * i64::from(percent) / 100);
                        spent += end(&mut account, call, cost);
                        for (window, start, sum) in before {
                            let after = account.periods.iter().find(|p| p.window == window && p.start == start);
                            prop_assert!(after.is_none_or(|p| p.spent.plus(p.reserved) <= sum), "settling only lowers the sum");
                        }
                    }
                    Step::Release(which) if !open.is_empty() => {
                        end(&mut account, open.swap_remove(which.index(open.len())), NanoUsd::ZERO);
                    }
                    Step::HoursLater(hours) => now = now.plus_ms(hours * domain::time::MS_PER_HOUR),
                    Step::Limit(new) => limit = new,
                    Step::Settle(..) | Step::Release(_) => {}
                }
            }
            for call in open {
                end(&mut account, call, NanoUsd::ZERO);
            }
            prop_assert!(account.periods.iter().all(|period| period.reserved == NanoUsd::ZERO));
            let kept: i64 = account.periods.iter().filter(|p| p.window == Window::Month).map(|p| p.spent.as_nano()).sum();
            let months = account.periods.iter().filter(|p| p.window == Window::Month).count();
            prop_assert!(kept == spent || months == KEPT, "{kept} of {spent} in {months} months");
        }
    }
}
