//! What `keywright dev` finds in place: the demo provider with four models, and a team with a lead.

use crate::{Portal, PortalError};
use domain::id::{PersonId, TeamId};
use domain::key_secret::SecretText;

impl Portal {
    /// The demo provider at this address, with its models and prices. Repeating it changes nothing; a changed address
    /// is followed, with the credential sealed anew.
    pub async fn seed_demo_provider(
        &self,
        openai_base_url: &str,
        anthropic_base_url: &str,
        credential: &SecretText,
    ) -> Result<(), PortalError> {
        let _ = (openai_base_url, anthropic_base_url, credential);
        todo!()
    }

    /// The team, made if absent, with this person in it.
    pub async fn seed_team(&self, name: &str, member: PersonId, lead: bool) -> Result<TeamId, PortalError> {
        let _ = (name, member, lead);
        todo!()
    }
}
