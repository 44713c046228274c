//! What a key could do without, judged by thirty days of its use, and how that is taken back.
//!
//! Nothing is proposed that would have refused a call of those days, and nothing that is not narrower than what holds now.
//! What the guardrails fix and what was granted above them is left alone. Too little use says nothing: then there is no
//! proposal at all.

mod observed;
mod part;

pub use observed::{Observed, UsedHour};
pub use part::{Part, applied, parts};

use crate::access_profile::{ProfileTerms, QuotaTerm};
use crate::budget::Cap;
use crate::call_rule::CallRule;
use crate::effective_terms::{Explained, ExplainedTerms, NOWHERE, Origin};
use crate::id::PersonId;
use crate::limits::{Counted, Quota};
use crate::model::{Endpoint, ModelPattern};
use crate::money::NanoUsd;
use crate::time::Timestamp;
use crate::virtual_key::KeyTerms;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::net::IpAddr;

/// Days looked at; a younger key has not shown yet what it is for.
pub const DAYS: i64 = 30;
/// How long a narrowing can be taken back.
pub const UNDO_DAYS: i64 = 7;
/// Fewer calls than these say nothing of the next ones.
pub const FEWEST_CALLS: u64 = 50;
/// Longer lists are none that anybody keeps.
const MOST_MODELS: usize = 50;
const MOST_NETWORKS: usize = 8;
/// A call counts with its longest answer while it runs: room for a few of them stays, however little was used.
const LEAST_CAP: NanoUsd = NanoUsd::from_nano(5_000_000_000);
const LEAST_TOKENS: u64 = 200_000;
const LEAST_REQUESTS: u64 = 10;
const LEAST_AT_ONCE: u64 = 2;
const DOLLAR: i64 = 1_000_000_000;

/// Why nothing is proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unproposed {
    /// Until then.
    TooYoung {
        until: Timestamp,
    },
    TooLittleUse {
        calls: u64,
    },
}

/// What could be narrower than what holds now; empty if the key is as narrow as its use.
pub fn propose(
    created_at: Timestamp,
    now: Timestamp,
    terms: &ExplainedTerms,
    guardrails: &ProfileTerms,
    observed: &Observed,
) -> Result<Vec<Part>, Unproposed> {
    let until = created_at.plus_days(DAYS);
    if now < until {
        return Err(Unproposed::TooYoung { until });
    }
    if observed.calls < FEWEST_CALLS {
        return Err(Unproposed::TooLittleUse { calls: observed.calls });
    }
    let is_enforced = |rule| !guardrails.watched.has(rule);
    // Under a rule that is only watched a key may use what it could not be given.
    let lists = [
        models(&terms.models, &observed.models).filter(|_| is_enforced(CallRule::Models)).map(Part::Models),
        endpoints(&terms.endpoints.value, observed.endpoints.as_deref())
            .filter(|_| is_enforced(CallRule::Endpoints))
            .map(Part::Endpoints),
        networks(&terms.networks, observed.addresses.as_deref())
            .filter(|_| is_enforced(CallRule::Networks))
            .map(Part::Networks),
    ];
    let caps = terms.caps.iter().filter(|cap| !is_granted(cap)).map(|cap| cap.value);
    let caps = caps.filter(|cap| may_choose_cap(guardrails, cap)).filter_map(|cap| lower_cap(cap, observed));
    let quotas = terms.quotas.iter().filter(|quota| !is_granted(quota)).map(|quota| quota.value);
    let quotas = quotas.filter(|quota| may_choose_quota(guardrails, quota));
    let quotas = quotas.filter_map(|quota| lower_quota(quota, observed));
    let traffic = traffic(terms, guardrails, observed);
    Ok(lists.into_iter().flatten().chain(caps.map(Part::Cap)).chain(traffic).chain(quotas.map(Part::Quota)).collect())
}

const fn is_granted<T>(term: &Explained<T>) -> bool {
    matches!(term.origin, Origin::Grant { .. })
}

/// The models that were called, by their names. What was granted stays with its grant.
fn models(now: &[Explained<ModelPattern>], called: &[String]) -> Option<Vec<ModelPattern>> {
    let (granted, own): (Vec<_>, Vec<_>) = now.iter().partition(|one| is_granted(one));
    let mut used = Vec::new();
    for name in called {
        let name: ModelPattern = name.parse().ok()?;
        let by = |allowed: &[&Explained<ModelPattern>]| allowed.iter().any(|one| one.value.covers(&name));
        // What is allowed no more is refused already, whatever is proposed.
        if by(&own) && !by(&granted) && !used.contains(&name) {
            used.push(name);
        }
    }
    used.sort_unstable();
    let narrower = own.iter().any(|one| !used.contains(&one.value));
    (narrower && !used.is_empty() && used.len() <= MOST_MODELS).then_some(used)
}

/// The endpoints that were called. What counts tokens for another stays with it.
fn endpoints(now: &[Endpoint], called: Option<&[Endpoint]>) -> Option<Vec<Endpoint>> {
    let counted = |endpoint: Endpoint| endpoint.counts_for().unwrap_or(endpoint);
    let called = called?;
    let is_used = |&&endpoint: &&Endpoint| called.iter().any(|&one| counted(one) == counted(endpoint));
    let used: Vec<Endpoint> = now.iter().filter(is_used).copied().collect();
    (!used.is_empty() && used.len() < now.len()).then_some(used)
}

/// The neighbourhoods that calls came from: 256 addresses of the old kind, one subnet of the new.
fn networks(now: &[Explained<IpNet>], seen: Option<&[IpAddr]>) -> Option<Vec<IpNet>> {
    let mut used: Vec<IpNet> = Vec::new();
    for address in seen? {
        let address = address.to_canonical();
        let around: IpNet = match address {
            IpAddr::V4(address) => Ipv4Net::new(address, 24).ok()?.trunc().into(),
            IpAddr::V6(address) => Ipv6Net::new(address, 64).ok()?.trunc().into(),
        };
        let network = match now.iter().find(|network| network.value.contains(&address)) {
            Some(within) if around.contains(&within.value) => within.value,
            Some(_) => around,
            None if now.is_empty() => around,
            // A call from there is refused already.
            None => continue,
        };
        if !used.contains(&network) {
            used.push(network);
        }
    }
    used.sort_unstable();
    let narrower = now.is_empty() || now.iter().any(|network| !used.contains(&network.value));
    (narrower && !used.is_empty() && used.len() <= MOST_NETWORKS && !used.contains(&NOWHERE)).then_some(used)
}

fn may_choose_cap(guardrails: &ProfileTerms, cap: &Cap) -> bool {
    guardrails.caps.iter().filter(|term| term.window == cap.window).all(|term| term.amount.developers_may_change)
}

fn may_choose_quota(guardrails: &ProfileTerms, quota: &Quota) -> bool {
    let same = |term: &&QuotaTerm| (term.counted, term.window) == (quota.counted, quota.window);
    guardrails.quotas.iter().filter(same).all(|term| term.amount.developers_may_change)
}

/// Twice the most that was spent in such a window, in whole dollars.
fn lower_cap(cap: Cap, observed: &Observed) -> Option<Cap> {
    let most = observed.peak(cap.window)?.cost;
    let dollars = most.plus(most).as_nano().saturating_add(DOLLAR - 1) / DOLLAR;
    let limit = NanoUsd::from_nano(dollars.saturating_mul(DOLLAR)).max(LEAST_CAP);
    (limit < cap.limit).then_some(Cap { limit, ..cap })
}

fn lower_quota(quota: Quota, observed: &Observed) -> Option<Quota> {
    let peak = observed.peak(quota.window)?;
    let limit = match quota.counted {
        Counted::Requests => doubled(peak.calls, LEAST_REQUESTS),
        Counted::Tokens => doubled(peak.tokens, LEAST_TOKENS),
    };
    (limit < quota.limit).then_some(Quota { limit, ..quota })
}

/// What an hour had is more than what any minute of it had, and more than what ran at any one time in it.
fn traffic(terms: &ExplainedTerms, guardrails: &ProfileTerms, observed: &Observed) -> impl Iterator<Item = Part> {
    let busiest = observed.busiest_hour();
    let lower = |term: &Explained<u32>, may_change: bool, least: u64| {
        let most = u32::try_from(doubled(busiest.calls, least)).ok()?;
        (may_change && !is_granted(term) && most < term.value).then_some(most)
    };
    let requests =
        lower(&terms.requests_per_minute, guardrails.requests_per_minute.developers_may_change, LEAST_REQUESTS);
    let at_once = lower(&terms.concurrency, guardrails.concurrency.developers_may_change, LEAST_AT_ONCE);
    let fixed = guardrails.tokens_per_minute.is_some_and(|term| !term.developers_may_change);
    let most = doubled(busiest.tokens, LEAST_TOKENS);
    let tokens = terms.tokens_per_minute.value.filter(|&now| !fixed && most < now).map(|_| most);
    let tokens = tokens.filter(|_| !is_granted(&terms.tokens_per_minute));
    [requests.map(Part::RequestsPerMinute), at_once.map(Part::Concurrency), tokens.map(Part::TokensPerMinute)]
        .into_iter()
        .flatten()
}

/// Room for as much again.
fn doubled(most: u64, least: u64) -> u64 {
    most.saturating_mul(2).max(least)
}

/// A key's own terms before and after they were narrowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Narrowing {
    pub before: KeyTerms,
    pub after: KeyTerms,
    pub at: Timestamp,
    pub by: PersonId,
}

/// Whether a narrowing can be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undo {
    Possible {
        until: Timestamp,
    },
    /// What was there before is no answer to what is there now.
    ChangedSince,
}

/// `None`: the days for it are over.
pub fn undo(narrowing: &Narrowing, terms: &KeyTerms, now: Timestamp) -> Option<Undo> {
    let until = narrowing.at.plus_days(UNDO_DAYS);
    (now < until).then(|| if *terms == narrowing.after { Undo::Possible { until } } else { Undo::ChangedSince })
}

#[cfg(test)]
mod tests;
