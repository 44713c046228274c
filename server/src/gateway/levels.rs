//! Which levels stand above a key, and what they set: organisation, business unit, cost centre, application, team,
//! person, access profile.
//!
//! A team's key stands below its team. A personal key stands below its owner, and below the owner's team if the owner is
//! in exactly one: of several teams none is known to pay. A team stands below its business unit, if it has one, and
//! everything below the organisation. All keys of a profile share what is set for the profile, and all keys that are
//! booked to a cost centre, or carry the name of an application, what is set for that, whoever owns them.
//!
//! A level also brings along what is guaranteed to levels below it, in the windows in which it has a budget to share.

use domain::budget::BudgetScope;
use domain::guarantee::{Share, level_above};
use domain::id::{ApplicationId, CostCentreId, PersonId, TeamId, UnitId};
use domain::limits::Limits;
use domain::served_key::ServedKey;
use domain::virtual_key::Owner;
use proxy::ports::Level;
use std::collections::HashMap;
use std::mem::take;
use std::sync::Arc;

/// What levels set, and who belongs where, as the store has it.
#[derive(Default)]
pub struct LevelFacts {
    /// Only levels that bound something.
    pub limits: Vec<LimitedLevel>,
    pub unit_of: HashMap<TeamId, UnitId>,
    /// By the codes that keys carry; only those that bound something.
    pub centre_of: HashMap<String, CostCentreId>,
    /// By the names that keys carry; only those that bound something.
    pub application_of: HashMap<String, ApplicationId>,
    /// People who are in exactly one team.
    pub only_team_of: HashMap<PersonId, TeamId>,
}

#[derive(Clone)]
pub struct LimitedLevel {
    pub scope: BudgetScope,
    /// As people call it, for denials.
    pub name: String,
    pub limits: Limits,
}

/// The levels with limits that stand above a key.
type Scopes = [Option<BudgetScope>; 7];

#[derive(Default)]
pub(super) struct Levels {
    limited: HashMap<BudgetScope, Level>,
    /// One for all keys below the same levels.
    lists: foldhash::HashMap<Scopes, Arc<[Level]>>,
    unit_of: HashMap<TeamId, UnitId>,
    centre_of: HashMap<String, CostCentreId>,
    application_of: HashMap<String, ApplicationId>,
    only_team_of: HashMap<PersonId, TeamId>,
}

impl Levels {
    /// The levels as they are now. Those that have not changed stay the same values, so that whoever holds them sees that
    /// they have not.
    pub(super) fn become_as(&mut self, facts: LevelFacts) {
        let LevelFacts { limits, unit_of, centre_of, application_of, only_team_of } = facts;
        let mut guaranteed = guaranteed(&limits, &unit_of);
        let nothing: Arc<[Share]> = Arc::default();
        let level = |LimitedLevel { scope, name, limits }| {
            let guaranteed = guaranteed.remove(&scope).map_or_else(|| nothing.clone(), Arc::from);
            let level = Level { scope, name, limits: Arc::new(limits), guaranteed };
            let known = self.limited.remove(&scope).filter(|known| *known == level);
            (scope, known.unwrap_or(level))
        };
        let limited: HashMap<BudgetScope, Level> = limits.into_iter().map(level).collect();
        let mut lists = take(&mut self.lists);
        lists.retain(|_, list| {
            Arc::strong_count(list) > 1 && list.iter().all(|level| limited.get(&level.scope) == Some(level))
        });
        *self = Self { limited, lists, unit_of, centre_of, application_of, only_team_of };
    }

    /// From the organisation down to the profile; only levels with limits.
    pub(super) fn above(&mut self, key: &ServedKey) -> Arc<[Level]> {
        let (team, person) = match key.owner {
            Owner::Team(team) => (Some(team), None),
            Owner::Person(person) => (self.only_team_of.get(&person).copied(), Some(person)),
        };
        let unit = team.and_then(|team| self.unit_of.get(&team).copied());
        let centre = key.cost_centre.as_deref().and_then(|code| self.centre_of.get(code).copied());
        let application = key.application.as_deref().and_then(|name| self.application_of.get(name).copied());
        let scopes: Scopes = [
            Some(BudgetScope::Organisation),
            unit.map(BudgetScope::Unit),
            centre.map(BudgetScope::CostCentre),
            application.map(BudgetScope::Application),
            team.map(BudgetScope::Team),
            person.map(BudgetScope::Person),
            Some(BudgetScope::Profile(key.profile)),
        ];
        let Self { limited, lists, .. } = self;
        let scopes = scopes.map(|scope| scope.filter(|scope| limited.contains_key(scope)));
        let list = || scopes.iter().flatten().filter_map(|scope| limited.get(scope).cloned()).collect();
        lists.entry(scopes).or_insert_with(list).clone()
    }
}

/// By the level whose budget it is a share of.
fn guaranteed(levels: &[LimitedLevel], unit_of: &HashMap<TeamId, UnitId>) -> HashMap<BudgetScope, Vec<Share>> {
    let mut by_level: HashMap<BudgetScope, Vec<Share>> = HashMap::new();
    for LimitedLevel { scope, limits, .. } in levels.iter().filter(|level| !level.limits.guarantees.is_empty()) {
        let Some(above) = level_above(*scope, |team| unit_of.get(&team).copied()) else { continue };
        let Some(above) = levels.iter().find(|level| level.scope == above) else { continue };
        let shares =
            limits.guarantees.iter().filter(|share| above.limits.caps.iter().any(|cap| cap.window == share.window));
        let shares = shares.map(|share| Share { scope: *scope, window: share.window, amount: share.limit });
        by_level.entry(above.scope).or_default().extend(shares);
    }
    by_level.retain(|_, shares| !shares.is_empty());
    by_level
}
