//! What all rules together give, and what that changes of what rules gave before.

use super::{ClaimRule, Fit, Gives};
use crate::directory_claims::DirectoryClaims;
use crate::id::TeamId;
use crate::person::Role;

/// What the rules come to for one person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effects {
    /// Sorted, each once.
    pub roles: Vec<Role>,
    /// Each team once; leading wins.
    pub teams: Vec<(TeamId, bool)>,
    /// Of the first rule that gives one.
    pub cost_centre: Option<String>,
    pub groups: Vec<String>,
    /// What rules would give that could not be decided: if it was given before, it stays.
    pub undecided: Vec<Gives>,
}

/// In the order of the rules.
pub fn effects<'a>(rules: impl IntoIterator<Item = &'a ClaimRule>, claims: &DirectoryClaims) -> Effects {
    let mut all = Effects::default();
    for rule in rules {
        match rule.fit(claims) {
            Fit::Fits(_) => all.give(&rule.gives),
            Fit::Undecided => all.undecided.push(rule.gives.clone()),
            Fit::DoesNot => {}
        }
    }
    all.roles.sort_unstable();
    all.roles.dedup();
    all
}

impl Effects {
    fn give(&mut self, gives: &Gives) {
        match gives {
            Gives::Role(role) => self.roles.push(*role),
            Gives::Team { team, lead } => match self.teams.iter_mut().find(|(known, _)| known == team) {
                Some((_, leads)) => *leads |= lead,
                None => self.teams.push((*team, *lead)),
            },
            Gives::CostCentre(centre) => {
                self.cost_centre.get_or_insert_with(|| centre.clone());
            }
            Gives::Group(group) if !self.groups.contains(group) => self.groups.push(group.clone()),
            Gives::Group(_) => {}
        }
    }

    fn may_give_team(&self, wanted: TeamId) -> bool {
        self.undecided.iter().any(|gives| matches!(gives, Gives::Team { team, .. } if *team == wanted))
    }

    /// The groups that rules give now: those of before stay where nothing could be decided.
    pub fn groups_after(&self, before: &[String]) -> Vec<String> {
        let undecided = |group: &&String| self.undecided.contains(&Gives::Group((*group).clone()));
        let kept = before.iter().filter(|group| undecided(group) && !self.groups.contains(group));
        self.groups.iter().chain(kept).cloned().collect()
    }

    /// As [`Self::groups_after`].
    pub fn cost_centre_after(&self, before: Option<&str>) -> Option<String> {
        let undecided = |centre: &&str| self.undecided.contains(&Gives::CostCentre((*centre).to_owned()));
        self.cost_centre.clone().or_else(|| before.filter(undecided).map(str::to_owned))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldMembership {
    pub team: TeamId,
    pub lead: bool,
    /// False if somebody gave it by hand.
    pub by_rule: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MembershipChanges {
    /// New, or with another part in the team.
    pub put: Vec<(TeamId, bool)>,
    pub taken_back: Vec<TeamId>,
}

pub fn membership_changes(held: &[HeldMembership], effects: &Effects) -> MembershipChanges {
    let holds = |team: TeamId| held.iter().find(|membership| membership.team == team);
    let is_new = |&(team, lead): &(TeamId, bool)| match holds(team) {
        None => true,
        Some(membership) => membership.by_rule && membership.lead != lead,
    };
    let is_over = |membership: &&HeldMembership| {
        membership.by_rule
            && !effects.teams.iter().any(|(team, _)| *team == membership.team)
            && !effects.may_give_team(membership.team)
    };
    MembershipChanges {
        put: effects.teams.iter().copied().filter(is_new).collect(),
        taken_back: held.iter().filter(is_over).map(|membership| membership.team).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{claims, rule};
    use super::super::{Asks, Test};
    use super::*;

    fn team(number: u8) -> TeamId {
        TeamId::from_random(&[number; 12])
    }

    fn by_group(group: &str, gives: Gives) -> ClaimRule {
        rule(Asks::Groups, Test::Equals(group.into()), gives)
    }

    #[test]
    fn what_rules_give_adds_up() {
        let rules = [
            by_group("a", Gives::Role(Role::Auditor)),
            by_group("b", Gives::Role(Role::Auditor)),
            by_group("a", Gives::Role(Role::Developer)),
            by_group("c", Gives::Role(Role::Administrator)),
            by_group("a", Gives::Team { team: team(1), lead: false }),
            by_group("b", Gives::Team { team: team(1), lead: true }),
            by_group("a", Gives::CostCentre("4711".into())),
            by_group("b", Gives::CostCentre("4712".into())),
            by_group("a", Gives::Group("frontier".into())),
            by_group("b", Gives::Group("frontier".into())),
        ];
        let got = effects(&rules, &claims(Some(&["a", "b"]), &[]));
        assert_eq!(got.roles, [Role::Developer, Role::Auditor]);
        assert_eq!(got.teams, [(team(1), true)], "leading wins");
        assert_eq!((got.cost_centre.as_deref(), got.groups.as_slice()), (Some("4711"), &["frontier".to_owned()][..]));
        assert_eq!(got.undecided, []);
        assert_eq!(effects(&rules, &claims(Some(&[]), &[])), Effects::default());
    }

    #[test]
    fn a_rule_takes_back_what_rules_gave_and_nothing_else() {
        let gives = |number, lead| Gives::Team { team: team(number), lead };
        let rules = [by_group("a", gives(1, true)), by_group("a", gives(2, false)), by_group("b", gives(3, false))];
        let held = |number, lead, by_rule| HeldMembership { team: team(number), lead, by_rule };
        let before = [held(2, true, true), held(3, false, true), held(4, false, true), held(5, true, false)];
        let changes = membership_changes(&before, &effects(&rules, &claims(Some(&["a"]), &[])));
        assert_eq!(changes.put, [(team(1), true), (team(2), false)]);
        assert_eq!(changes.taken_back, [team(3), team(4)], "4: its rule is gone; 5: given by hand");

        let by_hand = [held(1, false, false), held(2, true, false)];
        let none = membership_changes(&by_hand, &effects(&rules, &claims(Some(&["a"]), &[])));
        assert_eq!(none, MembershipChanges::default(), "what is set by hand holds");
        let settled = [held(1, true, true), held(2, false, true)];
        let same = membership_changes(&settled, &effects(&rules, &claims(Some(&["a"]), &[])));
        assert_eq!(same, MembershipChanges::default());
    }

    #[test]
    fn missing_groups_take_nothing_back() {
        let rules = [
            by_group("a", Gives::Team { team: team(1), lead: false }),
            by_group("a", Gives::CostCentre("4711".into())),
            by_group("a", Gives::Group("frontier".into())),
        ];
        let held = [1, 2].map(|number| HeldMembership { team: team(number), lead: false, by_rule: true });
        let (groups, centre) = (["frontier".to_owned(), "old".to_owned()], Some("4711"));
        let unknown = effects(&rules, &claims(None, &[]));
        let changes = membership_changes(&held, &unknown);
        assert_eq!((changes.put, changes.taken_back), (vec![], vec![team(2)]), "2: no rule speaks of it any more");
        assert_eq!(unknown.groups_after(&groups), ["frontier"]);
        assert_eq!(unknown.cost_centre_after(centre).as_deref(), centre);
        assert_eq!(unknown.cost_centre_after(Some("4712")), None, "no rule speaks of it any more");

        let empty = effects(&rules, &claims(Some(&[]), &[]));
        assert_eq!(membership_changes(&held, &empty).taken_back, [team(1), team(2)]);
        assert!(empty.groups_after(&groups).is_empty() && empty.cost_centre_after(centre).is_none());
    }
}
