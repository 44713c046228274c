//! A budget as a bar and as a sentence that says the same: left, spent, reserved, and when it starts anew.
//!
//! Lengths are percentages of an SVG without viewBox, because the content security policy allows no inline style.

use crate::format::usd;
use domain::money::NanoUsd;
use leptos::prelude::*;

/// A window of money as one reading of the ledger shows it.
#[derive(Debug, Clone)]
pub struct Budget {
    /// Whose budget it is, where it is not the thing's own: `team Billing`.
    pub whose: Option<String>,
    /// `a month`, where the heading does not say it; else empty.
    pub window: &'static str,
    pub limit: NanoUsd,
    pub spent: NanoUsd,
    pub reserved: NanoUsd,
    /// Guaranteed to others, and not used by them yet.
    pub kept: NanoUsd,
    /// `1 Dec`; `None` for a budget that never starts anew.
    pub resets: Option<String>,
    /// Soft thresholds in per cent of the limit.
    pub thresholds: Vec<u8>,
}

impl Budget {
    pub fn left(&self) -> NanoUsd {
        self.limit.minus(self.spent).minus(self.reserved).minus(self.kept).max(NanoUsd::ZERO)
    }
}

/// In ten-thousandths of the bar's length.
#[derive(Debug, PartialEq, Eq)]
struct Lengths {
    spent: i128,
    reserved: i128,
    tone: &'static str,
}

const WHOLE: i128 = 10_000;
/// 4 of the bar's 160 pixels: what is reserved stays visible however little it is.
const LEAST_RESERVED: i128 = 250;

fn lengths(budget: &Budget) -> Lengths {
    let limit = i128::from(budget.limit.as_nano()).max(0);
    let (spent, reserved) = (i128::from(budget.spent.as_nano()).max(0), i128::from(budget.reserved.as_nano()).max(0));
    // Nothing is allowed: the bar is full, whatever was spent.
    let share = |part: i128| if limit == 0 { WHOLE } else { (part * WHOLE / limit).min(WHOLE) };
    let tone = match share(spent) {
        WHOLE.. => "bad",
        8_000.. => "warn",
        _ => "",
    };
    let held = if reserved == 0 { 0 } else { share(reserved).max(LEAST_RESERVED) };
    Lengths { spent: share(spent).min(WHOLE - held.min(WHOLE)), reserved: held.min(WHOLE), tone }
}

fn per_cent(length: i128) -> String {
    format!("{}.{:02}%", length / 100, length % 100)
}

#[component]
pub fn BudgetMeter(budget: Budget) -> impl IntoView {
    let Lengths { spent, reserved, tone } = lengths(&budget);
    let left = budget.left();
    let window = (!budget.window.is_empty()).then(|| format!(" {}", budget.window));
    let whose = budget.whose.map(|whose| format!(", {whose}"));
    let ticks = budget.thresholds.iter().map(|&at| {
        view! { <rect class="tick" x=format!("{}%", at.min(99)) width="1" height="100%"></rect> }
    });
    let kept = Some(budget.kept).filter(|&kept| kept > NanoUsd::ZERO);
    let held = (reserved > 0).then(|| {
        let (x, width) = (per_cent(spent), per_cent(reserved));
        view! {
            <rect class="part" x=x.clone() width=width.clone() height="100%"></rect>
            <rect x=x width=width height="100%" fill="url(#hatch)"></rect>
        }
    });
    view! {
        <div class="budget">
            <svg class=format!("meter {tone}") aria-hidden="true">
                <rect class="part" width=per_cent(spent) height="100%"></rect>
                {held}
                {ticks.collect_view()}
            </svg>
            <div>
                <b>{format!("{} left", usd(left))}</b>{format!(" of {}", usd(budget.limit))}{window}{whose}
                <span class="note">
                    <span>{format!("{} spent", usd(budget.spent))}</span>
                    " · "<span>{format!("{} reserved", usd(budget.reserved))}</span>
                    {kept.map(|kept| view! { " · "<span>{format!("{} kept for others", usd(kept))}</span> })}
                    {budget.resets.map(|day| view! { " · "<span>{format!("resets {day}")}</span> })}
                </span>
            </div>
        </div>
    }
}

/// Several budgets side by side under their names: the key's, the person's, the team's.
#[component]
pub fn Budgets(budgets: Vec<(String, Budget)>) -> impl IntoView {
    let meters =
        budgets.into_iter().map(|(name, budget)| view! { <li><h3>{name}</h3><BudgetMeter budget=budget/></li> });
    view! { <ul class="budgets">{meters.collect_view()}</ul> }
}

/// The pattern that meters and charts lay over a colour to say "not final". Once in every page.
#[component]
pub fn Hatch() -> impl IntoView {
    view! {
        <svg class="hatch" width="0" height="0" aria-hidden="true">
            <defs>
                <pattern id="hatch" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                    <path d="M1 0V4" stroke-width="2"></path>
                </pattern>
            </defs>
        </svg>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(limit: i64, spent: i64, reserved: i64) -> Lengths {
        let money = NanoUsd::from_nano;
        lengths(&Budget {
            whose: None,
            window: "",
            limit: money(limit),
            spent: money(spent),
            reserved: money(reserved),
            kept: NanoUsd::ZERO,
            resets: None,
            thresholds: vec![],
        })
    }

    #[test]
    fn the_bar_shows_what_is_spent_and_held() {
        assert_eq!(of(50, 10, 5), Lengths { spent: 2_000, reserved: 1_000, tone: "" });
        assert_eq!(of(50, 40, 0), Lengths { spent: 8_000, reserved: 0, tone: "warn" });
        assert_eq!(of(50, 50, 0), Lengths { spent: 10_000, reserved: 0, tone: "bad" });
    }

    #[test]
    fn a_little_that_is_held_stays_visible_and_inside_the_bar() {
        assert_eq!(of(1_000_000, 0, 1).reserved, LEAST_RESERVED);
        let full = of(100, 100, 1);
        assert_eq!((full.spent, full.reserved, full.tone), (WHOLE - LEAST_RESERVED, LEAST_RESERVED, "bad"));
    }

    #[test]
    fn odd_amounts_stay_drawable() {
        assert_eq!(of(0, 0, 0), Lengths { spent: 10_000, reserved: 0, tone: "bad" });
        assert_eq!(of(10, i64::MAX, i64::MAX), Lengths { spent: 0, reserved: 10_000, tone: "bad" });
        assert_eq!(of(10, -5, -5), Lengths { spent: 0, reserved: 0, tone: "" });
    }
}
