//! What the mint form can offer to this person.

use crate::{FormId, Portal, PortalError};
use domain::access_profile::AccessProfile;
use domain::id::{ModelId, ProfileId, TeamId};
use domain::model::ModelName;
use domain::person::Caller;

/// Everything that the mint form shows before anything is entered.
#[derive(Debug, Clone)]
pub struct MintOptions {
    pub form: FormId,
    /// The profiles that this person may mint under, the suggested one first.
    pub profiles: Vec<ProfileChoice>,
    /// Teams that may own the key: those that the person leads, all of them for an administrator.
    pub teams: Vec<TeamChoice>,
    pub environments: &'static [&'static str],
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
        let _ = caller;
        todo!()
    }
}
