//! Environments: what a key is minted for, by a list that administrators keep. A key serves one, and never moves.
//!
//! The name is the identity: it is written into keys and usage, so that it cannot change. Who may mint for an environment
//! adds to who may mint under a profile, and never widens it.

use crate::id::{ProfileId, TeamId};
use crate::person::{Caller, Role};
use crate::plain_text::plain_text;
use crate::refusal::{Reason, Refusal};

/// As printed in lists and headers, beside other figures.
const LONGEST_NAME: u32 = 24;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    pub name: String,
    /// Profiles that may be used in it; empty for all.
    pub profiles: Vec<ProfileId>,
    /// Who may mint for it. Empty lists are everybody; else whoever has one of the roles or leads one of the teams.
    pub roles: Vec<Role>,
    pub teams: Vec<TeamId>,
    /// Keys go on, and none can be minted.
    pub archived: bool,
    /// Grows with each edit; an edit names the version it started from.
    pub version: i64,
}

impl Environment {
    /// One that everybody may use with every profile.
    pub fn open(name: &str) -> Self {
        let name = name.to_owned();
        Self { name, profiles: Vec::new(), roles: Vec::new(), teams: Vec::new(), archived: false, version: 1 }
    }

    /// Whether this person may mint for it at all.
    pub fn is_for(&self, caller: &Caller) -> bool {
        let everybody = self.roles.is_empty() && self.teams.is_empty();
        let named =
            || self.roles.iter().any(|&role| caller.has(role)) || self.teams.iter().any(|&team| caller.is_member(team));
        !self.archived && (everybody || named())
    }

    pub fn takes(&self, profile: ProfileId) -> bool {
        self.profiles.is_empty() || self.profiles.contains(&profile)
    }
}

/// Why a key cannot be minted for this environment; `None` stands for one that does not exist.
pub fn check_use(environment: Option<&Environment>, caller: &Caller, profile: Option<ProfileId>) -> Option<Reason> {
    match environment.filter(|environment| environment.is_for(caller)) {
        None => Some(Reason::UnknownChoice),
        Some(environment) => {
            profile.filter(|&profile| !environment.takes(profile)).map(|_| Reason::ProfileNotInEnvironment)
        }
    }
}

/// Every reason why this environment cannot be saved. Names are short words, since they stand in addresses and headers.
pub fn check_environment(environment: &Environment) -> Vec<Refusal> {
    let name = &environment.name;
    let reason = plain_text(name, LONGEST_NAME).err().or_else(|| {
        let word = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        // The address of the form for a new one.
        (!word || name == "new").then_some(Reason::Malformed)
    });
    reason.map(|reason| Refusal::new("name", reason)).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::PersonId;
    use crate::person::Membership;

    fn team(seed: u8) -> TeamId {
        TeamId::from_random(&[seed; 12])
    }

    fn caller() -> Caller {
        let membership = Membership { team: team(1), team_name: "Search".to_owned(), lead: false };
        Caller {
            person: PersonId::from_random(&[1; 12]),
            name: "Ada".to_owned(),
            email: "ada@example.com".to_owned(),
            roles: vec![Role::Developer],
            memberships: vec![membership],
            groups: vec![],
            address: String::new(),
        }
    }

    #[test]
    fn one_that_names_nobody_is_for_everybody_and_one_that_names_some_is_for_these() {
        let open = Environment::open("dev");
        assert!(open.is_for(&caller()));
        for (roles, teams, may) in [
            (vec![Role::Developer], vec![], true),
            (vec![Role::Administrator], vec![], false),
            (vec![Role::Administrator], vec![team(1)], true),
            (vec![], vec![team(2)], false),
        ] {
            assert_eq!(Environment { roles, teams, ..open.clone() }.is_for(&caller()), may);
        }
        assert!(!Environment { archived: true, ..open }.is_for(&caller()));
    }

    #[test]
    fn what_is_not_for_somebody_looks_like_what_does_not_exist() {
        let (mine, other) = (ProfileId::from_random(&[1; 12]), ProfileId::from_random(&[2; 12]));
        let prod = Environment { profiles: vec![mine], ..Environment::open("prod") };
        let check = |environment: Option<&Environment>, profile| check_use(environment, &caller(), Some(profile));
        assert_eq!(check(Some(&prod), mine), None);
        assert_eq!(check(Some(&prod), other), Some(Reason::ProfileNotInEnvironment));
        assert_eq!(check(None, mine), Some(Reason::UnknownChoice));
        let archived = Environment { archived: true, ..prod };
        assert_eq!(check(Some(&archived), mine), Some(Reason::UnknownChoice));
    }

    #[test]
    fn a_name_is_a_short_word() {
        for (name, code) in [
            ("prod-eu-2", None),
            ("", Some("missing")),
            ("Prod", Some("malformed")),
            ("new", Some("malformed")),
            ("a/b", Some("malformed")),
            ("a-very-long-name-for-an-environment", Some("too_long")),
        ] {
            let refusals = check_environment(&Environment::open(name));
            assert_eq!(refusals.first().map(Refusal::code), code, "{name}");
        }
    }
}
