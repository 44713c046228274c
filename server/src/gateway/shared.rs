//! Values that are equal for many keys, each held once: most keys of an installation have the very same terms, and what a
//! call reads of them is then nearer than memory.
//!
//! Always true: what is handed out equals what was brought. Nobody may count on getting the same one twice: values that
//! nobody holds any more are let go whenever there are twice as many as were held the last time.

use foldhash::HashSet;
use std::hash::Hash;
use std::sync::Arc;

/// As many are kept before any is looked at.
const FEW: usize = 64;

pub(crate) struct Shared<T> {
    all: HashSet<Arc<T>>,
    /// How many there are when it is time to let go of some.
    full: usize,
}

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self { all: HashSet::default(), full: FEW }
    }
}

impl<T: Eq + Hash> Shared<T> {
    /// The one that equals this.
    pub(crate) fn one(&mut self, value: T) -> Arc<T> {
        if let Some(known) = self.all.get(&value) {
            return known.clone();
        }
        if self.all.len() >= self.full {
            self.all.retain(|one| Arc::strong_count(one) > 1);
            self.all.shrink_to_fit();
            self.full = FEW.max(self.all.len() * 2);
        }
        let value = Arc::new(value);
        self.all.insert(value.clone());
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_are_one_and_those_that_nobody_holds_are_let_go() {
        let mut shared = Shared::default();
        let held: Vec<Arc<usize>> = (0..FEW).map(|value| shared.one(value)).collect();
        assert!(held.iter().all(|one| Arc::ptr_eq(one, &shared.one(**one))));
        for passing in FEW..100 * FEW {
            assert_eq!(*shared.one(passing), passing);
        }
        assert!(shared.all.len() <= 2 * FEW + 1, "{} are kept", shared.all.len());
        assert!(held.iter().all(|one| Arc::ptr_eq(one, &shared.one(**one))));
    }
}
