//! Which calls a key may make: the questions that the gateway asks of each, and which watched rules a call breaks.
//!
//! The same functions enforce and watch. A key under a profile that watches nothing has no [`CallTerms`], and its calls
//! are asked nothing twice.

use crate::access_profile::ProfileTerms;
use crate::call_rule::{CallRule, RuleSet};
use crate::model::{Endpoint, ModelPattern};
use crate::parameter_rules::Asked;
use crate::virtual_key::KeyTerms;
use ipnet::IpNet;
use std::net::IpAddr;

/// An empty list is any network.
pub fn may_come_from(networks: &[IpNet], address: IpAddr) -> bool {
    networks.is_empty() || networks.iter().any(|network| network.contains(&address))
}

/// Counting tokens is free and belongs to what it counts for.
pub fn may_use_endpoint(endpoints: &[Endpoint], endpoint: Endpoint) -> bool {
    let allowed = |wanted| endpoints.contains(&wanted);
    allowed(endpoint) || endpoint.counts_for().is_some_and(allowed)
}

/// An empty list is no model.
pub fn may_use_model(models: &[ModelPattern], name: &str) -> bool {
    models.iter().any(|pattern| pattern.matches(name))
}

/// What a key might do if its profile enforced every rule, as far as rules can be watched.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CallTerms {
    pub models: Vec<ModelPattern>,
    pub endpoints: Vec<Endpoint>,
    pub networks: Vec<IpNet>,
    pub max_output_tokens: Option<u64>,
}

impl From<KeyTerms> for CallTerms {
    fn from(terms: KeyTerms) -> Self {
        let KeyTerms { models, endpoints, networks, max_output_tokens, .. } = terms;
        Self { models, endpoints, networks, max_output_tokens }
    }
}

/// A call as far as these rules look at it.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    pub from: IpAddr,
    pub endpoint: Endpoint,
    /// `None` where no model is called: a stored response is read.
    pub model: Option<&'a str>,
    pub asked: Option<&'a Asked>,
}

/// The watched rules of the profile that would have refused the call.
pub fn watched_rules_broken(profile: &ProfileTerms, enforced: &CallTerms, call: Call<'_>) -> RuleSet {
    let CallTerms { models, endpoints, networks, max_output_tokens } = enforced;
    let lists = [
        (CallRule::Networks, !may_come_from(networks, call.from)),
        (CallRule::Endpoints, !may_use_endpoint(endpoints, call.endpoint)),
        (CallRule::Models, call.model.is_some_and(|name| !may_use_model(models, name))),
    ];
    let lists = lists.into_iter().filter(|(_, broken)| *broken).map(|(rule, _)| rule);
    let asked = call.asked.into_iter();
    let parameters = asked.flat_map(|asked| profile.parameters.breaches(asked, *max_output_tokens));
    lists.chain(parameters.map(CallRule::of_breach)).collect::<RuleSet>().and(profile.watched)
}

#[cfg(test)]
mod tests;
