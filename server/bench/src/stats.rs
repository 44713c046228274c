//! Medians and percentiles: the same definition everywhere in the report.

use serde::Serialize;

/// Several rounds of one figure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    pub median: f64,
    pub min: f64,
    pub max: f64,
    pub rounds: usize,
}

impl Spread {
    /// `None` without a single round.
    pub fn of(rounds: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = rounds.into_iter().filter(|value| value.is_finite()).collect();
        values.sort_unstable_by(f64::total_cmp);
        let (&min, &max) = (values.first()?, values.last()?);
        let middle = values.len() / 2;
        let median =
            if values.len() % 2 == 1 { values[middle] } else { f64::midpoint(values[middle - 1], values[middle]) };
        Some(Self { median, min, max, rounds: values.len() })
    }

    /// The same rounds in another unit; `change` keeps their order.
    pub fn map(self, change: impl Fn(f64) -> f64) -> Self {
        Self { median: change(self.median), min: change(self.min), max: change(self.max), ..self }
    }
}

/// Figures of one kind, of which percentiles are asked.
#[derive(Debug, Clone, Default)]
pub struct Samples(Vec<u64>);

impl Samples {
    pub fn of(mut nanos: Vec<u64>) -> Self {
        nanos.sort_unstable();
        Self(nanos)
    }

    /// The smallest sample that at least `percent` of all do not exceed; nothing if there is none.
    pub fn percentile(&self, percent: f64) -> Option<f64> {
        let rank = (percent / 100.0 * self.0.len() as f64).ceil() as usize;
        self.0.get(rank.saturating_sub(1)).map(|&nanos| nanos as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_count_lies_between_the_middle_ones() {
        let spread = Spread::of([4.0, 1.0, 3.0, 2.0]).unwrap();
        assert_eq!((spread.median, spread.min, spread.max, spread.rounds), (2.5, 1.0, 4.0, 4));
        assert_eq!(Spread::of([f64::NAN]), None);
    }

    #[test]
    fn percentiles_are_samples_that_occurred() {
        let samples = Samples::of((1..=100).rev().collect());
        assert_eq!(samples.percentile(50.0), Some(50.0));
        assert_eq!(samples.percentile(99.0), Some(99.0));
        assert_eq!(samples.percentile(100.0), Some(100.0));
        assert_eq!(Samples::default().percentile(50.0), None);
    }
}
