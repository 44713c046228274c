//! A row's course in the space of a word: what was spent from day to day, without axis or figures, which stand beside it.
//!
//! Whoever does not see it reads where the highest day was. Heights are of each row's own highest day: rows are compared
//! by their figures, courses by their shape.

use domain::money::NanoUsd;
use leptos::prelude::*;
use std::fmt::Write as _;

const WIDTH: i128 = 96;
const HEIGHT: i128 = 20;

/// The line through the amounts, as an SVG path; nothing for fewer than two, or where nothing was spent.
fn path(amounts: &[NanoUsd]) -> Option<String> {
    let nano = |amount: &NanoUsd| i128::from(amount.as_nano()).max(0);
    let highest = amounts.iter().map(nano).max().filter(|highest| *highest > 0)?;
    let last = i128::try_from(amounts.len().checked_sub(1).filter(|last| *last > 0)?).ok()?;
    let mut path = String::new();
    for (at, amount) in (0_i128..).zip(amounts) {
        let (x, y) = (at * WIDTH / last, HEIGHT - nano(amount) * HEIGHT / highest);
        let _ = write!(path, "{}{x} {y}", if at == 0 { "M" } else { "L" });
    }
    Some(path)
}

/// `said`: in words.
#[component]
pub fn Sparkline(amounts: Vec<NanoUsd>, #[prop(into)] said: String) -> impl IntoView {
    path(&amounts).map(|path| {
        view! {
            <svg class="spark" viewBox="-1 -1 98 22" width="96" height="20" preserveAspectRatio="none" role="img" aria-label=said>
                <path d=path></path>
            </svg>
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(amounts: &[i64]) -> Option<String> {
        path(&amounts.iter().map(|&nano| NanoUsd::from_nano(nano)).collect::<Vec<_>>())
    }

    #[test]
    fn the_line_goes_from_the_first_day_to_the_last_under_its_own_highest() {
        assert_eq!(of(&[0, 5, 10]).as_deref(), Some("M0 20L48 10L96 0"));
        assert_eq!(of(&[3, 3]).as_deref(), Some("M0 0L96 0"));
        assert_eq!(of(&[-5, i64::MAX]).as_deref(), Some("M0 20L96 0"), "odd amounts stay drawable");
    }

    #[test]
    fn where_there_is_no_course_there_is_no_line() {
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[7]), None);
        assert_eq!(of(&[0, 0, 0]), None);
    }
}
