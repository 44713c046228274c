//! Budgets and limits of the levels above keys: organisation, business units, cost centres, applications, teams, people,
//! access profiles.

mod shares;

use crate::act::{By, Change, News, Subject, append};
use crate::{Portal, PortalError};
use domain::budget::{BudgetFigures, BudgetScope, Cap};
use domain::guarantee::over_guaranteed;
use domain::id::{PersonId, TeamId, UnitId};
use domain::limits::{Branch, Division, Limits, OverCommitment, QuotaUse, check_limits, over_committed};
use domain::permission::{Administrator, Permission};
use domain::person::Caller;
use domain::time::Timestamp;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use store::{ScopeLimits, StoreError, Team, Tx, Unit};

/// One level as it stands.
#[derive(Debug, Clone)]
pub struct LevelRow {
    pub scope: BudgetScope,
    pub name: String,
    /// The business unit of a team.
    pub within: Option<String>,
    pub limits: Limits,
    /// Live, from the ledger; one for each cap.
    pub figures: Vec<BudgetFigures>,
    /// Live, too.
    pub quotas: Vec<QuotaUse>,
    /// Where more is handed out below, or guaranteed, than there is.
    pub over_committed: Vec<OverCommitment>,
}

/// A guaranteed share as it stands.
#[derive(Debug, Clone)]
pub struct LiveShare {
    /// Whose it is.
    pub scope: BudgetScope,
    pub name: String,
    /// The guarantee as a limit, with what was spent and is reserved of it.
    pub figures: BudgetFigures,
    /// False where the level above has no budget of this window any more: nothing is kept then.
    pub holds: bool,
}

#[derive(Debug, Clone)]
pub struct LevelDetail {
    pub row: LevelRow,
    /// The level whose budget this one can have a share of.
    pub above: Option<(BudgetScope, String)>,
    /// What is guaranteed to this level of the budget above it.
    pub own_shares: Vec<LiveShare>,
    /// What is guaranteed of this level's budgets to levels below it, by their names.
    pub shares_below: Vec<LiveShare>,
    /// What an edit starts from; 0 before the first.
    pub version: i64,
    pub changed_at: Option<Timestamp>,
    pub changed_by: Option<String>,
}

/// What is read once to describe any number of levels.
struct Facts {
    limits: HashMap<BudgetScope, ScopeLimits>,
    units: Vec<Unit>,
    teams: Vec<Team>,
}

impl Portal {
    /// Every level but people and cost centres, of whom there are many: those with limits of their own.
    pub async fn levels(&self, caller: &Caller) -> Result<Vec<LevelRow>, PortalError> {
        super::demand(caller, Permission::SeeAdministration)?;
        self.demand_all_spend(caller).await?;
        let facts = self.level_facts().await?;
        let mut known = vec![(BudgetScope::Organisation, self.settings.organisation.clone())];
        known.extend(facts.units.iter().map(|unit| (BudgetScope::Unit(unit.id), unit.name.clone())));
        known.extend(self.limited_centres(&facts).await?);
        let applications = self.store.applications().await?.into_iter();
        known.extend(applications.map(|one| (BudgetScope::Application(one.id), one.name)));
        known.extend(facts.teams.iter().map(|team| (BudgetScope::Team(team.id), team.name.clone())));
        let profiles = self.store.profiles().await?.into_iter();
        known.extend(profiles.map(|profile| (BudgetScope::Profile(profile.id), profile.name)));
        let person = |level: &ScopeLimits| match level.scope {
            BudgetScope::Person(person) if !level.limits.is_empty() => Some(person),
            _ => None,
        };
        let people: Vec<PersonId> = facts.limits.values().filter_map(person).collect();
        let mut people: Vec<(String, PersonId)> =
            self.names_for(caller, &people).await?.into_iter().map(|(person, name)| (name, person)).collect();
        people.sort();
        known.extend(people.into_iter().map(|(name, person)| (BudgetScope::Person(person), name)));
        let mut rows = Vec::with_capacity(known.len());
        for (scope, name) in known {
            rows.push(self.level_row(&facts, scope, name).await);
        }
        Ok(rows)
    }

    /// One level: for those who see administration, and a team's for its leads. For others it does not exist.
    pub async fn level(&self, caller: &Caller, scope: BudgetScope) -> Result<LevelDetail, PortalError> {
        let leads = matches!(scope, BudgetScope::Team(team) if caller.leads(team));
        if !leads && !Permission::SeeAdministration.allows(Some(caller)) {
            return Err(PortalError::NotFound);
        }
        if !leads {
            self.demand_all_spend(caller).await?;
        }
        let mut name = self.level_name(scope).await?;
        if let BudgetScope::Person(person) = scope {
            name = self.namer(caller).await?.name(person, name);
        }
        let facts = self.level_facts().await?;
        let above = match facts.level_above(scope) {
            Some(above) => Some((above, self.level_name(above).await?)),
            None => None,
        };
        let own_shares = self.live_shares(&facts, scope, &name).await;
        let shares_below = self.shares_below(&facts, scope).await?;
        let row = self.level_row(&facts, scope, name).await;
        let kept = facts.limits.get(&scope);
        let by = kept.and_then(|kept| kept.updated_by);
        let names = self.names_for(caller, by.as_slice()).await?;
        Ok(LevelDetail {
            row,
            above,
            own_shares,
            shares_below,
            version: kept.map_or(0, |kept| kept.version),
            changed_at: kept.map(|kept| kept.updated_at),
            changed_by: by.map(|by| names.get(&by).cloned().unwrap_or_else(|| by.to_string())),
        })
    }

    /// Sets what everything below the level shares; empty limits take them back. What was spent stays spent.
    /// `Stale` if somebody saved after `expected_version`.
    pub async fn set_limits(
        &self,
        administrator: Administrator<'_>,
        scope: BudgetScope,
        expected_version: i64,
        mut limits: Limits,
    ) -> Result<i64, PortalError> {
        let (caller, now) = (administrator.caller(), self.clock.now());
        let name = self.level_name(scope).await?;
        let refusals = check_limits(&limits);
        if !refusals.is_empty() {
            return Err(PortalError::Refused(refusals));
        }
        limits.caps.sort_unstable_by_key(|cap| cap.window);
        limits.guarantees.sort_unstable_by_key(|share| share.window);
        limits.quotas.sort_unstable_by_key(|quota| (quota.counted, quota.window));
        let mut tx = self.store.begin().await?;
        let kept = self.store.limits_of(scope).await?;
        let current = kept.as_ref().map_or(0, |kept| kept.version);
        let before = kept.map(|kept| kept.limits).unwrap_or_default();
        if current != expected_version {
            return Err(PortalError::Stale { current });
        }
        if limits == before {
            return Ok(current);
        }
        // Other changes of a level are not held up by a share that was granted earlier.
        if limits.guarantees != before.guarantees {
            let refusals = self.level_facts().await?.check_shares(scope, &limits);
            if !refusals.is_empty() {
                return Err(PortalError::Refused(refusals));
            }
        }
        let version = current + 1;
        let changed = ScopeLimits { scope, limits, version, updated_at: now, updated_by: Some(caller.person) };
        if !tx.put_limits(&changed).await? {
            return Err(PortalError::Stale { current: version });
        }
        append_limits(&mut tx, By::Person(caller), now, (scope, &name), Some(&before), &changed.limits).await?;
        self.commit_and_tell(tx, News::Levels).await?;
        Ok(version)
    }

    async fn limited_centres(&self, facts: &Facts) -> Result<Vec<(BudgetScope, String)>, PortalError> {
        let is_limited =
            |level: &ScopeLimits| matches!(level.scope, BudgetScope::CostCentre(_)) && !level.limits.is_empty();
        if !facts.limits.values().any(is_limited) {
            return Ok(Vec::new());
        }
        let centres = self.store.cost_centres().await?.into_iter();
        let centres = centres.map(|centre| (BudgetScope::CostCentre(centre.id), centre.entry.label()));
        Ok(centres.filter(|(scope, _)| facts.limits.get(scope).is_some_and(is_limited)).collect())
    }

    async fn level_facts(&self) -> Result<Facts, PortalError> {
        let limits = self.store.all_limits().await?.into_iter().map(|level| (level.scope, level)).collect();
        Ok(Facts { limits, units: self.store.units().await?, teams: self.store.teams().await? })
    }

    async fn level_row(&self, facts: &Facts, scope: BudgetScope, name: String) -> LevelRow {
        let limits = facts.limits.get(&scope).map(|level| level.limits.clone()).unwrap_or_default();
        let figures =
            if limits.caps.is_empty() { Vec::new() } else { self.gateway.level_figures(scope, &limits.caps).await };
        let quotas =
            if limits.quotas.is_empty() { Vec::new() } else { self.gateway.level_quotas(scope, &limits.quotas).await };
        let within = match scope {
            BudgetScope::Team(team) => facts.unit_name_of(team),
            _ => None,
        };
        LevelRow { scope, name, within, over_committed: facts.over_committed(scope), limits, figures, quotas }
    }

    /// A level that nobody knows is not found; keys have terms of their own and are no level.
    pub(crate) async fn level_name(&self, scope: BudgetScope) -> Result<String, PortalError> {
        let name = match scope {
            BudgetScope::Organisation => Some(self.settings.organisation.clone()),
            BudgetScope::Unit(unit) => {
                self.store.units().await?.into_iter().find(|known| known.id == unit).map(|unit| unit.name)
            }
            BudgetScope::CostCentre(centre) => self.store.cost_centre(centre).await?.map(|centre| centre.entry.label()),
            BudgetScope::Application(application) => {
                let known = self.store.applications().await?.into_iter().find(|known| known.id == application);
                known.map(|application| application.name)
            }
            BudgetScope::Team(team) => {
                self.store.teams().await?.into_iter().find(|known| known.id == team).map(|team| team.name)
            }
            BudgetScope::Person(person) => self.store.person(person).await?.map(|person| person.name),
            BudgetScope::Profile(profile) => self.store.profile(profile).await?.map(|profile| profile.name),
            BudgetScope::Key(_) => None,
        };
        name.ok_or(PortalError::NotFound)
    }
}

impl Facts {
    fn unit_name_of(&self, team: TeamId) -> Option<String> {
        let unit = self.teams.iter().find(|known| known.id == team)?.unit?;
        self.units.iter().find(|known| known.id == unit).map(|unit| unit.name.clone())
    }

    fn caps(&self, scope: BudgetScope) -> &[Cap] {
        self.limits.get(&scope).map_or(&[], |level| &level.limits.caps)
    }

    fn teams_of(&self, unit: Option<UnitId>) -> impl Iterator<Item = &[Cap]> {
        self.teams.iter().filter(move |team| team.unit == unit).map(|team| self.caps(BudgetScope::Team(team.id)))
    }

    /// Cost centres and applications each divide the organisation's keys anew, across units and teams.
    fn branches(&self, of: fn(BudgetScope) -> bool) -> Vec<Branch<'_>> {
        let levels = self.limits.values().filter(|level| of(level.scope));
        levels.map(|level| Branch { caps: &level.limits.caps, below: Vec::new() }).collect()
    }

    /// Of the organisation and of business units; what teams hand out to people is not compared, since most people have
    /// no budget of their own.
    fn over_committed(&self, scope: BudgetScope) -> Vec<OverCommitment> {
        let alone = |unit| self.teams_of(unit).map(|caps| Branch { caps, below: Vec::new() });
        let branches: Vec<Branch<'_>> = match scope {
            BudgetScope::Organisation => {
                let unit = |unit: &Unit| Branch {
                    caps: self.caps(BudgetScope::Unit(unit.id)),
                    below: self.teams_of(Some(unit.id)).collect(),
                };
                self.units.iter().map(unit).chain(alone(None)).collect()
            }
            BudgetScope::Unit(unit) => alone(Some(unit)).collect(),
            _ => return Vec::new(),
        };
        let mut over = over_guaranteed(self.caps(scope), &self.shares_of(scope));
        over.extend(over_committed(Division::Teams, self.caps(scope), &branches));
        if scope == BudgetScope::Organisation {
            let centres = self.branches(|scope| matches!(scope, BudgetScope::CostCentre(_)));
            over.extend(over_committed(Division::CostCentres, self.caps(scope), &centres));
            let applications = self.branches(|scope| matches!(scope, BudgetScope::Application(_)));
            over.extend(over_committed(Division::Applications, self.caps(scope), &applications));
        }
        over
    }
}

pub(crate) async fn append_limits(
    tx: &mut Tx,
    by: By<'_>,
    now: Timestamp,
    (scope, name): (BudgetScope, &str),
    before: Option<&Limits>,
    after: &Limits,
) -> Result<(), StoreError> {
    let action = if after.is_empty() { "limits.cleared" } else { "limits.set" };
    let id = scope.to_string();
    let subject = Subject { kind: scope.word(), id: &id, name };
    let change = Change { action, subject, before: before.and_then(facts_of), after: facts_of(after) };
    append(tx, by, now, change).await
}

/// What the audit log says; nothing for a level without limits.
fn facts_of(limits: &Limits) -> Option<Value> {
    let Limits { caps, requests_per_minute, tokens_per_minute, concurrency, quotas, guarantees } = limits;
    let guaranteed: BTreeMap<_, _> = guarantees.iter().map(|share| (share.window.word(), share.limit)).collect();
    let budget: BTreeMap<_, _> = caps.iter().map(|cap| (cap.window.word(), cap.limit)).collect();
    let mut counted: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
    for quota in quotas {
        counted.entry(quota.counted.word()).or_default().insert(quota.window.word(), quota.limit);
    }
    (!limits.is_empty()).then(|| {
        json!({
            "budget": budget,
            "requests_per_minute": requests_per_minute,
            "tokens_per_minute": tokens_per_minute,
            "concurrency": concurrency,
            "quotas": counted,
            "guaranteed": guaranteed,
        })
    })
}
