//! In which order a model's deployments are tried: lower priority first, then those that speak the call's own format,
//! among equals by weight.
//!
//! The choice is a function of its arguments; the random number comes from outside.

use crate::crossing::chat_endpoint;
use crate::ports::{Directory, ProviderRecord};
use domain::model::{Deployment, Endpoint, Model, WireFormat};
use std::sync::Arc;

/// A place where this call can go.
pub(crate) struct Candidate {
    pub deployment: Deployment,
    pub provider: Arc<ProviderRecord>,
    /// What is called there. Another endpoint than the client's: the call has to be translated.
    pub endpoint: Endpoint,
}

/// What a call to this endpoint calls at a provider of this format; `None` if the model is not served so. Chats can
/// cross into another format, everything else stays in its own.
fn endpoint_at(model: &Model, endpoint: Endpoint, format: WireFormat) -> Option<Endpoint> {
    let listed = |wanted: Endpoint| {
        model.endpoints.contains(&wanted) || wanted.counts_for().is_some_and(|whole| model.endpoints.contains(&whole))
    };
    if endpoint.format() == format && listed(endpoint) {
        return Some(endpoint);
    }
    chat_endpoint(endpoint, format).filter(|chat| listed(*chat))
}

/// The deployments that can serve a call and whose provider is in service, in the order to try them.
pub(crate) fn candidates(model: &Model, endpoint: Endpoint, directory: &dyn Directory, random: u64) -> Vec<Candidate> {
    let usable = model.deployments.iter().filter_map(|deployment| {
        let provider = directory.provider(deployment.provider).filter(|provider| provider.enabled)?;
        let endpoint = endpoint_at(model, endpoint, provider.format())?;
        Some(Candidate { deployment: deployment.clone(), provider, endpoint })
    });
    let rank = |candidate: &Candidate| (candidate.deployment.priority, candidate.endpoint != endpoint);
    let mut left: Vec<Candidate> = usable.collect();
    if left.len() < 2 {
        return left;
    }
    left.sort_by_key(rank);
    let mut ordered = Vec::with_capacity(left.len());
    let mut random = random;
    while !left.is_empty() {
        let first = rank(&left[0]);
        let equals = left.iter().take_while(|candidate| rank(candidate) == first).count();
        let weights = left[..equals].iter().map(|candidate| candidate.deployment.weight);
        ordered.push(left.remove(pick(weights, random)));
        random = random.rotate_left(17).wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(1);
    }
    ordered
}

/// True if a deployment that can serve such a call is in service.
pub(crate) fn is_served(model: &Model, endpoint: Endpoint, directory: &dyn Directory) -> bool {
    model.deployments.iter().any(|deployment| {
        let provider = directory.provider(deployment.provider).filter(|provider| provider.enabled);
        provider.is_some_and(|provider| endpoint_at(model, endpoint, provider.format()).is_some())
    })
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
