//! The gateway's policy, read from the store; credentials and peppers, opened by the sealing.

use crate::gateway::Unavailable;
use crate::gateway::directory::{
    CannotOpen, CredentialOpener, KeyFacts, PolicySnapshot, PolicySource, SealedCredential,
};
use crate::gateway::levels::{LevelFacts, LimitedLevel};
use domain::budget::BudgetScope;
use domain::grant::Grant;
use domain::id::{KeyId, PersonId};
use domain::key_secret::SecretText;
use domain::time::Clock;
use domain::virtual_key::Owner;
use portal::sealing::{CredentialBinding, Sealing};
use proxy::ports::ProviderRecord;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use store::{KeyToServe, Provider, ScopeLimits, Store};

/// Keys are read in pages of this size, in one ordered scan.
const PAGE: u32 = 1_000;

pub struct StoredPolicy {
    pub store: Store,
    pub sealing: Arc<Sealing>,
    /// The organisation's name.
    pub organisation: String,
    /// Grants of the past are not read.
    pub clock: Arc<dyn Clock>,
}

#[async_trait::async_trait]
impl PolicySource for StoredPolicy {
    async fn load_all(&self) -> Result<PolicySnapshot, Unavailable> {
        let inactive = self.store.inactive_people().await?;
        let mut grants: HashMap<KeyId, Vec<Grant>> = HashMap::new();
        for grant in self.store.live_grants(self.clock.now()).await? {
            grants.entry(grant.key).or_default().push(grant);
        }
        let mut keys = Vec::new();
        let mut after = None;
        loop {
            let page = self.store.served_keys(after, PAGE).await?;
            after = page.last().map(|found| found.key.id);
            let last = page.len() < PAGE as usize;
            keys.extend(page.into_iter().map(|found| {
                let granted = grants.remove(&found.key.id).unwrap_or_default();
                facts(found, granted, &inactive)
            }));
            if last {
                break;
            }
        }
        let credentials = self.store.credentials().await?.into_iter();
        Ok(PolicySnapshot {
            keys,
            profiles: self.store.profiles().await?,
            kept_profiles: self.store.kept_versions().await?.into_iter().map(|kept| kept.profile).collect(),
            rollouts: self.store.rollouts().await?,
            models: self.store.models().await?,
            providers: self.store.providers().await?.into_iter().filter_map(provider_record).collect(),
            credentials: credentials
                .map(|found| SealedCredential {
                    id: found.id,
                    provider: found.provider,
                    version: found.version,
                    blob: found.blob,
                })
                .collect(),
            levels: self.load_levels().await?,
            peppers: (1..).map_while(|version| Some((version, self.sealing.pepper(version)?))).collect(),
        })
    }

    async fn load_key(&self, id: KeyId) -> Result<Option<KeyFacts>, Unavailable> {
        let Some(found) = self.store.key_with_secrets(id).await? else { return Ok(None) };
        let granted = self.store.grants_of(id).await?;
        Ok(Some(facts(found.into(), granted, &self.store.inactive_people().await?)))
    }

    async fn load_levels(&self) -> Result<LevelFacts, Unavailable> {
        let mut limits = self.store.all_limits().await?;
        limits.retain(|level| !level.limits.is_empty());
        let teams = self.store.teams().await?;
        let mut names = HashMap::from([(BudgetScope::Organisation, self.organisation.clone())]);
        names.extend(self.store.units().await?.into_iter().map(|unit| (BudgetScope::Unit(unit.id), unit.name)));
        names.extend(teams.iter().map(|team| (BudgetScope::Team(team.id), team.name.clone())));
        let profiles = self.store.profiles().await?.into_iter();
        names.extend(profiles.map(|profile| (BudgetScope::Profile(profile.id), profile.name)));
        let limited: HashSet<BudgetScope> = limits.iter().map(|level| level.scope).collect();
        let mut centre_of = HashMap::new();
        if limited.iter().any(|scope| matches!(scope, BudgetScope::CostCentre(_))) {
            let mut centres = self.store.cost_centres().await?;
            centres.retain(|centre| limited.contains(&BudgetScope::CostCentre(centre.id)));
            names.extend(centres.iter().map(|centre| (BudgetScope::CostCentre(centre.id), centre.entry.label())));
            centre_of.extend(centres.into_iter().map(|centre| (centre.entry.code, centre.id)));
        }
        let mut application_of = HashMap::new();
        if limited.iter().any(|scope| matches!(scope, BudgetScope::Application(_))) {
            let mut applications = self.store.applications().await?;
            applications.retain(|application| limited.contains(&BudgetScope::Application(application.id)));
            names.extend(applications.iter().map(|one| (BudgetScope::Application(one.id), one.name.clone())));
            application_of.extend(applications.into_iter().map(|one| (one.name, one.id)));
        }
        let person = |level: &ScopeLimits| match level.scope {
            BudgetScope::Person(person) => Some(person),
            _ => None,
        };
        let people: Vec<PersonId> = limits.iter().filter_map(person).collect();
        let people = self.store.names_of(&people).await?.into_iter();
        names.extend(people.map(|(person, name)| (BudgetScope::Person(person), name)));
        let limited = |level: ScopeLimits| LimitedLevel {
            name: names.remove(&level.scope).unwrap_or_else(|| level.scope.to_string()),
            scope: level.scope,
            limits: level.limits,
        };
        Ok(LevelFacts {
            limits: limits.into_iter().map(limited).collect(),
            unit_of: teams.iter().filter_map(|team| Some((team.id, team.unit?))).collect(),
            centre_of,
            application_of,
            only_team_of: self.store.only_teams().await?,
        })
    }
}

/// A team's key belongs to the team: it does not stop with the person who minted it.
fn facts(found: KeyToServe, grants: Vec<Grant>, inactive: &HashSet<PersonId>) -> KeyFacts {
    let KeyToServe { key, profile_version, terms, secrets } = found;
    let owner_active = match key.owner {
        Owner::Person(person) => !inactive.contains(&person),
        Owner::Team(_) => true,
    };
    KeyFacts { key, profile_version, terms, secrets: secrets.into(), grants, owner_active }
}

/// Addresses are checked when they are saved; one that cannot be read now serves nobody, and the others go on.
fn provider_record(provider: Provider) -> Option<ProviderRecord> {
    let Ok(base_url) = provider.base_url.parse() else {
        tracing::error!(provider.id = %provider.id, "provider {} has an address that is no URL", provider.id);
        return None;
    };
    Some(ProviderRecord {
        id: provider.id,
        name: provider.name,
        kind: provider.kind,
        base_url,
        enabled: provider.enabled,
        timeouts: provider.timeouts,
        markup: provider.markup,
    })
}

impl CredentialOpener for StoredPolicy {
    fn open(&self, sealed: &SealedCredential, base_url: &http::Uri) -> Result<SecretText, CannotOpen> {
        let binding = CredentialBinding {
            provider: sealed.provider,
            credential: sealed.id,
            version: sealed.version,
            base_url: &base_url.to_string(),
        };
        self.sealing.open_credential(&binding, &sealed.blob).map_err(|_| CannotOpen)
    }
}
