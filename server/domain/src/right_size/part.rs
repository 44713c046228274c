//! One term of a key, with its value.

use crate::budget::Cap;
use crate::limits::Quota;
use crate::model::{Endpoint, ModelPattern};
use crate::refusal::{cap_field, quota_field};
use crate::virtual_key::KeyTerms;
use ipnet::IpNet;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    Models(Vec<ModelPattern>),
    Endpoints(Vec<Endpoint>),
    /// An empty list means any network.
    Networks(Vec<IpNet>),
    Cap(Cap),
    RequestsPerMinute(u32),
    Concurrency(u32),
    TokensPerMinute(u64),
    Quota(Quota),
}

impl Part {
    /// As forms and refusals call it: no two terms of a key have the same.
    pub const fn field(&self) -> &'static str {
        match self {
            Self::Models(_) => "models",
            Self::Endpoints(_) => "endpoints",
            Self::Networks(_) => "networks",
            Self::Cap(cap) => cap_field(cap.window),
            Self::RequestsPerMinute(_) => "requests_per_minute",
            Self::Concurrency(_) => "concurrency",
            Self::TokensPerMinute(_) => "tokens_per_minute",
            Self::Quota(quota) => quota_field(quota.counted, quota.window),
        }
    }

    /// The same term as it stands in these; `None` if they have no such limit.
    pub fn of(&self, terms: &KeyTerms) -> Option<Self> {
        parts(terms).into_iter().find(|part| part.field() == self.field())
    }
}

/// Every term that can be narrowed to its use.
pub fn parts(terms: &KeyTerms) -> Vec<Part> {
    let mut parts = vec![
        Part::Models(terms.models.clone()),
        Part::Endpoints(terms.endpoints.clone()),
        Part::Networks(terms.networks.clone()),
    ];
    parts.extend(terms.caps.iter().copied().map(Part::Cap));
    parts.extend([Part::RequestsPerMinute(terms.requests_per_minute), Part::Concurrency(terms.concurrency)]);
    parts.extend(terms.tokens_per_minute.map(Part::TokensPerMinute));
    parts.extend(terms.quotas.iter().copied().map(Part::Quota));
    parts
}

/// A key's own terms with these, which never make one of them wider: what of a list is not in its own is left out, and of
/// two limits the lower holds.
#[must_use]
pub fn applied(terms: &KeyTerms, parts: &[Part]) -> KeyTerms {
    let mut narrowed = terms.clone();
    for part in parts {
        match part {
            Part::Models(models) => {
                let own = |model: &&ModelPattern| terms.models.iter().any(|one| one.covers(model));
                narrowed.models = models.iter().filter(own).cloned().collect();
            }
            Part::Endpoints(endpoints) => narrowed.endpoints.retain(|endpoint| endpoints.contains(endpoint)),
            Part::Networks(networks) => {
                let own = |network: &&IpNet| terms.networks.iter().any(|one| one.contains(*network));
                let own = |network: &&IpNet| terms.networks.is_empty() || own(network);
                let within: Vec<IpNet> = networks.iter().filter(own).copied().collect();
                // None at all would mean any.
                if !within.is_empty() {
                    narrowed.networks = within;
                }
            }
            Part::Cap(cap) => match narrowed.caps.iter_mut().find(|own| own.window == cap.window) {
                Some(own) => own.limit = own.limit.min(cap.limit),
                None => narrowed.caps.push(*cap),
            },
            Part::RequestsPerMinute(most) => narrowed.requests_per_minute = narrowed.requests_per_minute.min(*most),
            Part::Concurrency(most) => narrowed.concurrency = narrowed.concurrency.min(*most),
            Part::TokensPerMinute(most) => {
                narrowed.tokens_per_minute = Some(narrowed.tokens_per_minute.map_or(*most, |own| own.min(*most)));
            }
            Part::Quota(quota) => {
                let same = |own: &&mut Quota| (own.counted, own.window) == (quota.counted, quota.window);
                match narrowed.quotas.iter_mut().find(same) {
                    Some(own) => own.limit = own.limit.min(quota.limit),
                    None => narrowed.quotas.push(*quota),
                }
            }
        }
    }
    narrowed
}
