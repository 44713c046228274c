//! A view of spend that somebody keeps under a name, and who else finds it.
//!
//! What is shared is the question. Whoever opens it sees the answer to it within what they may see.

use crate::id::{PersonId, TeamId, UsageViewId};
use crate::person::{Caller, Role};
use crate::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageView {
    pub id: UsageViewId,
    pub name: String,
    /// The query of its address.
    pub query: String,
    pub owner: PersonId,
    pub shared: SharedWith,
    pub created_at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SharedWith {
    /// Only whoever made it finds it.
    Nobody,
    /// The team's members.
    Team(TeamId),
    Everyone,
}

pub const LONGEST_NAME: u32 = 60;
/// An address that a browser and a page can carry.
pub const LONGEST_QUERY: usize = 1_000;
/// Views of one person that are not shared, and as many of each team and of everyone.
pub const MOST: usize = 30;

impl SharedWith {
    /// Leads share with their teams, administrators with everyone.
    pub fn may_be_chosen_by(self, caller: &Caller) -> bool {
        match self {
            Self::Nobody => true,
            Self::Team(team) => caller.leads(team),
            Self::Everyone => caller.has(Role::Administrator),
        }
    }

    pub fn concerns_others(self) -> bool {
        self != Self::Nobody
    }
}

impl UsageView {
    pub fn is_found_by(&self, caller: &Caller) -> bool {
        match self.shared {
            SharedWith::Nobody => self.owner == caller.person,
            SharedWith::Team(team) => caller.memberships.iter().any(|membership| membership.team == team),
            SharedWith::Everyone => true,
        }
    }

    /// Whoever made it, as long as it is found, and whoever may share with the same people.
    pub fn may_be_removed_by(&self, caller: &Caller) -> bool {
        let made = self.owner == caller.person && self.is_found_by(caller);
        made || (self.shared.concerns_others() && self.shared.may_be_chosen_by(caller) && self.is_found_by(caller))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::person::Membership;

    fn team(number: u8) -> TeamId {
        TeamId::from_random(&[number; 12])
    }

    fn caller(number: u8, roles: &[Role], member_of: Option<(u8, bool)>) -> Caller {
        let membership = |(of, lead)| Membership { team: team(of), team_name: "t".into(), lead };
        Caller {
            person: PersonId::from_random(&[number; 12]),
            name: "x".into(),
            email: String::new(),
            roles: roles.to_vec(),
            memberships: member_of.map(membership).into_iter().collect(),
            groups: vec![],
            address: String::new(),
        }
    }

    #[test]
    fn who_shares_finds_and_removes() {
        let developer = caller(1, &[Role::Developer], Some((1, false)));
        let lead = caller(2, &[Role::Developer], Some((1, true)));
        let outsider = caller(3, &[Role::Developer], Some((2, true)));
        let administrator = caller(4, &[Role::Administrator], None);
        let view = |shared| UsageView {
            id: UsageViewId::from_random(&[1; 12]),
            name: "v".into(),
            query: String::new(),
            owner: developer.person,
            shared,
            created_at: Timestamp::from_ms(0),
        };
        let table = [
            // Shared with, then for developer (who made it), lead, outsider and administrator: shares, finds, removes.
            (
                SharedWith::Nobody,
                [[true, true, true], [true, false, false], [true, false, false], [true, false, false]],
            ),
            (
                SharedWith::Team(team(1)),
                [[false, true, true], [true, true, true], [false, false, false], [false, false, false]],
            ),
            (
                SharedWith::Everyone,
                [[false, true, true], [false, true, false], [false, true, false], [true, true, true]],
            ),
        ];
        for (shared, expected) in table {
            let seen = [&developer, &lead, &outsider, &administrator].map(|caller| {
                [
                    shared.may_be_chosen_by(caller),
                    view(shared).is_found_by(caller),
                    view(shared).may_be_removed_by(caller),
                ]
            });
            assert_eq!(seen, expected, "{shared:?}");
        }
    }
}
