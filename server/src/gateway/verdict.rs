//! Whether a call fits: into every budget and every quota of every level that it belongs to. Pure.
//!
//! Always true of each budget: letting a call in keeps `spent + reserved + kept for others ≤ limit`, and ending it at no
//! more than it held keeps it. So no number of callers can overspend, or use up what is guaranteed to somebody else.

use domain::budget::{BudgetFigures, BudgetScope, Consumed};
use domain::denial::{Denial, LimitReached, QuotaReached};
use domain::limits::{Counted, Quota, QuotaUse};
use domain::money::NanoUsd;
use domain::time::{MS_PER_DAY, Timestamp};

/// What a call asks for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ask {
    pub(super) bound: NanoUsd,
    pub(super) prompt_bound: NanoUsd,
    pub(super) output_token_nano: NanoUsd,
    /// How long calls take at present, for the hint when to try again.
    pub(super) typical_call_ms: u64,
}

/// When to try again where a call in flight has to end first.
pub(super) fn when_one_has_ended(typical_call_ms: u64) -> u64 {
    typical_call_ms.clamp(250, 30_000)
}

/// Whether the bound fits into every budget. If not, the most final reason counts, and among equals the one highest in
/// the hierarchy: there is no use in waiting for calls in flight while another budget is used up.
///
/// What costs nothing is never refused for money.
pub(super) fn fits_budgets(mut all: impl Iterator<Item = BudgetFigures> + Clone, ask: Ask) -> Result<(), Denial> {
    let fits = |figures: BudgetFigures| figures.spent < figures.limit && ask.bound <= figures.left();
    // What is guaranteed to others comes back only as what they have spent.
    let unspent = |figures: &BudgetFigures| figures.limit.minus(figures.spent).minus(figures.kept_for_others);
    if ask.bound <= NanoUsd::ZERO || all.clone().all(fits) {
        return Ok(());
    }
    if let Some(figures) = all.clone().find(|figures| unspent(figures) <= NanoUsd::ZERO) {
        return Err(Denial::BudgetExhausted(reached(&figures)));
    }
    // Would not fit even if every call in flight turned out to be free.
    if let Some(figures) = all.clone().find(|figures| ask.bound > unspent(figures)) {
        let affordable = all.map(|figures| unspent(&figures)).min().unwrap_or_default();
        let largest_max_tokens = largest_output(affordable, ask);
        return Err(Denial::BudgetInsufficient { limit: reached(&figures), largest_max_tokens });
    }
    all.find(|figures| ask.bound > figures.left()).map_or(Ok(()), |figures| {
        let retry_after_ms = when_one_has_ended(ask.typical_call_ms);
        Err(Denial::BudgetReserved { limit: reached(&figures), retry_after_ms })
    })
}

/// Whether a running call that holds `held` may hold `more`.
pub(super) fn fits_more(
    mut all: impl Iterator<Item = BudgetFigures> + Clone,
    held: NanoUsd,
    more: NanoUsd,
    typical_call_ms: u64,
) -> Result<(), Denial> {
    let without_others =
        |figures: &BudgetFigures| figures.limit.minus(figures.spent).minus(figures.kept_for_others).minus(held);
    if let Some(figures) = all.clone().find(|figures| more > without_others(figures)) {
        return Err(Denial::BudgetExhausted(reached(&figures)));
    }
    all.find(|figures| more > figures.left()).map_or(Ok(()), |figures| {
        let retry_after_ms = when_one_has_ended(typical_call_ms);
        Err(Denial::BudgetReserved { limit: reached(&figures), retry_after_ms })
    })
}

/// The output that `affordable` still pays for once the prompt is paid.
fn largest_output(affordable: NanoUsd, ask: Ask) -> u64 {
    let for_output = affordable.minus(ask.prompt_bound).as_nano();
    for_output.checked_div(ask.output_token_nano.as_nano()).and_then(|tokens| u64::try_from(tokens).ok()).unwrap_or(0)
}

fn reached(figures: &BudgetFigures) -> LimitReached {
    let &BudgetFigures { scope, window, limit, spent, reserved, kept_for_others, resets_at } = figures;
    LimitReached { scope, window, limit, spent, reserved, kept_for_others, resets_at }
}

/// A quota as it stands in its window.
#[derive(Debug, Clone, Copy)]
pub(super) struct QuotaFigures {
    pub(super) scope: BudgetScope,
    pub(super) quota: Quota,
    pub(super) used: Consumed,
    pub(super) held: Consumed,
    pub(super) resets_at: Option<Timestamp>,
}

impl QuotaFigures {
    /// For people and clients.
    pub(super) const fn told(&self) -> QuotaUse {
        let &Self { scope, quota, used, held, resets_at } = self;
        QuotaUse { scope, quota, used: used.plus(held).counted(quota.counted), resets_at }
    }
}

/// Whether one more call, of so many expected tokens, is within the quota. Calls in flight count with what they are
/// expected to use.
pub(super) fn fits_quota(
    figures: &QuotaFigures,
    expected: Consumed,
    now: Timestamp,
    typical_call_ms: u64,
) -> Result<(), Denial> {
    let &QuotaFigures { scope, quota: Quota { counted, window, limit }, used, held, resets_at } = figures;
    // What no window could take is let in while the window is untouched: the estimate may be far above the truth.
    let wanted = match counted {
        Counted::Requests => 1,
        Counted::Tokens => expected.tokens.clamp(1, limit.max(1)),
    };
    let (used, held) = (used.counted(counted), held.counted(counted));
    if used.saturating_add(held).saturating_add(wanted) <= limit {
        return Ok(());
    }
    let retry_after_ms = if used.saturating_add(wanted) <= limit {
        when_one_has_ended(typical_call_ms)
    } else {
        resets_at.map_or(MS_PER_DAY, |end| end.since(now).max(0)).unsigned_abs()
    };
    let used = used.saturating_add(held);
    Err(Denial::QuotaExhausted(QuotaReached { scope, counted, window, limit, used, resets_at, retry_after_ms }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::budget::Window;
    use domain::id::KeyId;

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
            kept_for_others: usd(0),
            resets_at: None,
        }
    }
    fn ask(bound: i64) -> Ask {
        Ask { bound: usd(bound), prompt_bound: usd(2), output_token_nano: usd(3), typical_call_ms: 4_000 }
    }
    fn code(all: &[BudgetFigures], ask: Ask) -> &'static str {
        fits_budgets(all.iter().copied(), ask).map_or_else(|denial| denial.code(), |()| "fits")
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
    fn what_is_kept_for_others_is_not_there_for_anybody_else() {
        let kept = |limit, spent, reserved, kept| BudgetFigures {
            kept_for_others: usd(kept),
            ..figures(limit, spent, reserved)
        };
        for (budget, bound, expected) in [
            (kept(100, 10, 20, 30), 40, "fits"),
            (kept(100, 10, 20, 30), 41, "budget_reserved"),
            (kept(100, 10, 20, 30), 61, "budget_insufficient"),
            (kept(100, 10, 0, 90), 1, "budget_exhausted"),
            (kept(100, 10, 20, 300), 1, "budget_exhausted"),
            (kept(100, 10, 0, 90), 0, "fits"),
        ] {
            assert_eq!(code(&[budget], ask(bound)), expected, "{budget:?} {bound}");
        }
        let more = |held, more| fits_more([kept(100, 10, 20, 30)].into_iter(), usd(held), usd(more), 0).is_ok();
        assert!(more(20, 40) && !more(20, 41));
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
        let Err(Denial::BudgetInsufficient { largest_max_tokens, .. }) = fits_budgets([left].into_iter(), ask(500))
        else {
            panic!("fits")
        };
        let bound = |tokens: u64| ask(2 + 3 * tokens as i64);
        assert_eq!(code(&[left], bound(largest_max_tokens)), "fits");
        assert_eq!(code(&[left], bound(largest_max_tokens + 1)), "budget_insufficient");
        let free_output = Ask { output_token_nano: NanoUsd::ZERO, ..ask(500) };
        assert!(matches!(
            fits_budgets([left].into_iter(), free_output),
            Err(Denial::BudgetInsufficient { largest_max_tokens: 0, .. })
        ));
    }

    #[test]
    fn a_running_call_gets_more_only_from_what_nobody_else_holds() {
        let code = |spent, reserved, held, more| {
            let all = [figures(1_000, 0, 0), figures(100, spent, reserved)];
            fits_more(all.into_iter(), usd(held), usd(more), 0).map_or_else(|denial| denial.code(), |()| "fits")
        };
        assert_eq!(code(0, 50, 50, 50), "fits");
        assert_eq!(code(0, 50, 50, 51), "budget_exhausted");
        assert_eq!(code(0, 60, 50, 50), "budget_reserved");
        assert_eq!(code(10, 50, 50, 41), "budget_exhausted");
    }

    #[test]
    fn a_quota_counts_calls_in_flight_and_says_when_it_is_worth_trying_again() {
        let now = Timestamp::from_ms(1_000);
        let look = |counted, used: (u64, u64), held: (u64, u64), expected| {
            let consumed = |(requests, tokens)| Consumed { requests, tokens, ..Consumed::default() };
            let quota = Quota { counted, window: Window::Hour, limit: 10 };
            let resets_at = Some(Timestamp::from_ms(61_000));
            let (used, held) = (consumed(used), consumed(held));
            let all = QuotaFigures { scope: scope(), quota, used, held, resets_at };
            match fits_quota(&all, consumed((1, expected)), now, 4_000) {
                Ok(()) => None,
                Err(Denial::QuotaExhausted(reached)) => Some((reached.used, reached.retry_after_ms)),
                Err(other) => panic!("{other:?}"),
            }
        };
        use Counted::{Requests, Tokens};
        assert_eq!(look(Requests, (9, 0), (0, 0), 500), None);
        assert_eq!(look(Requests, (9, 0), (1, 0), 0), Some((10, 4_000)));
        assert_eq!(look(Requests, (10, 0), (0, 0), 0), Some((10, 60_000)));
        assert_eq!(look(Tokens, (99, 4), (0, 0), 6), None);
        assert_eq!(look(Tokens, (99, 4), (0, 0), 7), Some((4, 60_000)));
        assert_eq!(look(Tokens, (0, 0), (0, 4), 7), Some((4, 4_000)));
        assert_eq!(look(Tokens, (0, 0), (0, 0), 900), None, "an estimate above the whole quota");
        assert_eq!(look(Tokens, (0, 10), (0, 0), 0), Some((10, 60_000)));
    }
}
