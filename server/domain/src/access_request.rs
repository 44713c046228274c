//! A request for a key, or for more than a key has: who asks, who may answer, and where it stands.
//!
//! A request waits until it is answered or taken back. One that nobody answers for thirty days lapses: that is asked of
//! the clock, like everything that ends by itself. Nobody decides about their own request.

use crate::access_profile::Deciders;
use crate::grant::More;
use crate::id::{ApprovalRuleId, KeyId, PersonId, ProfileId, RequestId, TeamId};
use crate::limits::Limits;
use crate::minting::{GrantedTerms, MintRequest};
use crate::person::{Caller, Role};
use crate::refusal::{Amount, Reason, Refusal, cap_field, quota_field};
use crate::time::Timestamp;
use crate::virtual_key::Owner;
use serde::{Deserialize, Serialize};

/// Requests of one person that may wait at the same time.
pub const MOST_WAITING: u32 = 20;
/// Longest reason, of whoever asks and of whoever declines, in characters.
pub const LONGEST_REASON: u32 = 500;
/// How long a grant lasts that nobody gave another end.
pub const USUAL_DAYS: i64 = 30;
const LAPSES_AFTER_DAYS: i64 = 30;

/// What is asked for. Kept as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[expect(clippy::large_enum_variant, reason = "read from the database one by one, and moved a few times")]
pub enum Wish {
    NewKey {
        wanted: MintRequest,
        /// What of it goes above the guardrails' maxima.
        #[serde(default)]
        above: More,
    },
    MoreFor {
        key: KeyId,
        more: More,
        /// A later end of the key itself.
        #[serde(default)]
        expires_at: Option<Timestamp>,
    },
}

impl Wish {
    /// What is wanted above the maxima or above what the key has.
    pub const fn more(&self) -> &More {
        match self {
            Self::NewKey { above, .. } => above,
            Self::MoreFor { more, .. } => more,
        }
    }
    pub const fn key(&self) -> Option<KeyId> {
        match self {
            Self::NewKey { .. } => None,
            Self::MoreFor { key, .. } => Some(*key),
        }
    }

    /// Every figure that was asked for, above the maxima or within: what whoever decides can lower.
    pub fn figures(&self) -> More {
        match self {
            Self::NewKey { wanted, .. } => More {
                limits: Limits {
                    caps: wanted.caps.clone(),
                    requests_per_minute: wanted.requests_per_minute,
                    tokens_per_minute: wanted.tokens_per_minute,
                    concurrency: wanted.concurrency,
                    quotas: wanted.quotas.clone(),
                    guarantees: Vec::new(),
                },
                models: Vec::new(),
            },
            Self::MoreFor { more, .. } => more.clone(),
        }
    }
}

/// The wish with every figure said aloud, so that who decides sees what the key would have and not only what differs
/// from the defaults.
pub fn spelled_out(wanted: MintRequest, terms: &GrantedTerms) -> MintRequest {
    let above = &terms.more.limits;
    let mut caps = terms.terms.caps.clone();
    for cap in &mut caps {
        let more = above.caps.iter().find(|more| more.window == cap.window);
        cap.limit = more.map_or(cap.limit, |more| more.limit);
    }
    let mut quotas = terms.terms.quotas.clone();
    for quota in &mut quotas {
        let more = above.quotas.iter().find(|more| (more.counted, more.window) == (quota.counted, quota.window));
        quota.limit = more.map_or(quota.limit, |more| more.limit);
    }
    MintRequest {
        caps,
        quotas,
        requests_per_minute: above.requests_per_minute.or(Some(terms.terms.requests_per_minute)),
        concurrency: above.concurrency.or(Some(terms.terms.concurrency)),
        tokens_per_minute: above.tokens_per_minute.or(terms.terms.tokens_per_minute),
        lifetime_days: Some(terms.lifetime_days),
        ..wanted
    }
}

/// Who said yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decider {
    Person(PersonId),
    Rule(ApprovalRuleId),
}

/// What came of an approved request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Granted {
    pub key: KeyId,
    /// Less than was asked for, if whoever decided thought so.
    pub more: More,
    pub until: Option<Timestamp>,
    /// The end that the key was given.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestState {
    Waiting,
    Approved { at: Timestamp, by: Decider, granted: Granted },
    Declined { at: Timestamp, by: PersonId, reason: String },
    Withdrawn { at: Timestamp },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessRequest {
    pub id: RequestId,
    pub asked_by: PersonId,
    pub asked_at: Timestamp,
    /// Under which it is decided.
    pub profile: ProfileId,
    /// Whose key it is or will be.
    pub owner: Owner,
    pub wish: Wish,
    /// Until when what goes above the maxima is wanted; `None` for good.
    pub until: Option<Timestamp>,
    pub reason: String,
    /// As the profile said when it was asked.
    pub deciders: Deciders,
    pub promised_at: Timestamp,
    pub state: RequestState,
}

/// Where a request stands at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    Waiting,
    /// The promised time is over.
    Overdue,
    Approved,
    Declined,
    Withdrawn,
    /// Nobody answered in time, or what was wanted would have ended by now.
    Lapsed,
}

impl Standing {
    /// True as long as it can be decided or taken back.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Overdue)
    }
}

impl AccessRequest {
    /// When it lapses if nobody answers.
    pub fn lapses_at(&self) -> Timestamp {
        let month = self.asked_at.plus_days(LAPSES_AFTER_DAYS);
        self.until.map_or(month, |until| until.min(month))
    }

    pub fn standing(&self, now: Timestamp) -> Standing {
        match self.state {
            RequestState::Approved { .. } => Standing::Approved,
            RequestState::Declined { .. } => Standing::Declined,
            RequestState::Withdrawn { .. } => Standing::Withdrawn,
            RequestState::Waiting if now >= self.lapses_at() => Standing::Lapsed,
            RequestState::Waiting if now >= self.promised_at => Standing::Overdue,
            RequestState::Waiting => Standing::Waiting,
        }
    }

    /// Whether this person decides about it. `teams` are those of whoever asks.
    pub fn is_decided_by(&self, caller: &Caller, teams: &[TeamId]) -> bool {
        if caller.person == self.asked_by {
            return false;
        }
        let leads = match self.owner {
            Owner::Team(team) => caller.leads(team),
            Owner::Person(_) => false,
        } || teams.iter().any(|&team| caller.leads(team));
        caller.has(Role::Administrator) || (leads && self.deciders == Deciders::LeadsAndAdministrators)
    }
}

/// Why this cannot be given, field by field: whoever decides may give less than was asked for, and not more.
pub fn check_less(asked: &More, given: &More) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    let mut at_most = |field, wanted: Amount, maximum: Option<Amount>| {
        refusals.push(Refusal::new(
            field,
            maximum.map_or(Reason::UnknownChoice, |maximum| Reason::AboveMaximum { wanted, maximum }),
        ));
    };
    let (Limits { caps, quotas, .. }, limits) = (&asked.limits, &given.limits);
    for cap in &limits.caps {
        let same = caps.iter().find(|asked| asked.window == cap.window).map(|asked| asked.limit);
        if same.is_none_or(|same| cap.limit > same) {
            let money = |amount| Amount::Money { amount, window: cap.window };
            at_most(cap_field(cap.window), money(cap.limit), same.map(money));
        }
    }
    for quota in &limits.quotas {
        let same = quotas.iter().find(|asked| (asked.counted, asked.window) == (quota.counted, quota.window));
        let same = same.map(|asked| asked.limit);
        if same.is_none_or(|same| quota.limit > same) {
            let figure = |limit| Amount::Quota { limit, counted: quota.counted, window: quota.window };
            at_most(quota_field(quota.counted, quota.window), figure(quota.limit), same.map(figure));
        }
    }
    let mut figure = |field, given: Option<u64>, asked: Option<u64>, amount: fn(u64) -> Amount| {
        if let Some(given) = given
            && asked.is_none_or(|asked| given > asked)
        {
            at_most(field, amount(given), asked.map(amount));
        }
    };
    let wide = |figure: Option<u32>| figure.map(u64::from);
    figure(
        "requests_per_minute",
        wide(limits.requests_per_minute),
        wide(asked.limits.requests_per_minute),
        Amount::Count,
    );
    figure("concurrency", wide(limits.concurrency), wide(asked.limits.concurrency), Amount::Count);
    figure("tokens_per_minute", limits.tokens_per_minute, asked.limits.tokens_per_minute, Amount::TokensPerMinute);
    if given.models.iter().any(|model| !asked.models.contains(model)) {
        refusals.push(Refusal::new("models", Reason::UnknownChoice));
    }
    refusals
}

#[cfg(test)]
mod tests;
