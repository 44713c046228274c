//! How people get in: the identity providers of the configuration, rules about their claims, and trying both out before
//! they count.
//!
//! Providers and their fixed rules stand in the configuration and are shown; rules of the portal are edited here. A
//! change counts from each person's next sign-in on. What it would mean is worked out first, from what directories said
//! last, and a change after which nobody could administer is refused.

mod preview;
mod rules;
mod test_login;

pub use preview::{PersonOutlook, RulePreview};
pub use rules::RuleEdit;
pub use test_login::{ShownClaim, TEST_LOGIN_MS, TestVerdict, TestedLogin};

use crate::ports::{IssuerFacts, IssuerState};
use crate::{Portal, PortalError};
use domain::claim_rules::ClaimRule;
use domain::directory_claims::GroupsTold;
use domain::id::{PersonId, RuleId, TeamId};
use domain::permission::Permission;
use domain::person::Caller;
use domain::time::Timestamp;
pub use store::KeptRule;

#[derive(Debug, Clone)]
pub struct SignInSetup {
    pub issuers: Vec<(IssuerFacts, IssuerState)>,
    pub rules: Vec<KeptRule>,
    /// All teams by name, for the names in rules and for choosing one.
    pub teams: Vec<(TeamId, String)>,
}

/// What a directory said about a person, and what rules made of it beside roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonDirectory {
    pub told: GroupsTold,
    pub given_groups: Vec<String>,
    pub cost_centre: Option<String>,
    /// Teams that a rule gave.
    pub teams_by_rule: Vec<TeamId>,
    pub seen_at: Timestamp,
}

impl Portal {
    pub async fn sign_in_setup(&self, caller: &Caller) -> Result<SignInSetup, PortalError> {
        super::demand(caller, Permission::SeeAdministration)?;
        let issuers = self.sign_in.issuers();
        let states = self.sign_in.states().await;
        Ok(SignInSetup {
            issuers: issuers.into_iter().zip(states).collect(),
            rules: self.store.claim_rules().await?,
            teams: self.named_teams().await?,
        })
    }

    pub async fn claim_rule(&self, caller: &Caller, rule: RuleId) -> Result<KeptRule, PortalError> {
        super::demand(caller, Permission::SeeAdministration)?;
        let rules = self.store.claim_rules().await?;
        rules.into_iter().find(|kept| kept.id == rule).ok_or(PortalError::NotFound)
    }

    /// What a rule's form offers: issuers by id and name, and teams.
    pub async fn rule_choices(&self, caller: &Caller) -> Result<RuleChoices, PortalError> {
        super::demand(caller, Permission::SeeAdministration)?;
        let issuers = self.sign_in.issuers().into_iter().map(|issuer| (issuer.id, issuer.name)).collect();
        Ok(RuleChoices { issuers, teams: self.named_teams().await? })
    }

    /// `None` before the first sign-in that was recorded.
    pub async fn person_directory(
        &self,
        caller: &Caller,
        person: PersonId,
    ) -> Result<Option<PersonDirectory>, PortalError> {
        super::demand(caller, Permission::SeeAdministration)?;
        let Some(record) = self.store.directory_record(person).await? else { return Ok(None) };
        let held = self.store.held_memberships(person).await?;
        Ok(Some(PersonDirectory {
            told: record.claims.told,
            given_groups: record.given_groups,
            cost_centre: record.cost_centre,
            teams_by_rule: held.iter().filter(|membership| membership.by_rule).map(|held| held.team).collect(),
            seen_at: record.seen_at,
        }))
    }

    async fn named_teams(&self) -> Result<Vec<(TeamId, String)>, PortalError> {
        Ok(self.store.teams().await?.into_iter().map(|team| (team.id, team.name)).collect())
    }

    /// The configuration's rules, which count first.
    fn fixed_rules(&self) -> Vec<ClaimRule> {
        self.sign_in.issuers().into_iter().flat_map(|issuer| issuer.fixed).collect()
    }
}

#[derive(Debug, Clone, Default)]
pub struct RuleChoices {
    pub issuers: Vec<(String, String)>,
    pub teams: Vec<(TeamId, String)>,
}
