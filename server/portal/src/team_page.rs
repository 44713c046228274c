//! A team as its leads, auditors and administrators see it: who is in it, its budgets, and what its keys spent this month.
//! For others there is no such page.

use crate::administration::budgets::LevelDetail;
use crate::{Portal, PortalError};
use domain::budget::{BudgetScope, Window};
use domain::id::{PersonId, TeamId};
use domain::money::NanoUsd;
use domain::permission::Permission;
use domain::person::Caller;
use domain::time::Timestamp;
use domain::virtual_key::{KeyStanding, VirtualKey};
use std::collections::{BTreeMap, HashMap};

#[derive(Debug, Clone)]
pub struct TeamPage {
    pub team: TeamId,
    pub level: LevelDetail,
    pub members: Vec<TeamPart>,
    pub live_keys: usize,
    pub spend: TeamSpend,
    /// Administrators and leads move a leaver's keys to a successor.
    pub may_hand_over: bool,
    /// Who see administration can open a member's page.
    pub sees_people: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamPart {
    pub person: PersonId,
    pub name: String,
    pub email: String,
    pub active: bool,
    /// `None` for somebody who has left the team and still answers for keys of it.
    pub lead: Option<bool>,
    pub by_rule: bool,
    /// Live keys of the team that they answer for.
    pub keys: usize,
}

/// The same spend, cut three ways; each most expensive first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamSpend {
    pub since: Timestamp,
    pub total: NanoUsd,
    pub by_person: Vec<Share>,
    pub by_application: Vec<Share>,
    pub by_model: Vec<Share>,
    /// Only the most expensive keys are in here: there are more than a page adds up.
    pub partial: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// Empty: none is named.
    pub name: String,
    pub requests: i64,
    pub cost: NanoUsd,
}

/// Keys and rows of spend that one page reads.
const MOST_KEYS: u32 = 2_000;
const MOST_ROWS: u32 = 5_000;

impl Portal {
    pub async fn team_page(&self, caller: &Caller, team: TeamId) -> Result<TeamPage, PortalError> {
        let now = self.clock.now();
        let level = self.level(caller, BudgetScope::Team(team)).await?;
        let keys = self.store.team_keys(team, MOST_KEYS).await?;
        let is_live =
            |key: &VirtualKey| !matches!(key.standing(now, true), KeyStanding::Revoked | KeyStanding::Expired);
        let mut answered: BTreeMap<PersonId, usize> = BTreeMap::new();
        for kept in keys.iter().filter(|kept| is_live(&kept.key)) {
            *answered.entry(kept.responsible).or_default() += 1;
        }
        let live_keys = answered.values().sum();
        let by_rule = self.store.members_by_rule(team).await?;
        let namer = self.namer(caller).await?;
        let email = |person: PersonId, email: String| if namer.knows(person) { email } else { String::new() };
        let mut members: Vec<TeamPart> = (self.store.members_of(team).await?.into_iter())
            .map(|(person, lead)| TeamPart {
                keys: answered.remove(&person.id).unwrap_or(0),
                by_rule: by_rule.contains(&person.id),
                person: person.id,
                name: namer.name(person.id, person.name),
                email: email(person.id, person.email),
                active: person.active,
                lead: Some(lead),
            })
            .collect();
        let others: Vec<PersonId> = answered.keys().copied().collect();
        for person in self.store.people_among(&others).await? {
            let keys = answered.remove(&person.id).unwrap_or(0);
            let name = namer.name(person.id, person.name);
            let (id, email, active) = (person.id, email(person.id, person.email), person.active);
            members.push(TeamPart { person: id, name, email, active, lead: None, by_rule: false, keys });
        }

        if !namer.knows_everybody() {
            // The order of real names would tell something about them.
            members.sort_by(|one, other| one.name.cmp(&other.name));
        }
        let people: Vec<PersonId> = keys.iter().map(|kept| kept.responsible).collect();
        let names = self.names_for(caller, &people).await?;
        let since = Window::Month.start(now, &self.settings.zone);
        let rows = self.store.team_spend(team, since.utc_hour(), MOST_ROWS).await?;
        let of_key: HashMap<_, _> = keys.iter().map(|kept| (kept.key.id, kept)).collect();
        let mut spend = Sums::default();
        for row in &rows {
            let kept = of_key.get(&row.key);
            let person = kept.and_then(|kept| names.get(&kept.responsible)).cloned().unwrap_or_default();
            let application = kept.and_then(|kept| kept.key.application.clone()).unwrap_or_default();
            spend.add(person, application, row.model.clone(), row.requests, row.cost);
        }
        let partial = rows.len() >= MOST_ROWS as usize || keys.len() >= MOST_KEYS as usize;
        Ok(TeamPage {
            team,
            level,
            members,
            live_keys,
            spend: spend.into_spend(since, partial),
            may_hand_over: Permission::Administer.allows(Some(caller)) || caller.leads(team),
            sees_people: Permission::SeeAdministration.allows(Some(caller)) && namer.knows_everybody(),
        })
    }
}

#[derive(Default)]
struct Sums {
    total: i64,
    people: BTreeMap<String, (i64, i64)>,
    applications: BTreeMap<String, (i64, i64)>,
    models: BTreeMap<String, (i64, i64)>,
}

impl Sums {
    fn add(&mut self, person: String, application: String, model: String, requests: i64, cost: NanoUsd) {
        self.total += cost.as_nano();
        for (sums, name) in
            [(&mut self.people, person), (&mut self.applications, application), (&mut self.models, model)]
        {
            let sum = sums.entry(name).or_default();
            sum.0 += requests;
            sum.1 += cost.as_nano();
        }
    }

    fn into_spend(self, since: Timestamp, partial: bool) -> TeamSpend {
        let shares = |sums: BTreeMap<String, (i64, i64)>| {
            let share = |(name, (requests, nano))| Share { name, requests, cost: NanoUsd::from_nano(nano) };
            let mut shares: Vec<Share> = sums.into_iter().map(share).collect();
            shares.sort_by(|one, other| other.cost.cmp(&one.cost).then_with(|| one.name.cmp(&other.name)));
            shares
        };
        TeamSpend {
            since,
            total: NanoUsd::from_nano(self.total),
            by_person: shares(self.people),
            by_application: shares(self.applications),
            by_model: shares(self.models),
            partial,
        }
    }
}
