//! Rules that approve requests by themselves: an administrator's standing yes to what fits every condition.
//!
//! A rule only ever says yes, and only to what it speaks of: a request that wants a limit on which the rule is silent
//! (tokens, calls at once, quotas) waits for a person. Money is compared as what the key could spend in a month, so that
//! a small cap a day does not hide a large one.

use crate::access_request::{AccessRequest, Wish};
use crate::budget::{Cap, Window};
use crate::grant::More;
use crate::id::{ApprovalRuleId, PersonId, ProfileId, TeamId};
use crate::model::ModelPattern;
use crate::money::NanoUsd;
use crate::plain_text::plain_text;
use crate::refusal::{Amount, Reason, Refusal};
use crate::time::{MS_PER_DAY, Timestamp};
use crate::virtual_key::ConsumerKind;
use serde::{Deserialize, Serialize};

const LONGEST_RULE_NAME: u32 = 64;
const LONGEST_RULE_DAYS: u32 = 366;

/// Which requests, and how much of them. An empty list of profiles, teams, consumers or environments is no condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conditions {
    #[serde(default)]
    pub profiles: Vec<ProfileId>,
    /// The owning team, or one of whoever asks.
    #[serde(default)]
    pub teams: Vec<TeamId>,
    #[serde(default)]
    pub consumers: Vec<ConsumerKind>,
    #[serde(default)]
    pub environments: Vec<String>,
    /// The most that the key may spend in a month afterwards.
    pub most_a_month: NanoUsd,
    pub most_requests_per_minute: u32,
    /// Models that may be asked for; an empty list is none.
    #[serde(default)]
    pub models: Vec<ModelPattern>,
    /// How long a grant may last.
    pub most_days: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessRule {
    pub id: ApprovalRuleId,
    pub name: String,
    pub conditions: Conditions,
    pub created_by: PersonId,
    pub created_at: Timestamp,
}

/// What a rule has to know beside the request itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleFacts<'a> {
    pub consumer: ConsumerKind,
    pub environment: &'a str,
    /// The owning team and those of whoever asks.
    pub teams: &'a [TeamId],
    /// What the key could spend and send afterwards.
    pub caps: &'a [Cap],
    pub requests_per_minute: u32,
}

/// Whether the rule says yes.
pub fn fits(rule: &Conditions, request: &AccessRequest, facts: &RuleFacts<'_>) -> bool {
    let More { limits, models } = request.wish.more();
    let later_end = matches!(request.wish, Wish::MoreFor { expires_at: Some(_), .. });
    let silent = limits.tokens_per_minute.is_some() || limits.concurrency.is_some() || !limits.quotas.is_empty();
    let nothing_more = request.wish.more().is_empty();
    // For good is longer than any number of days.
    let days = request.until.map(|until| until.since(request.asked_at));
    let short = nothing_more || days.is_some_and(|ms| ms <= i64::from(rule.most_days) * MS_PER_DAY);
    among(&rule.profiles, &request.profile)
        && (rule.teams.is_empty() || facts.teams.iter().any(|team| rule.teams.contains(team)))
        && among(&rule.consumers, &facts.consumer)
        && (rule.environments.is_empty() || rule.environments.iter().any(|one| one == facts.environment))
        && !later_end
        && !silent
        && short
        && most_in_a_month(facts.caps).is_some_and(|most| most <= rule.most_a_month)
        && facts.requests_per_minute <= rule.most_requests_per_minute
        && models.iter().all(|model| rule.models.iter().any(|allowed| allowed.covers(model)))
}

/// What a key with these caps can spend in a calendar month; the tightest of them decides. `None` without any cap.
pub fn most_in_a_month(caps: &[Cap]) -> Option<NanoUsd> {
    let in_a_month = |cap: &Cap| {
        let times = match cap.window {
            Window::Hour => 31 * 24 + 1,
            Window::Day => 31,
            // A month touches six calendar weeks at most.
            Window::Week => 6,
            Window::Month | Window::Quarter | Window::Total => 1,
        };
        NanoUsd::from_nano(cap.limit.as_nano().saturating_mul(times))
    };
    caps.iter().map(in_a_month).min()
}

fn among<T: PartialEq>(list: &[T], one: &T) -> bool {
    list.is_empty() || list.contains(one)
}

/// Every reason why such a rule cannot be kept.
pub fn check_rule(name: &str, conditions: &Conditions) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    if let Err(reason) = plain_text(name, LONGEST_RULE_NAME) {
        refusals.push(Refusal::new("name", reason));
    }
    if conditions.most_a_month <= NanoUsd::ZERO {
        let money = |amount| Amount::Money { amount, window: Window::Month };
        let (wanted, minimum) = (money(conditions.most_a_month), money(crate::minting::SMALLEST_CAP));
        refusals.push(Refusal::new("most_a_month", Reason::BelowMinimum { wanted, minimum }));
    }
    if conditions.most_requests_per_minute == 0 {
        let (wanted, minimum) = (Amount::PerMinute(0), Amount::PerMinute(1));
        refusals.push(Refusal::new("most_requests_per_minute", Reason::BelowMinimum { wanted, minimum }));
    }
    let days = conditions.most_days;
    if days == 0 {
        let (wanted, minimum) = (Amount::Days(0), Amount::Days(1));
        refusals.push(Refusal::new("most_days", Reason::BelowMinimum { wanted, minimum }));
    } else if days > LONGEST_RULE_DAYS {
        let (wanted, maximum) = (Amount::Days(days), Amount::Days(LONGEST_RULE_DAYS));
        refusals.push(Refusal::new("most_days", Reason::AboveMaximum { wanted, maximum }));
    }
    refusals
}

#[cfg(test)]
mod tests;
