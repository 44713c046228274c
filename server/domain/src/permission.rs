//! Who may do what: the one table that every route, form post and use case asks.
//!
//! Permissions speak of kinds of acts. Whose object it is gets decided by the [`Scope`] of the query: an object outside
//! the scope does not exist for the caller (404), which leaks nothing about other people's things.

use crate::id::{PersonId, TeamId};
use crate::person::{Caller, Role};

/// What a route or form post demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Permission {
    /// No sign-in: health, assets, the sign-in pages themselves.
    Open,
    /// Any signed-in person.
    SignedIn,
    /// See keys: one's own, a led team's, or everyone's, as the scope says.
    SeeKeys,
    /// Mint, rotate, rename, disable, revoke keys within the scope.
    ManageKeys,
    /// See what others ask for, within what one leads or may read.
    SeeRequests,
    /// Answer what others ask for.
    Decide,
    /// See providers, models with deployments and prices, access profiles, people.
    SeeAdministration,
    /// Change any of these.
    Administer,
    SeeAudit,
}

impl Permission {
    /// True if this caller may do acts of this kind at all. `None` is somebody who is not signed in.
    pub fn allows(self, caller: Option<&Caller>) -> bool {
        let Some(caller) = caller else { return self == Self::Open };
        match self {
            Self::Open | Self::SignedIn | Self::SeeKeys => true,
            Self::ManageKeys => caller.has(Role::Developer) || caller.has(Role::Administrator) || caller.is_lead(),
            Self::SeeRequests => caller.has(Role::Administrator) || caller.has(Role::Auditor) || caller.is_lead(),
            Self::Decide => caller.has(Role::Administrator) || caller.is_lead(),
            Self::SeeAdministration | Self::SeeAudit => caller.has(Role::Administrator) || caller.has(Role::Auditor),
            Self::Administer => caller.has(Role::Administrator),
        }
    }
}

/// Whose rows a query may touch. There is no "no filter": everyone's rows are a scope that only some can get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// One's own rows and those of the teams listed.
    Own {
        person: PersonId,
        teams: Vec<TeamId>,
    },
    /// The same, and whatever is booked to these cost centres, by their codes.
    Within {
        person: PersonId,
        teams: Vec<TeamId>,
        centres: Vec<String>,
    },
    Everyone,
}

impl Scope {
    /// The keys that a caller's roles show them as long as nobody says otherwise.
    pub fn to_read(caller: &Caller) -> Self {
        if caller.has(Role::Administrator) || caller.has(Role::Auditor) { Self::Everyone } else { Self::own(caller) }
    }

    /// The keys that a caller may change: auditors change nothing of others.
    pub fn to_change(caller: &Caller) -> Self {
        if caller.has(Role::Administrator) { Self::Everyone } else { Self::own(caller) }
    }

    /// One's own, and those of teams that one leads.
    pub fn own(caller: &Caller) -> Self {
        let led = caller.memberships.iter().filter(|membership| membership.lead);
        Self::Own { person: caller.person, teams: led.map(|membership| membership.team).collect() }
    }
}

/// Proof that the caller is an administrator: what administration use cases take instead of a check of their own.
#[derive(Debug, Clone, Copy)]
pub struct Administrator<'a>(&'a Caller);

impl<'a> Administrator<'a> {
    pub fn of(caller: &'a Caller) -> Option<Self> {
        caller.has(Role::Administrator).then_some(Self(caller))
    }
    pub const fn caller(self) -> &'a Caller {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::person::Membership;

    fn caller(roles: &[Role], leads: bool) -> Caller {
        let team = TeamId::from_random(&[1; 12]);
        Caller {
            person: PersonId::from_random(&[1; 12]),
            name: "x".into(),
            email: String::new(),
            roles: roles.to_vec(),
            memberships: vec![Membership { team, team_name: "t".into(), lead: leads }],
            groups: vec![],
            address: String::new(),
        }
    }

    #[test]
    fn the_table_of_roles_and_permissions() {
        use Permission::*;
        let rows: [(&str, Option<Caller>, &[Permission]); 5] = [
            ("anonymous", None, &[Open]),
            ("developer", Some(caller(&[Role::Developer], false)), &[Open, SignedIn, SeeKeys, ManageKeys]),
            ("lead", Some(caller(&[], true)), &[Open, SignedIn, SeeKeys, ManageKeys, SeeRequests, Decide]),
            (
                "auditor",
                Some(caller(&[Role::Auditor], false)),
                &[Open, SignedIn, SeeKeys, SeeRequests, SeeAdministration, SeeAudit],
            ),
            (
                "administrator",
                Some(caller(&[Role::Administrator], false)),
                &[Open, SignedIn, SeeKeys, ManageKeys, SeeRequests, Decide, SeeAdministration, Administer, SeeAudit],
            ),
        ];
        for (who, caller, allowed) in rows {
            for permission in
                [Open, SignedIn, SeeKeys, ManageKeys, SeeRequests, Decide, SeeAdministration, Administer, SeeAudit]
            {
                assert_eq!(permission.allows(caller.as_ref()), allowed.contains(&permission), "{who} {permission:?}");
            }
        }
    }

    #[test]
    fn only_administrators_change_everyones_keys() {
        assert_eq!(Scope::to_change(&caller(&[Role::Administrator], false)), Scope::Everyone);
        assert_eq!(Scope::to_read(&caller(&[Role::Auditor], false)), Scope::Everyone);
        let Scope::Own { teams, .. } = Scope::to_change(&caller(&[Role::Auditor], true)) else { panic!() };
        assert_eq!(teams.len(), 1);
        let Scope::Own { teams, .. } = Scope::to_read(&caller(&[Role::Developer], false)) else { panic!() };
        assert!(teams.is_empty(), "a plain member does not see the team's keys");
    }
}
