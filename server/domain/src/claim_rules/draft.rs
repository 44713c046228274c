//! A rule as somebody typed it, and every reason why it is none yet.

use super::{Asks, ClaimRule, Gives, Test};
use crate::directory_claims::is_askable;
use crate::id::TeamId;
use crate::person::Role;
use crate::plain_text::plain_text;
use crate::refusal::{Reason, Refusal};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AskedOf {
    Groups,
    /// Entra's app roles: the claim `roles`.
    AppRoles,
    Claim,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TestKind {
    Equals,
    OneOf,
    Prefix,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GivenKind {
    Developer,
    Auditor,
    Administrator,
    Member,
    Lead,
    CostCentre,
    Group,
}

/// Everything as typed; what the chosen kinds do not need is ignored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleDraft {
    /// Empty is any.
    pub issuer: String,
    pub asks: AskedOf,
    pub claim: String,
    pub test: TestKind,
    /// For one of several: one a line.
    pub value: String,
    pub gives: GivenKind,
    pub team: Option<TeamId>,
    /// The cost centre or the group.
    pub given: String,
}

const APP_ROLES: &str = "roles";
const LONGEST: u32 = 256;
const MOST_VALUES: usize = 100;

impl RuleDraft {
    /// A new rule begins with a group.
    pub fn empty() -> Self {
        Self {
            issuer: String::new(),
            asks: AskedOf::Groups,
            claim: String::new(),
            test: TestKind::Equals,
            value: String::new(),
            gives: GivenKind::Developer,
            team: None,
            given: String::new(),
        }
    }

    /// `issuers` and `teams` are those that exist.
    pub fn read(&self, issuers: &[String], teams: &[TeamId]) -> Result<ClaimRule, Vec<Refusal>> {
        let mut refusals = Vec::new();
        let mut keep = |field: &'static str, reason: Reason| refusals.push(Refusal::new(field, reason));
        let issuer = Some(self.issuer.clone()).filter(|issuer| !issuer.is_empty());
        if issuer.as_ref().is_some_and(|issuer| !issuers.contains(issuer)) {
            keep("issuer", Reason::UnknownChoice);
        }
        let asks = match self.asks {
            AskedOf::Groups => Some(Asks::Groups),
            AskedOf::AppRoles => Some(Asks::Claim(APP_ROLES.to_owned())),
            AskedOf::Claim => match plain_text(&self.claim, LONGEST) {
                Ok(claim) if is_askable(&claim) => Some(Asks::Claim(claim)),
                Ok(claim) => {
                    keep("claim", Reason::ClaimNotAskable { claim });
                    None
                }
                Err(reason) => {
                    keep("claim", reason);
                    None
                }
            },
        };
        let test = self.read_test().map_err(|reason| keep("value", reason)).ok();
        let gives = self.read_given(teams).map_err(|(field, reason)| keep(field, reason)).ok();
        match (asks, test, gives) {
            (Some(asks), Some(test), Some(gives)) if refusals.is_empty() => Ok(ClaimRule { issuer, asks, test, gives }),
            _ => Err(refusals),
        }
    }

    fn read_test(&self) -> Result<Test, Reason> {
        let one = || plain_text(&self.value, LONGEST);
        match self.test {
            TestKind::Equals => one().map(Test::Equals),
            TestKind::Prefix => one().map(Test::Prefix),
            TestKind::OneOf => {
                let lines = self.value.lines().map(str::trim).filter(|line| !line.is_empty());
                let values: Vec<String> = lines.map(|line| plain_text(line, LONGEST)).collect::<Result<_, _>>()?;
                match values.len() {
                    0 => Err(Reason::Missing),
                    1..=MOST_VALUES => Ok(Test::OneOf(values)),
                    _ => Err(Reason::TooMany { at_most: MOST_VALUES as u32 }),
                }
            }
        }
    }

    fn read_given(&self, teams: &[TeamId]) -> Result<Gives, (&'static str, Reason)> {
        let team = |lead| {
            let team = self.team.ok_or(("team", Reason::Missing))?;
            if teams.contains(&team) { Ok(Gives::Team { team, lead }) } else { Err(("team", Reason::UnknownChoice)) }
        };
        let given = || plain_text(&self.given, LONGEST).map_err(|reason| ("given", reason));
        match self.gives {
            GivenKind::Developer => Ok(Gives::Role(Role::Developer)),
            GivenKind::Auditor => Ok(Gives::Role(Role::Auditor)),
            GivenKind::Administrator => Ok(Gives::Role(Role::Administrator)),
            GivenKind::Member => team(false),
            GivenKind::Lead => team(true),
            GivenKind::CostCentre => given().map(Gives::CostCentre),
            GivenKind::Group => given().map(Gives::Group),
        }
    }
}

impl From<&ClaimRule> for RuleDraft {
    fn from(rule: &ClaimRule) -> Self {
        let (asks, claim) = match &rule.asks {
            Asks::Groups => (AskedOf::Groups, String::new()),
            Asks::Claim(name) if name == APP_ROLES => (AskedOf::AppRoles, String::new()),
            Asks::Claim(name) => (AskedOf::Claim, name.clone()),
        };
        let (test, value) = match &rule.test {
            Test::Equals(value) => (TestKind::Equals, value.clone()),
            Test::OneOf(values) => (TestKind::OneOf, values.join("\n")),
            Test::Prefix(value) => (TestKind::Prefix, value.clone()),
        };
        let (gives, team, given) = match &rule.gives {
            Gives::Role(Role::Developer) => (GivenKind::Developer, None, String::new()),
            Gives::Role(Role::Auditor) => (GivenKind::Auditor, None, String::new()),
            Gives::Role(Role::Administrator) => (GivenKind::Administrator, None, String::new()),
            Gives::Team { team, lead: false } => (GivenKind::Member, Some(*team), String::new()),
            Gives::Team { team, lead: true } => (GivenKind::Lead, Some(*team), String::new()),
            Gives::CostCentre(centre) => (GivenKind::CostCentre, None, centre.clone()),
            Gives::Group(group) => (GivenKind::Group, None, group.clone()),
        };
        Self { issuer: rule.issuer.clone().unwrap_or_default(), asks, claim, test, value, gives, team, given }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(draft: &RuleDraft) -> Vec<String> {
        let teams = [TeamId::from_random(&[1; 12])];
        match draft.read(&["okta".into()], &teams) {
            Ok(rule) => {
                let again = RuleDraft::from(&rule).read(&["okta".into()], &teams);
                assert_eq!(again, Ok(rule), "what is read can be edited and read again");
                vec![]
            }
            Err(refusals) => refusals.iter().map(|why| format!("{}={}", why.field, why.code())).collect(),
        }
    }

    #[test]
    fn every_reason_is_given_at_once() {
        let nothing = RuleDraft::empty();
        assert_eq!(codes(&nothing), ["value=missing"]);
        let wrong = RuleDraft {
            issuer: "ping".into(),
            asks: AskedOf::Claim,
            claim: "email".into(),
            gives: GivenKind::Lead,
            ..nothing.clone()
        };
        let all = ["issuer=unknown_choice", "claim=claim_not_askable", "value=missing", "team=missing"];
        assert_eq!(codes(&wrong), all);
        let team = Some(TeamId::from_random(&[9; 12]));
        let stranger = RuleDraft { value: "x".into(), gives: GivenKind::Member, team, ..nothing.clone() };
        assert_eq!(codes(&stranger), ["team=unknown_choice"]);
        let many = RuleDraft { test: TestKind::OneOf, value: "x\n".repeat(101), ..nothing.clone() };
        assert_eq!(codes(&many), ["value=too_many"]);
        let centre = RuleDraft { value: "x".into(), gives: GivenKind::CostCentre, ..nothing };
        assert_eq!(codes(&centre), ["given=missing"]);
    }

    #[test]
    fn every_kind_of_rule_is_read() {
        let team = Some(TeamId::from_random(&[1; 12]));
        for asks in [AskedOf::Groups, AskedOf::AppRoles, AskedOf::Claim] {
            for test in [TestKind::Equals, TestKind::OneOf, TestKind::Prefix] {
                use GivenKind::*;
                for gives in [Developer, Auditor, Administrator, Member, Lead, CostCentre, Group] {
                    let draft = RuleDraft {
                        issuer: "okta".into(),
                        asks,
                        claim: "department".into(),
                        test,
                        value: "a\n b ".into(),
                        gives,
                        team,
                        given: "4711".into(),
                    };
                    let draft =
                        if test == TestKind::OneOf { draft } else { RuleDraft { value: "a b".into(), ..draft } };
                    assert_eq!(codes(&draft), [""; 0], "{draft:?}");
                }
            }
        }
    }
}
