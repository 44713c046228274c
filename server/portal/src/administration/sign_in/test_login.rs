//! What a test sign-in brought: the claims, and what each rule makes of them. For ten minutes, for its tester alone.

use crate::ports::IssuerFacts;
use crate::{Portal, PortalError};
use domain::claim_rules::{Asks, ClaimRule, Fit};
use domain::directory_claims::{GroupsTold, texts};
use domain::id::{RuleId, TeamId};
use domain::permission::Administrator;
use domain::time::{MS_PER_MINUTE, Timestamp};
use serde_json::{Map, Value};
use store::StoreError;

pub const TEST_LOGIN_MS: i64 = 10 * MS_PER_MINUTE;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownClaim {
    pub name: String,
    pub values: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestVerdict {
    Fits,
    DoesNot,
    /// Groups are asked for, and the provider did not send them.
    Undecided,
}

#[derive(Debug, Clone)]
pub struct TestedLogin {
    pub issuer: IssuerFacts,
    pub subject: String,
    pub at: Timestamp,
    /// Until when it is shown.
    pub until: Timestamp,
    pub claims: Vec<ShownClaim>,
    pub told: GroupsTold,
    pub groups: Vec<String>,
    /// Each rule that concerns this issuer, those of the configuration without an id.
    pub rules: Vec<(Option<RuleId>, ClaimRule, TestVerdict, Option<String>)>,
    pub teams: Vec<(TeamId, String)>,
}

impl TestedLogin {
    /// The groups that no rule of the portal or the configuration asks for by name.
    pub fn unmapped_groups(&self) -> Vec<&str> {
        let is_mapped = |group: &&String| {
            let fits = |rule: &ClaimRule| rule.asks == Asks::Groups && rule.passes(group);
            self.rules.iter().any(|(_, rule, ..)| fits(rule))
        };
        self.groups.iter().filter(|group| !is_mapped(group)).map(String::as_str).collect()
    }
}

impl Portal {
    /// The tester's last one, while it lasts.
    pub async fn tested_login(&self, administrator: Administrator<'_>) -> Result<Option<TestedLogin>, PortalError> {
        let Some(login) = self.store.test_login(administrator.caller().person).await? else { return Ok(None) };
        if self.clock.now().since(login.created_at) >= TEST_LOGIN_MS {
            return Ok(None);
        }
        let Some(issuer) = self.sign_in.issuers().into_iter().find(|issuer| issuer.id == login.issuer) else {
            return Ok(None);
        };
        let claims: Map<String, Value> =
            serde_json::from_str(&login.claims).map_err(|_| StoreError::Corrupt("test sign-in"))?;
        let Some(directory) = self.sign_in.directory(&issuer.id, &login.subject, &claims) else { return Ok(None) };
        let kept = self.store.claim_rules().await?;
        let fixed = issuer.fixed.iter().map(|rule| (None, rule));
        let all = fixed.chain(kept.iter().map(|kept| (Some(kept.id), &kept.rule)));
        let concerns = |rule: &ClaimRule| rule.issuer.as_ref().is_none_or(|named| *named == issuer.id);
        let rules = all.filter(|(_, rule)| concerns(rule)).map(|(id, rule)| {
            let (verdict, value) = match rule.fit(&directory) {
                Fit::Fits(value) => (TestVerdict::Fits, Some(value.to_owned())),
                Fit::DoesNot => (TestVerdict::DoesNot, None),
                Fit::Undecided => (TestVerdict::Undecided, None),
            };
            (id, rule.clone(), verdict, value)
        });
        let rules = rules.collect();
        Ok(Some(TestedLogin {
            subject: login.subject,
            at: login.created_at,
            until: login.created_at.plus_ms(TEST_LOGIN_MS),
            claims: shown(&claims),
            told: directory.told,
            groups: directory.groups.unwrap_or_default(),
            rules,
            teams: self.named_teams().await?,
            issuer,
        }))
    }
}

/// Objects are shown as the JSON that they are.
fn shown(claims: &Map<String, Value>) -> Vec<ShownClaim> {
    let claim = |(name, value): (&String, &Value)| ShownClaim {
        name: name.clone(),
        values: if value.is_object() { vec![value.to_string()] } else { texts(value) },
    };
    claims.iter().map(claim).collect()
}
