//! Where amounts lie on the value axis: from zero, in steps of 1, 2 or 5, with three to five grid lines.

use domain::money::NanoUsd;

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Scale {
    step: i64,
    /// Steps from zero to the top.
    steps: i64,
}

impl Scale {
    /// Room for the highest bar, and for the cap where it does not flatten the bars to nothing.
    pub(super) fn for_amounts(highest: NanoUsd, cap: Option<NanoUsd>) -> Self {
        let bars = highest.as_nano().max(0);
        let cap = cap.map_or(0, NanoUsd::as_nano);
        let top = if bars == 0 || cap / 4 <= bars { bars.max(cap) } else { bars };
        if top == 0 {
            return Self { step: 500_000_000, steps: 2 };
        }
        let mut power = 1_i64;
        loop {
            for factor in [1, 2, 5] {
                let step = power.saturating_mul(factor);
                let steps = (top - 1) / step + 1;
                if steps <= 4 {
                    return Self { step, steps };
                }
            }
            power = power.saturating_mul(10);
        }
    }

    pub(super) fn holds(&self, amount: NanoUsd) -> bool {
        i128::from(amount.as_nano()) <= self.top()
    }

    pub(super) fn lines(&self) -> impl Iterator<Item = NanoUsd> + use<> {
        let step = self.step;
        (0..=self.steps).map(move |nth| NanoUsd::from_nano(step.saturating_mul(nth)))
    }

    /// The distance from the top of the plot, as a percentage.
    pub(super) fn below_top(&self, amount: NanoUsd) -> String {
        percentage(self.top() - i128::from(amount.as_nano()).clamp(0, self.top()), self.top())
    }

    pub(super) fn height(&self, amount: NanoUsd) -> String {
        percentage(i128::from(amount.as_nano()).clamp(0, self.top()), self.top())
    }

    fn top(&self) -> i128 {
        i128::from(self.step) * i128::from(self.steps)
    }
}

/// `part` of `whole` as a percentage of the width.
pub(super) fn share(part: usize, whole: usize) -> String {
    percentage(part as i128, whole as i128)
}

fn percentage(part: i128, whole: i128) -> String {
    let hundredths = (part * 10_000).checked_div(whole).unwrap_or(0);
    format!("{}.{:02}%", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn scale(highest: i64, cap: Option<i64>) -> Scale {
        Scale::for_amounts(NanoUsd::from_nano(highest), cap.map(NanoUsd::from_nano))
    }

    #[test]
    fn steps_are_round() {
        assert_eq!(scale(37, None), Scale { step: 10, steps: 4 });
        assert_eq!(scale(42, None), Scale { step: 20, steps: 3 });
        assert_eq!(scale(1_000, None), Scale { step: 500, steps: 2 });
        assert_eq!(scale(0, None), Scale { step: 500_000_000, steps: 2 });
    }

    #[test]
    fn a_cap_is_shown_unless_it_would_flatten_the_bars() {
        assert!(scale(20, Some(50)).holds(NanoUsd::from_nano(50)));
        assert!(!scale(20, Some(5_000)).holds(NanoUsd::from_nano(5_000)));
        assert!(scale(0, Some(5_000)).holds(NanoUsd::from_nano(5_000)));
    }

    #[test]
    fn places_are_percentages_from_the_top() {
        let scale = scale(40, None);
        assert_eq!(scale.below_top(NanoUsd::from_nano(10)), "75.00%");
        assert_eq!(scale.height(NanoUsd::from_nano(10)), "25.00%");
        assert_eq!(share(1, 3), "33.33%");
        assert_eq!(share(0, 0), "0.00%");
    }

    proptest! {
        #[test]
        fn every_amount_fits_below_the_top_line(highest in 0..=i64::MAX, cap in proptest::option::of(0..=i64::MAX)) {
            let scale = scale(highest, cap);
            prop_assert!(scale.holds(NanoUsd::from_nano(highest)));
            prop_assert!((2..=5).contains(&scale.lines().count()));
        }
    }
}
