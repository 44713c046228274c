//! How far somebody's eyes reach, apart from what they may do: for spend, calls, people's names and the audit log each.
//!
//! A role, or a person, has one of four reaches for each. Roles add up; what is said about a person counts instead of their
//! roles. One's own things and those of teams that one leads are always within reach, since whoever may change a key has to
//! see it. Administrators see everything: nobody can lock out whoever could undo it.

use crate::id::PersonId;
use crate::permission::Scope;
use crate::person::{Caller, Role};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// One's own, and that of teams that one leads.
    Own,
    /// Also that of every team that one is in.
    Team,
    /// Also what is booked to one's cost centres.
    CostCentre,
    All,
}

impl Reach {
    pub const ALL: [Self; 4] = [Self::Own, Self::Team, Self::CostCentre, Self::All];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Team => "team",
            Self::CostCentre => "cost_centre",
            Self::All => "all",
        }
    }
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reach| reach.word() == word)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataScope {
    /// Usage, budgets, what cost centres cost.
    pub spend: Reach,
    /// Keys and the calls made with them.
    pub calls: Reach,
    /// Whose names are read; others are pseudonyms.
    pub names: Reach,
    /// Whose changes the log shows to whoever may read it at all.
    pub audit: Reach,
    /// Codes; empty: the one that the directory names for the person.
    pub cost_centres: Vec<String>,
}

/// Roles whose eyes can be opened and closed; administrators' cannot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ScopedRole {
    /// And everybody who has no other role.
    Developer,
    Lead,
    Auditor,
}

impl ScopedRole {
    pub const ALL: [Self; 3] = [Self::Developer, Self::Lead, Self::Auditor];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Developer => "developer",
            Self::Lead => "lead",
            Self::Auditor => "auditor",
        }
    }

    /// What holds until somebody says otherwise.
    pub const fn usual(self) -> DataScope {
        let (spend, calls, audit) = match self {
            Self::Developer | Self::Lead => (Reach::Own, Reach::Own, Reach::Own),
            Self::Auditor => (Reach::All, Reach::All, Reach::All),
        };
        DataScope { spend, calls, names: Reach::All, audit, cost_centres: Vec::new() }
    }

    /// The roles of this person, the one that sees least first.
    fn of(caller: &Caller) -> impl Iterator<Item = Self> {
        let held =
            [(Self::Developer, true), (Self::Lead, caller.is_lead()), (Self::Auditor, caller.has(Role::Auditor))];
        held.into_iter().filter(|(_, held)| *held).map(|(role, _)| role)
    }
}

/// Whose scope it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Holder {
    Role(ScopedRole),
    Person(PersonId),
}

impl Holder {
    /// Reads what [`fmt::Display`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        let role = ScopedRole::ALL.into_iter().find(|role| role.word() == text).map(Self::Role);
        role.or_else(|| text.parse().ok().map(Self::Person))
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role(role) => f.write_str(role.word()),
            Self::Person(person) => person.fmt(f),
        }
    }
}

/// Everything that a person's eyes reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    pub spend: Scope,
    pub calls: Scope,
    pub names: Scope,
    pub audit: Scope,
}

impl Sight {
    pub const EVERYTHING: Self =
        Self { spend: Scope::Everyone, calls: Scope::Everyone, names: Scope::Everyone, audit: Scope::Everyone };

    pub fn of_everyone(&self) -> OfEveryone {
        let reaches = |scope: &Scope| *scope == Scope::Everyone;
        OfEveryone { spend: reaches(&self.spend), calls: reaches(&self.calls), names: reaches(&self.names) }
    }
}

/// What of everybody somebody's eyes reach: pages about the whole organisation are there for nobody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfEveryone {
    pub spend: bool,
    pub calls: bool,
    pub names: bool,
}

impl OfEveryone {
    pub const ALL: Self = Self { spend: true, calls: true, names: true };
}

/// What was set; a holder that is absent has the usual.
pub fn sight(caller: &Caller, set: &[(Holder, DataScope)], own_centre: Option<&str>) -> Sight {
    if caller.has(Role::Administrator) {
        return Sight::EVERYTHING;
    }
    let find = |holder: Holder| set.iter().find(|(of, _)| *of == holder).map(|(_, scope)| scope.clone());
    let applied: Vec<DataScope> = match find(Holder::Person(caller.person)) {
        Some(own) => vec![own],
        None => ScopedRole::of(caller).map(|role| find(Holder::Role(role)).unwrap_or_else(|| role.usual())).collect(),
    };
    let reached = |reach: fn(&DataScope) -> Reach| {
        let scopes = applied.iter().map(|scope| reached(caller, reach(scope), &scope.cost_centres, own_centre));
        scopes.fold(Scope::own(caller), joined)
    };
    // The role that sees most shows other people's things, so that it says who they are: what a developer reads of the
    // few around them would else name everybody to an auditor who also holds keys.
    let names = applied.last().map(|scope| reached_of(caller, scope, own_centre));
    Sight {
        spend: reached(|scope| scope.spend),
        calls: reached(|scope| scope.calls),
        names: names.unwrap_or_else(|| Scope::own(caller)),
        audit: reached(|scope| scope.audit),
    }
}

fn reached_of(caller: &Caller, scope: &DataScope, own_centre: Option<&str>) -> Scope {
    joined(Scope::own(caller), reached(caller, scope.names, &scope.cost_centres, own_centre))
}

fn reached(caller: &Caller, reach: Reach, named: &[String], own_centre: Option<&str>) -> Scope {
    match reach {
        Reach::Own => Scope::own(caller),
        Reach::Team => {
            let teams = caller.memberships.iter().map(|membership| membership.team).collect();
            Scope::Own { person: caller.person, teams }
        }
        Reach::CostCentre => {
            let own = own_centre.map(str::to_owned).into_iter();
            let centres = if named.is_empty() { own.collect() } else { named.to_vec() };
            let (person, teams) = (caller.person, led(caller));
            Scope::Within { person, teams, centres }
        }
        Reach::All => Scope::Everyone,
    }
}

fn led(caller: &Caller) -> Vec<crate::id::TeamId> {
    caller.memberships.iter().filter(|membership| membership.lead).map(|membership| membership.team).collect()
}

/// Both together; both are of the same person.
fn joined(one: Scope, other: Scope) -> Scope {
    let parts = |scope: Scope| match scope {
        Scope::Everyone => None,
        Scope::Own { person, teams } => Some((person, teams, Vec::new())),
        Scope::Within { person, teams, centres } => Some((person, teams, centres)),
    };
    let (Some((person, mut teams, mut centres)), Some((_, more_teams, more_centres))) = (parts(one), parts(other))
    else {
        return Scope::Everyone;
    };
    teams.extend(more_teams);
    teams.sort_unstable();
    teams.dedup();
    centres.extend(more_centres);
    centres.sort_unstable();
    centres.dedup();
    if centres.is_empty() { Scope::Own { person, teams } } else { Scope::Within { person, teams, centres } }
}

/// What somebody is called by those who may not know who it is: `Person 7F3AQK`, the same on every page. It is made from
/// the id, which says nothing about the person.
pub fn pseudonym(person: PersonId) -> String {
    const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let hash = Sha256::digest(format!("pseudonym of {person}"));
    let mark: String = hash.iter().take(6).map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect();
    format!("Person {mark}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::TeamId;
    use crate::person::Membership;
    use proptest::prelude::*;

    fn team(seed: u8) -> TeamId {
        TeamId::from_random(&[seed; 12])
    }

    /// A member of team 1 and, if they lead, the lead of team 2.
    fn caller(roles: &[Role], leads: bool) -> Caller {
        let membership = |seed, lead| Membership { team: team(seed), team_name: "t".into(), lead };
        Caller {
            person: PersonId::from_random(&[1; 12]),
            name: "Ada".into(),
            email: String::new(),
            roles: roles.to_vec(),
            memberships: if leads {
                vec![membership(1, false), membership(2, true)]
            } else {
                vec![membership(1, false)]
            },
            groups: vec![],
            address: String::new(),
        }
    }

    fn own(teams: &[u8]) -> Scope {
        Scope::Own { person: PersonId::from_random(&[1; 12]), teams: teams.iter().copied().map(team).collect() }
    }

    #[test]
    fn until_somebody_says_otherwise_everybody_sees_what_their_roles_always_showed() {
        for roles in [&[][..], &[Role::Developer], &[Role::Auditor], &[Role::Administrator], &Role::ALL] {
            for leads in [false, true] {
                let caller = caller(roles, leads);
                let seen = sight(&caller, &[], None);
                let before = Scope::to_read(&caller);
                assert_eq!((&seen.spend, &seen.calls), (&before, &before), "{roles:?} {leads}");
                assert_eq!(seen.names, Scope::Everyone, "{roles:?} {leads}");
                if caller.has(Role::Auditor) || caller.has(Role::Administrator) {
                    assert_eq!(seen.audit, Scope::Everyone, "{roles:?} {leads}");
                }
            }
        }
    }

    #[test]
    fn reaches_widen_what_is_ones_own() {
        let lead = caller(&[Role::Developer], true);
        let at = |reach, centres: &[&str]| {
            let cost_centres = centres.iter().map(|&code| code.to_owned()).collect();
            let scope = DataScope { calls: reach, cost_centres, ..ScopedRole::Lead.usual() };
            sight(&lead, &[(Holder::Role(ScopedRole::Lead), scope)], Some("4711")).calls
        };
        assert_eq!(at(Reach::Own, &[]), own(&[2]));
        assert_eq!(at(Reach::Team, &[]), own(&[1, 2]));
        let within = |code: &str| {
            let Scope::Own { person, teams } = own(&[2]) else { panic!() };
            Scope::Within { person, teams, centres: vec![code.to_owned()] }
        };
        assert_eq!(at(Reach::CostCentre, &[]), within("4711"), "the directory's");
        assert_eq!(at(Reach::CostCentre, &["4712"]), within("4712"));
        assert_eq!(at(Reach::All, &[]), Scope::Everyone);
    }

    #[test]
    fn roles_add_up_and_a_word_about_the_person_counts_instead() {
        let both = caller(&[Role::Developer, Role::Auditor], true);
        let narrow = DataScope { spend: Reach::Own, names: Reach::Own, ..ScopedRole::Auditor.usual() };
        let set = [(Holder::Role(ScopedRole::Auditor), narrow)];
        let seen = sight(&both, &set, None);
        assert_eq!((seen.spend, seen.calls), (own(&[2]), Scope::Everyone));
        assert_eq!(seen.names, own(&[2]), "what developers read of each other does not name everybody to an auditor");

        let wide = DataScope { spend: Reach::All, ..ScopedRole::Developer.usual() };
        let person = [(Holder::Person(both.person), wide.clone())];
        let seen = sight(&both, &person, None);
        assert_eq!((seen.spend, seen.calls, seen.audit), (Scope::Everyone, own(&[2]), own(&[2])));
        let other = [(Holder::Person(PersonId::from_random(&[9; 12])), wide)];
        assert_eq!(sight(&caller(&[], false), &other, None).spend, own(&[]), "somebody else's");
    }

    #[test]
    fn a_pseudonym_is_stable_and_tells_people_apart() {
        let names: std::collections::BTreeSet<String> =
            (0..200_u8).map(|seed| pseudonym(PersonId::from_random(&[seed; 12]))).collect();
        // 62 digits make as many ids of one repeated digit.
        assert_eq!(names.len(), 62);
        let one = pseudonym(PersonId::from_random(&[1; 12]));
        assert_eq!((one.len(), one.starts_with("Person ")), (13, true));
        assert_eq!(one, pseudonym(PersonId::from_random(&[1; 12])));
    }

    fn any_scope() -> impl Strategy<Value = DataScope> {
        let reach = || (0..4_usize).prop_map(|nth| Reach::ALL[nth]);
        (reach(), reach(), reach(), reach()).prop_map(|(spend, calls, names, audit)| DataScope {
            spend,
            calls,
            names,
            audit,
            cost_centres: vec![],
        })
    }

    proptest! {
        #[test]
        fn whatever_is_set_administrators_see_everything_and_everybody_their_own(
            roles in proptest::collection::vec((0..3_usize).prop_map(|nth| Role::ALL[nth]), 0..3),
            leads: bool,
            of_roles in proptest::collection::vec(any_scope(), 3),
            of_person in proptest::option::of(any_scope()),
        ) {
            let caller = caller(&roles, leads);
            let mut set: Vec<_> = ScopedRole::ALL.into_iter().map(Holder::Role).zip(of_roles).collect();
            set.extend(of_person.map(|scope| (Holder::Person(caller.person), scope)));
            let seen = sight(&caller, &set, Some("4711"));
            if caller.has(Role::Administrator) {
                prop_assert_eq!(&seen, &Sight::EVERYTHING);
            }
            for scope in [seen.spend, seen.calls, seen.names, seen.audit] {
                prop_assert_eq!(joined(scope.clone(), Scope::own(&caller)), scope, "one's own is in it");
            }
        }

        #[test]
        fn a_holder_is_read_back(seed: [u8; 12]) {
            for holder in ScopedRole::ALL.map(Holder::Role).into_iter().chain([Holder::Person(PersonId::from_random(&seed))]) {
                prop_assert_eq!(Holder::parse(&holder.to_string()), Some(holder));
            }
        }
    }
}
