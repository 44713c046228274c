//! Rules from what a directory says to what a person may do here: pure.
//!
//! A rule asks one thing and gives one thing; what several give adds up. It fits, does not fit, or cannot be decided,
//! because the provider did not say which groups there are: then nothing is given and nothing that was given is taken
//! back. Only what a rule gave can a rule take back: a membership that somebody gave by hand stays.

mod draft;
mod effects;
mod outlook;

pub use draft::{AskedOf, GivenKind, RuleDraft, TestKind};
pub use effects::{Effects, HeldMembership, MembershipChanges, effects, membership_changes};
pub use outlook::{Outlook, claimed_roles, outlook};

use crate::directory_claims::DirectoryClaims;
use crate::id::TeamId;
use crate::person::Role;
use serde::{Deserialize, Serialize};

/// Kept as JSON by the store: a new kind of anything gets a name of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimRule {
    /// The id of an issuer of the configuration; `None` is any of them.
    pub issuer: Option<String>,
    pub asks: Asks,
    pub test: Test,
    pub gives: Gives,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asks {
    /// The issuer's groups, whatever it calls the claim.
    Groups,
    /// `roles` are the app roles of Entra.
    Claim(String),
}

/// A rule fits if any of the values passes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    Equals(String),
    OneOf(Vec<String>),
    Prefix(String),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gives {
    Role(Role),
    Team {
        team: TeamId,
        lead: bool,
    },
    CostCentre(String),
    /// As if the directory had listed this group: access profiles name groups as their audience.
    Group(String),
}

/// How a rule and a person's claims go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit<'a> {
    /// With the value that passed.
    Fits(&'a str),
    DoesNot,
    /// The rule asks for groups, and they are not known.
    Undecided,
}

impl ClaimRule {
    pub fn fit<'a>(&self, claims: &'a DirectoryClaims) -> Fit<'a> {
        if self.issuer.as_ref().is_some_and(|issuer| *issuer != claims.issuer) {
            return Fit::DoesNot;
        }
        let values = match &self.asks {
            Asks::Groups => match &claims.groups {
                Some(groups) => groups,
                None => return Fit::Undecided,
            },
            Asks::Claim(name) => match claims.values.get(name) {
                Some(values) => values,
                None => return Fit::DoesNot,
            },
        };
        values.iter().find(|value| self.passes(value)).map_or(Fit::DoesNot, |value| Fit::Fits(value))
    }

    pub fn passes(&self, value: &str) -> bool {
        self.test.passes(value)
    }
}

impl Test {
    fn passes(&self, value: &str) -> bool {
        match self {
            Self::Equals(wanted) => value == wanted,
            Self::OneOf(wanted) => wanted.iter().any(|wanted| value == wanted),
            Self::Prefix(start) => value.starts_with(start.as_str()),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::directory_claims::GroupsTold;

    pub(crate) fn claims(groups: Option<&[&str]>, roles: &[&str]) -> DirectoryClaims {
        let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        DirectoryClaims {
            issuer: "okta".into(),
            told: if groups.is_some() { GroupsTold::Listed } else { GroupsTold::NotSent },
            groups: groups.map(texts),
            values: [("roles".to_owned(), texts(roles))].into(),
        }
    }

    pub(crate) fn rule(asks: Asks, test: Test, gives: Gives) -> ClaimRule {
        ClaimRule { issuer: None, asks, test, gives }
    }

    #[test]
    fn the_table_of_conditions() {
        let (group, role) = (Asks::Groups, Asks::Claim("roles".into()));
        let equals = |text: &str| Test::Equals(text.into());
        let claims = claims(Some(&["llm-users", "llm-admins"]), &["Kw.Auditor"]);
        for (asks, test, fits) in [
            (&group, equals("llm-admins"), Some("llm-admins")),
            (&group, equals("LLM-ADMINS"), None),
            (&group, equals("llm"), None),
            (&group, Test::OneOf(vec!["x".into(), "llm-users".into()]), Some("llm-users")),
            (&group, Test::OneOf(vec![]), None),
            (&group, Test::Prefix("llm-".into()), Some("llm-users")),
            (&group, Test::Prefix("users".into()), None),
            (&role, equals("Kw.Auditor"), Some("Kw.Auditor")),
            (&role, equals("llm-admins"), None),
            (&Asks::Claim("department".into()), Test::Prefix("a".into()), None),
        ] {
            let rule = rule(asks.clone(), test, Gives::Role(Role::Auditor));
            let expected = fits.map_or(Fit::DoesNot, Fit::Fits);
            assert_eq!(rule.fit(&claims), expected, "{rule:?}");
            let elsewhere = ClaimRule { issuer: Some("entra".into()), ..rule.clone() };
            assert_eq!(elsewhere.fit(&claims), Fit::DoesNot, "of another issuer");
            let here = ClaimRule { issuer: Some("okta".into()), ..rule };
            assert_eq!(here.fit(&claims), expected);
        }
    }

    #[test]
    fn what_is_not_said_is_not_decided() {
        let by_group = rule(Asks::Groups, Test::Equals("x".into()), Gives::Role(Role::Auditor));
        assert_eq!(by_group.fit(&claims(None, &[])), Fit::Undecided);
        assert_eq!(by_group.fit(&claims(Some(&[]), &[])), Fit::DoesNot, "an empty list is an answer");
    }
}
