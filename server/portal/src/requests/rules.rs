//! Standing answers: rules that approve by themselves what fits every one of their conditions.

use super::teams_of;
use crate::act::{By, Change, Subject, append, spend};
use crate::{FormId, Made, Portal, PortalError};
use domain::access_request::{AccessRequest, Decider, Wish};
use domain::access_rule::{AccessRule, Conditions, RuleFacts, check_rule, fits};
use domain::budget::Cap;
use domain::grant::{Grant, More, raised};
use domain::id::{ApprovalRuleId, GrantId, KeyId, ProfileId, TeamId};
use domain::permission::{Administrator, Permission};
use domain::person::Caller;
use domain::time::Timestamp;
use domain::virtual_key::{ConsumerKind, KeyTerms};
use serde_json::json;

/// A rule as the form holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRule {
    pub name: String,
    pub conditions: Conditions,
}

#[derive(Debug, Clone)]
pub struct RuleRow {
    pub rule: AccessRule,
    pub created_by_name: String,
    /// Of the requests of the last ninety days: how many it would have answered with yes.
    pub would_approve: usize,
    pub of_requests: usize,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApprovalRuleChoices {
    pub profiles: Vec<(ProfileId, String)>,
    pub teams: Vec<(TeamId, String)>,
    pub environments: Vec<String>,
}

const TRIED_ON_DAYS: i64 = 90;
/// Requests that a rule is tried on; the oldest ones count.
const MOST_TRIED: u32 = 1_000;

/// [`RuleFacts`] with everything its own.
struct OwnedFacts {
    consumer: ConsumerKind,
    environment: String,
    teams: Vec<TeamId>,
    caps: Vec<Cap>,
    requests_per_minute: u32,
}

impl OwnedFacts {
    fn borrowed(&self) -> RuleFacts<'_> {
        let Self { consumer, environment, teams, caps, requests_per_minute } = self;
        RuleFacts { consumer: *consumer, environment, teams, caps, requests_per_minute: *requests_per_minute }
    }
}

impl Portal {
    pub async fn approval_rules(&self, caller: &Caller) -> Result<Vec<RuleRow>, PortalError> {
        if !Permission::SeeRequests.allows(Some(caller)) {
            return Err(PortalError::Forbidden);
        }
        let rules = self.store.rules().await?;
        if rules.is_empty() {
            return Ok(Vec::new());
        }
        let since = self.clock.now().plus_days(-TRIED_ON_DAYS);
        let mut tried = Vec::new();
        for request in self.store.requests_since(since, MOST_TRIED).await? {
            if let Some(facts) = self.rule_facts(&request).await? {
                tried.push((request, facts));
            }
        }
        let people: Vec<_> = rules.iter().map(|rule| rule.created_by).collect();
        let names = self.names_for(caller, &people).await?;
        let row = |rule: AccessRule| RuleRow {
            created_by_name: names.get(&rule.created_by).cloned().unwrap_or_default(),
            would_approve: tried
                .iter()
                .filter(|(request, facts)| fits(&rule.conditions, request, &facts.borrowed()))
                .count(),
            of_requests: tried.len(),
            rule,
        };
        Ok(rules.into_iter().map(row).collect())
    }

    /// What conditions can speak of, by name.
    pub async fn approval_rule_choices(&self, caller: &Caller) -> Result<ApprovalRuleChoices, PortalError> {
        if !Permission::SeeRequests.allows(Some(caller)) {
            return Err(PortalError::Forbidden);
        }
        let profiles = self.store.profiles().await?.into_iter().map(|profile| (profile.id, profile.name));
        let teams = self.store.teams().await?.into_iter().map(|team| (team.id, team.name));
        let environments = self.store.environments().await?.into_iter().map(|environment| environment.name);
        let environments = environments.collect();
        Ok(ApprovalRuleChoices { profiles: profiles.collect(), teams: teams.collect(), environments })
    }

    pub async fn add_approval_rule(
        &self,
        administrator: Administrator<'_>,
        form: &FormId,
        new: NewRule,
    ) -> Result<ApprovalRuleId, PortalError> {
        let (caller, now) = (administrator.caller(), self.clock.now());
        let refusals = check_rule(&new.name, &new.conditions);
        let id = ApprovalRuleId::from_random(&self.id_bytes());
        let mut tx = self.store.begin().await?;
        spend(&mut tx, form, caller, now, Made::ApprovalRule(id)).await?;
        if !refusals.is_empty() {
            return Err(PortalError::Refused(refusals));
        }
        let name = new.name.trim().to_owned();
        let rule = AccessRule { id, name, conditions: new.conditions, created_by: caller.person, created_at: now };
        tx.insert_rule(&rule).await?;
        let text = id.to_string();
        let subject = Subject { kind: "approval_rule", id: &text, name: &rule.name };
        let after = Some(json!({ "conditions": rule.conditions }));
        append(
            &mut tx,
            By::Person(caller),
            now,
            Change { action: "approval_rule.added", subject, before: None, after },
        )
        .await?;
        tx.commit().await?;
        Ok(id)
    }

    /// What it approved stays approved.
    pub async fn remove_approval_rule(
        &self,
        administrator: Administrator<'_>,
        rule: ApprovalRuleId,
    ) -> Result<(), PortalError> {
        let (caller, now) = (administrator.caller(), self.clock.now());
        let rules = self.store.rules().await?;
        let Some(kept) = rules.into_iter().find(|kept| kept.id == rule) else { return Err(PortalError::NotFound) };
        let mut tx = self.store.begin().await?;
        tx.delete_rule(rule).await?;
        let text = rule.to_string();
        let subject = Subject { kind: "approval_rule", id: &text, name: &kept.name };
        let before = Some(json!({ "conditions": kept.conditions }));
        append(
            &mut tx,
            By::Person(caller),
            now,
            Change { action: "approval_rule.removed", subject, before, after: None },
        )
        .await?;
        Ok(tx.commit().await?)
    }

    /// The first rule that says yes.
    pub(super) async fn rule_for(&self, request: &AccessRequest) -> Result<Option<AccessRule>, PortalError> {
        let rules = self.store.rules().await?;
        if rules.is_empty() {
            return Ok(None);
        }
        let Some(facts) = self.rule_facts(request).await? else { return Ok(None) };
        Ok(rules.into_iter().find(|rule| fits(&rule.conditions, request, &facts.borrowed())))
    }

    /// `None` if the key is not there any more.
    async fn rule_facts(&self, request: &AccessRequest) -> Result<Option<OwnedFacts>, PortalError> {
        let teams = teams_of(request, &self.teams_of_person(request.asked_by).await?);
        Ok(match &request.wish {
            Wish::NewKey { wanted, .. } => Some(OwnedFacts {
                consumer: wanted.consumer,
                environment: wanted.environment.clone(),
                teams,
                caps: wanted.caps.clone(),
                requests_per_minute: wanted.requests_per_minute.unwrap_or(u32::MAX),
            }),
            Wish::MoreFor { key, more, .. } => {
                let Some(found) = self.store.key_with_secrets(*key).await? else { return Ok(None) };
                let profile = self.profile_of(&found.key).await?;
                let now = self.terms_now(&found.key, &profile).await?;
                let wished = as_if_granted(request, more.clone(), self.clock.now());
                let then = KeyTerms::from(raised(now, [&wished]));
                Some(OwnedFacts {
                    consumer: found.key.consumer,
                    environment: found.key.environment,
                    teams,
                    caps: then.caps,
                    requests_per_minute: then.requests_per_minute,
                })
            }
        })
    }
}

/// The wish as the grant that it would become, to see what the key could do then.
fn as_if_granted(request: &AccessRequest, more: More, now: Timestamp) -> Grant {
    Grant {
        id: GrantId::from_random(&[]),
        key: request.wish.key().unwrap_or_else(|| KeyId::from_random(&[])),
        request: request.id,
        more,
        until: request.until,
        granted_by: Decider::Person(request.asked_by),
        granted_at: now,
    }
}
