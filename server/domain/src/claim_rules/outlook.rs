//! What other rules would mean for a person: what the next sign-in gives and takes.

use super::{ClaimRule, Gives, HeldMembership, effects};
use crate::directory_claims::DirectoryClaims;
use crate::person::Role;
use std::collections::BTreeSet;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outlook {
    pub gains: Vec<Gives>,
    pub loses: Vec<Gives>,
}

impl Outlook {
    pub const fn is_empty(&self) -> bool {
        self.gains.is_empty() && self.loses.is_empty()
    }

    /// What somebody has by hand, rules neither give nor take.
    #[must_use]
    pub fn beside(mut self, granted: &[Role], held: &[HeldMembership]) -> Self {
        let is_by_rule = |gives: &Gives| match gives {
            Gives::Role(role) => !granted.contains(role),
            Gives::Team { team, .. } => !held.iter().any(|membership| membership.team == *team && !membership.by_rule),
            Gives::CostCentre(_) | Gives::Group(_) => true,
        };
        self.gains.retain(is_by_rule);
        self.loses.retain(is_by_rule);
        self
    }
}

/// `default_role` is for people whom no rule gives a role.
pub fn outlook<'a>(
    claims: &DirectoryClaims,
    before: impl IntoIterator<Item = &'a ClaimRule>,
    after: impl IntoIterator<Item = &'a ClaimRule>,
    default_role: Option<Role>,
) -> Outlook {
    let (before, after) = (given(before, claims, default_role), given(after, claims, default_role));
    Outlook { gains: after.difference(&before).cloned().collect(), loses: before.difference(&after).cloned().collect() }
}

/// The roles that the directory's claims come to.
pub fn claimed_roles<'a>(
    rules: impl IntoIterator<Item = &'a ClaimRule>,
    claims: &DirectoryClaims,
    default_role: Option<Role>,
) -> Vec<Role> {
    let roles = effects(rules, claims).roles;
    if roles.is_empty() { default_role.into_iter().collect() } else { roles }
}

fn given<'a>(
    rules: impl IntoIterator<Item = &'a ClaimRule>,
    claims: &DirectoryClaims,
    default_role: Option<Role>,
) -> BTreeSet<Gives> {
    let all = effects(rules, claims);
    let mut roles = all.roles;
    if roles.is_empty() {
        roles.extend(default_role);
    }
    let roles = roles.into_iter().map(Gives::Role);
    let teams = all.teams.into_iter().map(|(team, lead)| Gives::Team { team, lead });
    let rest = all.cost_centre.map(Gives::CostCentre).into_iter().chain(all.groups.into_iter().map(Gives::Group));
    roles.chain(teams).chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{claims, rule};
    use super::super::{Asks, Test};
    use super::*;
    use crate::id::TeamId;

    fn by_group(gives: Gives) -> ClaimRule {
        rule(Asks::Groups, Test::Equals("a".into()), gives)
    }

    #[test]
    fn a_role_by_rule_takes_the_place_of_the_one_that_everybody_has() {
        let auditor = [by_group(Gives::Role(Role::Auditor))];
        let of = |groups, default| outlook(&claims(groups, &[]), &[], &auditor, default);
        let changed = of(Some(&["a"]), Some(Role::Developer));
        assert_eq!(changed.gains, [Gives::Role(Role::Auditor)]);
        assert_eq!(changed.loses, [Gives::Role(Role::Developer)], "which nobody would expect, so that it is shown");
        assert_eq!(of(Some(&["a"]), None).loses, []);
        assert!(of(Some(&["b"]), Some(Role::Developer)).is_empty());
        assert!(of(None, Some(Role::Developer)).is_empty());
        assert!(changed.beside(&[Role::Developer, Role::Auditor], &[]).is_empty(), "both are granted by hand");
    }

    #[test]
    fn a_part_in_a_team_changes_unless_it_was_set_by_hand() {
        let team = TeamId::from_random(&[1; 12]);
        let part = |lead| [by_group(Gives::Team { team, lead })];
        let (member, lead) = (part(false), part(true));
        let changed = outlook(&claims(Some(&["a"]), &[]), &member, &lead, None);
        assert_eq!(changed.gains, [Gives::Team { team, lead: true }]);
        assert_eq!(changed.loses, [Gives::Team { team, lead: false }]);
        let held = |by_rule| [HeldMembership { team, lead: false, by_rule }];
        assert_eq!(changed.clone().beside(&[], &held(true)), changed);
        assert!(changed.beside(&[], &held(false)).is_empty());
    }
}
