//! Rules in words.

use crate::words;
use domain::claim_rules::{Asks, ClaimRule, Gives, Test};
use domain::id::TeamId;
use portal::ports::IssuerFacts;

/// What the names in rules are looked up in.
#[derive(Debug, Clone, Copy)]
pub struct Names<'a> {
    pub issuers: &'a [(String, String)],
    pub teams: &'a [(TeamId, String)],
}

pub fn issuer_names(issuers: &[IssuerFacts]) -> Vec<(String, String)> {
    issuers.iter().map(|issuer| (issuer.id.clone(), issuer.name.clone())).collect()
}

/// `a group is finance`
pub fn condition(rule: &ClaimRule) -> String {
    let asked = match &rule.asks {
        Asks::Groups => "a group".to_owned(),
        Asks::Claim(name) if name == "roles" => "an app role".to_owned(),
        Asks::Claim(name) if name == "sub" => "the subject".to_owned(),
        Asks::Claim(name) => format!("claim {name}"),
    };
    match &rule.test {
        Test::Equals(value) => format!("{asked} is {value}"),
        Test::OneOf(values) => format!("{asked} is one of {}", values.join(", ")),
        Test::Prefix(start) => format!("{asked} begins with {start}"),
    }
}

/// `at Okta`, or nothing for any provider.
pub fn place(rule: &ClaimRule, names: Names<'_>) -> String {
    let Some(issuer) = &rule.issuer else { return "at any provider".to_owned() };
    let name = names.issuers.iter().find(|(id, _)| id == issuer).map(|(_, name)| name.as_str());
    name.map_or_else(|| format!("at {issuer}, which is not configured any more"), |name| format!("at {name}"))
}

/// `lead of Billing`
pub fn gives(gives: &Gives, names: Names<'_>) -> String {
    let team = |wanted: &TeamId| {
        let found = names.teams.iter().find(|(id, _)| id == wanted);
        found.map_or_else(|| "a team that is gone".to_owned(), |(_, name)| name.clone())
    };
    match gives {
        Gives::Role(role) => words::role(*role).to_owned(),
        Gives::Team { team: id, lead: false } => format!("member of {}", team(id)),
        Gives::Team { team: id, lead: true } => format!("lead of {}", team(id)),
        Gives::CostCentre(centre) => format!("cost centre {centre}"),
        Gives::Group(group) => format!("group {group}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::person::Role;

    #[test]
    fn a_rule_reads_as_a_sentence() {
        let rule = |issuer: Option<&str>, asks, test| ClaimRule {
            issuer: issuer.map(str::to_owned),
            asks,
            test,
            gives: Gives::Role(Role::Auditor),
        };
        let issuers = [("okta".to_owned(), "Okta".to_owned())];
        let names = Names { issuers: &issuers, teams: &[] };
        let equals = rule(Some("okta"), Asks::Groups, Test::Equals("finance".into()));
        assert_eq!((condition(&equals), place(&equals, names)), ("a group is finance".into(), "at Okta".into()));
        let roles = rule(None, Asks::Claim("roles".into()), Test::OneOf(vec!["a".into(), "b".into()]));
        assert_eq!(
            (condition(&roles), place(&roles, names)),
            ("an app role is one of a, b".into(), "at any provider".into())
        );
        let claim = rule(Some("x"), Asks::Claim("department".into()), Test::Prefix("R".into()));
        assert_eq!(condition(&claim), "claim department begins with R");
        assert!(place(&claim, names).contains("not configured"));
        let gone = Gives::Team { team: TeamId::from_random(&[1; 12]), lead: true };
        assert_eq!(gives(&gone, names), "lead of a team that is gone");
    }
}
