//! How the installation stands: what it spends, what is unusual, who ran into limits, and how much room all that takes.

use crate::ports::{DeploymentHealth, DeploymentStanding};
use crate::{Portal, PortalError};
use domain::day::{Day, Days};
use domain::dimension::Dimension;
use domain::id::{EventId, KeyId};
use domain::money::NanoUsd;
use domain::permission::{Permission, Scope};
use domain::person::Caller;
use domain::retention::Retention;
use domain::time::{MS_PER_HOUR, Timestamp};
use std::collections::{BTreeMap, HashMap};
use store::{DailyCost, SpendQuery};

pub use store::Storage;

#[derive(Debug, Clone)]
pub struct Standing {
    pub today: NanoUsd,
    pub this_month: NanoUsd,
    /// Of the whole month, at this pace.
    pub forecast: NanoUsd,
    /// Live keys over 80 % of a budget, and live ones that nobody used for 30 days.
    pub nearly_spent: i64,
    pub idle: i64,
    /// Applications that spent much more today than they usually do in a day; what they did first.
    pub unusual: Vec<Unusual>,
    /// Of the last hour, most frequent first.
    pub refused: Vec<Refused>,
    /// Deployments whose last call failed, or that are left alone for a while: the provider's name, and how many.
    pub failing: Vec<(String, usize)>,
    pub storage: Storage,
    pub retention: Retention,
    /// Letters that were given up, for whoever may know to whom.
    pub undelivered: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusual {
    pub application: String,
    pub today: NanoUsd,
    /// The median of the days before.
    pub usually: NanoUsd,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub code: String,
    pub key: KeyId,
    pub key_name: String,
    pub times: u64,
}

/// Days that "usually" is the median of.
const USUAL_DAYS: i32 = 14;
/// As many times its usual day makes a day unusual.
const UNUSUAL_TIMES: i64 = 3;
/// Less is not worth a word, however unusual.
const WORTH_A_WORD: NanoUsd = NanoUsd::from_dollars(1);
const SHOWN: u32 = 6;

impl Portal {
    pub async fn standing(&self, caller: &Caller) -> Result<Standing, PortalError> {
        super::demand(caller, Permission::SeeAdministration)?;
        let sees = self.sight(caller).await?.of_everyone();
        if !(sees.spend && sees.calls) {
            return Err(PortalError::Forbidden);
        }
        // To whom is not there for whoever may not know who people are.
        let undelivered = if sees.names { self.store.mail_counts().await?.failed } else { 0 };
        self.gateway.catch_up().await;
        let (now, days) = (self.clock.now(), Days::in_zone(self.settings.zone.clone()));
        let today = days.of(now);
        let month = today.first_of_month();
        let of = |from: Day| SpendQuery { scope: &Scope::Everyone, filters: &[], from, until: today.plus(1) };
        let spent = self.store.spend_by_day(&of(month), Dimension::Environment, &[]).await?;
        let sum = |wanted: &dyn Fn(Day) -> bool| {
            let costs = spent.iter().filter(|spend| wanted(spend.day)).map(|spend| spend.cost);
            costs.fold(NanoUsd::ZERO, NanoUsd::plus)
        };
        let this_month = sum(&|_| true);
        let (begun, ends) = (days.start(month), days.start(month.plus_months(1)));
        let (nearly_spent, idle) = self.keys_worth_a_look(now).await?;
        Ok(Standing {
            today: sum(&|day| day == today),
            this_month,
            forecast: crate::spend::at_this_pace(this_month, now.since(begun), ends.since(begun)),
            nearly_spent,
            idle,
            unusual: self.unusual_today(now).await?,
            refused: self.refused_lately().await?,
            failing: self.failing_deployments().await?,
            storage: self.store.storage().await?,
            retention: self.settings.retention,
            undelivered,
        })
    }

    /// Applications whose day is unlike their others.
    pub(crate) async fn unusual_today(&self, now: Timestamp) -> Result<Vec<Unusual>, PortalError> {
        let today = Days::in_zone(self.settings.zone.clone()).of(now);
        let (from, until) = (today.plus(-USUAL_DAYS), today.plus(1));
        let query = SpendQuery { scope: &Scope::Everyone, filters: &[], from, until };
        Ok(unusual(&self.store.daily_costs(&query, Dimension::Application).await?, today))
    }

    async fn refused_lately(&self) -> Result<Vec<Refused>, PortalError> {
        let since = EventId::first_at(self.clock.now().plus_ms(-MS_PER_HOUR));
        let denials = self.store.denials_since(since, SHOWN).await?;
        let keys: Vec<KeyId> = denials.iter().map(|denial| denial.key).collect();
        let names: HashMap<_, _> = self.store.owned_names(&keys).await?;
        let refused = denials.into_iter().map(|denial| Refused {
            key_name: names.get(&denial.key).map_or_else(|| denial.key.to_string(), |(name, _)| name.clone()),
            code: denial.code,
            key: denial.key,
            times: denial.times,
        });
        Ok(refused.collect())
    }

    async fn failing_deployments(&self) -> Result<Vec<(String, usize)>, PortalError> {
        let fails = |one: &DeploymentHealth| {
            matches!(one.standing, DeploymentStanding::Failing | DeploymentStanding::Cooling { .. })
        };
        let mut failing = Vec::new();
        for provider in self.store.providers().await?.into_iter().filter(|provider| provider.enabled) {
            let count = self.gateway.health(provider.id).await.iter().filter(|one| fails(one)).count();
            if count > 0 {
                failing.push((provider.name, count));
            }
        }
        Ok(failing)
    }
}

/// Costliest first. An application that is new today has no usual day, and is told once it costs something.
fn unusual(daily: &[DailyCost], today: Day) -> Vec<Unusual> {
    let mut costs: BTreeMap<&str, (NanoUsd, Vec<NanoUsd>)> = BTreeMap::new();
    for cost in daily {
        let Some(application) = &cost.value else { continue };
        let (of_today, before) = costs.entry(application).or_default();
        if cost.day == today { *of_today = cost.cost } else { before.push(cost.cost) }
    }
    let mut unusual: Vec<Unusual> = costs
        .into_iter()
        .map(|(application, (today, before))| Unusual {
            application: application.to_owned(),
            today,
            usually: median_day(before),
        })
        .filter(|one| {
            let much = one.usually.as_nano().saturating_mul(UNUSUAL_TIMES);
            one.today >= WORTH_A_WORD && one.today.as_nano() >= much
        })
        .collect();
    unusual.sort_by_key(|one| std::cmp::Reverse(one.today));
    unusual.truncate(SHOWN as usize);
    unusual
}

/// Of all days, also those without a call: the one in the middle, or the dearer of two.
fn median_day(mut costs: Vec<NanoUsd>) -> NanoUsd {
    costs.resize((USUAL_DAYS as usize).max(costs.len()), NanoUsd::ZERO);
    costs.sort_unstable();
    costs.get(costs.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(number: i32, application: Option<&str>, dollars: i64) -> DailyCost {
        let value = application.map(str::to_owned);
        DailyCost { value, day: Day::from_number(number), cost: NanoUsd::from_dollars(dollars) }
    }

    #[test]
    fn unusual_is_three_times_the_median_day() {
        let usual =
            (0..14).flat_map(|nth| [day(nth, Some("steady"), 10), day(nth, Some("wild"), 10 + i64::from(nth % 2) * 9)]);
        let today =
            [day(14, Some("steady"), 29), day(14, Some("wild"), 57), day(14, Some("new"), 2), day(14, None, 900)];
        let found = unusual(&usual.chain(today).collect::<Vec<_>>(), Day::from_number(14));
        let names: Vec<&str> = found.iter().map(|one| one.application.as_str()).collect();
        assert_eq!(names, ["wild", "new"]);
        assert_eq!(found[0].usually, NanoUsd::from_dollars(19));
    }

    #[test]
    fn few_days_with_calls_are_not_the_usual_ones() {
        assert_eq!(median_day(vec![NanoUsd::from_dollars(5); 6]), NanoUsd::ZERO);
        assert_eq!(median_day(vec![NanoUsd::from_dollars(5); 7]), NanoUsd::from_dollars(5));
    }
}
