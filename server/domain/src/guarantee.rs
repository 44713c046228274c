//! Guaranteed shares: what others below a level cannot use up of its budget, because it is kept for one of them.
//!
//! A guarantee is an amount of the budget that the level above has in the same window. Of it, what its level has neither
//! spent nor reserved yet ([`unmet`]) is kept from everybody else below that level above. So, as long as what is
//! guaranteed is no more than the budget, `spent + reserved + Σ unmet ≤ limit` holds after every call that is let in, and
//! whoever has a guarantee finds all of it there.
//!
//! Levels of different kinds cut across each other: a call may belong to a team and to a cost centre that both have a
//! guarantee. It then counts towards both, and more may be kept than would have to be, never less.

use crate::budget::{BudgetScope, Cap, Window};
use crate::id::{TeamId, UnitId};
use crate::limits::{Division, Limits, OverCommitment, cap_in};
use crate::minting::SMALLEST_CAP;
use crate::money::NanoUsd;
use crate::refusal::{Amount, Reason, Refusal, guarantee_field};

/// What is guaranteed to a level of the budget above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    pub scope: BudgetScope,
    pub window: Window,
    pub amount: NanoUsd,
}

/// What of a guarantee is kept for its level still; never negative.
pub fn unmet(guarantee: NanoUsd, spent_and_reserved: NanoUsd) -> NanoUsd {
    guarantee.minus(spent_and_reserved).max(NanoUsd::ZERO)
}

/// The level whose budget a level can have a share of; `None` for levels that have no share of anything: people and
/// guardrails are too many and cut across everything, and keys have terms of their own.
pub fn level_above(scope: BudgetScope, unit_of: impl FnOnce(TeamId) -> Option<UnitId>) -> Option<BudgetScope> {
    match scope {
        BudgetScope::Team(team) => Some(unit_of(team).map_or(BudgetScope::Organisation, BudgetScope::Unit)),
        BudgetScope::Unit(_) | BudgetScope::CostCentre(_) | BudgetScope::Application(_) => {
            Some(BudgetScope::Organisation)
        }
        BudgetScope::Organisation | BudgetScope::Person(_) | BudgetScope::Profile(_) | BudgetScope::Key(_) => None,
    }
}

/// What is wrong with guarantees whatever others have: twice the same window, too little to mean anything, or more than
/// the level itself may spend.
pub(crate) fn check_amounts(limits: &Limits) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    for (nth, &Cap { window, limit }) in limits.guarantees.iter().enumerate() {
        let mut refuse = |reason| refusals.push(Refusal::new(guarantee_field(window), reason));
        let money = |amount| Amount::Money { amount, window };
        if limits.guarantees[..nth].iter().any(|earlier| earlier.window == window) {
            refuse(Reason::Twice { value: window.word().to_owned() });
        }
        if limit < SMALLEST_CAP {
            refuse(Reason::BelowMinimum { wanted: money(limit), minimum: money(SMALLEST_CAP) });
        }
        if let Some(own) = cap_in(&limits.caps, window).filter(|&own| limit > own) {
            refuse(Reason::AboveMaximum { wanted: money(limit), maximum: money(own) });
        }
    }
    refusals
}

/// What is wrong with guarantees below a level that has these caps, where its other levels are guaranteed `others`.
///
/// What is guaranteed can be kept only while it adds up to no more than there is, so that more is refused here. A budget
/// that is lowered later, or a team that moves, is not refused: [`over_guaranteed`] shows what came of it.
pub fn check_shares(wanted: &[Cap], above: &[Cap], others: &[Share]) -> Vec<Refusal> {
    let refusal = |&Cap { window, limit: wanted }: &Cap| {
        let money = |amount| Amount::Money { amount, window };
        let reason = match cap_in(above, window) {
            None => Reason::NoBudgetAbove,
            Some(budget) => {
                let left = budget.minus(sum(others, window)).max(NanoUsd::ZERO);
                if wanted <= left {
                    return None;
                }
                Reason::AboveShare { wanted: money(wanted), left: money(left), of: money(budget) }
            }
        };
        Some(Refusal::new(guarantee_field(window), reason))
    };
    wanted.iter().filter_map(refusal).collect()
}

/// The windows in which more is guaranteed than the level has: not everybody finds their share then.
pub fn over_guaranteed(caps: &[Cap], shares: &[Share]) -> Vec<OverCommitment> {
    let over = |&Cap { window, limit }: &Cap| {
        let handed_out = sum(shares, window);
        (handed_out > limit).then_some(OverCommitment { among: Division::Guarantees, window, limit, handed_out })
    };
    caps.iter().filter_map(over).collect()
}

fn sum(shares: &[Share], window: Window) -> NanoUsd {
    shares.iter().filter(|share| share.window == window).map(|share| share.amount).fold(NanoUsd::ZERO, NanoUsd::plus)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{CostCentreId, PersonId};
    use crate::limits::check_limits;
    use proptest::prelude::*;

    fn usd(dollars: i64) -> NanoUsd {
        NanoUsd::from_dollars(dollars)
    }
    fn month(dollars: i64) -> Cap {
        Cap { window: Window::Month, limit: usd(dollars) }
    }
    fn team(number: u8) -> BudgetScope {
        BudgetScope::Team(TeamId::from_random(&[number; 12]))
    }
    fn share(number: u8, dollars: i64) -> Share {
        Share { scope: team(number), window: Window::Month, amount: usd(dollars) }
    }
    fn codes(refusals: &[Refusal]) -> Vec<(&'static str, &'static str)> {
        refusals.iter().map(|refusal| (refusal.field, refusal.code())).collect()
    }

    #[test]
    fn a_team_has_its_share_of_its_unit_and_the_others_of_the_organisation() {
        let unit = UnitId::from_random(&[1; 12]);
        let centre = BudgetScope::CostCentre(CostCentreId::from_random(&[1; 12]));
        assert_eq!(level_above(team(1), |_| Some(unit)), Some(BudgetScope::Unit(unit)));
        assert_eq!(level_above(team(1), |_| None), Some(BudgetScope::Organisation));
        for scope in [BudgetScope::Unit(unit), centre] {
            assert_eq!(level_above(scope, |_| None), Some(BudgetScope::Organisation));
        }
        for scope in [BudgetScope::Organisation, BudgetScope::Person(PersonId::from_random(&[1; 12]))] {
            assert_eq!(level_above(scope, |_| Some(unit)), None);
        }
    }

    #[test]
    fn an_amount_that_cannot_be_meant_is_refused_at_its_field() {
        let check = |caps: &[Cap], guarantees: &[Cap]| {
            let (caps, guarantees) = (caps.to_vec(), guarantees.to_vec());
            codes(&check_limits(&Limits { caps, guarantees, ..Limits::default() }))
        };
        let day = |dollars| Cap { window: Window::Day, limit: usd(dollars) };
        assert_eq!(check(&[month(50), day(1)], &[month(50)]), []);
        assert_eq!(check(&[month(50)], &[month(51), day(900)]), [("guarantee_month", "above_maximum")]);
        assert_eq!(check(&[], &[month(5), month(6)]), [("guarantee_month", "twice")]);
        assert_eq!(check(&[], &[day(0)]), [("guarantee_day", "below_minimum")]);
    }

    #[test]
    fn no_more_is_guaranteed_than_there_is_and_nothing_of_a_budget_that_is_not() {
        let others = [share(1, 40), share(2, 30), Share { window: Window::Day, ..share(3, 1_000) }];
        let check = |wanted, above: &[Cap]| codes(&check_shares(&[month(wanted)], above, &others));
        assert_eq!(check(30, &[month(100)]), []);
        assert_eq!(check(31, &[month(100)]), [("guarantee_month", "above_share")]);
        assert_eq!(check(1, &[month(60)]), [("guarantee_month", "above_share")]);
        assert_eq!(check(1, &[]), [("guarantee_month", "no_budget_above")]);
        let over = over_guaranteed(&[month(69)], &others);
        assert_eq!(over.iter().map(|over| (over.handed_out, over.limit)).collect::<Vec<_>>(), [(usd(70), usd(69))]);
        assert_eq!(over_guaranteed(&[month(70)], &others), []);
    }

    proptest! {
        /// The whole promise with plain numbers: three levels share a budget, the first two have guarantees, and some
        /// calls count towards both of them.
        #[test]
        fn whoever_has_a_guarantee_finds_it_there_and_no_budget_is_exceeded(
            guarantees in (0i64..60, 0i64..40),
            calls in prop::collection::vec((0usize..4, 1i64..50), 1..60),
        ) {
            let limit = 100;
            let guarantees = [guarantees.0, guarantees.1];
            let (mut taken, mut total) = ([0i64; 2], 0i64);
            let kept = |taken: &[i64; 2], except: &[usize]| -> i64 {
                let levels = (0..2).filter(|level| !except.contains(level));
                levels.map(|level| unmet(NanoUsd::from_nano(guarantees[level]), NanoUsd::from_nano(taken[level])).as_nano()).sum()
            };
            for (whose, amount) in calls {
                let path: &[usize] = [&[0][..], &[1], &[0, 1], &[]][whose];
                let fits = total + amount + kept(&taken, path) <= limit;
                let promised = path.iter().map(|&level| guarantees[level] - taken[level]).max().unwrap_or(0);
                prop_assert!(fits || amount > promised, "what is guaranteed and not used yet is always let in");
                if fits {
                    total += amount;
                    path.iter().for_each(|&level| taken[level] += amount);
                }
                prop_assert!(total + kept(&taken, &[]) <= limit);
            }
        }
    }
}
