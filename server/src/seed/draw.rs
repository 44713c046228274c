//! Numbers that look drawn and are always the same: SplitMix64, which is enough for scenery and nothing else.

pub(super) struct Draw(u64);

impl Draw {
    pub(super) const fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// From zero on; zero if there is nothing below.
    pub(super) const fn below(&mut self, end: u64) -> u64 {
        match self.next().checked_rem(end) {
            Some(number) => number,
            None => 0,
        }
    }

    pub(super) fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap_or(0)
    }

    /// Small ones more often than large ones: the lesser of two.
    pub(super) fn low_index(&mut self, length: usize) -> usize {
        self.index(length).min(self.index(length))
    }

    pub(super) const fn in_a_thousand(&mut self, times: u64) -> bool {
        self.below(1_000) < times
    }

    pub(super) fn one<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        all.get(self.index(all.len()))
    }

    /// Enough for an id of any kind.
    pub(super) fn bytes(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for part in bytes.chunks_mut(8) {
            part.copy_from_slice(&self.next().to_le_bytes()[..part.len()]);
        }
        bytes
    }
}

/// Draws indices in proportion to weights.
pub(super) struct Weighted {
    /// The sums of the weights up to each.
    sums: Vec<u64>,
}

impl Weighted {
    pub(super) fn of(weights: impl Iterator<Item = u64>) -> Self {
        let sums = weights.scan(0_u64, |sum, weight| {
            *sum = sum.saturating_add(weight);
            Some(*sum)
        });
        Self { sums: sums.collect() }
    }

    pub(super) fn draw(&self, draw: &mut Draw) -> usize {
        let point = draw.below(self.sums.last().copied().unwrap_or(0));
        self.sums.partition_point(|&sum| sum <= point)
    }
}

/// The weight of a rank, from zero, where the second is half as frequent as the first, and so on, a little flattened at
/// the top.
pub(super) const fn zipf(rank: usize) -> u64 {
    1_000_000_000 / (rank as u64 + 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_frequencies() {
        let (mut draw, weighted) = (Draw::seeded(3), Weighted::of([1, 0, 3].into_iter()));
        let mut times = [0; 3];
        for _ in 0..4_000 {
            times[weighted.draw(&mut draw)] += 1;
        }
        assert_eq!(times[1], 0);
        assert!((2_800..3_200).contains(&times[2]), "{times:?}");
    }
}
