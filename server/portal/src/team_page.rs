//! A team as its leads, auditors and administrators see it: who is in it, its budgets, and what its keys spent this month.
//! For others there is no such page.

use crate::administration::budgets::LevelDetail;
use crate::{Portal, PortalError};
use domain::budget::{BudgetScope, Window};
use domain::day::{Day, Days};
use domain::exchange::{Conversion, Converted, Rate};
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
    /// What the days of this month are converted at; `None`: dollars alone.
    pub conversion: Option<Conversion>,
    pub total_shown: Option<Converted>,
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
    /// In the display currency, where every day has a rate.
    pub shown: Option<Converted>,
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
        let days = Days::in_zone(self.settings.zone.clone());
        let (first, until) = (days.of(since), days.of(now).plus(1));
        let conversion = self.conversion(first, until).await?;
        let of_key: HashMap<_, _> = keys.iter().map(|kept| (kept.key.id, kept)).collect();
        let mut spend = Sums::default();
        let mut most_rows = false;
        for (from, until, rate) in parts(conversion.as_ref(), first, until) {
            let hours = days.start(from).utc_hour()..days.start(until).utc_hour();
            let rows = self.store.team_spend(team, hours, MOST_ROWS).await?;
            most_rows |= rows.len() >= MOST_ROWS as usize;
            for row in rows {
                let kept = of_key.get(&row.key);
                let person = kept.and_then(|kept| names.get(&kept.responsible)).cloned().unwrap_or_default();
                let application = kept.and_then(|kept| kept.key.application.clone()).unwrap_or_default();
                let shown =
                    rate.zip(conversion.as_ref()).map(|(rate, to)| Converted::of(row.cost, rate, to.currency()));
                let sum = Sum { requests: row.requests, cost: row.cost, shown };
                spend.add([person, application, row.model], sum);
            }
        }
        let partial = most_rows || keys.len() >= MOST_KEYS as usize;
        Ok(TeamPage {
            team,
            level,
            members,
            live_keys,
            spend: spend.into_spend(since, conversion, partial),
            may_hand_over: Permission::Administer.allows(Some(caller)) || caller.leads(team),
            sees_people: Permission::SeeAdministration.allows(Some(caller)) && namer.knows_everybody(),
        })
    }
}

/// The days of each rate, or all of them where none is needed.
fn parts(conversion: Option<&Conversion>, from: Day, until: Day) -> Vec<(Day, Day, Option<Rate>)> {
    match conversion {
        Some(Conversion::Rated { periods, .. }) => {
            periods.iter().map(|part| (part.from, part.until, Some(part.rate.rate))).collect()
        }
        Some(Conversion::Unrated { .. }) | None => vec![(from, until, None)],
    }
}

#[derive(Default, Clone, Copy)]
struct Sum {
    requests: i64,
    cost: NanoUsd,
    /// Of every part or of none.
    shown: Option<Converted>,
}

impl Sum {
    fn add(&mut self, part: Self) {
        self.requests += part.requests;
        self.cost = self.cost.plus(part.cost);
        self.shown = self.shown.map_or(part.shown, |sum| part.shown.map(|part| sum.plus(part)));
    }
}

/// By person, application and model.
#[derive(Default)]
struct Sums {
    total: Sum,
    by: [BTreeMap<String, Sum>; 3],
}

impl Sums {
    fn add(&mut self, names: [String; 3], part: Sum) {
        self.total.add(part);
        for (sums, name) in self.by.iter_mut().zip(names) {
            sums.entry(name).or_default().add(part);
        }
    }

    fn into_spend(self, since: Timestamp, conversion: Option<Conversion>, partial: bool) -> TeamSpend {
        let shares = |sums: BTreeMap<String, Sum>| {
            let share =
                |(name, sum): (String, Sum)| Share { name, requests: sum.requests, cost: sum.cost, shown: sum.shown };
            let mut shares: Vec<Share> = sums.into_iter().map(share).collect();
            shares.sort_by(|one, other| other.cost.cmp(&one.cost).then_with(|| one.name.cmp(&other.name)));
            shares
        };
        let [by_person, by_application, by_model] = self.by.map(shares);
        let Sum { cost, shown, .. } = self.total;
        TeamSpend { since, total: cost, conversion, total_shown: shown, by_person, by_application, by_model, partial }
    }
}
