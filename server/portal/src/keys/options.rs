//! What the mint form can offer to this person.

use crate::{FormId, Portal, PortalError};
use domain::access_profile::AccessProfile;
use domain::alias::resolved;
use domain::cost_centre::CentreEntry;
use domain::id::{ModelId, ProfileId, TeamId};
use domain::key_policy::KeyPolicy;
use domain::model::{Model, ModelName, ModelPattern};
use domain::order::Order;
use domain::permission::{Permission, Scope};
use domain::person::{Caller, Role};
use domain::time::Timestamp;
use domain::virtual_key::Owner;
use std::cmp::Reverse;
use std::collections::HashMap;
use store::{KeyFilter, KeyView};

/// Everything that the mint form shows before anything is entered.
#[derive(Debug, Clone)]
pub struct MintOptions {
    pub form: FormId,
    /// The profiles that this person may mint under, the suggested one first.
    pub profiles: Vec<ProfileChoice>,
    /// Teams that may own the key: those that the person leads, all of them for an administrator.
    pub teams: Vec<TeamChoice>,
    /// What has to be read before minting.
    pub policy: Option<KeyPolicy>,
    /// Names of those that this person may mint for.
    pub environments: Vec<String>,
    /// Those that are valid today, by code.
    pub cost_centres: Vec<CentreEntry>,
    /// The one that a key of the person's own gets if none is chosen.
    pub usual_cost_centre: Option<CentreEntry>,
    /// Served models with a price, for the list to choose from.
    pub models: Vec<(ModelId, ModelName)>,
    /// False: the person's roles do not include minting; the page says whom to ask.
    pub may_mint: bool,
}

#[derive(Debug, Clone)]
pub struct ProfileChoice {
    pub profile: AccessProfile,
    /// How many of the served models it allows.
    pub models_allowed: usize,
    pub models_served: usize,
    /// Live keys that the person holds under it already.
    pub keys_held: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamChoice {
    pub id: TeamId,
    pub name: String,
}

impl MintOptions {
    pub fn profile(&self, id: ProfileId) -> Option<&ProfileChoice> {
        self.profiles.iter().find(|choice| choice.profile.id == id)
    }
}

impl Portal {
    pub async fn mint_options(&self, caller: &Caller) -> Result<MintOptions, PortalError> {
        let (now, today) = (self.clock.now(), self.today());
        let models = resolved(self.store.models().await?);
        let served: Vec<&Model> = models.iter().filter(|model| model.enabled && model.price.is_some()).collect();
        let held = self.keys_held(caller, now).await?;

        let usable = self.usable_profiles(caller).await?.into_iter();
        let mut profiles: Vec<ProfileChoice> = usable
            .map(|profile| ProfileChoice {
                models_allowed: served.iter().filter(|model| allows(&profile.terms.models, model)).count(),
                models_served: served.len(),
                keys_held: held.get(&profile.id).copied().unwrap_or(0),
                profile,
            })
            .collect();
        // The one that the person mints under already comes first, else the one with most models.
        profiles.sort_by_key(|choice| Reverse((choice.keys_held > 0, choice.models_allowed)));

        let environments = self.store.environments().await?.into_iter();
        let environments = environments.filter(|environment| environment.is_for(caller));
        Ok(MintOptions {
            form: self.new_form(),
            profiles,
            teams: self.owning_teams(caller).await?,
            policy: self.key_policy_in_force().await?,
            environments: environments.map(|environment| environment.name).collect(),
            cost_centres: self.valid_cost_centres(today).await?,
            usual_cost_centre: self.usual_cost_centre(caller, Owner::Person(caller.person), today).await?,
            models: served.into_iter().map(|model| (model.id, model.name.clone())).collect(),
            may_mint: Permission::ManageKeys.allows(Some(caller)),
        })
    }

    /// Enabled profiles whose audience the caller is in.
    pub(crate) async fn usable_profiles(&self, caller: &Caller) -> Result<Vec<AccessProfile>, PortalError> {
        let mut profiles = self.store.profiles().await?;
        profiles.retain(|profile| profile.enabled && profile.audience.includes(caller));
        Ok(profiles)
    }

    /// Teams that the caller may mint for.
    pub(super) async fn owning_teams(&self, caller: &Caller) -> Result<Vec<TeamChoice>, PortalError> {
        if caller.has(Role::Administrator) {
            let teams = self.store.teams().await?.into_iter();
            return Ok(teams.map(|team| TeamChoice { id: team.id, name: team.name }).collect());
        }
        let led = caller.memberships.iter().filter(|membership| membership.lead);
        Ok(led.map(|membership| TeamChoice { id: membership.team, name: membership.team_name.clone() }).collect())
    }

    /// How many live keys the caller holds under each profile.
    pub(super) async fn keys_held(
        &self,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<HashMap<ProfileId, u32>, PortalError> {
        let owner = Some(Owner::Person(caller.person));
        let filter = KeyFilter { search: None, owner, environment: None, view: KeyView::Live, now };
        let scope = Scope::Own { person: caller.person, teams: Vec::new() };
        let mut held: HashMap<ProfileId, u32> = HashMap::new();
        for item in self.store.keys_page(&scope, &filter, Order::default(), None, MOST_KEYS_COUNTED).await?.items {
            *held.entry(item.key.profile).or_default() += 1;
        }
        Ok(held)
    }
}

/// More than any profile lets a person hold; the count that decides is taken in the minting transaction.
const MOST_KEYS_COUNTED: u32 = 1_000;

/// True if one of the patterns matches the model.
pub(crate) fn allows(patterns: &[ModelPattern], model: &Model) -> bool {
    patterns.iter().any(|pattern| pattern.matches(model.name.as_str()))
}
