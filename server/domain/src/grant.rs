//! More than its guardrails and its own terms allow, given to one key: usually for a while, sometimes for good.
//!
//! A grant raises both the profile's maximum and the key's own value for that key, and nothing for anybody else. It only
//! ever raises: where there is no limit it sets none, and it takes nothing away. Whether one still counts is asked of the
//! clock; no job ends it. What the levels above the key set (organisation, team, person) is not touched.

use crate::access_profile::ProfileTerms;
use crate::access_request::Decider;
use crate::budget::Cap;
use crate::call_terms::CallTerms;
use crate::effective_terms::{Explained, ExplainedTerms, Origin, enforced, explain};
use crate::id::{GrantId, KeyId, RequestId};
use crate::limits::{Limits, Quota};
use crate::model::ModelPattern;
use crate::refusal::Amount;
use crate::time::Timestamp;
use crate::virtual_key::KeyTerms;
use serde::{Deserialize, Serialize};

/// What is asked for, and what is given. Kept as JSON: a new field gets a default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct More {
    pub limits: Limits,
    pub models: Vec<ModelPattern>,
}

impl More {
    /// Figures as limits. What is no limit of a key is left out.
    pub fn of(amounts: impl Iterator<Item = Amount>) -> Self {
        let mut limits = Limits::default();
        for amount in amounts {
            match amount {
                Amount::Money { amount, window } => limits.caps.push(Cap { window, limit: amount }),
                Amount::PerMinute(count) => limits.requests_per_minute = Some(count),
                Amount::TokensPerMinute(count) => limits.tokens_per_minute = Some(count),
                Amount::AtOnce(count) => limits.concurrency = Some(count),
                Amount::Quota { limit, counted, window } => limits.quotas.push(Quota { counted, window, limit }),
                Amount::Days(_) | Amount::Tokens(_) | Amount::Count(_) => {}
            }
        }
        Self { limits, models: Vec::new() }
    }

    pub const fn is_empty(&self) -> bool {
        self.limits.is_empty() && self.models.is_empty()
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    pub id: GrantId,
    pub key: KeyId,
    pub request: RequestId,
    pub more: More,
    /// `None`: for as long as the key lives.
    pub until: Option<Timestamp>,
    pub granted_by: Decider,
    pub granted_at: Timestamp,
}

impl Grant {
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|end| now < end)
    }
}

/// The terms with everything that these grants raise. Which of them still count is for the caller to say.
pub fn raised<'a>(mut terms: ExplainedTerms, grants: impl IntoIterator<Item = &'a Grant>) -> ExplainedTerms {
    for grant in grants {
        let origin = Origin::Grant { until: grant.until };
        let More { limits, models } = &grant.more;
        for cap in &mut terms.caps {
            let granted =
                limits.caps.iter().filter(|more| more.window == cap.value.window).map(|more| more.limit).max();
            if let Some(limit) = granted.filter(|&limit| limit > cap.value.limit) {
                *cap = Explained { value: Cap { limit, ..cap.value }, origin };
            }
        }
        for quota in &mut terms.quotas {
            let Quota { counted, window, limit } = quota.value;
            let same = limits.quotas.iter().filter(|more| (more.counted, more.window) == (counted, window));
            if let Some(limit) = same.map(|more| more.limit).max().filter(|&more| more > limit) {
                *quota = Explained { value: Quota { limit, ..quota.value }, origin };
            }
        }
        raise(&mut terms.requests_per_minute, limits.requests_per_minute, origin);
        raise(&mut terms.concurrency, limits.concurrency, origin);
        if let Some(most) = terms.tokens_per_minute.value
            && let Some(more) = limits.tokens_per_minute.filter(|&more| more > most)
        {
            terms.tokens_per_minute = Explained { value: Some(more), origin };
        }
        for model in models {
            add_model(&mut terms.models, model, origin);
        }
    }
    terms
}

fn raise(term: &mut Explained<u32>, more: Option<u32>, origin: Origin) {
    if let Some(value) = more.filter(|&more| more > term.value) {
        *term = Explained { value, origin };
    }
}

/// Nothing in the list covers another entry of it, before as after.
fn add_model(models: &mut Vec<Explained<ModelPattern>>, model: &ModelPattern, origin: Origin) {
    if models.iter().any(|one| one.value.covers(model)) {
        return;
    }
    models.retain(|one| !model.covers(&one.value));
    models.push(Explained { value: model.clone(), origin });
}

/// What a key may do from now on, as its grants end one by one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverTime {
    /// Each holds until its moment; in the order of time.
    pub before: Vec<(Timestamp, Holds)>,
    /// What holds when every grant has ended.
    pub last: Holds,
}

/// What holds for a key at some moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holds {
    pub terms: KeyTerms,
    /// What would hold if the profile enforced the rules that it only watches; `None` if it watches none.
    pub if_enforced: Option<Box<CallTerms>>,
}

pub fn over_time(profile: &ProfileTerms, key: &KeyTerms, grants: &[Grant], now: Timestamp) -> OverTime {
    let mut ends: Vec<Timestamp> = grants.iter().filter_map(|grant| grant.until).filter(|&end| end > now).collect();
    ends.sort_unstable();
    ends.dedup();
    let strict = (!profile.watched.is_empty()).then(|| enforced(profile));
    let terms_from = |moment| {
        let live = || grants.iter().filter(|grant| grant.is_live(moment));
        let under = |profile| KeyTerms::from(raised(explain(profile, key), live()));
        Holds { terms: under(profile), if_enforced: strict.as_ref().map(|strict| Box::new(under(strict).into())) }
    };
    let starts = std::iter::once(now).chain(ends.iter().copied());
    let before = starts.zip(&ends).map(|(start, &end)| (end, terms_from(start))).collect();
    OverTime { before, last: terms_from(ends.last().copied().unwrap_or(now)) }
}

#[cfg(test)]
mod tests;
