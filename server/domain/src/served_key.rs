//! What calls need to know of their key. Everybody's key is in the gateway's memory as one of these, a hundred thousand
//! at a time, so that it holds nothing that only people look at: no tags, no terms as granted, nobody who minted it.
//!
//! What it may do is worked out from its own terms and its profile's, and stands beside it.

use crate::id::{KeyId, ProfileId};
use crate::time::Timestamp;
use crate::virtual_key::{KeyStanding, KeyState, Owner, VirtualKey};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedKey {
    pub id: KeyId,
    pub name: Box<str>,
    pub owner: Owner,
    pub profile: ProfileId,
    pub application: Option<Box<str>>,
    pub environment: Box<str>,
    pub cost_centre: Option<Box<str>>,
    pub state: KeyState,
    pub expires_at: Timestamp,
}

impl ServedKey {
    pub fn standing(&self, now: Timestamp, owner_active: bool) -> KeyStanding {
        self.state.standing(self.expires_at, now, owner_active)
    }
}

impl From<&VirtualKey> for ServedKey {
    fn from(key: &VirtualKey) -> Self {
        Self {
            id: key.id,
            name: key.name.as_str().into(),
            owner: key.owner,
            profile: key.profile,
            application: key.application.as_deref().map(Box::from),
            environment: key.environment.as_str().into(),
            cost_centre: key.cost_centre.as_deref().map(Box::from),
            state: key.state.clone(),
            expires_at: key.expires_at,
        }
    }
}
