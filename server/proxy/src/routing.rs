//! In which order a model's deployments are tried: lower priority first, among equals by weight.
//!
//! The choice is a function of its arguments; the random number comes from outside.

use crate::ports::{Directory, ProviderRecord};
use domain::model::{Deployment, Model, WireFormat};
use std::sync::Arc;

/// A place where this call can go.
pub(crate) struct Candidate {
    pub deployment: Deployment,
    pub provider: Arc<ProviderRecord>,
}

/// The deployments that speak the call's format and whose provider is in service, in the order to try them.
pub(crate) fn candidates(model: &Model, format: WireFormat, directory: &dyn Directory, random: u64) -> Vec<Candidate> {
    let usable = model.deployments.iter().filter_map(|deployment| {
        let provider = directory.provider(deployment.provider)?;
        let usable = provider.enabled && provider.format() == format;
        usable.then(|| Candidate { deployment: deployment.clone(), provider })
    });
    let mut left: Vec<Candidate> = usable.collect();
    left.sort_by_key(|candidate| candidate.deployment.priority);
    let mut ordered = Vec::with_capacity(left.len());
    let mut random = random;
    while !left.is_empty() {
        let priority = left[0].deployment.priority;
        let equals = left.iter().take_while(|candidate| candidate.deployment.priority == priority).count();
        let weights = left[..equals].iter().map(|candidate| candidate.deployment.weight);
        ordered.push(left.remove(pick(weights, random)));
        random = random.rotate_left(17).wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(1);
    }
    ordered
}

/// The index on which a random number falls; the first one if no weight is given.
fn pick(weights: impl Iterator<Item = u32> + Clone, random: u64) -> usize {
    let total: u64 = weights.clone().map(u64::from).sum();
    if total == 0 {
        return 0;
    }
    let mut point = random % total;
    for (index, weight) in weights.enumerate() {
        match point.checked_sub(u64::from(weight)) {
            Some(beyond) => point = beyond,
            None => return index,
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_share_the_calls() {
        let mut hits = [0u32; 4];
        for random in 0..1_000 {
            hits[pick([70, 0, 20, 10].into_iter(), random)] += 1;
        }
        assert_eq!(hits, [700, 0, 200, 100]);
        assert_eq!(pick([0, 0].into_iter(), 9), 0);
    }
}
